// Where the name of a group stands: on one of its points, near the middle of most of them. Pure.

import type { Rows } from "../rows";
import type { Frame } from "../transport";

/** The middle of so many points is the middle of all. */
const LOOKED_AT = 1000;

/** The row on which the name of a group stands; -1 for a group without points. */
export function anchorOf({ xy }: Frame, rows: Rows): number {
  const every = Math.max(1, Math.ceil(rows.count / LOOKED_AT));
  let at = 0;
  const some: number[] = [];
  for (const row of rows) if (at++ % every === 0) some.push(row);
  // Medians, not means: a few points far away would pull the name out of the group.
  const x = median(some.map((row) => xy[2 * row] ?? 0));
  const y = median(some.map((row) => xy[2 * row + 1] ?? 0));
  const gap = (row: number) =>
    ((xy[2 * row] ?? 0) - x) ** 2 + ((xy[2 * row + 1] ?? 0) - y) ** 2;
  return some.reduce((best, row) => (best < 0 || gap(row) < gap(best) ? row : best), -1);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
