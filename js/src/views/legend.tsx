// What the colours of categories mean; a click shows only some of them.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import type { Encoding } from "../encodings";
import { missingIn, toggled } from "../filtering";
import type { ViewProps } from "../props";
import { categoryColors, cssColor, GREY, type Rgb, shadeOf } from "../scales";
import type { CategorySpec } from "../state";
import { count } from "../text";

/** More rows than anybody reads would only make the page slow. */
const MOST_ROWS = 300;
const MOST_SHADES = 30;
/** From here on looking for a name is quicker than scrolling to it. */
const SEARCHED = 20;

export function Legend({ store, screen }: ViewProps) {
  const { color } = store.looking.look.value;
  if (color?.spec.kind !== "category") return null;
  const props = { store, screen, spec: color.spec, encoding: color };
  return <Categories key={color.spec.name} {...props} />;
}

interface Props extends ViewProps {
  spec: CategorySpec;
  encoding: Encoding;
}

function Categories({ store, screen, spec, encoding }: Props) {
  const isDark = screen.isDark.value;
  const text = useSignal("");
  const colors = useMemo(() => categoryColors(spec, isDark), [spec, isDark]);
  const missing = useMemo(() => missingIn(encoding), [encoding]);
  const found = useMemo(() => matching(spec, text.value), [spec, text.value]);
  const filter = store.looking.filter.value;
  const chosen = useMemo(() => new Set(filter.categories), [filter]);
  return (
    <section class="nbe-legend" aria-label={`colours: ${spec.name}`}>
      {spec.categories.length > SEARCHED && (
        <input
          class="nbe-input"
          type="search"
          data-cmd="search-legend"
          placeholder={`Find in ${count(spec.categories.length)}`}
          aria-label={`Find among ${count(spec.categories.length)} categories`}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      )}
      <ul class={filter.categories === undefined ? "" : "nbe-some"}>
        {found.slice(0, MOST_ROWS).map((i) => (
          <Row
            key={i}
            name={spec.categories[i] ?? ""}
            rows={spec.counts[i] ?? 0}
            color={cssColor(colors[i] ?? GREY)}
            isChosen={chosen.has(spec.categories[i] ?? "")}
            onClick={(name) => store.looking.show(toggled(filter, name, spec))}
          >
            <Shades store={store} encoding={encoding} of={i} color={colors[i] ?? GREY} />
          </Row>
        ))}
        {missing > 0 && text.value === "" && <Missing rows={missing} />}
      </ul>
      <More n={found.length - MOST_ROWS} isEmpty={found.length === 0} />
    </section>
  );
}

/** Positions of the categories whose names hold a text. */
function matching(spec: CategorySpec, text: string): number[] {
  const wanted = text.trim().toLowerCase();
  return spec.categories.flatMap((name, i) =>
    name.toLowerCase().includes(wanted) ? [i] : [],
  );
}

interface RowProps {
  name: string;
  rows: number;
  color: string;
  isChosen: boolean;
  onClick(name: string): void;
  children?: ComponentChildren;
}

function Row({ name, rows, color, isChosen, onClick, children }: RowProps) {
  return (
    <li>
      <button
        type="button"
        class="nbe-row"
        aria-pressed={isChosen}
        title={`${name}: ${count(rows)}`}
        onClick={() => onClick(name)}
      >
        <span class="nbe-swatch" style={{ background: color }} />
        <span class="nbe-name">{name === "" ? "(empty)" : name}</span>
        <span class="nbe-count">{count(rows)}</span>
      </button>
      {children}
    </li>
  );
}

interface ShadesProps {
  store: ViewProps["store"];
  encoding: Encoding;
  of: number;
  color: Rgb;
}

/** The classes within a category; a click selects one. */
function Shades({ store, encoding, of, color }: ShadesProps) {
  const { spec, codes, inner } = encoding;
  const shades = spec.kind === "category" ? spec.shades : undefined;
  const names = shades?.categories[of] ?? [];
  const outer = spec.kind === "category" ? spec.categories[of] : "";
  if (shades === undefined || inner === undefined || names.length === 0) return null;
  const rowsOf = (i: number) => {
    const rows: number[] = [];
    for (let row = 0; row < codes.length; row++)
      if (codes[row] === of && inner[row] === i) rows.push(row);
    return rows;
  };
  return (
    <ul class="nbe-shades" aria-label={`${shades.name} within ${outer}`}>
      {names.slice(0, MOST_SHADES).map((name, i) => (
        <li key={name}>
          <button
            type="button"
            class="nbe-row"
            title={`${name}: select its ${count(shades.counts[of]?.[i] ?? 0)} points`}
            onClick={() => store.looking.select(rowsOf(i))}
          >
            <span
              class="nbe-swatch"
              style={{ background: cssColor(shadeOf(color, i, names.length)) }}
            />
            <span class="nbe-name">{name === "" ? "(empty)" : name}</span>
            <span class="nbe-count">{count(shades.counts[of]?.[i] ?? 0)}</span>
          </button>
        </li>
      ))}
      <More n={names.length - MOST_SHADES} isEmpty={false} />
    </ul>
  );
}

function Missing({ rows }: { rows: number }) {
  return (
    <li class="nbe-row nbe-missing">
      <span class="nbe-swatch" style={{ background: cssColor(GREY) }} />
      <span class="nbe-name">missing</span>
      <span class="nbe-count">{count(rows)}</span>
    </li>
  );
}

function More({ n, isEmpty }: { n: number; isEmpty: boolean }) {
  if (n > 0) return <p class="nbe-muted nbe-more">and {count(n)} more: search</p>;
  return isEmpty ? <p class="nbe-muted nbe-more">none found</p> : null;
}
