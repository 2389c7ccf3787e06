// Pan, zoom and hover with mouse, pen or finger.

import { pan, type Screen, showAll, zoom } from "./screen";
import type { Store } from "./store";

/** A wheel that scrolls the page does not begin to zoom when a map moves under it. */
const SCROLL_PAUSE = 300;
const CLICK_SLOP = 3;

export interface PointerReport {
  hover(x: number, y: number): void;
  leave(): void;
}

export function listenPointer(
  stage: HTMLElement,
  store: Store,
  screen: Screen,
  report: PointerReport,
): void {
  const options = { signal: screen.aborted };
  listenDrag(stage, store, screen, report);
  listenWheel(stage, store, screen);
  stage.addEventListener("dblclick", () => showAll(screen), options);
  stage.addEventListener("pointerleave", () => report.leave(), options);
}

function place(stage: HTMLElement, event: MouseEvent): [number, number] {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function listenDrag(
  stage: HTMLElement,
  store: Store,
  screen: Screen,
  report: PointerReport,
): void {
  let from: [number, number] | null = null;
  let isDragging = false;
  const options = { signal: screen.aborted };
  const end = () => {
    from = null;
    isDragging = false;
    stage.classList.remove("nbe-dragging");
  };
  stage.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button === 0) from = place(stage, event);
    },
    options,
  );
  stage.addEventListener(
    "pointermove",
    (event) => {
      const [x, y] = place(stage, event);
      if (from === null) return report.hover(x, y);
      const [dx, dy] = [x - from[0], y - from[1]];
      // A click that trembles is not a drag.
      if (!isDragging && Math.hypot(dx, dy) < CLICK_SLOP) return;
      if (!isDragging) stage.setPointerCapture(event.pointerId);
      isDragging = true;
      stage.classList.add("nbe-dragging");
      report.leave();
      pan(screen, store, dx, dy);
      from = [x, y];
    },
    options,
  );
  for (const name of ["pointerup", "pointercancel"] as const)
    stage.addEventListener(name, end, options);
}

function listenWheel(stage: HTMLElement, store: Store, screen: Screen): void {
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
      zoom(screen, store, Math.exp(-delta * 0.004), place(stage, event));
    },
    { signal: screen.aborted, passive: false },
  );
}
