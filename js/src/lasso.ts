// Which points lie inside an outline, in view, or next in reading order. Pure.

import { type Bounds, Region } from "./region";
import type { Affine, Size } from "./renderer/camera";
import type { Shown } from "./renderer/paint";

/** Height of a line of reading, in pixels. */
const LINE = 24;

/**
 * Rows of the points inside an outline, ascending. `data` holds x, y interleaved, `place` takes
 * them to pixels, `outline` holds the pixels of its corners, interleaved too. Where the outline
 * crosses itself the even-odd rule holds.
 */
export function rowsInside(
  data: Uint16Array,
  place: Affine,
  outline: readonly number[],
  isShown: Shown,
): Uint32Array<ArrayBuffer> {
  const region = new Region(outline);
  return rowsWhere(data, place, region.bounds, isShown, (x, y) => region.has(x, y));
}

/** Rows of the points on the canvas, ascending. */
export function rowsInView(
  data: Uint16Array,
  place: Affine,
  size: Size,
  isShown: Shown,
): Uint32Array<ArrayBuffer> {
  const bounds = { left: 0, top: 0, right: size.width, bottom: size.height };
  return rowsWhere(data, place, bounds, isShown, () => true);
}

function rowsWhere(
  data: Uint16Array,
  { sx, sy, ox, oy }: Affine,
  bounds: Bounds,
  isShown: Shown,
  isIn: (x: number, y: number) => boolean,
): Uint32Array<ArrayBuffer> {
  const n = data.length >> 1;
  const rows = new Uint32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const x = ox + sx * (data[2 * i] ?? 0);
    const y = oy + sy * (data[2 * i + 1] ?? 0);
    if (isWithin(bounds, x, y) && isIn(x, y) && isShown?.(i) !== false) rows[count++] = i;
  }
  return rows.slice(0, count);
}

function isWithin(b: Bounds, x: number, y: number): boolean {
  return x >= b.left && x <= b.right && y >= b.top && y <= b.bottom;
}

/** Where a point stands in the order of reading; lines and x count backwards for the way back. */
interface Spot {
  line: number;
  x: number;
  row: number;
}

/** Behind all points. */
const END: Spot = { line: Number.POSITIVE_INFINITY, x: 0, row: 0 };

/**
 * The next point in reading order (lines of 24 pixels from top to bottom, each from left to
 * right), or the one before. Only points that are shown and in view count; behind the last one
 * comes the first again. -1 when there is none.
 */
export function nextInReading(
  data: Uint16Array,
  place: Affine,
  size: Size,
  isShown: Shown,
  from: number,
  direction: 1 | -1,
): number {
  const spotOf = (row: number): Spot => ({
    line: direction * Math.floor((place.oy + place.sy * (data[2 * row + 1] ?? 0)) / LINE),
    x: direction * (place.ox + place.sx * (data[2 * row] ?? 0)),
    row: direction * row,
  });
  const here = from >= 0 ? spotOf(from) : END;
  let next = END;
  let first = END;
  for (const row of rowsInView(data, place, size, isShown)) {
    const spot = spotOf(row);
    if (isBefore(spot, first)) first = spot;
    if (isBefore(spot, next) && isBefore(here, spot)) next = spot;
  }
  const found = next === END ? first : next;
  return found === END ? -1 : direction * found.row;
}

function isBefore(a: Spot, b: Spot): boolean {
  if (a.line !== b.line) return a.line < b.line;
  return a.x !== b.x ? a.x < b.x : a.row < b.row;
}
