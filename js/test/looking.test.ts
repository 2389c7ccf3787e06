import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Rows } from "../src/rows";
import type { PackedSelection } from "../src/state";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";
import { categorySpec } from "./looks";

const COLOR = categorySpec([0, 1], ["a", "b"]);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(traits: Record<string, unknown> = {}) {
  const model = new FakeModel();
  Object.assign(model.traits, { status: running(), encodings: { color: COLOR } }, traits);
  const store = new Store(model.asModel);
  model.push(...frame(1, 10));
  const selected = () => [...store.looking.selection.value];
  const sent = () => [...Rows.unpack(model.traits.selection as PackedSelection)];
  return { model, store, looking: store.looking, selected, sent };
}

test("a selection here reaches Python, with the number of rows of the data", () => {
  const { model, looking, selected, sent } = open();
  looking.select([1]);
  expect(selected()).toEqual([1]);
  expect(sent()).toEqual([1]);
  expect((model.traits.selection as PackedSelection).n).toBe(2);
  expect(model.saves).toBe(1);
});

test("the same selection again is not sent again", () => {
  const { model, looking } = open();
  looking.select([1]);
  looking.select([1]);
  looking.select([1], "add");
  expect(model.saves).toBe(1);
  looking.clearSelection();
  looking.clearSelection();
  expect(model.saves).toBe(2);
});

test("a selection from Python is shown, and its echo changes nothing", () => {
  const { model, looking, selected } = open();
  let changes = -1;
  const end = looking.selection.subscribe(() => {
    changes += 1;
  });
  model.change("selection", Rows.of([0], 2).pack(2));
  model.change("selection", Rows.of([0], 2).pack(2));
  expect(selected()).toEqual([0]);
  expect(changes).toBe(1);
  expect(model.saves).toBe(0);
  end();
});

test("everything is read when a view comes late", () => {
  const { looking, selected } = open({
    selection: Rows.of([1], 2).pack(2),
    filter: { categories: ["b"] },
    fields: { columns: ["x"], images: true },
  });
  expect(selected()).toEqual([1]);
  expect(looking.isShown.value?.(0)).toBe(false);
  expect(looking.isShown.value?.(1)).toBe(true);
  expect(looking.fields.value).toMatchObject({ columns: ["x"], images: true, hover: [] });
});

test("a filter here reaches Python, and one from Python is obeyed", () => {
  const { model, looking } = open();
  looking.show({ categories: ["a"] });
  expect(model.traits.filter).toEqual({ categories: ["a"] });
  expect(looking.isShown.value?.(1)).toBe(false);
  model.change("filter", {});
  expect(looking.isShown.value).toBeNull();
});

test("another colouring is shown as it comes", () => {
  const { model, looking } = open();
  model.change("encodings", {});
  expect(looking.look.value.color).toBeUndefined();
});

test("colour and search are asked of Python", () => {
  const { model, looking } = open();
  looking.colorBy("mass");
  looking.colorBy(null);
  looking.search("Ada");
  expect(model.sent).toEqual([
    { t: "color", by: "mass" },
    { t: "color", by: null },
    { t: "search", text: "Ada" },
  ]);
});

test("what was found, and what a row is like, is told to the views", () => {
  const { model, looking } = open();
  const found = { t: "found", text: "Ada", count: 1, first: 1 };
  model.push(found);
  expect(looking.found.value).toEqual(found);
  looking.details.want(1);
  vi.advanceTimersByTime(100);
  const [asked] = model.sentOf("details");
  expect(asked).toMatchObject({ row: 1 });
  model.push({ t: "details", id: asked?.id, row: 1, values: [["name", "Ada"]] });
  expect(looking.details.newest.value?.values).toEqual([["name", "Ada"]]);
});

test("with a kernel that is gone, one can still select", () => {
  const { model, store, looking, selected } = open();
  model.isGone = true;
  looking.select([0]);
  expect(selected()).toEqual([0]);
  expect(store.controls.value).toBe("dead");
});

test("closing takes every listener off the model", () => {
  const { model, store } = open();
  store.close();
  expect(model.handlerCount).toBe(0);
});
