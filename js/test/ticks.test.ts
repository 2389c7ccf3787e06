import { expect, test } from "vitest";
import type { NumberSpec } from "../src/state";
import { extent, shortest, ticksOf, tickTexts } from "../src/ticks";

function spec(min: number, max: number, scale: "linear" | "log" = "linear"): NumberSpec {
  return { kind: "number", name: "x", values: "", map: "viridis", min, max, scale };
}

function texts(of: NumberSpec, width: number): string[] {
  return ticksOf(of, width).map((tick) => tick.text);
}

const SPECS = [
  spec(0, 10),
  spec(-3.2, 3.2),
  spec(0.001, 0.002),
  spec(1e6, 5e6),
  spec(10_000, 10_010),
  spec(1e-7, 9e-7),
  spec(-1e9, 3e9),
  spec(123_456, 123_457),
  spec(0.01, 1000, "log"),
  spec(1, 1e12, "log"),
  spec(1e-9, 1e9, "log"),
  spec(12, 80, "log"),
  spec(0.3, 0.301, "log"),
];

test.each([60, 110, 160, 300])("texts never touch in %i pixels", (width) => {
  for (const of of SPECS) {
    const ticks = ticksOf(of, width);
    expect(ticks.length).toBeGreaterThan(0);
    let end = -1;
    for (const { at, text } of ticks) {
      const [left, right] = extent(at, text, width);
      expect(left).toBeGreaterThanOrEqual(end === -1 ? 0 : end + 5);
      expect(right).toBeLessThanOrEqual(width + 0.5);
      end = right;
    }
  }
});

test("ticks are different numbers inside the scale, in order", () => {
  for (const of of SPECS) {
    const ticks = ticksOf(of, 300);
    expect(new Set(ticks.map((tick) => tick.text)).size).toBe(ticks.length);
    const places = ticks.map((tick) => tick.at);
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...places)).toBeLessThanOrEqual(1);
  }
});

test("more room means more ticks", () => {
  expect(texts(spec(0, 10), 60)).toEqual(["0", "5", "10"]);
  expect(texts(spec(0, 10), 200)).toEqual(["0", "2", "4", "6", "8", "10"]);
});

test("a scale of logarithms has powers of ten, and 2 and 5 where there is room", () => {
  expect(texts(spec(1, 100, "log"), 260)).toEqual([
    "1",
    "2",
    "5",
    "10",
    "20",
    "50",
    "100",
  ]);
  expect(texts(spec(0.01, 1000, "log"), 240)).toEqual([
    "0.01",
    "0.1",
    "1",
    "10",
    "100",
    "1000",
  ]);
  expect(texts(spec(1e-9, 1e9, "log"), 160)).toEqual(["1e-8", "1e-4", "1", "1e4", "1e8"]);
});

test("one value alone is one tick", () => {
  expect(ticksOf(spec(5, 5), 100)).toEqual([{ at: 0, text: "5" }]);
});

test("numbers are written as people write them", () => {
  expect(tickTexts([1990, 2000])).toEqual(["1990", "2000"]);
  expect(tickTexts([10_000, 20_000])).toEqual(["10,000", "20,000"]);
  expect(tickTexts([-0.5, 0, 0.5])).toEqual(["−0.5", "0", "0.5"]);
  expect(tickTexts([2e-7, 4e-7])).toEqual(["2e-7", "4e-7"]);
  expect(tickTexts([2e16, 4e16])).toEqual(["2e16", "4e16"]);
  expect([0, 0.25, 1234.56, 1_234_567, 1e-9].map(shortest)).toEqual([
    "0",
    "0.25",
    "1235",
    "1.235M",
    "1e-9",
  ]);
});
