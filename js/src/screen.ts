// What belongs to one view alone: its camera, its size, its theme, its tool, its clock.

import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { watchFullscreen } from "./fullscreen";
import {
  type Affine,
  type Camera,
  fitCamera,
  panBy,
  type Size,
  zoomAt,
} from "./renderer/camera";
import { cloudOf, rawPlacement } from "./renderer/cloud";
import type { Paint } from "./renderer/paint";
import type { Sight } from "./sight";
import type { Store } from "./store";
import { media, watchTheme } from "./theme";
import type { Frame } from "./transport";

export type Tool = "pan" | "lasso";

/** What the drawing offers to the rest of the view. */
export interface Surface {
  /** The point nearest to a pixel and within reach; -1 when there is none. */
  pick(px: number, py: number): number;
  /** The map as it is, in so many pixels per CSS pixel. */
  picture(ratio: number): HTMLCanvasElement;
  /** What the points look like. */
  paint(): Paint;
  /** Diameter and opacities of points, in CSS pixels. */
  style(): { pointSize: number; opacity: number; markedOpacity: number };
}

/** The row under the pointer, or that the keyboard went to; -1 for none. */
export interface Pointed {
  row: number;
  byKey: boolean;
}

export interface Screen {
  readonly id: string;
  readonly root: HTMLElement;
  /** Ends every listener of the view. */
  readonly aborted: AbortSignal;
  /** null: every frame is fitted to the canvas by itself. */
  readonly camera: Signal<Camera | null>;
  readonly size: Signal<Size>;
  readonly surface: Signal<Surface | null>;
  readonly tool: Signal<Tool>;
  readonly pointed: Signal<Pointed>;
  /** The lasso as it is being drawn: x, y interleaved, in pixels. */
  readonly outline: Signal<{ readonly points: readonly number[] } | null>;
  /** Said aloud by a screen reader. */
  readonly spoken: Signal<string>;
  readonly isFull: ReadonlySignal<boolean>;
  readonly isDark: ReadonlySignal<boolean>;
  readonly isStill: ReadonlySignal<boolean>;
  readonly isVisible: Signal<boolean>;
  /** Date.now(), renewed every second while a run goes on. */
  readonly now: Signal<number>;
  readonly renderer: Signal<"webgl" | "canvas">;
  readonly drawn: Signal<number>;
  /** Of several maps those that have a place of their own, by their numbers. */
  readonly tiles: Map<number, Tile>;
  /** Of several maps the one that has the pointer or the focus; null where there is one map. */
  readonly active: Signal<Tile | null>;
}

/** One of several maps on the screen. */
export interface Tile {
  readonly screen: Screen;
  readonly sight: Sight;
}

/** Where the last view that left was looking: the host may make a view anew at the end of a run. */
const parting = new WeakMap<Store, { run: number; camera: Camera | null }>();

function adoptCamera(store: Store, aborted: AbortSignal): Signal<Camera | null> {
  const last = parting.get(store);
  const camera = signal(last?.run === store.status.peek().run ? last.camera : null);
  aborted.addEventListener("abort", () => {
    parting.set(store, { run: store.status.peek().run, camera: camera.peek() });
  });
  return camera;
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
    camera: adoptCamera(store, aborted),
    size: signal({ width: 0, height: 0 }),
    surface: signal(null),
    tool: signal("pan"),
    pointed: signal({ row: -1, byKey: false }),
    outline: signal(null),
    spoken: signal(""),
    isFull: watchFullscreen(root, aborted),
    isDark: watchTheme(root, aborted),
    isStill,
    isVisible: watchVisible(root, aborted),
    now,
    renderer: signal("webgl"),
    drawn: signal(0),
    tiles: new Map(),
    active: signal(null),
  };
}

/** A part of the screen for one of several maps: camera, tool and the row pointed at are those of all. */
export function partOf(screen: Screen, aborted: AbortSignal): Screen {
  return {
    ...screen,
    aborted,
    size: signal({ width: 0, height: 0 }),
    surface: signal(null),
    outline: signal(null),
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

/** What shows a frame. */
interface Framed {
  readonly frame: { peek(): Frame | null };
}

/** The camera in force: the user's, or the one that fits the frame on show. */
export function cameraOf(screen: Screen, store: Framed): Camera {
  const box = store.frame.peek()?.bbox ?? [0, 0, 1, 1];
  return screen.camera.peek() ?? fitCamera(box, screen.size.peek());
}

/** From the stored numbers of the frame on show (0 to 65535) to pixels; null without a frame. */
export function placeOf(screen: Screen, store: Framed): Affine | null {
  const frame = store.frame.peek();
  if (frame === null) return null;
  return rawPlacement(cloudOf(frame), screen.camera.peek(), screen.size.peek());
}

/** Zooms at a pixel, by default in the middle. */
export function zoom(
  screen: Screen,
  store: Sight,
  factor: number,
  at?: readonly [number, number],
): void {
  const size = screen.size.peek();
  const [px, py] = at ?? [size.width / 2, size.height / 2];
  screen.camera.value = zoomAt(cameraOf(screen, store), size, px, py, factor);
}

export function pan(screen: Screen, store: Sight, dx: number, dy: number): void {
  screen.camera.value = panBy(cameraOf(screen, store), dx, dy);
}

export function pointAt(screen: Screen, row: number, byKey = false): void {
  const old = screen.pointed.peek();
  if (old.row !== row || old.byKey !== byKey) screen.pointed.value = { row, byKey };
}

export function showAll(screen: Screen): void {
  screen.camera.value = null;
}
