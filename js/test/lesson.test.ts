// What is asked of the kernel, what is shown of its answers, and what a page answers by itself.

import { zlibSync } from "fflate";
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LessonSide } from "../src/lesson-side";
import type { PackedPlate } from "../src/plates";
import { createScreen } from "../src/screen";
import { PAUSE, type Sign } from "../src/signals";
import { Store } from "../src/store";
import { snapped } from "../src/views/knobs";
import { SignsView } from "../src/views/signs";
import { FakeModel, frame, running, welcome } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  act(() => render(null, document.body));
  vi.useRealTimers();
});

const LESSON = {
  internals: [
    { name: "sigma", title: "Sigmas", number: 3, needs: [] },
    { name: "forces", title: "Forces", number: 8, needs: ["map", "point"] },
    { name: "net", title: "Network", number: 25, needs: [], lacks: "a network" },
  ],
  name: "forces",
  settings: { k: 2 },
  wish: 1,
  projector: false,
};
const PLATE: PackedPlate = {
  name: "forces",
  title: "Forces",
  row: 0,
  other: -1,
  step: 5,
  text: "It <b>pulls</b>.",
  snippet: "result = Y",
  call: "w.inspect('forces', 0)",
  sample: "computed on 2 of 9 rows",
  panels: [
    {
      kind: "arrows",
      title: "On the map",
      x_label: "",
      y_label: "",
      x_scale: "linear",
      y_scale: "linear",
      series: [],
      arrows: {
        places: [0, 8],
        labels: ["a", "b"],
        groups: ["pull", "push"],
        to_scale: false,
      },
    },
    {
      kind: "chart",
      title: "Bars",
      x_label: "rank",
      y_label: "force",
      x_scale: "linear",
      y_scale: "linear",
      series: [{ label: "pull", kind: "bars", x: [8, 2], y: [10, 2], index: [8, 2] }],
    },
  ],
  controls: [
    {
      name: "k",
      label: "K",
      kind: "slider",
      low: 1,
      high: 9,
      step: 1,
      value: 2,
      acts: "now",
    },
    { name: "on", label: "On", kind: "toggle", value: false, acts: "restart" },
  ],
};
const NUMBERS = Float32Array.of(0, 0, 1, 0, 0, 0, 0, 2, 0, 1, 4, 1);

function open() {
  const model = new FakeModel();
  model.traits.status = running({ state: "paused" });
  model.traits.lesson = LESSON;
  const store = new Store(model.asModel);
  store.join("v");
  model.push(...welcome());
  model.push(...frame(1, 5));
  const questions = () => model.sentOf("plate");
  const answer = (more: Partial<PackedPlate> = {}) => {
    const id = questions().at(-1)?.id ?? 0;
    const body = [new DataView(NUMBERS.buffer.slice(0))];
    act(() =>
      model.push({ t: "plate", id, plate: { ...PLATE, ...more }, enc: "u16" }, body),
    );
  };
  return { model, store, lesson: store.lesson, questions, answer };
}

function show(store: Store) {
  const screen = createScreen(document.body, store, new AbortController().signal);
  act(() => render(h(LessonSide, { store, screen }), document.body));
  return (selector: string) => document.querySelector<HTMLElement>(selector);
}

test("one question at a time, and then the newest", () => {
  const { lesson, store, questions, answer } = open();
  expect(questions()).toHaveLength(1);
  expect(questions()[0]).toMatchObject({
    name: "forces",
    row: 0,
    other: -1,
    step: -1,
    settings: { k: 2 },
  });
  act(() => store.looking.select([1]));
  act(() => lesson.set("k", 7));
  expect(questions()).toHaveLength(1);
  answer();
  expect(questions()).toHaveLength(2);
  expect(questions()[1]).toMatchObject({ row: 1, settings: { k: 7 } });
  answer({ row: 1 });
  expect(questions()).toHaveLength(2);
  expect(lesson.current.value?.row).toBe(1);
});

test("each frame asks again where the answer depends on the map, else nothing does", () => {
  const { model, lesson, questions, answer } = open();
  answer();
  answer();
  // The first one was asked before there was a map.
  expect(questions()).toHaveLength(2);
  model.push(...frame(2, 6));
  expect(questions()).toHaveLength(3);
  answer();
  lesson.show("sigma");
  expect(questions().at(-1)).toMatchObject({ name: "sigma", row: -1, settings: {} });
  answer({ name: "sigma", row: -1, panels: [] });
  model.push(...frame(3, 7));
  expect(questions()).toHaveLength(4);
});

test("a second point is one more selected; the first stays first", () => {
  const { store, lesson } = open();
  act(() => store.looking.select([1]));
  act(() => store.looking.select([0], "add"));
  expect(lesson.rows.value).toEqual([1, 0]);
  act(() => store.looking.clearSelection());
  expect(lesson.rows.value).toEqual([1, -1]);
});

test("a plate is drawn as text and marks, on the map too", () => {
  const { store, answer } = open();
  const one = show(store);
  answer();
  expect(one("[data-nbembed=words]")?.textContent).toBe(
    "It <b>pulls</b>. (computed on 2 of 9 rows)",
  );
  expect(one("[data-arrows]")?.textContent).toContain("push");
  expect(one("path")?.getAttribute("d")).toMatch(/^M.*V.*M.*V/);
  expect(one(".nbe-code pre")?.textContent).toBe("result = Y");
  expect(one("[data-knob=on] .nbe-effect")?.textContent).toBe("○ restart");
  const { arrows, taught } = store.looking;
  expect([...(arrows.value?.groups ?? [])]).toEqual([0, 1]);
  expect(2 * (arrows.value?.reach ?? 0)).toBeCloseTo(90);
  expect(taught.value).toEqual({
    rows: [0],
    weights: [
      [0, 1],
      [1, 0.25],
    ],
  });
  act(() => one("[data-cmd=close-lesson]")?.click());
  expect([arrows.value, taught.value]).toEqual([null, null]);
});

test("axes stand while steps are made, and begin anew with another point", () => {
  const { store, answer } = open();
  const one = show(store);
  answer();
  const [map, chart] = PLATE.panels;
  const scales = () => one(".nbe-scales")?.textContent;
  const [axes, path] = [scales(), one("path")?.getAttribute("d")];
  const bars = { ...chart?.series[0], y: [0, 2] };
  const less = { panels: [map, { ...chart, series: [bars] }] as never };
  act(() => store.lesson.set("k", 3));
  answer(less);
  expect(one("path")?.getAttribute("d")).not.toBe(path);
  expect(scales()).toBe(axes);
  act(() => store.looking.select([1]));
  answer({ ...less, row: 1 });
  expect(scales()).not.toBe(axes);
});

test("a plate whose numbers got lost is not shown, one that cannot be had says why", () => {
  const { model, store, lesson, questions, answer } = open();
  const one = show(store);
  act(() =>
    model.push({ t: "plate", id: questions()[0]?.id, plate: PLATE, enc: "u16" }, []),
  );
  expect(lesson.plate.value).toBeNull();
  act(() => lesson.set("k", 4));
  answer({ panels: [], controls: [], text: "", error: "no <map> yet" });
  expect(one("[role=alert]")?.textContent).toBe("no <map> yet");
});

test("what lacks something is passed over; Python's wish opens another view", () => {
  const { model, lesson } = open();
  lesson.turn(1);
  expect(lesson.name.value).toBe("sigma");
  act(() => model.change("lesson", { ...LESSON, projector: true }));
  expect(lesson.name.value).toBe("sigma");
  act(() =>
    model.change("lesson", { ...LESSON, wish: 2, settings: { k: 9 }, projector: true }),
  );
  expect([lesson.name.value, lesson.isProjected.value]).toEqual(["forces", true]);
  expect(lesson.settings.value.forces).toEqual({ k: 9 });
});

test("what is worth a word is asked when the map rests, and stands there as text", () => {
  const { model, store, answer } = open();
  const screen = createScreen(document.body, store, new AbortController().signal);
  act(() => render(h(SignsView, { store, screen }), document.body));
  const asked = () => model.sentOf("signals");
  expect(asked()).toHaveLength(0);
  vi.advanceTimersByTime(PAUSE);
  expect(asked()).toEqual([{ t: "signals", id: 1, step: -1 }]);
  const tell = (id: number, signals: Sign[]) =>
    act(() => model.push({ t: "signals", id, step: 5, signals }));
  const words = () => [...document.querySelectorAll("li")].map((one) => one.textContent);
  tell(1, [
    { name: "scale", text: "30% <b>kept</b>", alarm: false },
    { name: "copies", text: "9 copies", alarm: true },
    { name: "stability", text: "1 run", alarm: false, shows: "sigma" },
    { name: "groups", text: "A and B?", alarm: false, shows: "net" },
  ]);
  expect(words()).toEqual(["30% <b>kept</b>", "⚠ 9 copies", "1 run", "A and B?"]);
  // A view that cannot be had is no button.
  const buttons = document.querySelectorAll<HTMLElement>("[data-cmd=show-sign]");
  expect(buttons).toHaveLength(1);
  act(() => buttons[0]?.click());
  expect(store.lesson.name.value).toBe("sigma");
  // A click on a point asks nothing; frames ask once in a while; a view of all points does.
  act(() => store.looking.select([1]));
  answer({ row: 1 });
  vi.advanceTimersByTime(PAUSE);
  expect(asked()).toHaveLength(1);
  for (const step of [6, 7, 8]) act(() => model.push(...frame(step, step)));
  expect(words().at(-1)).toBe("of step 5");
  vi.advanceTimersByTime(2 * PAUSE);
  expect(asked()).toHaveLength(2);
  answer({ name: "sigma", row: -1 });
  vi.advanceTimersByTime(PAUSE);
  expect(asked()).toHaveLength(3);
  tell(3, []);
  tell(2, [{ name: "scale", text: "late", alarm: false }]);
  expect(words()).not.toContain("late");
});

test("sliders keep to their steps", () => {
  const control = {
    name: "a",
    label: "A",
    kind: "slider",
    value: 1,
    acts: "now",
  } as const;
  expect(snapped({ ...control, low: 1, high: 10, step: 2 }, 5.9)).toBe(5);
  expect(snapped({ ...control, low: 1, high: 10, step: 2 }, 99)).toBe(10);
  expect(snapped({ ...control, low: 0, high: 1, step: 0 }, 0.1234567)).toBe(0.123457);
});

test("a page shows the stored plate that is nearest, and says of which points there is none", () => {
  const model = new FakeModel();
  model.traits.lesson = { ...LESSON, settings: {} };
  const at = (k: number): PackedPlate => ({
    ...PLATE,
    text: `k is ${k}`,
    controls: [{ ...PLATE.controls[0]!, value: k }],
  });
  const bytes = zlibSync(new Uint8Array(NUMBERS.buffer));
  const quality = {
    plates: {
      rows: [0],
      stored: [at(2), at(4), at(8)],
      note: "It holds those of point 0.",
    },
    signs: { step: 5, signals: [{ name: "scale", text: "30% kept", alarm: false }] },
    buffers: { plates: btoa(String.fromCharCode(...bytes)) },
  };
  const store = new Store(model.asModel, true, undefined, quality);
  const words = () => store.lesson.current.value?.text;
  expect(words()).toBe("k is 2");
  expect(store.lesson.signs.now.value?.signals[0]?.text).toBe("30% kept");
  store.lesson.set("k", 7);
  expect(words()).toBe("k is 8");
  store.lesson.set("k", 3.5);
  expect(words()).toBe("k is 4");
  store.lesson.rows.value = [5, -1];
  expect(store.lesson.current.value?.error).toContain(
    "no view of point 5. It holds those of point 0.",
  );
});
