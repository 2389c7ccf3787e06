// Round numbers along a scale, and their texts. Pure.

import { ticks } from "d3-array";
import { fractionOf } from "./encodings";
import type { NumberSpec } from "./state";

export interface Tick {
  /** Place along the scale, 0 to 1. */
  at: number;
  text: string;
}

/** Width of a digit in pixels, at the size of tick texts. */
const DIGIT = 6.2;
const GAP = 6;
const MOST = 7;

/** As many round numbers as stand beside each other in `width` pixels without touching. */
export function ticksOf(spec: NumberSpec, width: number): Tick[] {
  if (spec.min === spec.max) return [{ at: 0, text: tickTexts([spec.min])[0] ?? "" }];
  for (const values of spec.scale === "log" ? logTicks(spec) : linearTicks(spec)) {
    const texts = spec.scale === "log" ? logTexts(values) : tickTexts(values);
    const found = values.map((v, i) => ({
      at: fractionOf(spec, v),
      text: texts[i] ?? "",
    }));
    if (found.length > 0 && fits(found, width)) return found;
  }
  return [];
}

function* linearTicks({ min, max }: NumberSpec): Generator<number[]> {
  for (let n = MOST; n > 0; n--) yield ticks(min, max, n);
  // A centred scale always has room for its middle.
  if (min < 0 && max > 0) yield [0];
  yield [min];
}

/** 1, 2, 5, 10, …; then the powers of ten; then every second of them, and so on. */
function* logTicks({ min, max }: NumberSpec): Generator<number[]> {
  const first = Math.floor(Math.log10(min));
  const last = Math.ceil(Math.log10(max));
  const isInside = (v: number) => v >= min * 0.999999 && v <= max * 1.000001;
  const powers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const series = (factors: number[], every: number) =>
    powers
      .filter((p) => p % every === 0)
      .flatMap((p) => factors.map((factor) => Number(`${factor}e${p}`)))
      .filter(isInside);
  const few = series([1, 2, 5], 1);
  // Less than a factor of ten or so: round numbers as on a linear scale say more.
  if (few.length < 3) yield ticks(min, max, 3).filter((v) => v > 0);
  yield few;
  yield series([1, 3], 1);
  for (let every = 1; every <= powers.length; every++) yield series([1], every);
  yield [min, max];
  yield [min];
}

/** Texts are centred below their ticks, but stay inside at both ends. */
function fits(found: readonly Tick[], width: number): boolean {
  let end = Number.NEGATIVE_INFINITY;
  for (const { at, text } of found) {
    const [left, right] = extent(at, text, width);
    if (left < end + GAP) return false;
    end = right;
  }
  return end <= width + 0.5;
}

/** Where a tick's text begins and ends, in pixels. */
export function extent(at: number, text: string, width: number): [number, number] {
  const wide = text.length * DIGIT;
  const left = Math.max(0, Math.min(width - wide, at * width - wide / 2));
  return [left, left + wide];
}

/** Texts of evenly spaced numbers, with as many decimals as tell them apart. */
export function tickTexts(values: readonly number[]): string[] {
  const [first, second] = values;
  if (first === undefined || second === undefined) return values.map(shortest);
  const largest = Math.max(...values.map(Math.abs));
  // The place of the digit in which neighbours differ; a gap of 0.1 is not quite 0.1.
  const place = Math.floor(Math.log10(Math.abs(second - first)) + 1e-9);
  if (largest >= 1e15 || largest < 1e-4) {
    const digits = Math.floor(Math.log10(largest)) - place;
    return values.map((v) => powered(v, digits));
  }
  if (largest >= 1e6 && place >= 3) return values.map(compact);
  const decimals = Math.min(20, Math.max(0, -place));
  return values.map((v) => grouped(v, decimals, decimals));
}

/** Texts of numbers of very different sizes: all small and large ones as powers, or none. */
function logTexts(values: readonly number[]): string[] {
  const isWide = values.some((v) => v < 1e-4 || v >= 1e15);
  const isFar = (v: number) => isWide && (v < 1e-3 || v >= 1e3);
  return values.map((v) => (isFar(v) ? powered(v, 3) : shortest(v)));
}

/** A number by itself, with at most four figures: 0.001, 50, 2,000, 10K, 1e-7. */
export function shortest(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return powered(value, 3);
  return size >= 1e4 ? compact(value) : grouped(Number(value.toPrecision(4)), 0, 8);
}

function grouped(value: number, least: number, most: number): string {
  if (value === 0) return "0";
  const options = {
    minimumFractionDigits: least,
    maximumFractionDigits: most,
    // Years are not written with a comma.
    useGrouping: Math.abs(value) >= 1e4,
  };
  return minus(value.toLocaleString("en-US", options));
}

function compact(value: number): string {
  const options = { notation: "compact", maximumSignificantDigits: 4 } as const;
  return minus(value.toLocaleString("en-US", options));
}

function powered(value: number, digits: number): string {
  const short = Number(value.toExponential(Math.min(15, Math.max(0, digits))));
  return value === 0 ? "0" : minus(short.toExponential().replace("+", ""));
}

/** A minus sign instead of a hyphen. */
function minus(text: string): string {
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}
