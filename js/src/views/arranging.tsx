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
      <label class="nbe-field">
        <span class="nbe-label">Aligned</span>
        <select
          class="nbe-select"
          data-cmd="align"
          value={align}
          onChange={({ currentTarget }) =>
            gallery.arrange({ align: currentTarget.value as Align })
          }
        >
          {ALIGN.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="nbe-field">
        <span class="nbe-label">onto</span>
        <select
          class="nbe-select"
          data-cmd="onto"
          value={onto}
          onChange={({ currentTarget }) =>
            gallery.arrange({ onto: Number(currentTarget.value) })
          }
        >
          {info.maps.map(({ name }, number) => (
            <option key={name} value={number}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {info.kind === "moments" && <Extras store={store} />}
      <span class="nbe-muted nbe-advice" role="status">
        {gallery.needsSelection
          ? "Select at least 3 points; until then all are aligned."
          : adviceOf(gallery)}
      </span>
    </div>
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
