import { expect, test } from "vitest";
import { indexAt, MAX_POINTS, shorten } from "../src/curves";
import { IDLE, type Status } from "../src/state";
import { activity, duration, figure, fraction, subject } from "../src/text";

function line(status: Partial<Status>, since = 0): string {
  const base = {
    title: "UMAP",
    n: 1797,
    d: 64,
    device: "CPU",
    state: "running",
  } as const;
  const whole = { ...IDLE, ...base, ...status };
  return [...subject(whole), ...activity(whole, since)].join(" · ");
}

test("a stage says what is going on and about how long", () => {
  const text = line({ stage: true, phase: "finding neighbours", seconds_left: 3 });
  expect(text).toBe("UMAP · 1,797 × 64 · CPU · finding neighbours · about 3 s");
});

test("a run says its step and the time left, counted down between messages", () => {
  const status = { phase: "optimization", step: 120, n_steps: 500, seconds_left: 7 };
  expect(line(status, 5)).toContain("optimization · step 120 / 500 · 2 s left");
});

test("what is not known is not said", () => {
  expect(line({ phase: "optimization", step: 1, n_steps: 9 })).toMatch(/step 1 \/ 9$/);
  expect(fraction({ ...IDLE, state: "running", stage: true })).toBeNull();
  expect(fraction({ ...IDLE, state: "done" })).toBeUndefined();
});

test("figures are short", () => {
  const texts = [1.23456, 12345.6, 0, 1e-9, null, Number.NaN].map(figure);
  expect(texts).toEqual(["1.235", "12,346", "0", "1.0e-9", "–", "–"]);
});

test("shortening a curve keeps its peaks", () => {
  const steps = Array.from({ length: 2 * MAX_POINTS + 4 }, (_, i) => i);
  const values = steps.map((step) => (step === 1235 ? 99 : step === 3001 ? -99 : 0));
  const short = shorten({ label: "KL", kind: "loss", steps, values });
  expect(short.steps.length).toBeLessThan(MAX_POINTS * 1.5);
  expect(short.values[short.steps.indexOf(1235)]).toBe(99);
  expect(short.values[short.steps.indexOf(3001)]).toBe(-99);
});

test("the value at a step is the last one known by then", () => {
  expect([0, 10, 15, 99].map((step) => indexAt([10, 20], step))).toEqual([-1, 0, 0, 1]);
});

test("durations never show sixty seconds", () => {
  const texts = [0.2, 42, 119.7, 3725].map(duration);
  expect(texts).toEqual(["0 s", "42 s", "2 min 0 s", "1 h 2 min"]);
});
