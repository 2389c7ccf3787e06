import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { handleKey } from "../src/keys";
import { cameraOf, createScreen } from "../src/screen";
import { speakPoints } from "../src/speaking";
import { frame, running, welcome } from "./fake";
import { categorySpec } from "./looks";
import { openStage } from "./stage";

let close: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  close();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Rows 2, 3 and 4 lie at (100, 100), (130, 100) and (300, 150); 0 and 1 in the corners. */
function open() {
  const all = openStage([
    [100, 100],
    [130, 100],
    [300, 150],
  ]);
  close = all.close;
  const { stage, screen, store } = all;
  speakPoints(store, screen);
  const press = (
    key: string,
    target: Element = stage,
    options: KeyboardEventInit = {},
  ) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, ...options });
    let isTaken = false;
    const listen = (e: Event) => {
      isTaken = handleKey(e as KeyboardEvent, screen, store);
    };
    all.root.addEventListener("keydown", listen);
    target.dispatchEvent(event);
    all.root.removeEventListener("keydown", listen);
    return isTaken;
  };
  const add = <K extends keyof HTMLElementTagNameMap>(name: K) => {
    const element = document.createElement(name);
    all.root.append(element);
    return element;
  };
  const row = () => screen.pointed.value.row;
  return { ...all, press, add, row };
}

test("n and p go from point to point in reading order, and round", () => {
  const { press, row } = open();
  const path = [..."nnnnn"].map((key) => {
    press(key);
    return row();
  });
  expect(path).toEqual([1, 2, 3, 4, 0]);
  press("p");
  expect(row()).toBe(4);
});

test("only points that are shown and in view are visited", () => {
  const { model, store, screen, press, row } = open();
  model.change("encodings", { color: categorySpec([1, 1, 1, 0, 1], ["a", "b"]) });
  store.looking.show({ categories: ["b"] });
  // The corners have left the view.
  screen.camera.value = { ...cameraOf(screen, store), scale: 240 };
  press("n");
  expect(row()).toBe(2);
  press("n");
  expect(row()).toBe(4);
  press("n");
  expect(row()).toBe(2);
});

test("where the keyboard went is spoken, once it rests there", () => {
  const { model, screen, press } = open();
  model.change("encodings", { color: categorySpec([0, 0, 1, 0, 1], ["a", "b"]) });
  press("n");
  vi.advanceTimersByTime(200);
  press("n");
  vi.advanceTimersByTime(200);
  expect(screen.spoken.value).toBe("");
  vi.advanceTimersByTime(300);
  expect(screen.spoken.value).toBe("row 2, label b");
});

test("Enter selects the point, with Shift it toggles, and both are spoken", () => {
  const { screen, press, selected } = open();
  for (const key of ["n", "n", "Enter"]) press(key);
  expect(selected()).toEqual([2]);
  expect(screen.spoken.value).toBe("1 selected.");
  press("n");
  press("Enter", undefined, { shiftKey: true });
  expect(selected()).toEqual([2, 3]);
  press("Enter", undefined, { shiftKey: true });
  expect(selected()).toEqual([2]);
});

test("a selects all that is shown and in view, Escape clears", () => {
  const { screen, store, press, selected } = open();
  screen.camera.value = { ...cameraOf(screen, store), scale: 240 };
  press("a");
  expect(selected()).toEqual([2, 3, 4]);
  expect(press("Escape")).toBe(true);
  expect(selected()).toEqual([]);
  expect(press("Escape")).toBe(false);
});

test("Escape puts the card away when there is nothing else to leave", () => {
  const { press, row } = open();
  press("n");
  expect(press("Escape")).toBe(true);
  expect(row()).toBe(-1);
});

test("l takes and leaves the lasso, Escape leaves it after the selection is cleared", () => {
  const { screen, press, selected } = open();
  press("l");
  expect(screen.tool.value).toBe("lasso");
  press("l");
  expect(screen.tool.value).toBe("pan");
  press("l");
  press("a");
  screen.outline.value = { points: [1, 1] };
  press("Escape");
  expect(screen.outline.value).toBeNull();
  expect(selected()).not.toEqual([]);
  press("Escape");
  expect([selected(), screen.tool.value]).toEqual([[], "lasso"]);
  press("Escape");
  expect(screen.tool.value).toBe("pan");
});

test("/ goes to the search field, where there is one", () => {
  const { press, add } = open();
  expect(press("/")).toBe(false);
  const field = add("input");
  field.dataset.cmd = "search";
  expect(press("/")).toBe(true);
  expect(document.activeElement).toBe(field);
});

test("brackets turn to the moment before and after, and the last one follows the run", () => {
  const { model, store, press } = open();
  expect(press("[")).toBe(false);
  for (const step of [20, 30]) {
    const [header, body] = frame(step, step);
    model.push(header, body);
  }
  press("[");
  expect(store.frame.value?.step).toBe(20);
  press("[");
  expect(store.frame.value?.step).toBe(10);
  press("[");
  expect(store.frame.value?.step).toBe(10);
  press("]");
  expect(store.frame.value?.step).toBe(20);
  press("]");
  expect(store.cursor.value).toBeNull();
});

test("f fills the screen where the browser can, and leaves it again", () => {
  const { screen, root, press } = open();
  expect(press("f")).toBe(false);
  const request = vi.fn(() => Promise.resolve());
  const exit = vi.fn(() => Promise.resolve());
  Object.assign(root, { requestFullscreen: request });
  Object.assign(document, { exitFullscreen: exit });
  const given = { fullscreenEnabled: true, fullscreenElement: null as Element | null };
  for (const name of ["fullscreenEnabled", "fullscreenElement"] as const)
    Object.defineProperty(document, name, {
      configurable: true,
      get: () => given[name],
    });
  expect(press("f")).toBe(true);
  expect(request).toHaveBeenCalledOnce();
  given.fullscreenElement = root;
  document.dispatchEvent(new Event("fullscreenchange"));
  expect(screen.isFull.value).toBe(true);
  press("a");
  press("Escape");
  expect(exit).toHaveBeenCalledOnce();
  given.fullscreenElement = null;
  document.dispatchEvent(new Event("fullscreenchange"));
  expect(screen.isFull.value).toBe(false);
  for (const name of Object.keys(given)) Reflect.deleteProperty(document, name);
});

test("fields, menus and sliders keep their keys", () => {
  const { press, add, screen, selected } = open();
  const slider = add("div");
  slider.setAttribute("role", "slider");
  for (const target of [add("input"), add("select"), add("textarea"), slider])
    for (const key of ["n", "a", "l", "/", "Escape", "ArrowLeft", " ", "+", "Enter"])
      expect(press(key, target)).toBe(false);
  expect(screen.tool.value).toBe("pan");
  expect(selected()).toEqual([]);
});

test("buttons keep Enter and the space bar, and letters meant for the map stay there", () => {
  const { model, store, press, add, selected } = open();
  store.join("v");
  model.push(...welcome());
  model.change("status", running({ n: 5, step: 10 }));
  const button = add("button");
  for (const key of ["Enter", " ", "n", "p", "a"]) expect(press(key, button)).toBe(false);
  expect(selected()).toEqual([]);
  expect(press(" ")).toBe(true);
  expect(model.sentOf("command")).toEqual([{ t: "command", name: "pause" }]);
});

test("the host's own shortcuts stay the host's", () => {
  const { press, selected } = open();
  for (const modifier of ["ctrlKey", "metaKey", "altKey"])
    expect(press("a", undefined, { [modifier]: true })).toBe(false);
  expect(selected()).toEqual([]);
});

test("a view that is made anew looks where the last one looked, in the same run only", () => {
  const { model, store, screen, close: leave } = open();
  const camera = { x: 1, y: 0.5, scale: 321 };
  screen.camera.value = camera;
  const abort = new AbortController();
  const again = () => createScreen(document.createElement("div"), store, abort.signal);
  expect(again().camera.value).toBeNull();
  leave();
  close = () => abort.abort();
  expect(again().camera.value).toEqual(camera);
  const other = openStage([]);
  expect(other.screen.camera.value).toBeNull();
  other.close();
  model.emit("x");
  store.status.value = running({ run: 2 });
  expect(again().camera.value).toBeNull();
});
