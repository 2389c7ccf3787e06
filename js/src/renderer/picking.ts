// Finds the point under the pointer: a uniform grid over one frame, built when first asked.

import type { Affine } from "./camera";
import type { Shown } from "./paint";

export interface Picker {
  /** The nearest point that is shown within `radius` pixels of (px, py); -1 when there is none. */
  pick(px: number, py: number, radius: number, isShown?: Shown): number;
}

/** `data` holds x, y interleaved, 0 to 65535; `place` takes these numbers to pixels. */
export function createGrid(data: Uint16Array): (place: Affine) => Picker {
  const n = data.length >> 1;
  const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / 2))));
  const cell = 65536 / side;
  const per = side / 65536;
  const cellOf = (i: number) =>
    Math.floor((data[2 * i + 1] ?? 0) * per) * side +
    Math.floor((data[2 * i] ?? 0) * per);
  const starts = new Uint32Array(side * side + 1);
  for (let i = 0; i < n; i++) bump(starts, cellOf(i) + 1);
  for (let c = 0; c < side * side; c++)
    starts[c + 1] = (starts[c + 1] ?? 0) + (starts[c] ?? 0);
  const items = new Uint32Array(n);
  const next = starts.slice();
  for (let i = 0; i < n; i++) items[bump(next, cellOf(i))] = i;

  const nearest = (
    place: Affine,
    px: number,
    py: number,
    radius: number,
    isShown: Shown = null,
  ): number => {
    const distance = (i: number) =>
      Math.hypot(
        place.ox + place.sx * (data[2 * i] ?? 0) - px,
        place.oy + place.sy * (data[2 * i + 1] ?? 0) - py,
      );
    const [x0, x1] = range(px, radius, place.sx, place.ox, cell, side);
    const [y0, y1] = range(py, radius, place.sy, place.oy, cell, side);
    let best = -1;
    let closest = radius;
    for (let row = y0; row <= y1; row++) {
      // Cells of one row lie one behind the other.
      const some = items.subarray(starts[row * side + x0], starts[row * side + x1 + 1]);
      for (const i of some) {
        const away = distance(i);
        if (away <= closest && isShown?.(i) !== false) [best, closest] = [i, away];
      }
    }
    return best;
  };
  return (place) => ({
    pick: (px, py, radius, isShown) => nearest(place, px, py, radius, isShown),
  });
}

function bump(counts: Uint32Array, at: number): number {
  const old = counts[at] ?? 0;
  counts[at] = old + 1;
  return old;
}

/** First and last cell that a disc reaches along one axis. */
function range(
  center: number,
  radius: number,
  scale: number,
  offset: number,
  cell: number,
  side: number,
): [number, number] {
  // All points on one line: every cell is in reach.
  if (scale === 0) return [0, side - 1];
  const a = (center - radius - offset) / scale / cell;
  const b = (center + radius - offset) / scale / cell;
  const clamp = (v: number) => Math.max(0, Math.min(side - 1, Math.floor(v)));
  return [clamp(Math.min(a, b)), clamp(Math.max(a, b))];
}
