// What colours the points, and the choice of something else.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { ViewProps } from "../props";

/** How long a choice is shown that Python has not confirmed, in milliseconds. */
const PATIENCE = 5000;
const NONE = "none";
const COLUMN = "column ";
const MEASURE = "measure ";

export function ColorBy({ store }: ViewProps) {
  const { look, fields } = store.looking;
  const spec = look.value.color?.spec;
  const measured = spec?.kind === "number" ? spec.measured : undefined;
  const present = spec?.name;
  const { columns, measures } = fields.value;
  const asked = useSignal<string | null>(null);
  // The answer to the question, whatever it is, ends the waiting.
  useSignalEffect(() => {
    void look.value;
    asked.value = null;
  });
  useSignalEffect(() => {
    if (asked.value === null) return;
    const timer = setTimeout(() => {
      asked.value = null;
    }, PATIENCE);
    return () => clearTimeout(timer);
  });
  if (store.isPage || columns.length + measures.length === 0)
    return present === undefined ? null : <h4 class="nbe-heading">{present}</h4>;
  const isOff = store.controls.value !== "live";
  const names =
    present === undefined || measured !== undefined || columns.includes(present)
      ? columns
      : [present, ...columns];
  const value = valueFor(present, measured?.key);
  return (
    <label class="nbe-field">
      <span class="nbe-label">Colour</span>
      <select
        class="nbe-select"
        data-cmd="color"
        value={asked.value ?? value}
        disabled={isOff}
        title={isOff ? "A colour is chosen by the kernel, which does not answer." : ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          asked.value = chosen;
          store.looking.colorBy(chosen === NONE ? null : nameIn(chosen));
        }}
      >
        {names.map((name) => (
          <option key={name} value={COLUMN + name}>
            {name}
          </option>
        ))}
        {measures.length > 0 && (
          <optgroup label="quality of the map">
            {measures.map(([key, label]) => (
              <option key={key} value={MEASURE + key}>
                {label}
              </option>
            ))}
          </optgroup>
        )}
        <option value={NONE}>one colour</option>
      </select>
    </label>
  );
}

function valueFor(name: string | undefined, measure: string | undefined): string {
  if (measure !== undefined) return MEASURE + measure;
  return name === undefined ? NONE : COLUMN + name;
}

function nameIn(value: string): string {
  return value.slice((value.startsWith(MEASURE) ? MEASURE : COLUMN).length);
}
