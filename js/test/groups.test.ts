import { h, render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handleKey } from "../src/keys";
import { anchorOf } from "../src/renderer/letters";
import { Rows } from "../src/rows";
import { dropGroup, keepGroup } from "../src/selecting";
import type { GroupsMessage } from "../src/state";
import { GroupsCard } from "../src/views/groups-card";
import { openStage } from "./stage";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const ANSWER: GroupsMessage = {
  t: "groups",
  id: 1,
  n: [2, 3],
  step: 10,
  data: 0.344,
  maps: [0.82, 0.41, 0.93],
  classes: [44, 12, 40],
  across: [0.081, 0],
  k: 15,
  columns: [
    ["mass", -2.44, 1.5, 4000],
    ["flag", null, 1, 0],
  ],
};

function open() {
  const stage = openStage([
    [100, 100],
    [200, 100],
    [300, 100],
  ]);
  const root = document.createElement("div");
  const draw = () => {
    render(h(GroupsCard, { store: stage.store, screen: stage.screen }), root);
    return root.textContent ?? "";
  };
  return { ...stage, card: root, draw, groups: stage.store.looking.groups };
}

test("a group is kept, the next selection is compared with it when it rests", () => {
  const { model, store, screen, groups, draw, close } = open();
  expect(keepGroup(store, screen)).toBe(false);
  store.looking.select([0, 1]);
  expect(keepGroup(store, screen)).toBe(true);
  expect(store.looking.selection.value.count).toBe(0);
  expect(Rows.unpack(model.traits.group as never).count).toBe(2);
  expect(draw()).toContain("Now select a second group");
  store.looking.select([2]);
  store.looking.select([3, 4], "add");
  expect([...store.looking.marked.value]).toEqual([0, 1, 2, 3, 4]);
  expect(model.sentOf("groups")).toEqual([]);
  vi.advanceTimersByTime(250);
  expect(model.sentOf("groups")).toEqual([{ t: "groups", id: 1 }]);
  expect(draw()).toContain("Comparing");
  model.push({ ...ANSWER, id: 7 });
  expect(groups.answer.value).toBeNull();
  model.push(ANSWER);
  expect(groups.answer.value).toEqual(ANSWER);
  close();
});

test("the card says how far, how much of it is chance, and what differs", () => {
  const { model, store, screen, card, draw, close } = open();
  store.looking.select([0, 1]);
  keepGroup(store, screen);
  store.looking.select([2, 3, 4]);
  vi.advanceTimersByTime(250);
  model.push(ANSWER);
  const text = draw();
  for (const part of [
    "A: 2 and B: 3 points",
    "in the data34 %",
    "in the map, step 1082 %",
    "2 other runs41–93 %",
    "Farther than 12 of 44 other pairs of classes in the data, 40 here",
    "Of their 15 neighbours, 8 % lie in the other group in the data, 0 % here",
    "mass1.54,000−2.4",
    "flag10+∞",
  ])
    expect(text).toContain(part);
  expect(text).not.toContain("One run");
  const marks = [...card.querySelectorAll<HTMLElement>(".nbe-track i")];
  expect(marks.map((mark) => mark.style.left)).toEqual(["34.4%", "82%", "41%", "93%"]);
  model.push({ ...ANSWER, maps: [0.5], classes: [0, 0, 0], columns: [] });
  expect(draw()).toContain("One run: another seed may say something else");
  expect(draw()).toContain("No column differs");
  expect(draw()).not.toContain("pairs of classes");
  model.push({ t: "groups", id: 1, error: "b must have at least 2 rows" });
  expect(draw()).toContain("b must have at least 2 rows");
  close();
});

test("another moment is asked for again, and the old answer stays meanwhile", () => {
  const { model, store, screen, groups, close } = open();
  store.looking.select([0, 1]);
  keepGroup(store, screen);
  groups.again();
  store.looking.select([2, 3]);
  vi.advanceTimersByTime(250);
  model.push(ANSWER);
  groups.again();
  groups.again();
  expect(groups.answer.value).toEqual(ANSWER);
  vi.advanceTimersByTime(500);
  expect(model.sentOf("groups").map(({ id }) => id)).toEqual([1, 2]);
  model.push({ ...ANSWER, id: 2, step: 0 });
  expect(groups.answer.value?.step).toBe(0);
  close();
});

test("g keeps, Escape clears the selection first and then the comparison", () => {
  const { store, screen, stage, groups, close } = open();
  const press = (key: string) => {
    const event = new KeyboardEvent("keydown", { key });
    Object.defineProperty(event, "target", { value: stage });
    return handleKey(event, screen, store);
  };
  store.looking.select([0, 1]);
  expect(press("g")).toBe(true);
  expect(groups.kept.value.count).toBe(2);
  store.looking.select([2, 3]);
  press("Escape");
  expect([store.looking.selection.value.count, groups.kept.value.count]).toEqual([0, 2]);
  press("Escape");
  expect(groups.kept.value.count).toBe(0);
  expect(dropGroup(store, screen)).toBe(false);
  close();
});

test("Python keeps a group too", () => {
  const { model, groups, close } = open();
  model.change("group", Rows.of([1, 3], 5).pack(5));
  expect([...groups.kept.value]).toEqual([1, 3]);
  model.change("group", Rows.none.pack(5));
  expect(groups.kept.value.count).toBe(0);
  close();
});

test("the name of a group stands on one of its points, where most of them are", () => {
  const xy = Uint16Array.from([0, 0, 10, 0, 20, 0, 60000, 0, 25, 0]);
  const frame = {
    run: 1,
    step: 0,
    phase: "",
    n: 5,
    bbox: [0, 0, 1, 1],
    xy,
    seq: 1,
  } as const;
  expect(anchorOf(frame, Rows.of([0, 1, 2, 3, 4], 5))).toBe(2);
  expect(anchorOf(frame, Rows.none)).toBe(-1);
  const many = Uint16Array.from({ length: 60_000 }, (_, i) => i);
  const line = { ...frame, n: 30_000, xy: many };
  const row = anchorOf(line, Rows.of(Array(30_000).keys(), 30_000));
  expect(Math.abs(row - 15_000)).toBeLessThan(50);
});

test("rows are joined and taken away", () => {
  const some = Rows.of([1, 9, 30], 40);
  expect([...some.with(Rows.of([2, 9], 10))]).toEqual([1, 2, 9, 30]);
  expect([...Rows.of([2, 9], 10).with(some)]).toEqual([1, 2, 9, 30]);
  expect([...some.without(Rows.of([9], 10))]).toEqual([1, 30]);
  expect(some.with(Rows.none)).toBe(some);
  expect([some.only(), Rows.of([9], 40).only()]).toEqual([-1, 9]);
});
