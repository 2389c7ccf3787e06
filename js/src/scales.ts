// Colours, point sizes and opacities. Pure.

import { interpolateViridis } from "d3-scale-chromatic";
import type { Coloring } from "./store";

export type Rgb = readonly [number, number, number];

// The first colours are those of Okabe and Ito (2008); the others were searched so that any two
// differ under normal, deuteranopic and protanopic vision (a test measures it).
const TEN_LIGHT = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#d55e00",
  "#ec71ac",
  "#53b3ec",
  "#45188f",
  "#186951",
  "#81da8e",
  "#652334",
];
const TEN_DARK = [
  "#3da1f4",
  "#f0a830",
  "#12a680",
  "#ff5c26",
  "#dca1cc",
  "#99e0ff",
  "#f4ea5a",
  "#8f63f2",
  "#e8ccb2",
  "#a83a4f",
];

export const MISSING = 65535;
const GREY: Rgb = [150, 154, 160];

export function parseHex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function cssColor(rgb: Rgb): string {
  return `rgb(${rgb[0]}, ${rgb[1]}, ${rgb[2]})`;
}

/** `n` colours for categories: a safe list up to ten, then as different as so many can be. */
export function palette(n: number, isDark: boolean): Rgb[] {
  if (n <= 10) return (isDark ? TEN_DARK : TEN_LIGHT).slice(0, n).map(parseHex);
  const levels = isDark ? [0.78, 0.64, 0.88] : [0.6, 0.45, 0.74];
  return Array.from({ length: n }, (_, i) => {
    // The golden angle spreads hues evenly for any n; neighbours differ in lightness as well.
    const hue = i * 2.399963;
    return oklch(levels[i % 3] ?? 0.6, 0.11 + 0.04 * (i % 2), hue);
  });
}

/** Oklab (Ottosson 2020) in polar form to sRGB, clipped to what a screen can show. */
function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos(hue);
  const b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function gamma(linear: number): number {
  const v = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.round(255 * Math.min(1, Math.max(0, v)));
}

/** The colour of a fraction 0 to 1. The end that would melt into the background is left out. */
export function ramp(t: number, isDark: boolean): Rgb {
  const inside = isDark ? 0.14 + 0.86 * t : 0.94 * t;
  const text = interpolateViridis(Math.min(1, Math.max(0, inside)));
  if (text.startsWith("#")) return parseHex(text);
  const [r = 0, g = 0, b = 0] = (text.match(/\d+/g) ?? []).map(Number);
  return [r, g, b];
}

/** One colour for all points, when there are no labels. */
export function plainColor(isDark: boolean): Rgb {
  return isDark ? [94, 176, 239] : [24, 100, 171];
}

/** RGBA for each point; `highlight` is the category that stays strong while others fade. */
export function pointColors(
  coloring: Coloring,
  n: number,
  isDark: boolean,
  highlight: number | null,
): Uint8Array<ArrayBuffer> {
  const { spec, codes, numbers } = coloring;
  if (spec.kind === "category" && codes !== undefined)
    return categoryColors(codes, n, palette(spec.categories.length, isDark), highlight);
  if (spec.kind === "number" && numbers !== undefined) {
    const table = Array.from({ length: 256 }, (_, i) => ramp(i / 255, isDark));
    return numberColors(numbers, n, table, spec.min, spec.max);
  }
  const plain = plainColor(isDark);
  return paint(n, () => plain);
}

function categoryColors(
  codes: Uint16Array,
  n: number,
  colors: Rgb[],
  highlight: number | null,
) {
  const rgba = paint(n, (i) => colors[codes[i] ?? MISSING] ?? GREY);
  if (highlight !== null)
    for (let i = 0; i < n; i++) if (codes[i] !== highlight) rgba[4 * i + 3] = 24;
  return rgba;
}

function numberColors(
  values: Float32Array,
  n: number,
  table: Rgb[],
  min: number,
  max: number,
) {
  const width = max > min ? max - min : 1;
  return paint(n, (i) => {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) return GREY;
    const t = Math.min(1, Math.max(0, (value - min) / width));
    return table[Math.round(255 * t)] ?? GREY;
  });
}

function paint(n: number, colorOf: (i: number) => Rgb): Uint8Array<ArrayBuffer> {
  const rgba = new Uint8Array(4 * n);
  for (let i = 0; i < n; i++) {
    const [r, g, b] = colorOf(i);
    rgba[4 * i] = r;
    rgba[4 * i + 1] = g;
    rgba[4 * i + 2] = b;
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

/** Maps have gaps: points share about this part of the canvas. */
const COVERED = 0.12;

/**
 * Diameter in pixels and opacity of points, so that few points are easy to see and many points
 * show where they are dense. `zoom` is 1 when the whole map is on the canvas.
 */
export function pointStyle(n: number, area: number, zoom: number, hasColors: boolean) {
  const room = Math.sqrt(area / Math.max(1, n));
  const size =
    Math.min(7, Math.max(1.6, 0.42 * room)) * Math.min(2.5, Math.max(1, zoom ** 0.35));
  const seen = n / Math.max(1, zoom * zoom);
  const layers = (seen * Math.PI * size * size) / 4 / (COVERED * Math.max(1, area));
  const plain = Math.min(0.9, Math.max(0.05, 1.15 / (1 + layers) ** 0.85));
  // Faint colours cannot be told apart, so a coloured map gives up some density for hue.
  return { size, opacity: hasColors ? plain ** 0.6 : plain };
}
