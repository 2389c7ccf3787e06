// Draws a view's map when something has changed, and acknowledges the frames it was given.

import { effect, type ReadonlySignal, untracked } from "@preact/signals";
import { pointColors, pointStyle } from "../scales";
import { cameraOf, type Screen } from "../screen";
import type { Store } from "../store";
import type { Frame } from "../transport";
import { type Affine, fitCamera } from "./camera";
import { canvasPainter } from "./canvas";
import { cloudOf, placement, rawPlacement } from "./cloud";
import { Glide } from "./glide";
import type { Painter } from "./painter";
import { createGrid, type Picker } from "./picking";
import { webglPainter } from "./webgl";

const REACH = 12;

export class Drawing {
  private readonly context: CanvasRenderingContext2D;
  private readonly painter: Painter;
  private readonly glide = new Glide();
  private request = 0;
  /** Frame on show that is not yet in the buffers. */
  private waiting: Frame | null = null;
  /** Number of the newest frame while it is not acknowledged. */
  private due = -1;
  private colored = { n: -1 };
  private hovered = -1;
  private grid: { frame: Frame; at: (place: Affine) => Picker } | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    context: CanvasRenderingContext2D,
    private readonly store: Store,
    private readonly screen: Screen,
  ) {
    this.context = context;
    this.painter = webglPainter(() => this.ask()) ?? canvasPainter();
    screen.renderer.value = this.painter.kind;
    const ends = [
      onChange(store.frame, (frame) => this.take(frame)),
      onChange(store.newest, (frame) => this.owe(frame)),
      effect(() => this.recolor()),
      effect(() => {
        void [screen.camera.value, screen.size.value, screen.isVisible.value];
        this.ask();
      }),
    ];
    screen.aborted.addEventListener("abort", () => {
      for (const end of ends) end();
      cancelAnimationFrame(this.request);
      this.painter.close();
    });
    document.addEventListener("visibilitychange", () => this.settle(), {
      signal: screen.aborted,
    });
  }

  /** Marks the point under the pointer and returns its index; -1 when there is none. */
  hover(px: number, py: number): number {
    const frame = this.store.frame.peek();
    const index = frame === null ? -1 : this.pick(frame, px, py);
    if (index !== this.hovered) this.ask();
    this.hovered = index;
    return index;
  }

  unhover(): void {
    if (this.hovered >= 0) this.ask();
    this.hovered = -1;
  }

  private pick(frame: Frame, px: number, py: number): number {
    // Built lazily and for one frame: never while frames stream by unlooked at.
    if (this.grid?.frame !== frame) this.grid = { frame, at: createGrid(frame.xy) };
    const size = this.screen.size.peek();
    const place = rawPlacement(cloudOf(frame), this.screen.camera.peek(), size);
    return this.grid.at(place).pick(px, py, REACH);
  }

  private take(frame: Frame | null): void {
    this.waiting = frame;
    if (frame !== null && frame.n !== this.colored.n) this.recolor();
    this.ask();
  }

  /** A newer frame replaces one that was not drawn: that one is settled now. */
  private owe(frame: Frame | null): void {
    if (this.due >= 0) this.settle();
    this.due = frame?.seq ?? -1;
    const isSeen = this.screen.isVisible.peek() && document.visibilityState !== "hidden";
    // Nobody looks, or at another frame: the kernel must not wait for a drawing.
    if (!isSeen || this.store.cursor.peek() !== null) this.settle();
  }

  private settle(): void {
    if (this.due >= 0) this.store.ack(this.screen.id, this.due);
    this.due = -1;
  }

  private recolor(): void {
    const { isDark, highlight, isSampled } = this.screen;
    const coloring = this.store.coloring.value;
    const n = this.store.frame.peek()?.n ?? 0;
    this.painter.setColors(pointColors(coloring, n, isDark.value, highlight.value));
    this.colored = { n };
    isSampled.value = this.painter.isSampled;
    this.ask();
  }

  private ask(): void {
    if (this.request !== 0) return;
    this.request = requestAnimationFrame((now) => {
      this.request = 0;
      if (this.screen.isVisible.peek()) this.draw(now);
      else this.settle();
    });
  }

  private draw(now: number): void {
    const size = this.screen.size.peek();
    if (size.width < 2 || size.height < 2) {
      this.settle();
      return;
    }
    const camera = this.screen.camera.peek();
    if (this.waiting !== null) this.advance(this.waiting, now);
    const t = this.glide.progress(now);
    const { clouds, target, goal } = this.glide;
    if (goal === null) return;
    this.resize();
    const ratio = this.ratio();
    const area = size.width * size.height;
    const zoom =
      cameraOf(this.screen, this.store).scale / fitCamera(goal.box, size).scale;
    const hasColors = this.store.coloring.peek().spec.kind !== undefined;
    const style = pointStyle(goal.n, area, zoom, hasColors);
    const [first, second] = clouds.map((cloud) => placement(cloud ?? goal, camera, size));
    const places = [first as Affine, second as Affine] as const;
    const mix = target === 1 ? t : 1 - t;
    const { size: pointSize, opacity } = style;
    this.painter.draw(this.context, { ...size, ratio, places, mix, pointSize, opacity });
    if (t >= 1) this.ring(style.size);
    this.settle();
    if (t < 1) this.ask();
  }

  private advance(frame: Frame, now: number): void {
    const size = this.screen.size.peek();
    const cloud = cloudOf(frame);
    const isJump = this.screen.isStill.peek();
    const changed = this.glide.go(cloud, now, this.screen.camera.peek(), size, isJump);
    for (const slot of changed) {
      const content = this.glide.clouds[slot];
      if (content !== null) this.painter.setCloud(slot, content);
    }
    this.waiting = null;
    this.screen.isSampled.value = this.painter.isSampled;
    this.screen.drawn.value += 1;
  }

  /** A circle around the point under the pointer. */
  private ring(pointSize: number): void {
    const frame = this.store.frame.peek();
    if (this.hovered < 0 || frame === null || this.hovered >= frame.n) return;
    const size = this.screen.size.peek();
    const place = rawPlacement(cloudOf(frame), this.screen.camera.peek(), size);
    const x = place.ox + place.sx * (frame.xy[2 * this.hovered] ?? 0);
    const y = place.oy + place.sy * (frame.xy[2 * this.hovered + 1] ?? 0);
    const { context } = this;
    const ratio = this.ratio();
    context.beginPath();
    context.arc(x * ratio, y * ratio, (pointSize / 2 + 3) * ratio, 0, 2 * Math.PI);
    context.lineWidth = 1.5 * ratio;
    context.strokeStyle = this.screen.isDark.peek() ? "#fff" : "#111";
    context.stroke();
  }

  private resize(): void {
    const { width, height } = this.screen.size.peek();
    const ratio = this.ratio();
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
  }

  private ratio(): number {
    return Math.min(3, window.devicePixelRatio || 1);
  }
}

/** Runs `handle` for each value of one signal, and for no other that it happens to read. */
function onChange<T>(source: ReadonlySignal<T>, handle: (value: T) => void): () => void {
  return effect(() => {
    const { value } = source;
    untracked(() => handle(value));
  });
}

/** Starts to draw into `canvas`; undefined when this browser has no canvas at all. */
export function startDrawing(
  canvas: HTMLCanvasElement,
  store: Store,
  screen: Screen,
): Drawing | undefined {
  const context = canvas.getContext("2d");
  return context === null ? undefined : new Drawing(canvas, context, store, screen);
}
