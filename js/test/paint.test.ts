import { expect, test } from "vitest";
import { type Look, MISSING, unpackLook } from "../src/encodings";
import { factorOf, type Paint, paintOf, type Shown } from "../src/renderer/paint";
import { Rows } from "../src/rows";
import { GREY, palette, plainColor, ramp } from "../src/scales";
import type { Encodings } from "../src/state";
import { categorySpec, numberSpec } from "./looks";

function paint(
  encodings: Encodings,
  n: number,
  isShown: Shown = null,
  selected: number[] = [],
): Paint {
  const look: Look = unpackLook(encodings);
  return paintOf(look, n, false, isShown, Rows.of(selected, n));
}

function colors({ rgba, n }: Paint): number[][] {
  return Array.from({ length: n }, (_, i) => [...rgba.subarray(4 * i, 4 * i + 3)]);
}

function alphas({ rgba, n }: Paint): number[] {
  return Array.from({ length: n }, (_, i) => rgba[4 * i + 3]!);
}

function factors({ sizes }: Paint): number[] {
  return Array.from(sizes ?? [], factorOf);
}

test("without encodings all points are alike, and there is nothing to upload for sizes", () => {
  const plain = paint({}, 3);
  expect(colors(plain)).toEqual(Array(3).fill([...plainColor(false)]));
  expect(alphas(plain)).toEqual([255, 255, 255]);
  expect(plain.sizes).toBeNull();
  expect(plain.marked).toBe(0);
  expect([...plain.order].sort()).toEqual([0, 1, 2]);
});

test("categories have their colours, missing ones are grey, and so are rows beyond the codes", () => {
  const color = categorySpec([1, 0, MISSING, 7], ["a", "b"]);
  const [a, b] = palette(2, false);
  expect(colors(paint({ color }, 5))).toEqual([[...b!], [...a!], GREY, GREY, GREY]);
});

test("numbers lie on their ramp from end to end", () => {
  const color = numberSpec([0, 32767, 65534, MISSING], { map: "magma" });
  const found = colors(paint({ color }, 4));
  expect(found[0]).toEqual([...ramp(0, false, "magma")]);
  expect(found[1]).toEqual([...ramp(127 / 255, false, "magma")]);
  expect(found[2]).toEqual([...ramp(1, false, "magma")]);
  expect(found[3]).toEqual([...GREY]);
});

test("sizes follow their range, and missing ones are at its low end", () => {
  const size = numberSpec([0, 65534, MISSING], { range: [0.5, 3] });
  const found = factors(paint({ size }, 3));
  expect(found[0]).toBeCloseTo(0.5, 1);
  expect(found[1]).toBeCloseTo(3, 1);
  expect(found[2]).toBe(found[0]);
});

test("without a range sizes go from 0.4 to 2.2 and opacities from 0.1 to 1", () => {
  const spec = numberSpec([0, 65534]);
  const [small, large] = factors(paint({ size: spec }, 2));
  expect(small).toBeCloseTo(0.4, 1);
  expect(large).toBeCloseTo(2.2, 1);
  expect(alphas(paint({ opacity: spec }, 2))).toEqual([26, 255]);
});

test("sizes of categories are spread evenly", () => {
  const size = categorySpec([0, 1, 2], ["s", "m", "l"], { range: [1, 3] });
  expect(factors(paint({ size }, 3)).map((v) => Math.round(v))).toEqual([1, 2, 3]);
});

test("selected points grow and keep their strength, others fade to a quarter", () => {
  const some = paint({}, 4, null, [2]);
  expect(alphas(some)).toEqual([63, 63, 255, 63]);
  expect(factors(some)[0]).toBe(1);
  expect(factors(some)[2]).toBeCloseTo(1.35, 2);
});

test("selected points are drawn last, and every point once", () => {
  const some = paint({}, 9, null, [0, 4]);
  expect(some.marked).toBe(2);
  expect([...some.order.subarray(7)].sort()).toEqual([0, 4]);
  expect([...some.order].sort((a, b) => a - b)).toEqual([...Array(9).keys()]);
});

test("filtered points nearly vanish, selected ones too", () => {
  const some = paint({}, 4, (row) => row < 2, [0, 3]);
  expect(alphas(some)).toEqual([255, 63, 20, 20]);
  expect(some.marked).toBe(1);
  expect(factors(some)[3]).toBe(1);
});

test("opacity, selection and filter work together and never make a point stronger", () => {
  const opacity = numberSpec([0, 65534, 0, 65534], { range: [0.04, 1] });
  const some = paint({ opacity }, 4, (row) => row !== 2, [1]);
  expect(alphas(some)).toEqual([2, 255, 10, 63]);
});

test("without a selection the order of drawing stays the very same", () => {
  expect(paint({}, 50).order).toBe(paint({}, 50).order);
});
