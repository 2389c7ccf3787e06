// Lines over one of several maps: where points come from, and which pairs gained and lost affinity. Pure.

import type { Affine } from "./renderer/camera";
import type { Rows } from "./rows";
import type { Frame } from "./transport";

/** More lines than this are a tangle. */
const MOST_SELECTED = 400;
const MOST_OF_ALL = 300;

/** The rows whose trails are drawn: the selected ones, or some of all, evenly. */
export function trailRows(selection: Rows, n: number): number[] {
  if (selection.count > 0) return thinned([...selection], MOST_SELECTED);
  const count = Math.min(n, MOST_OF_ALL);
  return Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
}

function thinned(rows: number[], most: number): number[] {
  if (rows.length <= most) return rows;
  const step = rows.length / most;
  return Array.from({ length: most }, (_, i) => rows[Math.floor(i * step)] ?? 0);
}

const tenth = (value: number) => Math.round(10 * value) / 10;

function at({ xy }: Frame, row: number, place: Affine): [number, number] {
  return [
    place.ox + place.sx * (xy[2 * row] ?? 0),
    place.oy + place.sy * (xy[2 * row + 1] ?? 0),
  ];
}

function line(from: readonly number[], to: readonly number[]): string {
  return `M${from.map(tenth).join(" ")}L${to.map(tenth).join(" ")}`;
}

/** The half of a trail that is farther away, and the half that ends where the point is now. */
export function trailOf(
  before: Frame,
  now: Frame,
  row: number,
  place: Affine,
): [tail: string, head: string] {
  const [a, b] = [at(before, row, place), at(now, row, place)];
  const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  return [line(a, middle), line(middle, b)];
}

/** Pairs of rows as one path. */
export function pairsPath(pairs: readonly number[], frame: Frame, place: Affine): string {
  const path: string[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2)
    path.push(line(at(frame, pairs[i] ?? 0, place), at(frame, pairs[i + 1] ?? 0, place)));
  return path.join("");
}
