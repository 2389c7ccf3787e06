// The numbers of several maps in one table.

import { mapColor } from "../hanging";
import type { ViewProps } from "../props";
import type { GalleryInfo, Measure } from "../state";
import { count, figure } from "../text";

const DIGITS = 3;
/** A difference that is only rounding. */
const ITSELF = 1e-9;

export function Scores({ store, screen }: ViewProps) {
  const info = store.gallery.info.value;
  const events = store.gallery.events.value;
  if (info === null || info.measures.length === 0) return null;
  const best = new Map(
    info.measures.map((measure) => [measure.name, bestOf(info, measure)]),
  );
  return (
    <figure class="nbe-panel nbe-scores">
      <div class="nbe-scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">map</th>
              {info.measures.map(({ name, label, lower }) => (
                <th
                  key={name}
                  scope="col"
                  {...(lower === null
                    ? {}
                    : { title: lower ? "less is better" : "more is better" })}
                >
                  {label} {lower === null ? "" : lower ? "↓" : "↑"}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {info.maps.map(({ name, scores }, number) => (
              <tr key={name} data-map={number}>
                <th scope="row" title={name}>
                  <span
                    class="nbe-map-chip"
                    style={{
                      background: mapColor(number, info.maps.length, screen.isDark.value),
                    }}
                    aria-hidden="true"
                  />
                  {name}
                </th>
                {info.measures.map((measure) => {
                  const value = scores[measure.name];
                  const text = value === undefined ? "–" : textOf(value, measure);
                  return (
                    <td key={measure.name}>
                      {text === best.get(measure.name) ? <b>{text}</b> : text}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="nbe-note">{noteOf(info)}</p>
      {events.length > 0 && (
        <ul class="nbe-note" aria-label="set in mid-run" data-nbembed="events">
          {events.map(({ event: [step, name, value], maps }) => (
            <li key={`${step} ${name} ${value}`}>
              step {count(step)}: {name} {figure(value)} in{" "}
              {maps.map((map) => `“${map}”`).join(", ")}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

/** Shares have three digits, what has no end to its scale four figures. */
function textOf(value: number, { lower }: Measure): string {
  return lower === null && value > 1 ? figure(value) : value.toFixed(DIGITS);
}

/** The best score as it is written, where they differ; no difference from itself is no merit. */
function bestOf(info: GalleryInfo, { name, lower }: Measure): string | undefined {
  const values = info.maps
    .map(({ scores }) => scores[name])
    .filter(
      (value): value is number => value !== undefined && !(lower && value < ITSELF),
    );
  if (lower === null || values.length < 2) return undefined;
  if (new Set(values.map((value) => value.toFixed(DIGITS))).size < 2) return undefined;
  return (lower ? Math.min(...values) : Math.max(...values)).toFixed(DIGITS);
}

function noteOf({ note, measures, maps }: GalleryInfo): string {
  const told = note === "" ? [] : [note];
  if (measures.some(({ name }) => name === "stability"))
    told.push("stability: neighbours shared with the other maps (Jaccard)");
  if (measures.some(({ name }) => name === "difference"))
    told.push(`difference: from ${maps[0]?.name ?? ""}, after alignment (Procrustes)`);
  return `${told.join("; ")}.`;
}
