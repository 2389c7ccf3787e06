// The maps after each phase and recursion: opened, drawn over, scored.

import { h, render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { History } from "../src/history";
import { alignFrames } from "../src/procrustes";
import { Rows } from "../src/rows";
import type { Screen } from "../src/screen";
import { pairsPath, trailOf, trailRows } from "../src/stars";
import { Store } from "../src/store";
import type { Frame } from "../src/transport";
import { Arranging } from "../src/views/arranging";
import { Scores } from "../src/views/scores";
import { Changed } from "../src/views/tile-marks";
import { Tools } from "../src/views/tools";
import { FakeModel, running, welcome } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

const CORNERS = [0, 0, 65535, 0, 0, 65535, 65535, 65535];
const INFO = {
  kind: "moments",
  title: "Recursions",
  maps: [
    { name: "start", step: 0, scores: { trust: 0.5 } },
    { name: "before recursion", step: 10, scores: { trust: 0.91, extent: 12.3456 } },
    { name: "recursion 1", step: 20, scores: { trust: 0.87, extent: 345.678 } },
  ],
  measures: [
    { name: "trust", label: "trustworthiness", lower: false },
    { name: "extent", label: "size of the map", lower: null },
  ],
  note: "",
};
const CHANGES = [{ map: 2, gained: [0, 1, 2, 3], lost: [1, 2], counts: [2, 1, 7] }];

function open(steps: number[], traits: object = {}, isPage = false) {
  const model = new FakeModel();
  model.traits.status = running({ n: 4, step: steps.at(-1) ?? 0 });
  model.traits.gallery = INFO;
  model.traits.arrangement = { mode: "beside", align: "all", onto: 1 };
  Object.assign(model.traits, traits);
  const store = new Store(model.asModel, isPage, undefined, {
    affinities: CHANGES as never,
  });
  if (!isPage) {
    store.join("v");
    model.push(...welcome());
  }
  const frames = steps.map((step) => ({ step, phase: `p${step}`, bbox: [0, 0, 1, 1] }));
  const codes = Uint16Array.from(steps.flatMap(() => CORNERS));
  model.push({ t: "history", info: { run: 1, n: 4, frames }, enc: "u16" }, [
    new DataView(codes.buffer),
  ]);
  return { model, store };
}

function shown(view: unknown, store: Store, more: object = {}) {
  const host = document.createElement("div");
  document.body.append(host);
  const signals = {
    isDark: { value: false },
    camera: { value: null },
    tool: { value: "pan" },
  };
  const screen = {
    ...signals,
    root: host,
    isFull: { value: false },
  } as unknown as Screen;
  render(h(view as never, { store, screen, ...more } as never), host);
  return host;
}

test("a run's maps are shown when the view says so, and the view is Python's too", () => {
  const { model, store } = open([0, 10, 20]);
  expect(store.gallery.info.value).toBeNull();
  store.gallery.look("recursions");
  expect(model.traits.view).toBe("recursions");
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([0, 10, 20]);
  model.change("view", "map");
  expect(store.gallery.info.value).toBeNull();
});

test("a map that the run has not reached is missing, that on the way is the newest", () => {
  const { store } = open([0, 10, 14], { view: "recursions" });
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([0, 10, 14]);
  expect([0, 1, 2].map((i) => store.gallery.isComing(i))).toEqual([false, false, true]);
  const early = open([0, 4], { view: "recursions" }).store.gallery;
  expect(early.raw.value.map((frame) => frame?.step)).toEqual([0, 4, undefined]);
});

test("a map that was not kept is not replaced by another one", () => {
  const { store } = open([0, 8, 20], { view: "recursions" });
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([0, undefined, 20]);
});

test("scrubbing leaves the maps after each phase as they are", () => {
  const { store } = open([0, 5, 10, 20], { view: "recursions" });
  store.scrub(1);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([0, 10, 20]);
});

test("the button opens the maps, and closes them", () => {
  const { model, store } = open([0, 10, 20]);
  const button = () =>
    document.querySelector<HTMLButtonElement>("[data-cmd=recursions]")!;
  shown(Tools, store);
  expect(button().getAttribute("aria-label")).toBe("Recursions");
  expect(button().getAttribute("aria-pressed")).toBe("false");
  button().click();
  expect(model.traits.view).toBe("recursions");
  store.gallery.look("map");
  const compared = open([0, 10, 20], { gallery: { ...INFO, kind: "compare" } });
  document.body.replaceChildren();
  shown(Tools, compared.store);
  expect(button()).toBeNull();
});

test("affinities are asked for when somebody wants to see them, and again for another selection", () => {
  const { model, store } = open([0, 10, 20], { view: "recursions" });
  const { affinities } = store.gallery;
  vi.advanceTimersByTime(1000);
  expect(model.sentOf("affinities")).toEqual([]);
  affinities.isOn.value = true;
  vi.advanceTimersByTime(300);
  expect(model.sentOf("affinities")).toEqual([{ t: "affinities", id: 1 }]);
  expect(affinities.changes.value).toBeNull();
  model.push({ t: "affinities", id: 7, changes: [] });
  expect(affinities.changes.value).toBeNull();
  model.push({ t: "affinities", id: 1, changes: CHANGES });
  expect(affinities.changes.value?.get(2)?.gained).toEqual([0, 1, 2, 3]);
  store.looking.select([2]);
  vi.advanceTimersByTime(300);
  expect(model.sentOf("affinities")).toHaveLength(2);
  affinities.isOn.value = false;
  expect(affinities.changes.value).toBeNull();
});

test("a page knows the affinities itself, and shows those of the selected rows", () => {
  const { model, store } = open([0, 10, 20], { view: "recursions" }, true);
  const { affinities } = store.gallery;
  affinities.isOn.value = true;
  vi.advanceTimersByTime(1000);
  expect(model.sent).toEqual([]);
  expect(affinities.changes.value?.get(2)?.lost).toEqual([1, 2]);
  store.looking.select([0]);
  expect(affinities.changes.value?.get(2)?.gained).toEqual([0, 1]);
  expect(affinities.changes.value?.get(2)?.lost).toEqual([]);
});

test("how many pairs changed is said in words", () => {
  const { store } = open([0, 10, 20], { view: "recursions" }, true);
  store.gallery.affinities.isOn.value = true;
  expect(shown(Changed, store, { number: 2 }).textContent).toBe(
    "2 pairs new, 1 gone, 7 kept",
  );
  expect(shown(Changed, store, { number: 1 }).textContent).toBe("");
});

test("what is drawn over the maps is switched by buttons that say so", () => {
  const { store } = open([0, 10, 20], { view: "recursions" });
  const host = shown(Arranging, store);
  for (const [name, signal] of [
    ["trails", store.gallery.hasTrails],
    ["affinities", store.gallery.affinities.isOn],
    ["insets", store.gallery.hasInsets],
  ] as const) {
    const button = host.querySelector<HTMLButtonElement>(`[data-cmd=${name}]`);
    expect(button?.getAttribute("aria-pressed")).toBe("false");
    button?.click();
    expect(signal.value).toBe(true);
  }
  const compared = open([0], { gallery: { ...INFO, kind: "compare" } });
  expect(shown(Arranging, compared.store).querySelector("[data-cmd=trails]")).toBeNull();
});

test("numbers that are neither good nor bad have no arrow and no best one", () => {
  const { store } = open([0, 10, 20], { view: "recursions" });
  const host = shown(Scores, store);
  const heads = [...host.querySelectorAll("thead th")].map((cell) => cell.textContent);
  expect(heads).toEqual(["map", "trustworthiness ↑", "size of the map "]);
  const cells = [...host.querySelectorAll("tbody tr")].map((row) =>
    [...row.querySelectorAll("td")].map((cell) => cell.innerHTML),
  );
  expect(cells).toEqual([
    ["0.500", "–"],
    ["<b>0.910</b>", "12.35"],
    ["0.870", "345.7"],
  ]);
});

const frameOf = (xy: number[], step = 0): Frame => ({
  run: 1,
  step,
  phase: "p",
  n: xy.length / 2,
  bbox: [0, 0, 1, 1],
  xy: Uint16Array.from(xy),
  seq: -1,
});
const PLACE = { sx: 0.01, sy: -0.01, ox: 5, oy: 500 };

test("a trail leads from the place before to the place now, in two halves", () => {
  const [tail, head] = trailOf(frameOf([0, 0]), frameOf([1000, 2000]), 0, PLACE);
  expect(tail).toBe("M5 500L10 490");
  expect(head).toBe("M10 490L15 480");
});

test("trails are those of the selected rows, or of some of all", () => {
  expect(trailRows(Rows.of([3, 9], 20), 20)).toEqual([3, 9]);
  expect(trailRows(Rows.none, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(trailRows(Rows.none, 10_000)).toHaveLength(300);
  const many = trailRows(
    Rows.of(
      Array.from({ length: 5000 }, (_, i) => i),
      5000,
    ),
    5000,
  );
  expect(many).toHaveLength(400);
  expect(new Set(many).size).toBe(400);
});

test("pairs are lines between the places of their rows", () => {
  const path = pairsPath([0, 1], frameOf([0, 0, 1000, 1000]), PLACE);
  expect(path).toBe("M5 500L15 490");
});

test("the last frame of each phase stays when others are dropped", () => {
  const history = new History(40);
  for (let step = 0; step <= 30; step++)
    history.push({
      ...frameOf([0, 0], step),
      phase: step <= 7 ? "a" : step <= 21 ? "b" : "c",
    });
  const steps = history.frames.map((frame) => frame.step);
  expect(steps).toContain(7);
  expect(steps).toContain(21);
  expect(steps.length).toBeLessThan(16);
  expect(steps.at(-1)).toBe(30);
});

test("gaps among the maps stay gaps when they are aligned", () => {
  const maps = [frameOf(CORNERS), null, frameOf(CORNERS)];
  expect(alignFrames(maps, 1, "all", null).map((frame) => frame !== null)).toEqual([
    true,
    false,
    true,
  ]);
});

test("the map that a run began with does not make the others small", () => {
  const wide = frameOf([0, 0, 65535, 0, 0, 65535, 65535, 65535]);
  const cross = frameOf([32768, 0, 32768, 65535, 0, 32768, 65535, 32768]);
  const all = alignFrames([wide, cross], 1, "none", null);
  const [start, map] = alignFrames([wide, cross], 1, "none", null, 0);
  const widthOf = (frame: Frame | null | undefined) => frame!.bbox[2] - frame!.bbox[0];
  expect(widthOf(map)).toBeLessThanOrEqual(widthOf(all[1]));
  expect(map?.bbox).toEqual(start?.bbox);
  expect(Math.min(...map!.xy)).toBe(0);
  expect(Math.max(...map!.xy)).toBe(65535);
  // It is whole, and still a square.
  const [x0, y0, x1, y1, x2, y2] = start!.xy;
  expect(y0).toBe(y1);
  expect(x0).toBe(x2);
  expect(Math.abs(x1! - x0! - (y2! - y0!))).toBeLessThan(3);
});
