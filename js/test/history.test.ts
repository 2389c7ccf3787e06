import { expect, test } from "vitest";
import { History } from "../src/history";
import type { Frame } from "../src/transport";

function at(step: number, run = 1): Frame {
  const xy = new Uint16Array(4);
  return { run, step, phase: "", n: 2, bbox: [0, 0, 1, 1], xy, seq: step };
}

function stepsOf(history: History): number[] {
  return history.frames.map((frame) => frame.step);
}

test("thinning keeps the bytes under the limit, the first and the newest frame", () => {
  const history = new History(10 * 8);
  for (let step = 0; step <= 1000; step++) history.push(at(step));
  const steps = stepsOf(history);
  expect(steps.length).toBeLessThanOrEqual(11);
  expect(steps[0]).toBe(0);
  expect(steps.at(-1)).toBe(1000);
});

test("thinning leaves frames evenly spaced", () => {
  const history = new History(10 * 8);
  for (let step = 0; step < 1000; step++) history.push(at(step));
  const steps = stepsOf(history).slice(0, -1);
  const gaps = steps.slice(1).map((step, i) => step - steps[i]!);
  expect(new Set(gaps).size).toBe(1);
});

test("the same frames leave the same history", () => {
  const [a, b] = [new History(80), new History(80)];
  for (let step = 0; step < 333; step++) {
    a.push(at(step));
    b.push(at(step));
  }
  expect(stepsOf(a)).toEqual(stepsOf(b));
});

test("a frame that is sent again is kept once", () => {
  const history = new History();
  for (const step of [1, 2, 2]) history.push(at(step));
  expect(stepsOf(history)).toEqual([1, 2]);
});

test("another run starts an empty history", () => {
  const history = new History();
  history.push(at(7, 1));
  history.push(at(0, 2));
  expect(stepsOf(history)).toEqual([0]);
});

test("a pack fills the gaps of what was seen live", () => {
  const history = new History();
  for (const step of [2, 6]) history.push(at(step));
  history.merge([at(0), at(2), at(4), at(8)]);
  expect(stepsOf(history)).toEqual([0, 2, 4, 6, 8]);
});

test("a frame that came live stays when a pack brings the same step", () => {
  const history = new History();
  const own = at(4);
  history.push(own);
  history.merge([at(0), { ...at(4), seq: -1 }]);
  expect(history.frames.at(-1)).toBe(own);
});

test("a run that went back to an earlier step forgets what followed it", () => {
  const history = new History();
  for (const step of [1, 2, 3, 4, 2, 3]) history.push(at(step));
  expect(stepsOf(history)).toEqual([1, 2, 3]);
});
