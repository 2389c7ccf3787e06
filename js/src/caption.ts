// The sentence under every map: what may be read from it, and what not. It is part of every
// picture that leaves the page as well.

import { valueAt } from "./curves";
import type { Store } from "./store";

const NOT_TO_SCALE = "Sizes and gaps of clusters are not to scale.";

/**
 * What the map on show is worth: its trustworthiness, measured at its step or last before it.
 * Without a measurement only the warning stands there. Reads signals, so it renews itself.
 */
export function captionOf(store: Store): string {
  const frame = store.frame.value;
  const curve = store.curves.value.trustworthiness;
  const value = frame === null || curve === undefined ? null : valueAt(curve, frame.step);
  return value === null ? toScale(store) : sentence(store, value);
}

function toScale(store: Store): string {
  return store.status.value.to_scale ?? NOT_TO_SCALE;
}

function sentence(store: Store, value: number): string {
  return `Neighbours: ${trustText(value)} trustworthy here. ${toScale(store)}`;
}

/** As long as any caption of this run. */
export function longestCaption(store: Store): string {
  return sentence(store, 0.99);
}

/** Two decimals. Only a map without a single fault is "1.00": 0.996 is said as 0.99. */
export function trustText(value: number): string {
  return (value < 1 ? Math.min(0.99, value) : 1).toFixed(2);
}
