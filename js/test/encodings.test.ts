import { expect, test } from "vitest";
import {
  fractionOf,
  MISSING,
  numberAt,
  progressOf,
  shownBy,
  unpackLook,
} from "../src/encodings";
import type { Filter } from "../src/state";
import { categorySpec, numberSpec } from "./looks";

function shown(filter: Filter, spec: Parameters<typeof unpackLook>[0], n: number) {
  const isShown = shownBy(filter, unpackLook(spec).color);
  return isShown === null ? null : Array.from({ length: n }, (_, i) => isShown(i));
}

test("values are unpacked channel by channel, and a damaged one is left out", () => {
  const good = categorySpec([0, 1, MISSING], ["a", "b"]);
  const bad = { ...good, values: Uint8Array.of(1, 2, 3) };
  const look = unpackLook({ color: good, size: bad });
  expect([...(look.color?.codes ?? [])]).toEqual([0, 1, MISSING]);
  expect(look.size).toBeUndefined();
  expect(unpackLook(undefined)).toEqual({});
});

test("values of an exported page are base64 text", () => {
  const spec = categorySpec([1, 0], ["a", "b"]);
  const view = spec.values as DataView;
  const text = btoa(
    String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)),
  );
  const look = unpackLook({ color: { ...spec, values: text } });
  expect([...(look.color?.codes ?? [])]).toEqual([1, 0]);
});

test("codes of numbers lead back to the numbers, on linear and logarithmic scales", () => {
  const linear = numberSpec([], { min: -2, max: 8 });
  expect([0, 32767, 65534].map((code) => numberAt(linear, code))).toEqual([-2, 3, 8]);
  const log = numberSpec([], { min: 0.01, max: 100, scale: "log" });
  expect(numberAt(log, 32767)).toBeCloseTo(1);
  expect(numberAt(log, MISSING)).toBeNaN();
  expect(fractionOf(log, 1)).toBeCloseTo(0.5);
});

test("fractions stay between 0 and 1, for one value and for impossible ones too", () => {
  const log = numberSpec([], { min: 1, max: 100, scale: "log" });
  expect([-5, 0, 1, 1e9].map((value) => fractionOf(log, value))).toEqual([0, 0, 0, 1]);
  const flat = numberSpec([], { min: 3, max: 3 });
  expect([3, 4].map((value) => fractionOf(flat, value))).toEqual([0, 1]);
});

test("categories are spread evenly over a range, and a single one is at its end", () => {
  const three = categorySpec([], ["a", "b", "c"]);
  expect([0, 1, 2, MISSING].map((code) => progressOf(three, code))).toEqual([
    0,
    0.5,
    1,
    undefined,
  ]);
  expect(progressOf(categorySpec([], ["a"]), 0)).toBe(1);
});

test("a filter shows its categories and hides missing values", () => {
  const color = categorySpec([0, 1, 2, MISSING], ["a", "b", "c"]);
  expect(shown({ categories: ["c", "a"] }, { color }, 4)).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(shown({}, { color }, 4)).toBeNull();
  expect(shown({ categories: ["a"] }, {}, 4)).toBeNull();
});

test("a range of numbers includes its ends and hides missing values", () => {
  const codes = [0, 13107, 32767, 65534, MISSING];
  const color = numberSpec(codes);
  expect(shown({ range: [2, 5] }, { color }, 5)).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
  expect(shown({ range: [0, 10] }, { color }, 5)).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

test("a range beside all values shows none of them", () => {
  const color = numberSpec([0, 65534]);
  expect(shown({ range: [20, 30] }, { color }, 2)).toEqual([false, false]);
  expect(shown({ range: [-9, -1] }, { color }, 2)).toEqual([false, false]);
});
