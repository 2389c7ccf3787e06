import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listenPointer } from "../src/pointer";
import { cameraOf, placeOf } from "../src/screen";
import { categorySpec } from "./looks";
import { openStage } from "./stage";

let close: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

type Options = Partial<PointerEventInit>;

/** Rows 2, 3 and 4 lie at (100, 100), (130, 100) and (300, 150). */
function open() {
  const all = openStage([
    [100, 100],
    [130, 100],
    [300, 150],
  ]);
  close = all.close;
  const { stage, screen, store } = all;
  listenPointer(stage, store, screen);
  const fire = (type: string, x: number, y: number, options: Options = {}) => {
    const buttons = type === "pointerup" ? 0 : 1;
    const { pointerId = 1, pointerType = "mouse", ...rest } = options;
    const place = { clientX: x, clientY: y, button: 0, buttons, bubbles: true };
    const event = new MouseEvent(type, { ...place, ...rest });
    stage.dispatchEvent(Object.assign(event, { pointerId, pointerType }));
  };
  const click = (x: number, y: number, options: Options = {}) => {
    fire("pointerdown", x, y, options);
    fire("pointerup", x, y, options);
    vi.advanceTimersByTime(400);
  };
  const drag = (path: [number, number][], options: Options = {}) => {
    const [first, ...rest] = path;
    fire("pointerdown", ...first!, options);
    for (const [x, y] of rest) fire("pointermove", x, y, options);
    fire("pointerup", ...path.at(-1)!, options);
    vi.advanceTimersByTime(400);
  };
  return { ...all, fire, click, drag };
}

const AROUND_TWO: [number, number][] = [
  [80, 80],
  [150, 80],
  [150, 120],
  [80, 120],
];

test("a click selects a point alone, a click on nothing clears", () => {
  const { click, selected } = open();
  click(100, 100);
  expect(selected()).toEqual([2]);
  click(300, 150);
  expect(selected()).toEqual([4]);
  click(200, 60);
  expect(selected()).toEqual([]);
});

test("shift-click toggles, and shift-click on nothing changes nothing", () => {
  const { click, selected } = open();
  click(100, 100);
  click(300, 150, { shiftKey: true });
  expect(selected()).toEqual([2, 4]);
  click(100, 100, { shiftKey: true });
  click(200, 60, { shiftKey: true });
  expect(selected()).toEqual([4]);
});

test("a click that trembles is still a click", () => {
  const { fire, selected } = open();
  fire("pointerdown", 100, 100);
  fire("pointermove", 102, 101);
  fire("pointerup", 102, 101);
  expect(selected()).toEqual([2]);
});

test("a double click fits the map and keeps the selection", () => {
  const { click, fire, stage, screen, selected } = open();
  click(100, 100);
  screen.camera.value = { x: 0, y: 0, scale: 3 };
  for (let k = 0; k < 2; k++) {
    fire("pointerdown", 20, 20);
    fire("pointerup", 20, 20);
  }
  stage.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  vi.advanceTimersByTime(400);
  expect(screen.camera.value).toBeNull();
  expect(selected()).toEqual([2]);
});

test("a drag moves the map by as many pixels and selects nothing", () => {
  const { drag, screen, store, selected } = open();
  const before = cameraOf(screen, store);
  drag([
    [200, 60],
    [220, 60],
    [240, 75],
  ]);
  const after = cameraOf(screen, store);
  expect((before.x - after.x) * after.scale).toBeCloseTo(40);
  expect((after.y - before.y) * after.scale).toBeCloseTo(15);
  expect(selected()).toEqual([]);
});

test("shift and drag selects what lies inside the outline", () => {
  const { drag, screen, selected } = open();
  drag(AROUND_TWO, { shiftKey: true });
  expect(selected()).toEqual([2, 3]);
  expect(screen.camera.value).toBeNull();
  expect(screen.outline.value).toBeNull();
});

test("with the lasso tool a plain drag selects; ctrl and cmd add, alt removes", () => {
  const { drag, screen, selected } = open();
  screen.tool.value = "lasso";
  const right: [number, number][] = [
    [280, 130],
    [320, 130],
    [320, 170],
    [280, 170],
  ];
  drag(AROUND_TWO);
  drag(right, { ctrlKey: true });
  expect(selected()).toEqual([2, 3, 4]);
  drag(AROUND_TWO, { altKey: true });
  expect(selected()).toEqual([4]);
  drag(AROUND_TWO, { metaKey: true });
  expect(selected()).toEqual([2, 3, 4]);
  drag(right);
  expect(selected()).toEqual([4]);
});

test("the outline is there while it is drawn", () => {
  const { fire, screen } = open();
  fire("pointerdown", 80, 80, { shiftKey: true });
  fire("pointermove", 150, 80, { shiftKey: true });
  fire("pointermove", 150, 120, { shiftKey: true });
  expect(screen.outline.value?.points).toEqual([80, 80, 150, 80, 150, 120]);
  fire("pointercancel", 150, 120);
  expect(screen.outline.value).toBeNull();
});

test("a lasso that was taken away selects nothing", () => {
  const { fire, screen, selected } = open();
  for (const [i, [x, y]] of AROUND_TWO.entries())
    fire(i === 0 ? "pointerdown" : "pointermove", x, y, { shiftKey: true });
  screen.outline.value = null;
  fire("pointermove", 80, 100, { shiftKey: true });
  fire("pointerup", 80, 100, { shiftKey: true });
  expect(selected()).toEqual([]);
});

test("points that the filter hides cannot be clicked or caught", () => {
  const { model, store, click, drag, selected } = open();
  model.change("encodings", { color: categorySpec([0, 0, 0, 1, 1], ["a", "b"]) });
  store.looking.show({ categories: ["b"] });
  click(100, 100);
  expect(selected()).toEqual([]);
  drag(AROUND_TWO, { shiftKey: true });
  expect(selected()).toEqual([3]);
});

test("the pointer points at what is below it, and at nothing when it leaves", () => {
  const { fire, screen } = open();
  fire("pointermove", 101, 100, { buttons: 0 });
  expect(screen.pointed.value.row).toBe(2);
  fire("pointermove", 300, 149, { buttons: 0 });
  expect(screen.pointed.value.row).toBe(4);
  fire("pointerleave", 300, 149, { buttons: 0 });
  expect(screen.pointed.value.row).toBe(-1);
});

test("a finger that taps shows and selects, and the card stays when it is lifted", () => {
  const { click, fire, screen, selected } = open();
  click(100, 100, { pointerType: "touch" });
  fire("pointerleave", 100, 100, { pointerType: "touch" });
  expect(screen.pointed.value.row).toBe(2);
  expect(selected()).toEqual([2]);
});

test("two fingers zoom round their middle, and one that stays moves the map", () => {
  const { fire, screen, store, selected } = open();
  const scale = cameraOf(screen, store).scale;
  const touch = (id: number) => ({ pointerId: id, pointerType: "touch" });
  fire("pointerdown", 150, 100, touch(1));
  fire("pointerdown", 250, 100, touch(2));
  fire("pointermove", 100, 100, touch(1));
  fire("pointermove", 300, 100, touch(2));
  expect(cameraOf(screen, store).scale / scale).toBeCloseTo(2);
  // What lay in their middle, at (200, 100), is there still.
  const place = placeOf(screen, store)!;
  const u = ((200 - 18) / 400) * 65535;
  expect(place.ox + place.sx * u).toBeCloseTo(200, 1);
  fire("pointerup", 300, 100, touch(2));
  const before = cameraOf(screen, store);
  fire("pointermove", 110, 100, touch(1));
  expect((before.x - cameraOf(screen, store).x) * before.scale).toBeCloseTo(10);
  fire("pointerup", 110, 100, touch(1));
  expect(selected()).toEqual([]);
});

test("two fingers never draw a lasso", () => {
  const { fire, screen, selected } = open();
  screen.tool.value = "lasso";
  const touch = (id: number) => ({ pointerId: id, pointerType: "touch" });
  fire("pointerdown", 80, 80, touch(1));
  fire("pointermove", 150, 80, touch(1));
  fire("pointerdown", 250, 200, touch(2));
  expect(screen.outline.value).toBeNull();
  fire("pointermove", 80, 120, touch(1));
  fire("pointerup", 80, 120, touch(1));
  fire("pointerup", 250, 200, touch(2));
  expect(selected()).toEqual([]);
});

test("a button released outside the window ends the drag", () => {
  const { fire, screen } = open();
  fire("pointerdown", 200, 60);
  fire("pointermove", 240, 60);
  const { camera } = screen;
  const left = camera.value;
  fire("pointermove", 300, 60, { buttons: 0 });
  expect(camera.value).toEqual(left);
});

test("other buttons of the mouse do nothing", () => {
  const { click, selected } = open();
  click(100, 100, { button: 2 });
  expect(selected()).toEqual([]);
});
