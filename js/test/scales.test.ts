import * as d3 from "d3-scale-chromatic";
import { expect, test } from "vitest";
import { rampColor } from "../src/ramps";
import {
  categoryColors,
  palette,
  parseHex,
  plainColor,
  pointStyle,
  type Rgb,
  ramp,
} from "../src/scales";
import { categorySpec } from "./looks";

type Matrix = readonly (readonly number[])[];
const IDENTITY: Matrix = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
// Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
const DEUTERANOPIA: Matrix = [
  [0.367322, 0.860646, -0.227968],
  [0.280085, 0.672501, 0.047413],
  [-0.01182, 0.04294, 0.968881],
];
const PROTANOPIA: Matrix = [
  [0.152286, 1.052583, -0.204868],
  [0.114503, 0.786281, 0.099216],
  [-0.003882, -0.048116, 1.051998],
];
const TO_LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
];
const TO_LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
];

function times(matrix: Matrix, vector: readonly number[]): number[] {
  return matrix.map((row) => row.reduce((sum, v, i) => sum + v * vector[i]!, 0));
}

function linear(rgb: Rgb): number[] {
  return rgb.map((v) =>
    v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  );
}

function seen(rgb: Rgb, vision: Matrix): number[] {
  const light = times(vision, linear(rgb)).map((v) => Math.min(1, Math.max(0, v)));
  return times(TO_LAB, times(TO_LMS, light).map(Math.cbrt));
}

function smallestDifference(colors: Rgb[], vision: Matrix): number {
  const labs = colors.map((rgb) => seen(rgb, vision));
  let least = Number.POSITIVE_INFINITY;
  labs.forEach((a, i) => {
    for (const b of labs.slice(0, i))
      least = Math.min(least, Math.hypot(...a.map((v, k) => v - b[k]!)));
  });
  return least;
}

function contrast(a: Rgb, b: Rgb): number {
  const y = (rgb: Rgb) => {
    const [r, g, bl] = linear(rgb);
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl! + 0.05;
  };
  return Math.max(y(a), y(b)) / Math.min(y(a), y(b));
}

test.each([true, false])(
  "ten categories differ for every kind of vision (dark: %s)",
  (isDark) => {
    const colors = palette(10, isDark);
    expect(smallestDifference(colors, IDENTITY)).toBeGreaterThan(0.12);
    expect(smallestDifference(colors, DEUTERANOPIA)).toBeGreaterThan(0.08);
    expect(smallestDifference(colors, PROTANOPIA)).toBeGreaterThan(0.08);
  },
);

test.each([11, 30, 100])("%i categories have as many different colours", (n) => {
  for (const isDark of [true, false])
    expect(new Set(palette(n, isDark).map(String)).size).toBe(n);
});

test("points stand out from the background", () => {
  const white: Rgb = [255, 255, 255];
  const black: Rgb = [22, 25, 29];
  for (const n of [10, 50]) {
    for (const rgb of palette(n, false))
      expect(contrast(rgb, white)).toBeGreaterThan(1.5);
    for (const rgb of palette(n, true)) expect(contrast(rgb, black)).toBeGreaterThan(2.5);
  }
  expect(contrast(plainColor(false), white)).toBeGreaterThan(4);
  expect(contrast(plainColor(true), black)).toBeGreaterThan(4);
});

const RAMPS = ["viridis", "cividis", "magma", "rdbu"] as const;

test.each(RAMPS.slice(0, 3))("%s grows steadily in lightness", (name) => {
  for (const isDark of [true, false]) {
    const light = Array.from(
      { length: 21 },
      (_, i) => seen(ramp(i / 20, isDark, name), IDENTITY)[0]!,
    );
    for (let i = 1; i < light.length; i++)
      expect(light[i]).toBeGreaterThan(light[i - 1]!);
  }
});

test.each(RAMPS)("all of %s stands out, from white and from black", (name) => {
  for (let i = 0; i <= 100; i++) {
    expect(contrast(ramp(i / 100, false, name), [255, 255, 255])).toBeGreaterThan(1.5);
    expect(contrast(ramp(i / 100, true, name), [22, 25, 29])).toBeGreaterThan(1.9);
  }
});

test.each([
  ["viridis", d3.interpolateViridis],
  ["cividis", d3.interpolateCividis],
  ["magma", d3.interpolateMagma],
  ["rdbu", d3.interpolateRdBu],
] as const)("%s has the colours that everybody knows by that name", (name, known) => {
  for (let i = 0; i <= 500; i++) {
    const text = known(i / 500);
    const want = text.startsWith("#") ? parseHex(text) : text.match(/\d+/g)!.map(Number);
    const found = rampColor(name, i / 500);
    for (const k of [0, 1, 2]) expect(Math.abs(found[k]! - want[k]!)).toBeLessThan(5);
  }
});

test("rdbu is red below and blue above its grey middle", () => {
  for (const isDark of [true, false]) {
    const [low, middle, high] = [0, 0.5, 1].map((t) => ramp(t, isDark, "rdbu"));
    expect(low![0]).toBeGreaterThan(low![2] + 60);
    expect(high![2]).toBeGreaterThan(high![0] + 60);
    expect(Math.max(...middle!) - Math.min(...middle!)).toBeLessThan(16);
  }
});

test("more points are smaller and fainter, and never invisible", () => {
  const area = 600 * 420;
  const styles = [100, 1797, 70_000, 1_000_000].map((n) => pointStyle(n, area, 1, false));
  for (let i = 1; i < styles.length; i++) {
    expect(styles[i]!.size).toBeLessThanOrEqual(styles[i - 1]!.size);
    expect(styles[i]!.opacity).toBeLessThan(styles[i - 1]!.opacity);
  }
  expect(styles.at(-1)!.opacity).toBeGreaterThanOrEqual(0.05);
  expect(styles[0]!.opacity).toBeLessThanOrEqual(0.9);
});

test("zooming in makes points larger and clearer", () => {
  const far = pointStyle(70_000, 250_000, 1, false);
  const near = pointStyle(70_000, 250_000, 5, false);
  expect(near.size).toBeGreaterThan(far.size);
  expect(near.opacity).toBeGreaterThan(far.opacity);
});

test("a category has its own colour where it was given one", () => {
  const spec = categorySpec([], ["a", "b", "c"], {
    colors: ["#ff0080", "javascript:alert(1)", "#00ff"],
  });
  const [a, b, c] = categoryColors(spec, false);
  expect(a).toEqual([255, 0, 128]);
  expect([b, c]).toEqual(palette(3, false).slice(1));
});
