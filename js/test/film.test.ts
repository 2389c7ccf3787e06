import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MOMENT_REST } from "../src/film";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(steps: number[], moment = -1) {
  const model = new FakeModel();
  model.traits.status = running();
  model.traits.moment = moment;
  const store = new Store(model.asModel);
  const push = (...more: number[]) => {
    for (const step of more) model.push(...frame(step, step));
  };
  push(...steps);
  const rest = () => vi.advanceTimersByTime(MOMENT_REST + 10);
  return { model, store, push, rest };
}

function shown(store: Store): number | undefined {
  return store.frame.value?.step;
}

test("scrubbing tells Python the step once the slider rests, and only the last one", () => {
  const { model, store, rest } = open([0, 10, 20, 30]);
  store.scrub(0);
  vi.advanceTimersByTime(100);
  store.scrub(2);
  vi.advanceTimersByTime(100);
  expect(model.saves).toBe(0);
  rest();
  expect(model.traits.moment).toBe(20);
  expect(model.saves).toBe(1);
});

test("following the newest frame tells Python nothing, going back to it says -1", () => {
  const { model, store, push, rest } = open([0, 10, 20]);
  rest();
  push(30);
  rest();
  expect(model.saves).toBe(0);
  store.scrub(1);
  rest();
  store.scrub(null);
  rest();
  expect(model.traits.moment).toBe(-1);
});

test("Python's moment is shown, and -1 goes back to the newest", () => {
  const { model, store } = open([0, 10, 20, 30]);
  model.change("moment", 10);
  expect(shown(store)).toBe(10);
  model.change("moment", -1);
  expect(shown(store)).toBe(30);
  expect(store.cursor.value).toBeNull();
});

test("a step between stored frames shows the one before it, and Python's number is left alone", () => {
  const { model, store, rest } = open([10, 20, 30]);
  model.change("moment", 27);
  expect(shown(store)).toBe(20);
  rest();
  expect(model.traits.moment).toBe(27);
  expect(model.saves).toBe(0);
  model.change("moment", 3);
  expect(shown(store)).toBe(10);
});

test("a moment that was set before its frame is here is shown when it comes", () => {
  const { store, push } = open([], 20);
  push(0, 10);
  expect(shown(store)).toBe(10);
  push(20, 30);
  expect(shown(store)).toBe(20);
});

test("Python can hold the newest frame while the run goes on", () => {
  const { model, store, push } = open([0, 10]);
  model.change("moment", 10);
  push(20);
  expect(shown(store)).toBe(10);
});

test("the same frame stays on show when others are put in before it", () => {
  const { model, store } = open([0, 60]);
  store.scrub(0);
  model.change("moment", 60);
  const frames = [0, 20, 40].map((step) => ({ step, phase: "", bbox: [0, 0, 1, 1] }));
  const info = { run: 1, n: 2, frames };
  model.push({ t: "history", info, enc: "u16" }, [new DataView(new ArrayBuffer(24))]);
  expect(store.frames.value).toHaveLength(4);
  expect(shown(store)).toBe(60);
  expect(store.cursor.value).toBe(3);
});

test("playing is not stopped by the echo of its own moment", () => {
  const { model, store } = open([0, 10, 20, 30]);
  store.player.speed.value = 0.5;
  store.player.play();
  vi.advanceTimersByTime(2200);
  expect(model.traits.moment).toBe(10);
  vi.advanceTimersByTime(1900);
  // It has gone on to the next frame, and the echo of the last one arrives.
  expect(shown(store)).toBe(20);
  model.emit("change:moment");
  expect(store.player.playing.value).toBe(true);
  model.change("moment", 0);
  expect(store.player.playing.value).toBe(false);
  expect(shown(store)).toBe(0);
});

test("a quick play does not flood Python", () => {
  const { model, store, rest } = open(Array.from({ length: 100 }, (_, i) => i));
  store.player.play(3);
  vi.advanceTimersByTime(2000);
  expect(model.saves).toBe(0);
  store.player.pause();
  rest();
  expect(model.saves).toBe(1);
});

test("a press in a panel shows the last frame at or before that step", () => {
  const { store } = open([10, 20, 30]);
  store.scrubTo(29);
  expect(shown(store)).toBe(20);
  store.scrubTo(2);
  expect(shown(store)).toBe(10);
  store.scrubTo(31);
  expect(store.cursor.value).toBeNull();
});

test("a new run is followed from its beginning, and its predecessor's map stays until then", () => {
  const { model, store, rest } = open([0, 10, 20]);
  store.scrub(0);
  rest();
  model.change("status", running({ run: 2 }));
  expect(shown(store)).toBe(20);
  rest();
  expect(model.traits.moment).toBe(-1);
  model.push(...frame(1, 0, 2));
  expect(store.frame.value?.run).toBe(2);
});

test("a moment of an exported page or of a closed kernel is looked at all the same", () => {
  const { model, store, rest } = open([0, 10, 20]);
  model.isGone = true;
  store.scrub(1);
  rest();
  expect(shown(store)).toBe(10);
  expect(store.controls.value).toBe("dead");
});

test("closing tells nothing any more", () => {
  const { model, store, rest } = open([0, 10]);
  store.scrub(0);
  store.close();
  rest();
  expect(model.saves).toBe(0);
});
