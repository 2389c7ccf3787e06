// What the colours mean.

import { useMemo } from "preact/hooks";
import type { ViewProps } from "../props";
import { cssColor, palette, ramp } from "../scales";
import type { CategoryColor, NumberColor } from "../state";
import { count, figure } from "../text";

/** More rows than anybody reads would only make the page slow. */
const MOST_ROWS = 300;

export function Legend({ store, screen }: ViewProps) {
  const { spec } = store.coloring.value;
  if (spec.kind === "category")
    return <Categories spec={spec} store={store} screen={screen} />;
  if (spec.kind === "number") return <Ramp spec={spec} isDark={screen.isDark.value} />;
  return null;
}

function Categories({ spec, screen }: ViewProps & { spec: CategoryColor }) {
  const isDark = screen.isDark.value;
  const colors = useMemo(() => palette(spec.categories.length, isDark), [spec, isDark]);
  const chosen = screen.highlight.value;
  const rows = spec.categories.slice(0, MOST_ROWS);
  return (
    <section class="nbe-legend" aria-label={`colours: ${spec.name}`}>
      <h4>{spec.name}</h4>
      <ul>
        {rows.map((name, i) => (
          <li key={`${i} ${name}`}>
            <button
              type="button"
              class="nbe-row"
              aria-pressed={chosen === i}
              title={`${name}: ${count(spec.counts[i] ?? 0)}`}
              onClick={() => {
                screen.highlight.value = chosen === i ? null : i;
              }}
            >
              <span
                class="nbe-swatch"
                style={{ background: cssColor(colors[i] ?? [0, 0, 0]) }}
              />
              <span class="nbe-name">{name}</span>
              <span class="nbe-count">{count(spec.counts[i] ?? 0)}</span>
            </button>
          </li>
        ))}
      </ul>
      {spec.categories.length > MOST_ROWS && (
        <p class="nbe-muted">and {count(spec.categories.length - MOST_ROWS)} more</p>
      )}
    </section>
  );
}

function Ramp({ spec, isDark }: { spec: NumberColor; isDark: boolean }) {
  const stops = Array.from({ length: 11 }, (_, i) => cssColor(ramp(i / 10, isDark)));
  return (
    <section class="nbe-legend nbe-numbers" aria-label={`colours: ${spec.name}`}>
      <h4>{spec.name}</h4>
      <div
        class="nbe-ramp"
        style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }}
      />
      <div class="nbe-ends">
        <span>{figure(spec.min)}</span>
        <span>{figure(spec.max)}</span>
      </div>
    </section>
  );
}
