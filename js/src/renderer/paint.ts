// What every point looks like: colour, strength and size as bytes, and who is drawn on top. Pure.

import { type Encoding, type Look, MISSING, progressOf } from "../encodings";
import type { Rows } from "../rows";
import { categoryColors, GREY, plainColor, type Rgb, ramp, shadeOf } from "../scales";
import { shuffled } from "./order";

export interface Paint {
  n: number;
  /** Four bytes a point; the last one weakens the opacity. */
  rgba: Uint8Array<ArrayBuffer>;
  /** Factors of the diameter, see `factorOf`; null when all are 1. */
  sizes: Uint8Array<ArrayBuffer> | null;
  /** The order of drawing. The last `marked` points are the selected ones. */
  order: Uint32Array<ArrayBuffer>;
  marked: number;
}

/** The byte that stands for the factor 1; 255 stands for 5. */
export const ONE = 51;
const CODES = 65536;
const FILTERED = 20;
const FADED = 0.25;
const GROWN = 1.35;
const SIZES = [0.4, 2.2] as const;
const OPACITIES = [0.1, 1] as const;

export type Shown = ((row: number) => boolean) | null;

/** How many times the usual diameter a byte of `sizes` means. */
export function factorOf(byte: number): number {
  return byte / ONE;
}

export function paintOf(
  look: Look,
  n: number,
  isDark: boolean,
  isShown: Shown,
  selection: Rows,
): Paint {
  const rgba = colorBytes(look.color, n, isDark);
  const standing = standingOf(n, isShown, selection);
  weaken(rgba, n, look.opacity, standing);
  const order = baseOrder(n);
  const isSome = standing !== null && selection.count > 0;
  return {
    n,
    rgba,
    sizes: sizeBytes(look.size, n, isSome ? standing : null),
    ...(isSome ? markedLast(order, standing) : { order, marked: 0 }),
  };
}

const PLAIN = 0;
const HIDDEN = 1;
const BESIDE = 2;
const MARKED = 3;

/** What filter and selection make of each point; null when neither says anything. */
function standingOf(n: number, isShown: Shown, selection: Rows): Uint8Array | null {
  if (isShown === null && selection.count === 0) return null;
  const standing = new Uint8Array(n).fill(selection.count > 0 ? BESIDE : PLAIN);
  for (let i = 0; i < n; i++) {
    if (isShown?.(i) === false) standing[i] = HIDDEN;
    else if (selection.has(i)) standing[i] = MARKED;
  }
  return standing;
}

function colorBytes(
  color: Encoding | undefined,
  n: number,
  isDark: boolean,
): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(n);
  if (color === undefined) words.fill(wordOf(plainColor(isDark)));
  else {
    const table = colorTable(color, isDark);
    const { codes } = color;
    const grey = wordOf(GREY);
    for (let i = 0; i < n; i++) words[i] = table[codes[i] ?? MISSING] ?? grey;
    shade(words, color, isDark);
  }
  return new Uint8Array(words.buffer);
}

/** Classes within categories: shades of their colours. */
function shade(
  words: Uint32Array,
  { spec, codes, inner }: Encoding,
  isDark: boolean,
): void {
  if (spec.kind !== "category" || spec.shades === undefined || inner === undefined)
    return;
  const { categories } = spec.shades;
  const shades = categoryColors(spec, isDark).map((rgb, k) =>
    (categories[k] ?? []).map((_, i, all) => wordOf(shadeOf(rgb, i, all.length))),
  );
  for (let i = 0; i < words.length; i++) {
    const word = shades[codes[i] ?? MISSING]?.[inner[i] ?? MISSING];
    if (word !== undefined) words[i] = word;
  }
}

/** A colour for each of the codes that there can be. */
function colorTable({ spec }: Encoding, isDark: boolean): Uint32Array {
  const table = new Uint32Array(CODES).fill(wordOf(GREY));
  if (spec.kind === "category") {
    categoryColors(spec, isDark).forEach((rgb, i) => {
      table[i] = wordOf(rgb);
    });
    return table;
  }
  for (let high = 0; high < 256; high++) {
    const word = wordOf(ramp(high / 255, isDark, spec.map));
    table.fill(word, high << 8, (high + 1) << 8);
  }
  table[MISSING] = wordOf(GREY);
  return table;
}

/** The four bytes of an opaque colour as this machine reads them as one number. */
function wordOf(rgb: Rgb): number {
  return new Uint32Array(Uint8Array.of(...rgb, 255).buffer)[0] ?? 0;
}

/** Strength by encoding, filter and selection. */
function weaken(
  rgba: Uint8Array,
  n: number,
  opacity: Encoding | undefined,
  standing: Uint8Array | null,
): void {
  if (opacity === undefined && standing === null) return;
  const table = byteTable(opacity, OPACITIES, 255);
  for (let i = 0; i < n; i++) {
    const alpha = table[opacity?.codes[i] ?? MISSING] ?? 255;
    rgba[4 * i + 3] = strengthOf(alpha, standing?.[i] ?? PLAIN);
  }
}

function strengthOf(alpha: number, standing: number): number {
  if (standing === HIDDEN) return Math.min(alpha, FILTERED);
  return standing === BESIDE ? Math.max(1, alpha * FADED) : alpha;
}

function sizeBytes(
  size: Encoding | undefined,
  n: number,
  standing: Uint8Array | null,
): Uint8Array<ArrayBuffer> | null {
  if (size === undefined && standing === null) return null;
  const bytes = new Uint8Array(n).fill(ONE);
  if (size !== undefined) spread(bytes, byteTable(size, SIZES, ONE), size.codes);
  if (standing !== null) grow(bytes, standing);
  return bytes;
}

function grow(bytes: Uint8Array, standing: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++)
    if (standing[i] === MARKED)
      bytes[i] = Math.min(255, Math.round((bytes[i] ?? ONE) * GROWN));
}

function spread(bytes: Uint8Array, table: Uint8Array, codes: Uint16Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = table[codes[i] ?? MISSING] ?? ONE;
}

/** For each code a byte: `one` times the place between the ends of the range. Missing: the low end. */
function byteTable(
  encoding: Encoding | undefined,
  usual: readonly [number, number],
  one: number,
): Uint8Array {
  const table = new Uint8Array(CODES).fill(one);
  if (encoding === undefined) return table;
  const { spec } = encoding;
  const [low, high] = spec.range ?? usual;
  for (let code = 0; code < CODES; code++) {
    const t = Math.min(1, progressOf(spec, code) ?? 0);
    table[code] = Math.min(255, Math.max(1, Math.round(one * (low + t * (high - low)))));
  }
  return table;
}

let usual = new Uint32Array(0);

function baseOrder(n: number): Uint32Array<ArrayBuffer> {
  if (usual.length !== n) usual = shuffled(n);
  return usual;
}

/** Selected points behind all others in the order: drawn last, they lie on top. */
function markedLast(base: Uint32Array, standing: Uint8Array) {
  const order = new Uint32Array(base.length);
  let front = 0;
  let back = base.length;
  for (const i of base) {
    if (standing[i] === MARKED) order[--back] = i;
    else order[front++] = i;
  }
  return { order, marked: base.length - back };
}
