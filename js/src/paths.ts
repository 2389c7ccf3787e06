// Points as a few SVG paths: dots of one look are ends of lines without length. Pure.

import type { Affine, Size } from "./renderer/camera";
import { factorOf, ONE, type Paint } from "./renderer/paint";
import { element, tenth } from "./svg";

export interface Style {
  pointSize: number;
  opacity: number;
  markedOpacity: number;
}

/**
 * Dots of one path do not add up where they overlap, as those of the map do: so dots of one look are
 * dealt out to several paths.
 */
const LAYERS = 8;
const MOST_PATHS = 800;
/** Sizes and strengths that differ less are one look. */
const SIZE_STEP = 6;
const ALPHA_STEP = 17;

/** Dots of one look. */
interface Dots {
  color: string;
  alpha: number;
  size: number;
  path: string[];
}

/** Only what is in view. `place` takes `data` to pixels. */
export function pathsOf(
  data: Uint16Array,
  place: Affine,
  size: Size,
  paint: Paint,
  style: Style,
): string[] {
  const reach = 5 * style.pointSize;
  const isSeen = (x: number, y: number) =>
    x > -reach && y > -reach && x < size.width + reach && y < size.height + reach;
  const others = paint.order.subarray(0, paint.n - paint.marked);
  const marked = paint.order.subarray(paint.n - paint.marked);
  const looks = new Set<number>();
  for (const row of others) looks.add(lookOf(paint, row));
  const layers = Math.max(1, Math.min(LAYERS, Math.floor(MOST_PATHS / (looks.size + 1))));
  const length = Math.ceil(others.length / layers);
  const out: string[] = [];
  const add = (rows: Uint32Array, opacity: number) => {
    const dots = dotsOf(rows, data, place, paint, isSeen);
    out.push(...dots.map((each) => pathOf(each, style.pointSize, opacity)));
  };
  for (let start = 0; start < others.length; start += length)
    add(others.subarray(start, start + length), style.opacity);
  if (marked.length > 0) add(marked, style.markedOpacity);
  return out;
}

function dotsOf(
  rows: Uint32Array,
  data: Uint16Array,
  place: Affine,
  paint: Paint,
  isSeen: (x: number, y: number) => boolean,
): Dots[] {
  const dots = new Map<number, Dots>();
  for (const row of rows) {
    const x = place.ox + place.sx * (data[2 * row] ?? 0);
    const y = place.oy + place.sy * (data[2 * row + 1] ?? 0);
    if (!isSeen(x, y)) continue;
    const look = lookOf(paint, row);
    let own = dots.get(look);
    if (own === undefined) {
      own = dotsLike(paint, row);
      dots.set(look, own);
    }
    own.path.push(`M${tenth(x)} ${tenth(y)}h0`);
  }
  return [...dots.values()];
}

function sizeAt(paint: Paint, row: number): number {
  const byte = paint.sizes?.[row] ?? ONE;
  return byte === ONE ? ONE : Math.max(1, SIZE_STEP * Math.round(byte / SIZE_STEP));
}

function alphaAt(paint: Paint, row: number): number {
  const byte = paint.rgba[4 * row + 3] ?? 255;
  return Math.max(4, ALPHA_STEP * Math.round(byte / ALPHA_STEP));
}

/** One number for colour, strength and size together. */
function lookOf(paint: Paint, row: number): number {
  const { rgba } = paint;
  const color =
    (rgba[4 * row] ?? 0) * 65536 +
    (rgba[4 * row + 1] ?? 0) * 256 +
    (rgba[4 * row + 2] ?? 0);
  return (color * 256 + alphaAt(paint, row)) * 256 + sizeAt(paint, row);
}

function dotsLike(paint: Paint, row: number): Dots {
  const hex = Array.from(paint.rgba.subarray(4 * row, 4 * row + 3), (byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return {
    color: `#${hex.join("")}`,
    alpha: alphaAt(paint, row) / 255,
    size: factorOf(sizeAt(paint, row)),
    path: [],
  };
}

function pathOf(dots: Dots, pointSize: number, opacity: number): string {
  return element("path", {
    d: dots.path.join(""),
    stroke: dots.color,
    "stroke-width": Math.round(100 * dots.size * pointSize) / 100,
    "stroke-opacity": Math.round(1000 * dots.alpha * opacity) / 1000,
  });
}
