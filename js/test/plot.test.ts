// Where the marks of a plate's chart stand, which axes they have, how long arrows are.

import { expect, test } from "vitest";
import { codingOf, type Panel, type Series } from "../src/plates";
import {
  axisOf,
  barOf,
  cellsOf,
  type Field,
  grown,
  hitOf,
  needOf,
  pathOf,
  reachOf,
} from "../src/plot";

function series(kind: Series["kind"], x: number[], y: number[]): Series {
  return { label: kind, kind, x: Float32Array.from(x), y: Float32Array.from(y) };
}

function panel(all: Series[], more: Partial<Panel> = {}): Panel {
  const plain = { title: "t", x_label: "x", y_label: "y", series: all };
  return { kind: "chart", x_scale: "linear", y_scale: "linear", ...plain, ...more };
}

function field(x: [number, number], y: [number, number], scale: "linear" | "log"): Field {
  return { width: 100, height: 50, x: axisOf(x, "linear"), y: axisOf(y, scale) };
}

test("bars begin at zero, and what has no place on a logarithmic axis makes no room there", () => {
  const bars = needOf(panel([series("bars", [1, 2], [5, 9])]));
  expect(bars.y[0]).toBe(0);
  expect(bars.y[1]).toBeCloseTo(9.54);
  const log = needOf(panel([series("line", [1, 2, 3], [0, 1, 100])], { y_scale: "log" }));
  expect(log.y[0]).toBeGreaterThan(0.5);
  expect(log.y[1]).toBeGreaterThan(100);
  expect(needOf(panel([])).x[0]).toBeLessThan(needOf(panel([])).x[1]);
  const missing = series("line", [1, 2], [Number.NaN, Number.POSITIVE_INFINITY]);
  expect(needOf(panel([missing], { y_scale: "log" })).y[0]).toBeGreaterThan(0);
});

test("axes grow with what would leave them and never shrink", () => {
  const first = { x: [0, 10], y: [0, 1] } as const;
  expect(grown(undefined, first)).toBe(first);
  const less = { x: [2, 3], y: [-1, 0.5] } as const;
  expect(grown(first, less)).toEqual({ x: [0, 10], y: [-1, 1] });
});

test("each kind has its path, with a gap where there is no number", () => {
  const place = field([0, 10], [0, 5], "linear");
  const of = (kind: Series["kind"]) =>
    pathOf(series(kind, [0, 5, 10], [0, 5, 2.5]), place);
  expect(of("line")).toBe("M0,50L50,0L100,25");
  expect(of("step")).toBe("M0,50H50V0H100V25");
  expect(of("points")).toBe("M0,50h0M50,0h0M100,25h0");
  expect(of("bars")).toBe("M0,50V50M50,50V0M100,50V25");
  const gap = series("line", [0, 5, 10], [1, Number.NaN, 1]);
  expect(pathOf(gap, place)).toBe("M0,40M100,40");
  const log = field([0, 10], [0.1, 10], "log");
  expect(pathOf(series("bars", [0, 5], [1, 0]), log)).toBe("M0,50V25");
});

test("bars of two series stand beside each other", () => {
  const both = [series("bars", [1, 2], [1, 1]), series("bars", [1, 2], [1, 1])];
  const place = field([0, 3], [0, 1], "linear");
  expect(barOf(both, 0, place)).toEqual([10, -5]);
  expect(barOf(both, 1, place)).toEqual([10, 5]);
  expect(barOf(both.slice(1), 0, place)).toEqual([20, 0]);
});

test("a bar is hit by its column, a point only by itself", () => {
  const place = field([0, 10], [0, 10], "linear");
  const bars = series("bars", [2, 8], [1, 9]);
  const points = series("points", [5], [5]);
  expect(hitOf([bars, points], place, 22, 0)).toEqual({ series: 0, i: 0 });
  expect(hitOf([bars, points], place, 51, 26)).toEqual({ series: 1, i: 0 });
  expect(hitOf([points], place, 51, 0)).toBeNull();
});

test("the length of arrows stays while they are seen and fit", () => {
  const arrow = (length: number) => Float32Array.of(0, 0, length, 0);
  const first = reachOf(arrow(0.01), 0);
  expect(0.01 * first).toBeCloseTo(90);
  expect(reachOf(arrow(0.005), first)).toBe(first);
  expect(reachOf(arrow(0.0001), first) * 0.0001).toBeCloseTo(90);
  expect(reachOf(arrow(1), first)).toBeCloseTo(90);
  expect(reachOf(arrow(0), 7)).toBe(7);
});

test("a grid reaches half a cell beyond the centres of its outer cells", () => {
  expect(cellsOf([0, 4], 5, "linear")).toEqual([-0.5, 4.5]);
  const [low, high] = cellsOf([1, 100], 3, "log");
  expect(low).toBeCloseTo(1 / Math.sqrt(10));
  expect(high).toBeCloseTo(100 * Math.sqrt(10));
  expect(cellsOf([2, 2], 1, "linear")).toEqual([1.5, 2.5]);
});

test("numbers colour the map; signed ones have their middle at zero", () => {
  const of = (values: number[], y_scale: "linear" | "log" = "linear") =>
    codingOf(panel([], { kind: "colors", colors: Float32Array.from(values), y_scale }));
  expect([...(of([1, 3, 2, Number.NaN])?.codes ?? [])]).toEqual([0, 65534, 32767, 65535]);
  const signed = of([-1, 0, 4]);
  expect(signed?.spec).toMatchObject({ map: "rdbu", min: -4, max: 4 });
  expect(signed?.codes[1]).toBe(32767);
  expect([...(of([0, 1, 100, 10], "log")?.codes ?? [])]).toEqual([
    65535, 0, 65534, 32767,
  ]);
});
