// What belongs to one view alone: its camera, its size, its theme, its clock.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Camera, fitCamera, panBy, type Size, zoomAt } from "./renderer/camera";
import type { Store } from "./store";
import { media, watchTheme } from "./theme";

export interface Screen {
  readonly id: string;
  readonly root: HTMLElement;
  /** Ends every listener of the view. */
  readonly aborted: AbortSignal;
  /** null: every frame is fitted to the canvas by itself. */
  readonly camera: Signal<Camera | null>;
  readonly size: Signal<Size>;
  /** Category picked in the legend. */
  readonly highlight: Signal<number | null>;
  readonly isDark: ReadonlySignal<boolean>;
  readonly isStill: ReadonlySignal<boolean>;
  readonly isVisible: Signal<boolean>;
  /** Date.now(), renewed every second while a run goes on. */
  readonly now: Signal<number>;
  readonly renderer: Signal<"webgl" | "canvas">;
  readonly isSampled: Signal<boolean>;
  readonly drawn: Signal<number>;
}

export function createScreen(
  root: HTMLElement,
  store: Store,
  aborted: AbortSignal,
): Screen {
  const stillness = media("(prefers-reduced-motion: reduce)");
  const isStill = signal(stillness?.matches ?? false);
  stillness?.addEventListener(
    "change",
    () => {
      isStill.value = stillness.matches;
    },
    { signal: aborted },
  );
  const now = signal(Date.now());
  const clock = setInterval(() => {
    if (store.isRunning.value) now.value = Date.now();
  }, 1000);
  aborted.addEventListener("abort", () => clearInterval(clock));
  return {
    id: Array.from(crypto.getRandomValues(new Uint32Array(2)), (v) =>
      v.toString(36),
    ).join(""),
    root,
    aborted,
    camera: signal(null),
    size: signal({ width: 0, height: 0 }),
    highlight: signal(null),
    isDark: watchTheme(root, aborted),
    isStill,
    isVisible: watchVisible(root, aborted),
    now,
    renderer: signal("webgl"),
    isSampled: signal(false),
    drawn: signal(0),
  };
}

function watchVisible(root: HTMLElement, aborted: AbortSignal): Signal<boolean> {
  const isVisible = signal(true);
  if (typeof IntersectionObserver !== "function") return isVisible;
  const observer = new IntersectionObserver(([entry]) => {
    isVisible.value = entry?.isIntersecting ?? true;
  });
  observer.observe(root);
  aborted.addEventListener("abort", () => observer.disconnect());
  return isVisible;
}

/** The camera in force: the user's, or the one that fits the frame on show. */
export function cameraOf(screen: Screen, store: Store): Camera {
  const box = store.frame.peek()?.bbox ?? [0, 0, 1, 1];
  return screen.camera.peek() ?? fitCamera(box, screen.size.peek());
}

/** Zooms at a pixel, by default in the middle. */
export function zoom(
  screen: Screen,
  store: Store,
  factor: number,
  at?: readonly [number, number],
): void {
  const size = screen.size.peek();
  const [px, py] = at ?? [size.width / 2, size.height / 2];
  screen.camera.value = zoomAt(cameraOf(screen, store), size, px, py, factor);
}

export function pan(screen: Screen, store: Store, dx: number, dy: number): void {
  screen.camera.value = panBy(cameraOf(screen, store), dx, dy);
}

export function showAll(screen: Screen): void {
  screen.camera.value = null;
}
