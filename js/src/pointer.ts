// Mouse, pen and fingers on the map: pan, zoom, hover, click, lasso.

import type { Change } from "./rows";
import { pan, pointAt, type Screen, showAll, zoom } from "./screen";
import { clearSelection, selectInside, selectRow } from "./selecting";
import type { Sight } from "./sight";

/** A wheel that scrolls the page does not begin to zoom when a map moves under it. */
const SCROLL_PAUSE = 300;
const CLICK_SLOP = 4;
/** Pixels between two corners of a lasso. */
const LASSO_STEP = 3;
/** An empty click clears the selection unless a second one makes it a double click. */
const DOUBLE_CLICK = 250;

type Place = [x: number, y: number];
type Gesture = "none" | "press" | "pan" | "lasso" | "pinch";

export function listenPointer(stage: HTMLElement, store: Sight, screen: Screen): void {
  const hand = new Hand(stage, store, screen);
  const options = { signal: screen.aborted };
  stage.addEventListener("pointerdown", (event) => hand.down(event), options);
  stage.addEventListener("pointermove", (event) => hand.move(event), options);
  stage.addEventListener("pointerup", (event) => hand.up(event), options);
  stage.addEventListener("pointercancel", (event) => hand.cancel(event), options);
  stage.addEventListener("pointerleave", (event) => hand.leave(event), options);
  stage.addEventListener("dblclick", () => hand.double(), options);
  screen.aborted.addEventListener("abort", () => hand.rest());
  listenWheel(stage, store, screen);
}

function placeIn(stage: HTMLElement, event: MouseEvent): Place {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

/** Follows the pointers that touch the stage from press to release. */
class Hand {
  private readonly pointers = new Map<number, Place>();
  private gesture: Gesture = "none";
  private start: Place = [0, 0];
  private wantsLasso = false;
  private clearing: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly stage: HTMLElement,
    private readonly store: Sight,
    private readonly screen: Screen,
  ) {}

  down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, placeIn(this.stage, event));
    if (this.pointers.size > 1) {
      this.drop();
      this.begin("pinch", event);
      return;
    }
    this.gesture = "press";
    this.start = placeIn(this.stage, event);
    this.wantsLasso = event.shiftKey || this.screen.tool.peek() === "lasso";
  }

  move(event: PointerEvent): void {
    const [x, y] = placeIn(this.stage, event);
    // Released where nobody told us: outside the window, say.
    if (event.buttons === 0 && this.pointers.has(event.pointerId)) this.cancel(event);
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      if (this.gesture === "none") this.hover(x, y);
      return;
    }
    if (this.gesture === "press") this.maybeDrag(event, x, y);
    if (this.gesture === "pan")
      pan(this.screen, this.store, x - before[0], y - before[1]);
    else if (this.gesture === "lasso") this.extend(x, y);
    else if (this.gesture === "pinch") this.pinch(event.pointerId, before, [x, y]);
    if (this.gesture !== "press") this.pointers.set(event.pointerId, [x, y]);
  }

  up(event: PointerEvent): void {
    if (!this.pointers.delete(event.pointerId)) return;
    const { gesture } = this;
    const outline = this.screen.outline.peek();
    this.drop();
    if (gesture === "press") this.click(event);
    else if (gesture === "lasso" && outline !== null)
      selectInside(this.store, this.screen, outline.points, howOf(event));
    // One of two fingers is left: it goes on moving the map.
    if (gesture === "pinch" && this.pointers.size === 1) this.begin("pan", event);
  }

  cancel(event: PointerEvent): void {
    this.pointers.delete(event.pointerId);
    this.drop();
  }

  leave(event: PointerEvent): void {
    // A finger that is lifted leaves too, and its card should stay.
    if (event.pointerType === "mouse" || event.pointerType === "pen")
      if (!this.screen.pointed.peek().byKey) pointAt(this.screen, -1);
  }

  double(): void {
    this.rest();
    showAll(this.screen);
  }

  rest(): void {
    clearTimeout(this.clearing);
  }

  private hover(x: number, y: number): void {
    pointAt(this.screen, this.screen.surface.peek()?.pick(x, y) ?? -1);
  }

  private maybeDrag(event: PointerEvent, x: number, y: number): void {
    // A click that trembles is not a drag.
    if (Math.hypot(x - this.start[0], y - this.start[1]) < CLICK_SLOP) return;
    this.begin(this.wantsLasso ? "lasso" : "pan", event);
    if (this.gesture === "lasso") this.screen.outline.value = { points: [...this.start] };
    // The card of a point would lie in the way.
    pointAt(this.screen, -1);
  }

  private begin(gesture: Gesture, event: PointerEvent): void {
    this.gesture = gesture;
    if (this.pointers.has(event.pointerId))
      this.stage.setPointerCapture?.(event.pointerId);
    this.stage.classList.toggle("nbe-dragging", gesture === "pan");
  }

  private drop(): void {
    this.gesture = "none";
    this.stage.classList.remove("nbe-dragging");
    this.screen.outline.value = null;
  }

  private extend(x: number, y: number): void {
    const { outline } = this.screen;
    const points = outline.peek()?.points as number[] | undefined;
    // Escape has taken the lasso away.
    if (points === undefined) return;
    const [lastX = x, lastY = y] = points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) < LASSO_STEP) return;
    points.push(x, y);
    outline.value = { points };
  }

  private pinch(id: number, before: Place, now: Place): void {
    const other = [...this.pointers].find(([key]) => key !== id)?.[1];
    if (other === undefined) return;
    const apart = (a: Place) =>
      Math.max(10, Math.hypot(a[0] - other[0], a[1] - other[1]));
    const middle: Place = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    pan(this.screen, this.store, (now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    zoom(this.screen, this.store, apart(now) / apart(before), middle);
  }

  private click(event: PointerEvent): void {
    const [x, y] = placeIn(this.stage, event);
    const row = this.screen.surface.peek()?.pick(x, y) ?? -1;
    this.rest();
    // A finger does not hover: its tap shows the card.
    pointAt(this.screen, row);
    if (row >= 0) selectRow(this.store, this.screen, row, event.shiftKey);
    else if (!event.shiftKey)
      this.clearing = setTimeout(
        () => clearSelection(this.store, this.screen),
        DOUBLE_CLICK,
      );
  }
}

function howOf(event: PointerEvent): Change {
  if (event.altKey) return "remove";
  return event.ctrlKey || event.metaKey ? "add" : "replace";
}

function listenWheel(stage: HTMLElement, store: Sight, screen: Screen): void {
  let lastScroll = 0;
  document.addEventListener(
    "wheel",
    (event) => {
      if (!(event.target instanceof Node && stage.contains(event.target)))
        lastScroll = Date.now();
    },
    { signal: screen.aborted, passive: true, capture: true },
  );
  stage.addEventListener(
    "wheel",
    (event) => {
      if (Date.now() - lastScroll < SCROLL_PAUSE) {
        lastScroll = Date.now();
        return;
      }
      event.preventDefault();
      // Some hosts scroll the notebook on their own.
      event.stopPropagation();
      const lines = event.deltaMode === 1 ? 16 : 1;
      const delta = Math.max(-100, Math.min(100, event.deltaY * lines));
      zoom(screen, store, Math.exp(-delta * 0.004), placeIn(stage, event));
    },
    { signal: screen.aborted, passive: false },
  );
}
