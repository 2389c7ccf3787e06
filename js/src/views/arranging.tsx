// How several maps are arranged, and what is drawn over them.

import type { Signal } from "@preact/signals";
import type { Gallery } from "../gallery";
import type { ViewProps } from "../props";
import type { Align, Mode } from "../state";
import type { Store } from "../store";

const MODES: [Mode, string, string][] = [
  ["beside", "Side by side", "Every map in a place of its own"],
  ["large", "One large", "One map large, the others below it; their names choose"],
  ["over", "Overlay", "All maps in one place, each in a colour of its own"],
  ["flicker", "Flicker", "All maps in one place, one after the other"],
];
const ALIGN: [Align, string][] = [
  ["all", "by all points"],
  ["selection", "by the selected points"],
  ["none", "by size and middle only"],
];
export function Arranging({ store }: ViewProps) {
  const info = store.gallery.info.value;
  if (info === null) return null;
  const { gallery } = store;
  const { mode, align, onto } = gallery.arrangement.value;
  return (
    <div class="nbe-arranging">
      <fieldset class="nbe-modes" aria-label="arrangement">
        {MODES.map(([name, label, title]) => (
          <button
            key={name}
            type="button"
            class="nbe-button"
            data-cmd={`mode-${name}`}
            aria-pressed={mode === name}
            title={title}
            onClick={() => gallery.arrange({ mode: name })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <Choice
        label="Aligned"
        command="align"
        value={align}
        options={ALIGN}
        choose={(chosen) => gallery.arrange({ align: chosen as Align })}
      />
      <Choice
        label="onto"
        command="onto"
        value={onto}
        options={info.maps.map(({ name }, number) => [number, name])}
        choose={(chosen) => gallery.arrange({ onto: Number(chosen) })}
      />
      {info.kind === "moments" && <Extras store={store} />}
      <span class="nbe-muted nbe-advice" role="status">
        {gallery.needsSelection
          ? "Select at least 3 points; until then all are aligned."
          : adviceOf(gallery)}
      </span>
    </div>
  );
}

interface ChoiceProps {
  label: string;
  command: string;
  value: string | number;
  /** Values and their words. */
  options: [string | number, string][];
  choose(value: string): void;
}

function Choice({ label, command, value, options, choose }: ChoiceProps) {
  return (
    <label class="nbe-field">
      <span class="nbe-label">{label}</span>
      <select
        class="nbe-select"
        data-cmd={command}
        value={value}
        onChange={({ currentTarget }) => choose(currentTarget.value)}
      >
        {options.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

function Extras({ store }: { store: Store }) {
  const { hasTrails, hasInsets, affinities } = store.gallery;
  const extras: [string, string, Signal<boolean>, string][] = [
    [
      "trails",
      "Trails",
      hasTrails,
      "Lines from where points were in the map before: selected ones, or some of all",
    ],
    [
      "affinities",
      "Affinities",
      affinities.isOn,
      "Pairs whose affinity changed most since the map before: of selected points, or of all",
    ],
    [
      "insets",
      "Insets",
      hasInsets,
      "What is around the point under the pointer, or the selected one, six times larger",
    ],
  ];
  return (
    <fieldset class="nbe-modes" aria-label="drawn over the maps">
      {extras.map(([name, label, isOn, title]) => (
        <button
          key={name}
          type="button"
          class="nbe-button"
          data-cmd={name}
          aria-pressed={isOn.value}
          title={title}
          onClick={() => {
            isOn.value = !isOn.value;
          }}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

/** What the lines mean. */
function adviceOf({ hasTrails, affinities, arrangement }: Gallery): string {
  if (arrangement.value.mode === "over" || arrangement.value.mode === "flicker")
    return "";
  if (affinities.isOn.value && affinities.changes.value === null)
    return "The affinities are being compared …";
  const told = affinities.isOn.value
    ? ["solid: affinity gained since the map before, dashed: lost; the greatest changes"]
    : [];
  if (hasTrails.value) told.push("trails: from the place in the map before");
  return told.join("; ");
}
