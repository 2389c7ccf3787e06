import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { NumberParameter, Parameter } from "../src/state";
import { NOTCHES, notchOf, PAUSE, valueAtNotch } from "../src/steering";
import { Store } from "../src/store";
import { FakeModel, running, welcome } from "./fake";

const RATE: NumberParameter = {
  name: "learning_rate",
  kind: "number",
  live: true,
  restart: true,
  value: 1,
  low: 0.01,
  high: 100,
  integer: false,
  log: true,
};
const NEIGHBORS: NumberParameter = {
  ...RATE,
  name: "n_neighbors",
  live: false,
  value: 15,
  low: 2,
  high: 200,
  integer: true,
};
const WEIGHT: NumberParameter = { ...RATE, name: "correlation_weight", restart: false };
const INIT: Parameter = {
  name: "init",
  kind: "choice",
  live: false,
  restart: true,
  value: "pca",
  choices: ["pca", "random"],
};

function open(live: Record<string, number> = { learning_rate: 0.5 }) {
  const model = new FakeModel();
  model.traits.status = running({ live });
  const store = new Store(model.asModel);
  const offer = (parameters: Parameter[]) => {
    const [message, buffers] = welcome();
    model.push({ ...(message as object), parameters }, buffers);
  };
  offer([RATE, NEIGHBORS, WEIGHT, INIT]);
  return { model, store, steering: store.steering, offer };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a parameter says when it acts, and what is in force", () => {
  const { model, steering } = open();
  expect([RATE, NEIGHBORS, WEIGHT, INIT].map((p) => steering.effectOf(p))).toEqual([
    "next step",
    "restart",
    null,
    "restart",
  ]);
  expect(steering.valueOf(RATE)).toBe(0.5);
  expect(steering.valueOf(NEIGHBORS)).toBe(15);
  model.change("status", running({ state: "done", elapsed: 9 }));
  expect(steering.effectOf(RATE)).toBe("restart");
  expect(steering.valueOf(RATE)).toBe(1);
});

test("a slider that is dragged sends the last value, and shows it until the kernel confirms", () => {
  const { model, steering } = open();
  for (const value of [0.6, 0.7, 0.8]) {
    steering.change(RATE, value);
    vi.advanceTimersByTime(PAUSE / 2);
  }
  expect(model.sentOf("set")).toEqual([]);
  expect(steering.valueOf(RATE)).toBe(0.8);
  vi.advanceTimersByTime(PAUSE);
  expect(model.sentOf("set")).toEqual([{ t: "set", name: "learning_rate", value: 0.8 }]);
  const live = { learning_rate: 0.8 };
  model.push({ t: "status", status: running({ live, elapsed: 5 }) });
  vi.advanceTimersByTime(20 * PAUSE);
  expect(steering.valueOf(RATE)).toBe(0.8);
});

test("what Python sets after the browser is shown at once", () => {
  const { model, steering } = open();
  steering.change(RATE, 0.8);
  vi.advanceTimersByTime(PAUSE + 1);
  for (const value of [0.8, 0.3]) {
    const live = { learning_rate: value };
    model.push({ t: "status", status: running({ live, elapsed: 5 }) });
  }
  expect(steering.valueOf(RATE)).toBe(0.3);
});

test("what the kernel does not take is not shown for long", () => {
  const { steering } = open();
  steering.change(RATE, 3);
  vi.advanceTimersByTime(20 * PAUSE);
  expect(steering.valueOf(RATE)).toBe(0.5);
});

test("what needs a restart is collected, can be undone, and is sent together", () => {
  const { model, steering } = open();
  steering.change(NEIGHBORS, 30);
  steering.change(INIT, "random");
  steering.change(INIT, "pca");
  expect(steering.drafts.value).toEqual({ n_neighbors: 30 });
  expect(steering.valueOf(NEIGHBORS)).toBe(30);
  vi.advanceTimersByTime(20 * PAUSE);
  expect(model.sent).toEqual([]);
  steering.change(INIT, "random");
  steering.restart();
  const parameters = { n_neighbors: 30, init: "random" };
  expect(model.sentOf("restart")).toEqual([{ t: "restart", parameters }]);
  steering.forget();
  expect(steering.drafts.value).toEqual({});
});

test("a refusal is said until something else is tried, and a new run begins without drafts", () => {
  const { model, steering, offer } = open();
  steering.change(NEIGHBORS, 199);
  model.push({ t: "refused", text: "n_neighbors must be …" });
  expect(steering.refused.value).toBe("n_neighbors must be …");
  steering.change(NEIGHBORS, 30);
  expect(steering.refused.value).toBeNull();
  // A greeting that says the same again changes nothing.
  offer([RATE, NEIGHBORS, WEIGHT, INIT]);
  expect(steering.drafts.value).toEqual({ n_neighbors: 30 });
  offer([{ ...NEIGHBORS, value: 30 }]);
  expect(steering.drafts.value).toEqual({});
  expect(steering.parameters.value.map(({ name }) => name)).toEqual(["n_neighbors"]);
});

test("a slider's way is even for numbers and for their logarithms", () => {
  expect(notchOf(RATE, 1)).toBe(NOTCHES / 2);
  expect(valueAtNotch(RATE, NOTCHES / 2)).toBe(1);
  expect(valueAtNotch(RATE, 0)).toBe(0.01);
  expect(valueAtNotch(RATE, NOTCHES)).toBe(100);
  const even = { ...RATE, log: false, low: 0, high: 10 };
  expect(notchOf(even, 2.5)).toBe(NOTCHES / 4);
  expect(valueAtNotch(even, NOTCHES / 4)).toBe(2.5);
  expect(notchOf(even, 99)).toBe(NOTCHES);
  expect(notchOf(RATE, 0)).toBe(0);
  expect(valueAtNotch(NEIGHBORS, 400)).toBe(13);
});

test("every value that a slider can show comes back from its place", () => {
  for (let notch = 0; notch <= NOTCHES; notch += 7)
    expect(Math.abs(notchOf(RATE, valueAtNotch(RATE, notch)) - notch)).toBeLessThan(2);
});

test("what was set when is known", () => {
  const { model, store } = open();
  const events = [[10, "learning_rate", 0.8]] as [number, string, number][];
  model.push({ t: "status", status: running({ events, elapsed: 5 }) });
  expect(store.steering.events.value).toEqual(events);
});
