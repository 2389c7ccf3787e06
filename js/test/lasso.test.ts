import { expect, test } from "vitest";
import { nextInReading, rowsInside, rowsInView } from "../src/lasso";
import type { Affine } from "../src/renderer/camera";
import { createGrid } from "../src/renderer/picking";

const SIZE = { width: 600, height: 400 };
/** Data of the tests are pixels already, times ten. */
const PLACE: Affine = { sx: 0.1, sy: 0.1, ox: 0, oy: 0 };

function dataOf(points: [number, number][]): Uint16Array {
  return Uint16Array.from(points.flat().map((v) => Math.round(10 * v)));
}

function randomData(n: number): Uint16Array {
  let seed = 3;
  const random = () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  return Uint16Array.from({ length: 2 * n }, (_, i) =>
    Math.floor(random() * (i % 2 === 0 ? 6000 : 4000)),
  );
}

/** The textbook's way: a ray to the right, all edges. */
function insideByHand(outline: number[], x: number, y: number): boolean {
  let inside = false;
  const n = outline.length / 2;
  for (let i = 0, j = n - 1; i < n; j = i++) {
    const [ax, ay] = [outline[2 * i]!, outline[2 * i + 1]!];
    const [bx, by] = [outline[2 * j]!, outline[2 * j + 1]!];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax)
      inside = !inside;
  }
  return inside;
}

const STAR = Array.from({ length: 5 }, (_, k) => {
  const a = (k * 4 * Math.PI) / 5;
  return [300 + 180 * Math.sin(a), 200 - 180 * Math.cos(a)];
}).flat();
const STAIR = [100, 100, 300, 100, 300, 207.45, 200, 207.45, 200, 300, 100, 300];
const SCRIBBLE = Array.from({ length: 300 }, (_, k) => [
  300 + (80 + 0.5 * k) * Math.cos(k / 7) + 9 * Math.sin(k),
  200 + (40 + 0.4 * k) * Math.sin(k / 7),
]).flat();

test.each([
  ["a triangle", [50, 50, 500, 120, 210, 380]],
  ["a rectangle", [100, 100, 300, 100, 300, 250, 100, 250]],
  ["a star that crosses itself", STAR],
  ["a scribble of 300 corners", SCRIBBLE],
])("%s holds the same points as the textbook says", (_, outline) => {
  const data = randomData(3000);
  const expected = [];
  for (let i = 0; i < 3000; i++)
    if (insideByHand(outline, data[2 * i]! / 10, data[2 * i + 1]! / 10)) expected.push(i);
  expect(expected.length).toBeGreaterThan(50);
  expect([...rowsInside(data, PLACE, outline, null)]).toEqual(expected);
});

test.each([
  ["a triangle", [50, 50, 500, 120, 210, 380]],
  ["a rectangle", [100, 100, 300, 100, 300, 250, 100, 250]],
  ["a step with a level edge inside its box", STAIR],
  ["a star that crosses itself", STAR],
])("%s is exact on both sides of its edges", (_, outline) => {
  const points: [number, number][] = [];
  const corners = outline.length / 2;
  for (let k = 0; k < corners; k++)
    for (let step = 1; step < 400; step++) {
      const [ax, ay] = [outline[2 * k]!, outline[2 * k + 1]!];
      const next = (k + 1) % corners;
      const [bx, by] = [outline[2 * next]!, outline[2 * next + 1]!];
      const [x, y] = [ax + ((bx - ax) * step) / 400, ay + ((by - ay) * step) / 400];
      // Far less than a tile away from the edge, on this side or on that.
      points.push([x + 0.4, y + 0.3], [x - 0.3, y - 0.4]);
    }
  const data = dataOf(points);
  const expected = points.flatMap((_, i) =>
    insideByHand(outline, data[2 * i]! / 10, data[2 * i + 1]! / 10) ? [i] : [],
  );
  expect(expected.length).toBeGreaterThan(points.length / 8);
  expect([...rowsInside(data, PLACE, outline, null)]).toEqual(expected);
});

test("the middle of a star that crosses itself lies outside", () => {
  expect([...rowsInside(dataOf([[300, 200]]), PLACE, STAR, null)]).toEqual([]);
});

test("the direction of drawing, and upside-down maps, make no difference", () => {
  const data = randomData(500);
  const outline = [50, 50, 500, 120, 210, 380];
  const back = [210, 380, 500, 120, 50, 50];
  expect(rowsInside(data, PLACE, back, null)).toEqual(
    rowsInside(data, PLACE, outline, null),
  );
  const flipped = { sx: 0.1, sy: -0.1, ox: 0, oy: 400 };
  const rows = rowsInside(data, flipped, outline, null);
  for (const i of rows)
    expect(insideByHand(outline, data[2 * i]! / 10, 400 - data[2 * i + 1]! / 10)).toBe(
      true,
    );
  expect(rows.length).toBeGreaterThan(10);
});

test("filtered points are in no lasso, not in view, and never picked", () => {
  const data = dataOf([
    [10, 10],
    [12, 10],
    [14, 10],
  ]);
  const isShown = (row: number) => row !== 1;
  const all = [0, 0, 600, 0, 600, 400, 0, 400];
  expect([...rowsInside(data, PLACE, all, isShown)]).toEqual([0, 2]);
  expect([...rowsInView(data, PLACE, SIZE, isShown)]).toEqual([0, 2]);
  const picker = createGrid(data)(PLACE);
  expect(picker.pick(12, 10, 12)).toBe(1);
  expect(picker.pick(12.2, 10, 12, isShown)).toBe(2);
  expect(picker.pick(12.2, 10, 12, () => false)).toBe(-1);
});

test("a line, a point and nothing hold nothing", () => {
  const data = dataOf([[10, 10]]);
  for (const outline of [[], [10, 10], [0, 10, 20, 10]])
    expect(rowsInside(data, PLACE, outline, null)).toHaveLength(0);
});

test("only what is on the canvas is in view", () => {
  const data = dataOf([
    [10, 10],
    [601, 10],
    [10, 401],
    [599, 399],
  ]);
  expect([...rowsInView(data, PLACE, SIZE, null)]).toEqual([0, 3]);
});

test("reading goes line by line, from left to right, and round", () => {
  // Two lines of 24 pixels; the second point of the first line lies lower than the first.
  const data = dataOf([
    [50, 30],
    [200, 5],
    [100, 20],
    [10, 40],
  ]);
  const path = [];
  let at = -1;
  for (let k = 0; k < 5; k++) {
    at = nextInReading(data, PLACE, SIZE, null, at, 1);
    path.push(at);
  }
  expect(path).toEqual([2, 1, 3, 0, 2]);
  expect(nextInReading(data, PLACE, SIZE, null, 3, -1)).toBe(1);
  expect(nextInReading(data, PLACE, SIZE, null, -1, -1)).toBe(0);
  expect(nextInReading(data, PLACE, SIZE, null, 2, -1)).toBe(0);
});

test("reading visits points at one place one after the other, and skips the filtered", () => {
  const data = dataOf([
    [50, 30],
    [50, 30],
    [50, 30],
  ]);
  expect(nextInReading(data, PLACE, SIZE, null, 0, 1)).toBe(1);
  expect(nextInReading(data, PLACE, SIZE, (row) => row !== 1, 0, 1)).toBe(2);
  expect(nextInReading(data, PLACE, SIZE, () => false, 0, 1)).toBe(-1);
});

test("a point that has left the view, or was filtered, still says where to go on", () => {
  const data = dataOf([
    [10, 10],
    [700, 10],
    [50, 10],
  ]);
  expect(nextInReading(data, PLACE, SIZE, (row) => row !== 0, 0, 1)).toBe(2);
});
