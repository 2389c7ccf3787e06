// What colours the points, and the choice of something else.

import { useSignal, useSignalEffect } from "@preact/signals";
import type { ViewProps } from "../props";

/** How long a choice is shown that Python has not confirmed, in milliseconds. */
const PATIENCE = 5000;
const NONE = "none";
const COLUMN = "column ";

export function ColorBy({ store }: ViewProps) {
  const { look, fields } = store.looking;
  const present = look.value.color?.spec.name;
  const { columns } = fields.value;
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
  if (store.isPage || columns.length === 0)
    return present === undefined ? null : <h4 class="nbe-heading">{present}</h4>;
  const isOff = store.controls.value !== "live";
  const names =
    present === undefined || columns.includes(present) ? columns : [present, ...columns];
  const value = present === undefined ? NONE : COLUMN + present;
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
          store.looking.colorBy(chosen === NONE ? null : chosen.slice(COLUMN.length));
        }}
      >
        {names.map((name) => (
          <option key={name} value={COLUMN + name}>
            {name}
          </option>
        ))}
        <option value={NONE}>one colour</option>
      </select>
    </label>
  );
}
