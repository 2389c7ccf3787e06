import { expect, test } from "vitest";
import {
  appendCurves,
  appendSaved,
  indexAt,
  MAX_POINTS,
  shorten,
  valueAt,
} from "../src/curves";
import type { Curve } from "../src/state";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";

function curve(steps: number[], values: (number | null)[] = steps): Curve {
  return { label: "x", kind: "loss", steps, values };
}

test("points are appended, and those that come again are not", () => {
  const out = appendCurves({ x: curve([0, 10]) }, { x: curve([10, 20]) });
  expect(out.x?.steps).toEqual([0, 10, 20]);
});

test("the whole curve takes the place of a thinned one, and not the other way round", () => {
  const whole = curve([0, 1, 2, 3, 4]);
  const thin = curve([0, 4]);
  expect(appendCurves({ x: thin }, { x: whole }).x?.steps).toEqual([0, 1, 2, 3, 4]);
  expect(appendCurves({ x: whole }, { x: thin }).x?.steps).toEqual([0, 1, 2, 3, 4]);
  const exact = curve([0, 4], [0.123456789, 4]);
  expect(appendCurves({ x: thin }, { x: exact }).x?.values[0]).toBe(0.123456789);
  expect(appendSaved({ x: exact }, { x: thin }).x?.values[0]).toBe(0.123456789);
  const longer = curve([0, 4, 5]);
  expect(appendCurves({ x: whole }, { x: longer }).x?.steps).toEqual([0, 1, 2, 3, 4, 5]);
});

test("a run's own curves outlive the thinned ones that a notebook saves at its end", () => {
  const model = new FakeModel();
  model.traits.status = running();
  const store = new Store(model.asModel);
  const [header, buffers] = frame(1, 4);
  model.push({ ...header, curves: { x: curve([0, 1, 2, 3, 4]) } }, buffers);
  model.change("curves", { x: curve([0, 4]) });
  expect(store.curves.value.x?.steps).toHaveLength(5);
  model.change("status", running({ run: 2 }));
  model.change("curves", { x: curve([0, 7]) });
  expect(store.curves.value.x?.steps).toEqual([0, 7]);
});

test("long curves keep the lowest and the highest of every four points", () => {
  const steps = Array.from({ length: 2 * MAX_POINTS + 4 }, (_, i) => i);
  const values = steps.map((i) => (i === 1001 ? 9 : i === 2003 ? -9 : 0));
  const short = shorten(curve(steps, values));
  expect(short.steps.length).toBeLessThanOrEqual(MAX_POINTS + 4);
  expect(Math.max(...short.values.map(Number))).toBe(9);
  expect(Math.min(...short.values.map(Number))).toBe(-9);
});

test("the value at a step is the last one at or before it", () => {
  const some = curve([10, 20, 30], [1, null, 3]);
  expect([5, 10, 19, 20, 35].map((step) => valueAt(some, step))).toEqual([
    null,
    1,
    1,
    1,
    3,
  ]);
  expect(valueAt(some, null)).toBe(3);
  expect(indexAt([1, 3], 0)).toBe(-1);
});
