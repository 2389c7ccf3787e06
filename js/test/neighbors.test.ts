import { zlibSync } from "fflate";
import { expect, test } from "vitest";
import { NeighborDesk, nearestInMap } from "../src/neighbors";
import { drawLinks } from "../src/renderer/links";
import type { PageQuality } from "../src/state";
import type { Frame } from "../src/transport";
import { openStage } from "./stage";

/** Points on a line, at these codes. */
function line(...codes: number[]): Frame {
  const xy = Uint16Array.from(codes.flatMap((code) => [code, 0]));
  const rest = { run: 1, step: 1, phase: "", seq: -1 };
  return { ...rest, n: codes.length, bbox: [0, 0, 1, 1], xy };
}

test("the nearest in a map are in order, and the axes have their true lengths", () => {
  const { xy } = line(0, 10, 30, 31, 90);
  expect(nearestInMap(xy, [0, 0, 1, 1], 2, 3)).toEqual([3, 1, 0]);
  expect(nearestInMap(xy, [0, 0, 1, 1], 2, 9)).toEqual([3, 1, 0, 4]);
  const square = Uint16Array.from([0, 0, 100, 0, 0, 90]);
  expect(nearestInMap(square, [0, 0, 1, 1], 0, 1)).toEqual([2]);
  expect(nearestInMap(square, [0, 0, 1, 9], 0, 1)).toEqual([1]);
});

test("it finds the same as a sort of all distances", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 16807) % 2147483647;
    return seed % 65536;
  };
  const xy = Uint16Array.from({ length: 600 }, random);
  const gap = (i: number, j: number) =>
    (2 * ((xy[2 * i] ?? 0) - (xy[2 * j] ?? 0))) ** 2 +
    ((xy[2 * i + 1] ?? 0) - (xy[2 * j + 1] ?? 0)) ** 2;
  for (const row of [0, 17, 299]) {
    const all = Array.from({ length: 300 }, (_, i) => i).filter((i) => i !== row);
    all.sort((a, b) => gap(row, a) - gap(row, b));
    expect(nearestInMap(xy, [0, 0, 2, 1], row, 15)).toEqual(all.slice(0, 15));
  }
});

function live() {
  const asked: [number, number][] = [];
  const desk = new NeighborDesk((id, row) => asked.push([id, row]), undefined);
  return { asked, desk };
}

test("neighbours are kept, false or missing, anew in every map", () => {
  const { asked, desk } = live();
  desk.want(1);
  expect(asked).toEqual([[1, 1]]);
  const early = line(0, 10, 12, 50, 60);
  expect(desk.errorsIn(early)).toBeNull();
  desk.receive({ t: "neighbors", id: 1, row: 1, rows: [0, 3] });
  const errors = { row: 1, kept: [0], false: [2], missing: [3] };
  expect(desk.errorsIn(early)).toEqual(errors);
  expect(desk.errorsIn(early)).toBe(desk.errorsIn(early));
  expect(desk.errorsIn(line(0, 10, 99, 11, 60))?.missing).toEqual([]);
});

test("an answer for a row that is no longer wanted is not shown", () => {
  const { asked, desk } = live();
  desk.want(1);
  desk.want(2);
  desk.receive({ t: "neighbors", id: 1, row: 1, rows: [0] });
  expect(desk.known.value).toBeNull();
  desk.want(-1);
  desk.receive({ t: "neighbors", id: 2, row: 2, rows: [0] });
  expect(desk.known.value).toBeNull();
  expect(asked).toHaveLength(2);
});

test("a page reads the neighbours it holds, and says that it has none", () => {
  // Rows 0 to 2 with neighbours 1 2, 0 2, 0 1: distances between them, column by column.
  const steps = Uint16Array.from([1, 0, 0, 1, 2, 1]);
  const bytes = zlibSync(new Uint8Array(steps.buffer));
  const buffers = { neighbors: btoa(String.fromCharCode(...bytes)) };
  const page: PageQuality = { neighbors: { k: 2, n: 3 }, buffers };
  const desk = new NeighborDesk(() => expect.unreachable(), page);
  for (const [row, rows] of [
    [0, [1, 2]],
    [1, [0, 2]],
    [2, [0, 1]],
  ] as const) {
    desk.want(row);
    expect(desk.known.value).toEqual({ row, rows });
  }
  const bare = new NeighborDesk(() => expect.unreachable(), {});
  bare.want(0);
  expect(bare.known.value).toEqual({ row: 0, rows: [] });
  expect(bare.errorsIn(line(0, 1))).toBeNull();
});

test("one selected row is asked for, several are not, and no selection forgets", () => {
  const { model, store, close } = openStage([[100, 100]]);
  store.looking.select([2]);
  expect(model.sentOf("neighbors")).toEqual([{ t: "neighbors", id: 1, row: 2 }]);
  model.push({ t: "neighbors", id: 1, row: 2, rows: [0] });
  expect(store.looking.neighbors.errorsIn(store.frame.value)?.row).toBe(2);
  store.looking.select([1], "add");
  expect(store.looking.neighbors.known.value).toBeNull();
  expect(model.sentOf("neighbors")).toHaveLength(1);
  close();
});

test("kept lines are whole, missing ones dashed, and false neighbours have no line", () => {
  const strokes: { color: string; dash: number[]; to: number[] }[] = [];
  let dash: number[] = [];
  let to: number[] = [];
  const context = {
    lineCap: "butt",
    lineWidth: 1,
    strokeStyle: "",
    setLineDash: (value: number[]) => {
      dash = value;
    },
    beginPath: () => {
      to = [];
    },
    moveTo: (x: number, y: number) => to.push(x, y),
    lineTo: (x: number, y: number) => to.push(x, y),
    arc: () => undefined,
    stroke() {
      if (to.length > 0) strokes.push({ color: this.strokeStyle, dash, to });
    },
  };
  const ink = { kept: "k", missing: "m", false: "f", paper: "p" };
  const errors = { row: 0, kept: [1], missing: [2], false: [3] };
  const at = (row: number) => [100 * row, 0] as const;
  drawLinks(context as never, { errors, at, radius: 3, ink });
  const of = (color: string) => strokes.filter((stroke) => stroke.color === color);
  expect(of("k")).toEqual([{ color: "k", dash: [], to: [0, 0, 100, 0] }]);
  expect(of("m")).toEqual([{ color: "m", dash: [6, 4], to: [0, 0, 200, 0] }]);
  expect(of("f")).toHaveLength(2);
  for (const { to: ends } of of("f"))
    expect(Math.min(ends[0]!, ends[2]!)).toBeGreaterThan(290);
});
