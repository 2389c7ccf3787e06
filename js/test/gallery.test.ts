import { expect, test } from "vitest";
import { groupsOf } from "../src/curve-groups";
import { Store } from "../src/store";
import { FakeModel, running } from "./fake";

const INFO = {
  kind: "compare",
  maps: [
    { name: "one", step: 20, scores: { stability: 0.5 } },
    { name: "two", step: 30, scores: { stability: 0.25 } },
  ],
  measures: [{ name: "stability", label: "stability", lower: false }],
  note: "",
};
const CORNERS = [0, 0, 65535, 0, 0, 65535, 65535, 65535];

/** Two maps of four points; what moves over the steps is the third point. */
function open(arrangement: object = {}) {
  const model = new FakeModel();
  model.traits.status = running({ n: 4, state: "done", step: 30 });
  model.traits.gallery = INFO;
  model.traits.arrangement = { mode: "beside", align: "all", onto: 0, ...arrangement };
  const store = new Store(model.asModel);
  const steps: [number, number][] = [
    [0, 0],
    [0, 10],
    [0, 20],
    [1, 0],
    [1, 15],
    [1, 30],
  ];
  const frames = steps.map(([map, step]) => ({
    map,
    step,
    phase: "p",
    bbox: map === 0 ? [0, 0, 1, 1] : [0, 0, 10, 10],
  }));
  const codes = Uint16Array.from(
    steps.flatMap(([, step]) => CORNERS.map((v, i) => (i === 5 ? v - 1000 * step : v))),
  );
  const info = { run: 1, n: 4, frames };
  model.push({ t: "history", info, enc: "u16" }, [new DataView(codes.buffer)]);
  const steps_shown = () => store.gallery.raw.value.map((frame) => frame?.step);
  return { model, store, steps_shown };
}

test("every map shows its last moment, and the longest run leads through time", () => {
  const { store, steps_shown } = open();
  expect(steps_shown()).toEqual([20, 30]);
  expect(store.frames.value.map((frame) => frame.step)).toEqual([0, 15, 30]);
  expect(store.frame.value?.map).toBe(1);
});

test("scrubbing takes all maps to the moment at or before the step", () => {
  const { store, steps_shown } = open();
  store.scrub(1);
  expect(steps_shown()).toEqual([10, 15]);
  store.scrub(0);
  expect(steps_shown()).toEqual([0, 0]);
  store.scrub(null);
  expect(steps_shown()).toEqual([20, 30]);
});

test("a later pack joins what is there, and that of a new run replaces it", () => {
  const { model, store } = open();
  const codes = Uint16Array.from([...CORNERS]);
  const frames = [{ map: 0, step: 25, phase: "p", bbox: [0, 0, 1, 1] }];
  const send = (run: number) =>
    model.push({ t: "history", info: { run, n: 4, frames }, enc: "u16" }, [
      new DataView(codes.buffer),
    ]);
  send(1);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([25, 30]);
  send(2);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([25, undefined]);
});

test("what the user arranges goes to Python, and what Python arranges is shown", () => {
  const { model, store } = open();
  store.gallery.arrange({ mode: "over" });
  expect(model.traits.arrangement).toEqual({ mode: "over", align: "all", onto: 0 });
  expect(model.saves).toBe(1);
  model.change("arrangement", { mode: "flicker", align: "none", onto: 1 });
  expect(store.gallery.arrangement.value.mode).toBe("flicker");
  expect(model.saves).toBe(1);
});

test("the maps lie in one box, that of the map they are laid onto when they do not differ", () => {
  const { store } = open();
  store.scrub(0);
  const [one, two] = store.gallery.aligned.value;
  expect(one?.bbox).toEqual([0, 0, 1, 1]);
  expect(two?.bbox).toEqual(one?.bbox);
  expect(two?.xy).toEqual(one?.xy);
  store.gallery.arrange({ onto: 1 });
  expect(store.gallery.aligned.value[0]?.bbox).toEqual([0, 0, 10, 10]);
});

test("an alignment by the selection takes its rows, and says when there are too few", () => {
  const { store } = open({ align: "selection" });
  expect(store.gallery.needsSelection).toBe(true);
  const before = store.gallery.aligned.value[1]?.xy;
  store.looking.select([0, 1, 3]);
  expect(store.gallery.needsSelection).toBe(false);
  // The three corners did not move: they lie on each other exactly now.
  const [one, two] = store.gallery.aligned.value;
  for (const row of [0, 1, 3])
    for (const k of [0, 1]) expect(two?.xy[2 * row + k]).toBe(one?.xy[2 * row + k]);
  expect(two?.xy).not.toEqual(before);
});

test("what was set in mid-run is told once, with the maps it was set in", () => {
  const { model, store } = open();
  const maps = INFO.maps.map((map, i) => ({
    ...map,
    events: [[5, "learning_rate", 2], ...(i === 1 ? [[3, "exaggeration", 4]] : [])],
  }));
  model.change("gallery", { ...INFO, maps });
  expect(store.gallery.events.value).toEqual([
    { event: [3, "exaggeration", 4], maps: ["two"] },
    { event: [5, "learning_rate", 2], maps: ["one", "two"] },
  ]);
});

test("without an arrangement of its own a widget has one map", () => {
  const model = new FakeModel();
  const store = new Store(model.asModel);
  expect(store.gallery.info.value).toBeNull();
  expect(store.gallery.aligned.value).toEqual([]);
});

test("moments of one run are maps too, each once the run has come there", () => {
  const model = new FakeModel();
  model.traits.status = running({ n: 4 });
  model.traits.gallery = { ...INFO, kind: "moments" };
  model.traits.view = "recursions";
  const store = new Store(model.asModel);
  const pack = (steps: number[]) => {
    const frames = steps.map((step) => ({ step, phase: "p", bbox: [0, 0, 1, 1] }));
    const codes = Uint16Array.from(steps.flatMap(() => CORNERS));
    model.push({ t: "history", info: { run: 1, n: 4, frames }, enc: "u16" }, [
      new DataView(codes.buffer),
    ]);
  };
  pack([0, 10]);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([10, undefined]);
  pack([20, 25]);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([20, 25]);
  pack([30]);
  expect(store.gallery.raw.value.map((frame) => frame?.step)).toEqual([20, 30]);
});

test("curves of several maps stand together by their names, one for each map", () => {
  const { model, store } = open();
  const curve = (map: number, label: string, kind: string) => ({
    map,
    label,
    kind,
    steps: [0, 10],
    values: [1, 0.5 + map],
  });
  model.change("curves", {
    "0/kl": curve(0, "KL divergence", "loss"),
    "0/attraction": curve(0, "attraction", "loss"),
    "0/trustworthiness": curve(0, "trustworthiness", "quality"),
    "1/trustworthiness": curve(1, "trustworthiness", "quality"),
  });
  const groups = groupsOf(store);
  expect(groups.map(({ title }) => title)).toEqual(["trustworthiness", "KL divergence"]);
  expect(groups[0]?.curves.map(({ label }) => label)).toEqual(["one", "two"]);
});

test("the store takes its listeners along when it closes", () => {
  const { model, store } = open();
  expect(model.handlerCount).toBeGreaterThan(0);
  store.close();
  expect(model.handlerCount).toBe(0);
});
