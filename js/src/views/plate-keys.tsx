// What stands for a panel that is drawn on the map itself, and a table.

import { groupsOf } from "../lesson";
import type { PanelProps } from "../plate-marks";
import { codingOf } from "../plates";
import { cssColor, ramp } from "../scales";
import { figure } from "../text";

/** The arrows themselves lie on the map. */
export function ArrowKey({ panel, store }: PanelProps) {
  const { groups = [], places = new Float32Array(0) } = panel.arrows ?? {};
  const names = groupsOf(groups);
  const unit = 50 / store.lesson.reach.value;
  const count = (name: string) => groups.filter((group) => group === name).length;
  return (
    <p class="nbe-key-line" data-arrows={places.length / 4}>
      {names.map((name, i) => (
        <span key={name} class="nbe-key">
          <span
            class={`nbe-ink nbe-ink-${i % 3} nbe-dash-${(i + ((i / 3) | 0)) % 3}`}
            aria-hidden="true"
          />
          {name} {count(name) > 1 && <>({count(name)})</>}
        </span>
      ))}
      {panel.arrows?.to_scale === false && (
        <span class="nbe-key" title="the arrows keep this scale while it suits them">
          <span class="nbe-length" aria-hidden="true" /> = {figure(unit)}
        </span>
      )}
    </p>
  );
}

/** The colours themselves are those of the map. */
export function ColorKey({ panel, screen }: PanelProps) {
  const spec = codingOf(panel)?.spec;
  if (spec?.kind !== "number") return null;
  const isDark = screen.isDark.value;
  const stops = Array.from({ length: 9 }, (_, i) =>
    cssColor(ramp(i / 8, isDark, spec.map)),
  );
  return (
    <p class="nbe-key-line">
      {figure(spec.min)}
      <span
        class="nbe-stripe"
        style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }}
        role="img"
        aria-label="colours of the map"
      />
      {figure(spec.max)}
      {spec.scale === "log" && <span class="nbe-muted">log</span>}
    </p>
  );
}

export function PlateTable({ panel }: PanelProps) {
  const columns = panel.table ?? [];
  const length = Math.max(0, ...columns.map(([, cells]) => cells.length));
  return (
    <div class="nbe-table-box">
      <table class="nbe-table">
        <thead>
          <tr>
            {columns.map(([name]) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {Array.from({ length }, (_, i) => (
            <tr key={i}>
              {columns.map(([name, cells]) => {
                const cell = cells[i];
                return (
                  <td key={name}>
                    {typeof cell === "number" ? figure(cell) : String(cell ?? "–")}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
