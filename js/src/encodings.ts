// What points look like, as data: a code or a fraction for each row and channel. Pure.

import type { Bytes, Encodings, Filter, NumberSpec, Spec } from "./state";
import { bytesOf, inflate, u16Of } from "./transport";

export const MISSING = 65535;
const STEPS = 65534;

/** A spec with its values unpacked. */
export interface Encoding {
  spec: Spec;
  codes: Uint16Array<ArrayBuffer>;
  /** Codes of the classes within the categories. */
  inner?: Uint16Array<ArrayBuffer>;
}

export interface Look {
  color?: Encoding;
  size?: Encoding;
  opacity?: Encoding;
}

export function unpackLook(encodings: Encodings | undefined): Look {
  const look: Look = {};
  for (const channel of ["color", "size", "opacity"] as const) {
    const spec = encodings?.[channel];
    const codes = spec?.kind === undefined ? undefined : codesOf(spec.values);
    if (spec !== undefined && codes !== undefined)
      look[channel] = { spec, codes, ...innerOf(spec) };
  }
  return look;
}

function codesOf(values: Bytes): Uint16Array<ArrayBuffer> | undefined {
  const codes = inflate(bytesOf(values));
  return codes === undefined ? undefined : u16Of(codes);
}

function innerOf(spec: Spec): Pick<Encoding, "inner"> {
  const shades = spec.kind === "category" ? spec.shades : undefined;
  const inner = shades === undefined ? undefined : codesOf(shades.values);
  return inner === undefined ? {} : { inner };
}

/** The class within its category of a row; "" for none. */
export function innerClassOf({ spec, codes, inner }: Encoding, row: number): string {
  if (spec.kind !== "category" || spec.shades === undefined) return "";
  return spec.shades.categories[codes[row] ?? MISSING]?.[inner?.[row] ?? MISSING] ?? "";
}

/** The number behind a code of a number's spec; NaN for a missing one. */
export function numberAt(spec: NumberSpec, code: number): number {
  if (code === MISSING) return Number.NaN;
  const t = code / STEPS;
  if (spec.scale === "linear") return spec.min + t * (spec.max - spec.min);
  return spec.min * (spec.max / spec.min) ** t;
}

/** Where a number lies between the ends of a spec, 0 to 1. */
export function fractionOf(spec: NumberSpec, value: number): number {
  return Math.min(1, Math.max(0, placeOn(spec, value)));
}

/** The same, below 0 or above 1 for a number that lies outside. */
function placeOn(spec: NumberSpec, value: number): number {
  const { min, max } = spec;
  if (spec.scale === "linear") return (value - min) / (max - min || 1);
  // Nothing lies below zero on a logarithmic scale.
  return Math.log(Math.max(0, value) / min) / (Math.log(max / min) || 1);
}

/** How far along its spec's range a code leads: 0 to 1; undefined for a missing one. */
export function progressOf(spec: Spec, code: number): number | undefined {
  if (code === MISSING) return undefined;
  if (spec.kind === "number") return code / STEPS;
  return spec.categories.length > 1 ? code / (spec.categories.length - 1) : 1;
}

/** Tells for each row whether the filter shows it; null when it shows all. */
export function shownBy(
  filter: Filter,
  color: Encoding | undefined,
): ((row: number) => boolean) | null {
  if (color === undefined) return null;
  const { spec, codes } = color;
  if (spec.kind === "category" && filter.categories !== undefined) {
    const names = new Set(filter.categories);
    const isIn = spec.categories.map((name) => names.has(name));
    return (row) => isIn[codes[row] ?? MISSING] === true;
  }
  if (spec.kind === "number" && filter.range !== undefined) {
    // Compared as codes, with half a step of room: a value at the very end belongs to it.
    const low = Math.floor(placeOn(spec, filter.range[0]) * STEPS);
    const high = Math.ceil(placeOn(spec, filter.range[1]) * STEPS);
    return (row) => {
      const code = codes[row] ?? MISSING;
      return code >= low && code <= high && code !== MISSING;
    };
  }
  return null;
}
