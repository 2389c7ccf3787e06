// A plate is what a teaching view shows of one internal: one or two panels, words, code, controls.
// The kernel computes it; nothing here knows an internal by its name.

import type { Encoding as Coding } from "./encodings";
import type { Bytes, Encoding } from "./state";
import { bodyOf } from "./transport";

/** An array: where it begins among the numbers of the body, and how many they are. */
export type Slot = readonly [from: number, length: number];
export type Scale = "linear" | "log";
export type Setting = number | string | boolean;
export type Settings = Readonly<Record<string, Setting>>;

export interface Series<T = Float32Array> {
  label: string;
  kind: "line" | "points" | "bars" | "step";
  x: T;
  y: T;
  /** The rows of the data that the values belong to. */
  index?: T;
}

interface PanelOf<T> {
  kind: "chart" | "heat" | "arrows" | "colors" | "table";
  title: string;
  x_label: string;
  y_label: string;
  x_scale: Scale;
  y_scale: Scale;
  series: Series<T>[];
  /** Row after row; the first row lies at the low end of `y`. */
  heat?: { values: T; shape: [number, number]; x: [number, number]; y: [number, number] };
  /** x, y, dx, dy in the coordinates of the map; what each arrow is, and what it belongs to. */
  arrows?: { places: T; labels: string[]; groups: string[]; to_scale: boolean };
  /** A number for each row. */
  colors?: T;
  table?: [name: string, cells: (string | number | null)[]][];
}

export type Panel = PanelOf<Float32Array>;

/** When a change acts. */
export type Acts = "now" | "next step" | "restart";

export interface Control {
  name: string;
  label: string;
  kind: "slider" | "choice" | "toggle";
  low?: number;
  high?: number;
  step?: number;
  scale?: Scale;
  choices?: string[];
  value: Setting;
  acts: Acts;
}

interface PlateOf<T> {
  name: string;
  title: string;
  /** The rows it is of; -1 for none. */
  row: number;
  other: number;
  /** The step of the map it was computed on; -1 where no map is needed. */
  step: number;
  text: string;
  snippet: string;
  /** What one writes in a cell for the same values. */
  call: string;
  /** "computed on 500 of 1,797 rows" */
  sample: string | null;
  panels: PanelOf<T>[];
  controls: Control[];
  /** Why there is nothing to show; the rest is empty then. */
  error?: string;
}

export type Plate = PlateOf<Float32Array>;
export type PackedPlate = PlateOf<Slot>;

/** What the panel offers. */
export interface Internal {
  name: string;
  title: string;
  number: number;
  /** What it must be given: "point", "two points", "map", … */
  needs: string[];
  /** What it lacks here; absent where it can be shown. */
  lacks?: string;
}

/** The trait of a widget that is opened for teaching. */
export interface Lesson {
  internals: Internal[];
  /** What Python wants to be shown, and how often it has wished for something. */
  name: string;
  settings: Settings;
  wish: number;
  projector: boolean;
}

export interface PlateMessage {
  t: "plate";
  id: number;
  plate: PackedPlate;
  enc?: Encoding;
  data?: string;
}

export interface PlateQuestion {
  t: "plate";
  id: number;
  name: string;
  row: number;
  other: number;
  /** The step of the map; -1 for the newest. */
  step: number;
  settings: Settings;
}

/** What an exported page holds; the numbers of all plates are one string of bytes. */
export interface PagePlates {
  /** Of which rows there are plates. */
  rows: number[];
  stored: PackedPlate[];
  note: string;
}

/** undefined when the numbers got lost on the way. */
export function plateOf(
  message: PlateMessage,
  buffers: readonly Bytes[],
): Plate | undefined {
  const body = bodyOf({ ...message, enc: message.enc ?? "u16" }, buffers);
  return unpackPlate(message.plate, floatsOf(body ?? new Uint8Array(0)));
}

export function unpackPlate(
  packed: PackedPlate,
  numbers: Float32Array,
): Plate | undefined {
  let isWhole = true;
  const take = ([from, length]: Slot) => {
    isWhole &&= from + length <= numbers.length;
    return numbers.subarray(from, from + length);
  };
  const panels = packed.panels.map(
    ({ series, heat, arrows, colors, ...rest }): Panel => ({
      ...rest,
      series: series.map(({ x, y, index, ...more }) => ({
        ...more,
        x: take(x),
        y: take(y),
        ...(index && { index: take(index) }),
      })),
      ...(heat && { heat: { ...heat, values: take(heat.values) } }),
      ...(arrows && { arrows: { ...arrows, places: take(arrows.places) } }),
      ...(colors && { colors: take(colors) }),
    }),
  );
  return isWhole ? { ...packed, panels } : undefined;
}

/** Little-endian 32-bit numbers; a copy, because the offset of a view may be odd. */
export function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, i) =>
    view.getFloat32(4 * i, true),
  );
}

/** The panel that is drawn over the map, or colours it; undefined for none. */
export function onMap(plate: Plate | null, kind: "arrows" | "colors"): Panel | undefined {
  return plate?.panels.find((panel) => panel.kind === kind);
}

const STEPS = 65534;
const MISSING = 65535;

/** Numbers as a colour of the points. */
export function codingOf({ title, y_scale, colors }: Panel): Coding | undefined {
  if (colors === undefined) return undefined;
  const isLog = y_scale === "log";
  const known = colors.filter((v) => Number.isFinite(v) && (!isLog || v > 0));
  const [min, max] = ends(known);
  const to = (v: number) => (isLog ? Math.log(v) : v);
  const width = to(max) - to(min) || 1;
  const codes = Uint16Array.from(colors, (v) => {
    const t = (to(v) - to(min)) / width;
    return Number.isFinite(t) && (!isLog || v > 0)
      ? Math.round(STEPS * Math.min(1, Math.max(0, t)))
      : MISSING;
  });
  const isCentred = min < 0 && max > 0 && !isLog;
  const size = Math.max(-min, max);
  const spec = {
    kind: "number" as const,
    name: title,
    values: "",
    min,
    max,
    scale: y_scale,
    map: "viridis" as const,
  };
  if (!isCentred) return { spec, codes };
  const middle = Uint16Array.from(colors, (v) =>
    Number.isFinite(v) ? Math.round((STEPS * (v + size)) / (2 * size)) : MISSING,
  );
  return { spec: { ...spec, min: -size, max: size, map: "rdbu" }, codes: middle };
}

/** Lowest and highest; 0 and 1 of nothing. */
export function ends(values: Iterable<number>): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const v of values)
    if (Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  return low > high ? [0, 1] : [low, high];
}
