// Colours, and the size and opacity that suit a number of points. Pure.

import { rampColor } from "./ramps";
import type { CategorySpec, RampName } from "./state";

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

/** Points whose value is missing. */
export const GREY: Rgb = [150, 154, 160];

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

/** The part of each ramp that stands out from a light and from a dark background. */
const SEEN: Record<RampName, readonly [light: Ends, dark: Ends]> = {
  viridis: [
    [0, 0.87],
    [0.2, 1],
  ],
  cividis: [
    [0, 0.87],
    [0.24, 1],
  ],
  magma: [
    [0, 0.85],
    [0.37, 1],
  ],
  rdbu: [
    [0, 1],
    [0.07, 0.93],
  ],
};

type Ends = readonly [low: number, high: number];

/** The colour of a fraction 0 to 1. An end that would melt into the background is left out. */
export function ramp(t: number, isDark: boolean, name: RampName = "viridis"): Rgb {
  const [light, dark] = SEEN[name] ?? SEEN.viridis;
  const [low, high] = isDark ? dark : light;
  const inside = low + (high - low) * Math.min(1, Math.max(0, t));
  const rgb = rampColor(name in SEEN ? name : "viridis", inside);
  if (name !== "rdbu" || isDark) return rgb;
  // Its middle is nearly white: dimmed, or zero could not be seen on a white page.
  const dim = 1 - 0.18 * (1 - Math.abs(2 * inside - 1));
  return [Math.round(dim * rgb[0]), Math.round(dim * rgb[1]), Math.round(dim * rgb[2])];
}

/** A colour for each category: the caller's own, or the palette's. */
export function categoryColors(spec: CategorySpec, isDark: boolean): Rgb[] {
  const colors = palette(spec.categories.length, isDark);
  return colors.map((color, i) => {
    const own = spec.colors?.[i];
    return own !== undefined && HEX.test(own) ? parseHex(own) : color;
  });
}

/** How much of the way to white and to black the shades of a category's classes go. */
const LIGHTER = 0.5;
const DARKER = 0.4;

/** The shade of class `i` of the `count` within a category: the first is the darkest. */
export function shadeOf(rgb: Rgb, i: number, count: number): Rgb {
  const place = count < 2 || i >= count ? 0 : (2 * i) / (count - 1) - 1;
  const end = place > 0 ? 255 : 0;
  const part = place > 0 ? LIGHTER * place : -DARKER * place;
  const [r, g, b] = rgb.map((v) => Math.round(v + part * (end - v)));
  return [r ?? 0, g ?? 0, b ?? 0];
}

const HEX = /^#[\da-f]{6}$/i;

/** One colour for all points, when nothing colours them. */
export function plainColor(isDark: boolean): Rgb {
  return isDark ? [94, 176, 239] : [24, 100, 171];
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
