import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PointCard } from "../src/views/point-card";
import { Tools } from "../src/views/tools";
import { categorySpec } from "./looks";
import { openStage } from "./stage";

let close: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Row 2 lies at (100, 100) of 436 × 236, row 3 at (380, 200). */
function open(view: typeof PointCard | typeof Tools = PointCard) {
  const all = openStage([
    [100, 100],
    [380, 200],
  ]);
  const { model, store, screen, stage } = all;
  model.change("encodings", { color: categorySpec([0, 0, 1, 0], ["a", "<b>b</b>"]) });
  act(() => render(h(view, { store, screen }), stage));
  close = () => {
    act(() => render(null, stage));
    all.close();
  };
  const point = (row: number) =>
    act(() => {
      screen.pointed.value = { row, byKey: false };
    });
  const answer = (row: number, more: object = {}, body: DataView[] = []) =>
    act(() => {
      vi.advanceTimersByTime(100);
      const id = model.sentOf("details").at(-1)?.id;
      model.push(
        { t: "details", id, row, values: [["name", "<i>Ada</i>"]], ...more },
        body,
      );
    });
  const card = () => stage.querySelector<HTMLElement>(".nbe-tip");
  return { ...all, point, answer, card };
}

test("the card says at once what is known here, and more when the kernel answers", () => {
  const { point, answer, card } = open();
  expect(card()).toBeNull();
  point(2);
  expect(card()?.textContent).toBe("label<b>b</b>row 2");
  answer(2, { index: "x-2" });
  expect(card()?.textContent).toBe("x-2label<b>b</b>name<i>Ada</i>row 2");
  expect(card()?.querySelector("b, i")).toBeNull();
  point(3);
  expect(card()?.textContent).toBe("labelarow 3");
  point(-1);
  expect(card()).toBeNull();
});

test("a kernel that is busy or gone leaves the card with what is known", () => {
  const { model, point, card } = open();
  model.isGone = true;
  point(2);
  act(() => {
    vi.advanceTimersByTime(5000);
  });
  expect(card()?.textContent).toBe("label<b>b</b>row 2");
});

test("with another colouring the row is asked for again", () => {
  const { model, point, answer } = open();
  point(2);
  answer(2);
  expect(model.sentOf("details")).toHaveLength(1);
  act(() => model.change("encodings", {}));
  act(() => {
    vi.advanceTimersByTime(100);
  });
  expect(model.sentOf("details")).toHaveLength(2);
});

test("the card keeps to the side with more room, follows the map, and leaves with the point", () => {
  const { screen, point, card } = open();
  screen.size.value = { width: 1000, height: 500 };
  point(2);
  // A fitted map of 1000 × 500: the point lies left and high.
  expect(card()?.style.left).not.toBe("");
  expect(card()?.style.top).not.toBe("");
  const left = Number.parseFloat(card()?.style.left ?? "");
  const width = Number.parseFloat(card()?.style.maxWidth ?? "");
  expect(left + width).toBeLessThan(1000);
  point(3);
  expect([card()?.style.left, card()?.style.top]).toEqual(["", ""]);
  act(() => {
    screen.camera.value = { x: 40, y: 40, scale: 100 };
  });
  expect(card()).toBeNull();
});

test("on a narrow map the card stands above or below the point, from edge to edge", () => {
  const { screen, point, card } = open();
  screen.size.value = { width: 300, height: 300 };
  point(2);
  expect([card()?.style.left, card()?.style.maxWidth]).toEqual(["8px", "284px"]);
});

test("a picture is decoded, painted and let go; one that comes too late is only let go", async () => {
  vi.useRealTimers();
  const drawn: unknown[] = [];
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue({
    drawImage: (bitmap: unknown) => drawn.push(bitmap),
  } as never);
  const made: { width: number; height: number; close: () => void }[] = [];
  const decoded: (() => void)[] = [];
  vi.stubGlobal("createImageBitmap", (blob: Blob) => {
    expect(blob.type).toBe("image/png");
    const bitmap = { width: 8, height: 8, close: vi.fn() };
    made.push(bitmap);
    return new Promise((resolve) => decoded.push(() => resolve(bitmap)));
  });
  const { model, point, card } = open();
  const tell = async (row: number) => {
    point(row);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const id = model.sentOf("details").at(-1)?.id;
    const body = [new DataView(Uint8Array.of(1, 2).buffer)];
    act(() => model.push({ t: "details", id, row, values: [] }, body));
  };
  await tell(2);
  decoded[0]?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(drawn).toEqual([made[0]]);
  expect(made[0]?.close).toHaveBeenCalledOnce();
  const canvas = card()?.querySelector("canvas");
  // Eight pixels are shown twelve times as large, with sharp edges.
  expect([canvas?.width, canvas?.style.width]).toEqual([8, "96px"]);
  await tell(3);
  act(() => close());
  decoded[1]?.();
  await new Promise((resolve) => setTimeout(resolve));
  expect(drawn).toHaveLength(1);
  expect(made[1]?.close).toHaveBeenCalledOnce();
  vi.restoreAllMocks();
});

test("tools: the lasso says whether it is on, and clearing is offered when there is something", () => {
  const { screen, store, stage, selected } = open(Tools);
  const button = (command: string) =>
    stage.querySelector<HTMLElement>(`[data-cmd=${command}]`);
  expect(button("clear")).toBeNull();
  expect(button("fullscreen")).toBeNull();
  expect(button("lasso")?.getAttribute("aria-pressed")).toBe("false");
  act(() => button("lasso")?.click());
  expect(button("lasso")?.getAttribute("aria-pressed")).toBe("true");
  expect(screen.tool.value).toBe("lasso");
  act(() => store.looking.select([0, 2]));
  expect(button("clear")?.textContent).toBe("2 selected ×");
  act(() => button("clear")?.click());
  expect(selected()).toEqual([]);
  screen.camera.value = { x: 0, y: 0, scale: 5 };
  act(() => button("fit")?.click());
  expect(screen.camera.value).toBeNull();
  for (const each of stage.querySelectorAll("button, summary"))
    expect(each.getAttribute("aria-label") ?? each.textContent).toMatch(/\w/);
});
