// What a click in the legend, or a push at its sliders, makes of the filter. Pure.

import { type Encoding, fractionOf, MISSING, numberAt } from "./encodings";
import type { CategorySpec, Filter, NumberSpec } from "./state";
import { shortest, tickTexts } from "./ticks";

/** Places of a slider. */
export const STOPS = 200;

/** The first click leaves one category alone; further ones add and remove; none left shows all. */
export function toggled(filter: Filter, name: string, spec: CategorySpec): Filter {
  const { categories } = filter;
  if (categories === undefined) return { categories: [name] };
  const chosen = new Set(categories);
  if (!chosen.delete(name)) chosen.add(name);
  const left = spec.categories.filter((other) => chosen.has(other));
  return left.length === 0 ? {} : { categories: left };
}

export type End = "from" | "to";

/** Both ends of what is shown: the filter's, or those of the whole scale. */
export function rangeOf(filter: Filter, spec: NumberSpec): readonly [number, number] {
  return filter.range ?? [spec.min, spec.max];
}

/** Where the slider of a value stands. */
export function stopOf(spec: NumberSpec, value: number): number {
  return Math.round(STOPS * fractionOf(spec, value));
}

/** The filter with one end moved to a stop. The ends cannot cross; the whole scale is no filter. */
export function moved(filter: Filter, spec: NumberSpec, end: End, stop: number): Filter {
  const [from, to] = rangeOf(filter, spec);
  const range: [number, number] =
    end === "from"
      ? [valueAtStop(spec, Math.min(stop, stopOf(spec, to))), to]
      : [from, valueAtStop(spec, Math.max(stop, stopOf(spec, from)))];
  if (range[0] > range[1]) range[end === "from" ? 0 : 1] = end === "from" ? to : from;
  return range[0] <= spec.min && range[1] >= spec.max ? {} : { range };
}

/** The value at a stop; the ends are exactly the spec's. */
function valueAtStop(spec: NumberSpec, stop: number): number {
  if (stop <= 0) return spec.min;
  if (stop >= STOPS) return spec.max;
  const value = numberAt(spec, (stop / STOPS) * (MISSING - 1));
  // No more digits than a slider can mean: they are shown, sent, and typed off by people.
  const near = Number(value.toPrecision(12));
  const gap = spec.scale === "log" ? near / 1000 : (spec.max - spec.min) / (10 * STOPS);
  const digits = 10 ** Math.floor(Math.log10(Math.abs(gap)));
  return Number((Math.round(near / digits) * digits).toPrecision(12));
}

/** A value as the sliders show it, with digits for their finest move. */
export function valueText(spec: NumberSpec, value: number): string {
  if (spec.scale === "log" || spec.max === spec.min) return shortest(value);
  const [text = ""] = tickTexts([value, value + (spec.max - spec.min) / 100]);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** Number of rows without a value. */
export function missingIn({ codes }: Encoding): number {
  let count = 0;
  for (const code of codes) if (code === MISSING) count += 1;
  return count;
}

/** Positions of the rows that are shown. */
export function shownRows(
  isShown: ((row: number) => boolean) | null,
  n: number,
): number[] {
  const rows: number[] = [];
  for (let row = 0; row < n; row++) if (isShown === null || isShown(row)) rows.push(row);
  return rows;
}
