// Curves that grow while a run goes on.

import type { Curve, Curves } from "./state";

export const MAX_POINTS = 2000;

/** `base` with the points of `more` behind its own. The arrays of `base` are left as they are. */
export function appendCurves(base: Curves, more: Curves): Curves {
  // A whole curve comes again to a view that may know only a saved, thinned and rounded one.
  return combined(base, more, (old, piece) => piece.steps.length >= old.steps.length);
}

/** The same for curves as a notebook saves them: they are worth less than those that came live. */
export function appendSaved(base: Curves, saved: Curves): Curves {
  return combined(base, saved, (old, piece) => piece.steps.length > old.steps.length);
}

type Better = (old: Curve, piece: Curve) => boolean;

function combined(base: Curves, more: Curves, isBetter: Better): Curves {
  const out = { ...base };
  for (const [name, piece] of Object.entries(more)) {
    const old = out[name];
    out[name] = shorten(old === undefined ? piece : joined(old, piece, isBetter));
  }
  return out;
}

function joined(old: Curve, piece: Curve, isBetter: Better): Curve {
  const isWhole = (piece.steps[0] ?? Number.NaN) <= (old.steps[0] ?? Number.NaN);
  if (isWhole && isBetter(old, piece)) return piece;
  const last = old.steps.at(-1) ?? -1;
  // A frame that is sent again brings its points again.
  const from = piece.steps.findIndex((step) => step > last);
  if (from < 0) return { ...old, ...noteOf(piece) };
  return {
    ...old,
    ...noteOf(piece),
    steps: old.steps.concat(piece.steps.slice(from)),
    values: old.values.concat(piece.values.slice(from)),
  };
}

function noteOf(curve: Curve): { note?: string } {
  return curve.note === undefined ? {} : { note: curve.note };
}

/** Keeps the lowest and the highest of every four points when there are too many. */
export function shorten(curve: Curve): Curve {
  if (curve.steps.length <= 2 * MAX_POINTS) return curve;
  const keep: number[] = [];
  for (let start = 0; start < curve.steps.length; start += 4) {
    const [low, high] = extremes(
      curve.values,
      start,
      Math.min(start + 4, curve.steps.length),
    );
    keep.push(Math.min(low, high));
    if (low !== high) keep.push(Math.max(low, high));
  }
  return {
    ...curve,
    steps: keep.map((i) => curve.steps[i] ?? 0),
    values: keep.map((i) => curve.values[i] ?? null),
  };
}

function extremes(values: readonly (number | null)[], from: number, to: number) {
  let low = from;
  let high = from;
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    if (value < (values[low] ?? 0)) low = i;
    if (value > (values[high] ?? 0)) high = i;
  }
  return [low, high] as const;
}

/** Index of the last point at or before `step`; -1 when there is none. */
export function indexAt(steps: ArrayLike<number>, step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The last value at or before `step`, the last of all when `step` is null; null for none. */
export function valueAt(curve: Curve, step: number | null): number | null {
  const last = curve.values.length - 1;
  let i = step === null ? last : indexAt(curve.steps, step);
  // A value that was not finite says nothing: the one before it does.
  while (i >= 0 && curve.values[i] === null) i--;
  return curve.values[i] ?? null;
}
