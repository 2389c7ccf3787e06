// Encodings as Python sends them.

import { zlibSync } from "fflate";
import type { CategorySpec, NumberSpec } from "../src/state";

export function packed(codes: readonly number[]): DataView {
  const bytes = new Uint8Array(2 * codes.length);
  const view = new DataView(bytes.buffer);
  codes.forEach((code, i) => {
    view.setUint16(2 * i, code, true);
  });
  const short = zlibSync(bytes);
  return new DataView(short.buffer as ArrayBuffer, short.byteOffset, short.byteLength);
}

export function categorySpec(
  codes: readonly number[],
  categories: string[],
  more: Partial<CategorySpec> = {},
): CategorySpec {
  const counts = categories.map((_, i) => codes.filter((code) => code === i).length);
  return {
    kind: "category",
    name: "label",
    categories,
    counts,
    values: packed(codes),
    ...more,
  };
}

export function numberSpec(
  codes: readonly number[],
  more: Partial<NumberSpec> = {},
): NumberSpec {
  return {
    kind: "number",
    name: "mass",
    min: 0,
    max: 10,
    scale: "linear",
    map: "viridis",
    values: packed(codes),
    ...more,
  };
}
