import type { Signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Drawing } from "../src/renderer/drawing";
import { createScreen } from "../src/screen";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";
import { categorySpec } from "./looks";

let drawings = 0;

/** Counts the pictures that are put on it. */
function paper(): CanvasRenderingContext2D {
  return {
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height),
    }),
    clearRect: () => undefined,
    putImageData: () => {
      drawings += 1;
    },
  } as unknown as CanvasRenderingContext2D;
}

const COLOR = categorySpec([0, 1], ["a", "b"]);

function toggle(isDark: unknown): void {
  const signal = isDark as Signal<boolean>;
  signal.value = !signal.value;
}

/** A frame like those of the fake model, with more points. */
function manyPoints(n: number): Parameters<FakeModel["push"]> {
  const [header] = frame(1, 10);
  const xy = Uint16Array.from({ length: 2 * n }, (_, i) => (i * 7919) % 65536);
  return [{ ...header, n }, [new DataView(xy.buffer)]];
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
  const [map, over] = [0, 1].map(() => document.createElement("canvas"));
  const drawing = new Drawing({ map: map!, over: over! }, paper(), store, screen);
  end = () => {
    abort.abort();
    store.close();
  };
  refresh(0);
  const acks = () => model.sentOf("ack").map((message) => message.seq);
  return { model, store, screen, drawing, acks, abort };
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

test.each<[string, (opened: ReturnType<typeof open>) => void]>([
  ["theme", ({ screen }) => toggle(screen.isDark)],
  ["selection", ({ store }) => store.looking.select([0])],
  ["colouring", ({ model }) => model.change("encodings", { color: COLOR })],
])("another %s draws the same frame again and counts no new one", (_, change) => {
  const opened = open();
  opened.model.push(...frame(1, 10));
  refresh(100);
  const before = drawings;
  change(opened);
  expect(callbacks).toHaveLength(1);
  refresh(200);
  expect(drawings).toBe(before + 1);
  expect(opened.screen.drawn.value).toBe(1);
});

test("pictures that take long are no motion: the points jump", () => {
  const { model } = open();
  let now = 0;
  let took = 5;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += took;
    return now;
  });
  const picturesOf = (seq: number) => {
    const before = drawings;
    model.push(...frame(seq, seq));
    for (let at = 1000 * seq; at < 1000 * seq + 900; at += 20) refresh(at);
    return drawings - before;
  };
  picturesOf(1);
  expect(picturesOf(2)).toBeGreaterThan(3);
  took = 50;
  picturesOf(3);
  expect(picturesOf(4)).toBe(1);
  // Only pictures tell that they have become quick again.
  took = 5;
  picturesOf(5);
  expect(picturesOf(6)).toBeGreaterThan(3);
});

test("the pointer and the lasso do not draw the points again", () => {
  const { model, screen } = open();
  model.push(...frame(1, 10));
  refresh(100);
  const before = drawings;
  screen.pointed.value = { row: 1, byKey: false };
  refresh(200);
  screen.outline.value = { points: [0, 0, 9, 9] };
  refresh(300);
  expect(drawings).toBe(before);
});

test("colours are worked out when something changed, not for every frame", () => {
  const { model, store, drawing } = open();
  model.push(...frame(1, 10));
  refresh(100);
  const first = drawing.paint();
  model.push(...frame(2, 20));
  refresh(200);
  expect(drawing.paint()).toBe(first);
  store.looking.select([1]);
  refresh(300);
  expect(drawing.paint()).not.toBe(first);
});

test("selected points are as strong as if they were alone on the map", () => {
  const { model, store, drawing } = open();
  model.push(...manyPoints(5000));
  refresh(100);
  expect(drawing.style().markedOpacity).toBeGreaterThanOrEqual(drawing.style().opacity);
  store.looking.select([1, 2]);
  const { opacity, markedOpacity } = drawing.style();
  expect(markedOpacity).toBeGreaterThan(0.8);
  expect(opacity).toBeLessThan(0.8);
});

test("after the clean-up nothing is drawn or acknowledged any more", () => {
  const { model, acks, abort } = open();
  abort.abort();
  model.push(...frame(1, 10));
  expect(callbacks).toEqual([]);
  expect(acks()).toEqual([]);
});
