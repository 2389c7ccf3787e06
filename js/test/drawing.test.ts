import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Drawing } from "../src/renderer/drawing";
import { createScreen } from "../src/screen";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";

/** Accepts every call and every setting of a 2D context. */
function paper(): CanvasRenderingContext2D {
  const ignore = () => undefined;
  return new Proxy(
    {},
    { get: () => ignore, set: () => true },
  ) as CanvasRenderingContext2D;
}

let callbacks: FrameRequestCallback[] = [];
let end: () => void = () => undefined;

beforeEach(() => {
  callbacks = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) =>
    callbacks.push(callback),
  );
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  // No WebGL2 here: the same path as in a browser without it.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});
afterEach(() => {
  end();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Lets one frame of the browser pass. */
function refresh(now: number): void {
  for (const callback of callbacks.splice(0)) callback(now);
}

function open() {
  const model = new FakeModel();
  model.traits.status = running();
  const store = new Store(model.asModel);
  const abort = new AbortController();
  const root = document.createElement("div");
  const screen = createScreen(root, store, abort.signal);
  screen.size.value = { width: 300, height: 200 };
  new Drawing(document.createElement("canvas"), paper(), store, screen);
  end = () => {
    abort.abort();
    store.close();
  };
  refresh(0);
  const acks = () => model.sentOf("ack").map((message) => message.seq);
  return { model, store, screen, acks, abort };
}

test("a frame is acknowledged when it is drawn, once, in the name of the view", () => {
  const { model, screen, acks } = open();
  model.push(...frame(1, 10));
  expect(acks()).toEqual([]);
  refresh(100);
  refresh(200);
  expect(model.sentOf("ack")).toEqual([{ t: "ack", view: screen.id, seq: 1 }]);
});

test("a frame that a newer one replaces is acknowledged without being drawn", () => {
  const { model, screen, acks } = open();
  model.push(...frame(1, 10));
  model.push(...frame(2, 20));
  expect(acks()).toEqual([1]);
  refresh(100);
  expect(acks()).toEqual([1, 2]);
  expect(screen.drawn.value).toBe(1);
});

test("nothing is drawn out of sight, yet every frame is acknowledged", () => {
  const { model, screen, acks } = open();
  screen.isVisible.value = false;
  for (const seq of [1, 2, 3]) model.push(...frame(seq, seq));
  refresh(100);
  expect(acks()).toEqual([1, 2, 3]);
  expect(screen.drawn.value).toBe(0);
});

test("frames that arrive while the reader looks at the past are acknowledged", () => {
  const { model, store, acks } = open();
  for (const seq of [1, 2]) model.push(...frame(seq, seq));
  refresh(100);
  store.scrub(0);
  for (const seq of [3, 4]) model.push(...frame(seq, seq));
  expect(acks()).toEqual([1, 2, 3, 4]);
});

test("drawing stops when nothing changes", () => {
  const { model } = open();
  model.push(...frame(1, 10));
  refresh(100);
  model.push(...frame(2, 20));
  for (let now = 200; now < 1000; now += 50) refresh(now);
  expect(callbacks).toEqual([]);
});

test("another theme draws the same frame again and counts no new one", () => {
  const { model, screen } = open();
  model.push(...frame(1, 10));
  refresh(100);
  screen.highlight.value = 3;
  expect(callbacks).toHaveLength(1);
  refresh(200);
  expect(screen.drawn.value).toBe(1);
});

test("after the clean-up nothing is drawn or acknowledged any more", () => {
  const { model, acks, abort } = open();
  abort.abort();
  model.push(...frame(1, 10));
  expect(callbacks).toEqual([]);
  expect(acks()).toEqual([]);
});
