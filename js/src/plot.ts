// Where the marks of a plate's chart stand, and how long its arrows are. Pure.

import { ends, type Panel, type Scale, type Series } from "./plates";
import type { NumberSpec } from "./state";
import { type Tick, ticksOf } from "./ticks";

export type Range = readonly [low: number, high: number];

export interface Axis {
  scale: Scale;
  range: Range;
  /** 0 at the low end, 1 at the high one; NaN for what has no place. */
  place(value: number): number;
  ticks(pixels: number): Tick[];
}

export interface Axes {
  x: Range;
  y: Range;
}

/** What all marks of a panel need. */
export function needOf({ series, x_scale, y_scale }: Panel): Axes {
  const all = (axis: "x" | "y", scale: Scale) => {
    const [low, high] = ends(
      series.flatMap((one) => [...one[axis]].filter((v) => scale === "linear" || v > 0)),
    );
    return scale === "log" && low <= 0 ? ([0.1, 1] as const) : ([low, high] as const);
  };
  const hasBars = series.some(({ kind }) => kind === "bars");
  const [low, high] = all("y", y_scale);
  const y =
    hasBars && y_scale === "linear" ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  return {
    x: roomy(all("x", x_scale), x_scale, 0.02),
    y: roomy(y as unknown as Range, y_scale, 0.06),
  };
}

/** From edge to edge of a grid of so many cells, of which the centres of the outer ones are known. */
export function cellsOf([from, to]: Range, cells: number, scale: Scale): Range {
  const isLog = scale === "log" && from > 0;
  const [a, b] = isLog ? [Math.log(from), Math.log(to)] : [from, to];
  const half = cells > 1 ? (b - a) / (cells - 1) / 2 : 0.5;
  return isLog ? [Math.exp(a - half), Math.exp(b + half)] : [a - half, b + half];
}

/** Axes stand while the marks move: they grow where something would leave them, and never shrink. */
export function grown(before: Axes | undefined, need: Axes): Axes {
  if (before === undefined) return need;
  const wider = (a: Range, b: Range) =>
    [Math.min(a[0], b[0]), Math.max(a[1], b[1])] as const;
  return { x: wider(before.x, need.x), y: wider(before.y, need.y) };
}

function roomy([low, high]: Range, scale: Scale, part: number): Range {
  if (scale === "log") {
    const factor = high > low ? (high / low) ** part : 2;
    return [low / factor, high * factor];
  }
  const room = high > low ? part * (high - low) : Math.abs(high) * 0.1 || 1;
  // Zero stays the end of what begins there.
  return [
    low === 0 && high >= 0 ? 0 : low - room,
    high === 0 && low < 0 ? 0 : high + room,
  ];
}

export function axisOf(range: Range, scale: Scale): Axis {
  const to = (v: number) => (scale === "log" ? Math.log(v) : v);
  const [low, high] = [to(range[0]), to(range[1])];
  const spec = { min: range[0], max: range[1], scale } as NumberSpec;
  return {
    scale,
    range,
    place: (value) => {
      const t = (to(value) - low) / (high - low || 1);
      return Number.isFinite(t) ? t : Number.NaN;
    },
    ticks: (pixels) => ticksOf(spec, pixels),
  };
}

/** A rectangle of the screen with its axes. */
export interface Field {
  width: number;
  height: number;
  x: Axis;
  y: Axis;
}

export function spotOf(field: Field, x: number, y: number): readonly [number, number] {
  return [field.x.place(x) * field.width, (1 - field.y.place(y)) * field.height];
}

/** The path of a series; what has no place (zero on a logarithmic axis, say) leaves a gap. */
export function pathOf(one: Series, field: Field): string {
  const { height, y } = field;
  const base = round(height * (1 - (y.scale === "log" ? 0 : Math.max(0, y.place(0)))));
  let path = "";
  let isOn = false;
  one.x.forEach((value, i) => {
    const [px, py] = spotOf(field, value, one.y[i] ?? 0).map(round);
    const isThere = !Number.isNaN((px ?? 0) + (py ?? 0));
    if (isThere) path += strokeTo(one.kind, `${px}`, `${py}`, base, isOn);
    isOn = isThere;
  });
  return path;
}

function strokeTo(
  kind: Series["kind"],
  x: string,
  y: string,
  base: number,
  isOn: boolean,
): string {
  if (kind === "bars") return `M${x},${base}V${y}`;
  if (kind === "points") return `M${x},${y}h0`;
  if (!isOn) return `M${x},${y}`;
  return kind === "step" ? `H${x}V${y}` : `L${x},${y}`;
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

/** Width of the bars of a series, and how far aside they stand: beside those of other series. */
export function barOf(
  all: readonly Series[],
  at: number,
  field: Field,
): [number, number] {
  const bars = all.filter(({ kind }) => kind === "bars");
  const most = Math.max(1, ...bars.map(({ x }) => x.length));
  const own = all[at];
  const room = Math.min(20, Math.max(1, (0.7 * field.width) / most));
  const width = Math.max(1, room / Math.max(1, bars.length));
  const place = own === undefined ? 0 : bars.indexOf(own) - (bars.length - 1) / 2;
  return [width, place * width];
}

export interface Hit {
  series: number;
  i: number;
}

/** The mark nearest to a place, and within reach; bars are hit by their column alone. */
export function hitOf(
  all: readonly Series[],
  field: Field,
  px: number,
  py: number,
  reach = 24,
): Hit | null {
  let best: Hit | null = null;
  let least = reach;
  all.forEach((one, series) => {
    for (let i = 0; i < one.x.length; i++) {
      const [x, y] = spotOf(field, one.x[i] ?? 0, one.y[i] ?? 0);
      const gap = one.kind === "points" ? Math.hypot(x - px, y - py) : Math.abs(x - px);
      if (gap < least) {
        least = gap;
        best = { series, i };
      }
    }
  });
  return best;
}

/** How long the longest arrow is drawn, in pixels, and between which lengths the scale stands. */
const LENGTH = 90;
const [SHORTEST, LONGEST] = [9, 200];

/** Pixels for one unit of an arrow's length: kept from plate to plate, as long as arrows are seen and fit. */
export function reachOf(places: Float32Array, before: number): number {
  let longest = 0;
  for (let i = 0; i + 3 < places.length; i += 4)
    longest = Math.max(longest, Math.hypot(places[i + 2] ?? 0, places[i + 3] ?? 0));
  if (longest === 0) return before || 1;
  const drawn = before * longest;
  return drawn >= SHORTEST && drawn <= LONGEST ? before : LENGTH / longest;
}
