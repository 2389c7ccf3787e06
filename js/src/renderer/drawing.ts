// Draws a view's map when something has changed, and acknowledges the frames it was given.

import { effect, type ReadonlySignal, untracked } from "@preact/signals";
import { pointStyle } from "../scales";
import { cameraOf, placeOf, type Screen, type Surface } from "../screen";
import type { Sight } from "../sight";
import type { Frame } from "../transport";
import { inksOf, type LessonMarks, type Spot } from "./arrows";
import { type Affine, fitCamera, project } from "./camera";
import { canvasPainter } from "./canvas";
import { cloudOf, placement, rawPlace } from "./cloud";
import { Glide } from "./glide";
import { anchorOf } from "./letters";
import type { LinkInk, Links, Place } from "./links";
import { type Letter, type Mark, Marks } from "./marks";
import { factorOf, ONE, type Paint, paintOf } from "./paint";
import type { Painter, Scene } from "./painter";
import { createGrid, type Picker } from "./picking";
import { webglPainter } from "./webgl";

const REACH = 12;
/** Graphics cards refuse larger pictures. */
const WIDEST = 4096;
/** Milliseconds. A picture that takes longer is no part of a motion. */
const SLOW = 40;
const PICTURES = 3;
/** Pixels: radius of the disc of what weighs most. */
const HEAVIEST = 11;

const LIGHT_INK: LinkInk = {
  kept: "#00805d",
  missing: "#c75c00",
  false: "#a61b4a",
  paper: "rgb(255 255 255 / 75%)",
};
const DARK_INK: LinkInk = {
  kept: "#35c79c",
  missing: "#f0a04b",
  false: "#ff8fb1",
  paper: "rgb(22 25 29 / 75%)",
};

export interface Sheets {
  map: HTMLCanvasElement;
  /** Lies over the map: ring and lasso. */
  over: HTMLCanvasElement;
}

export class Drawing implements Surface {
  private readonly painter: Painter;
  private readonly marks: Marks | null;
  private readonly glide = new Glide();
  private request = 0;
  /** The points themselves must be drawn, not only what lies over them. */
  private isStale = true;
  /** Frame on show that is not yet in the buffers. */
  private waiting: Frame | null = null;
  /** Number of the newest frame while it is not acknowledged. */
  private due = -1;
  /** What the points look like; null when it must be worked out again. */
  private painted: Paint | null = null;
  /** Milliseconds that each of the last pictures kept the page busy. */
  private costs: number[] = [];
  /** The rows on which the names of the groups stand, and what they were found in. */
  private anchors: { of: readonly unknown[]; rows: number[] } | null = null;
  private grid: { frame: Frame; at: (place: Affine) => Picker } | null = null;

  constructor(
    private readonly sheets: Sheets,
    private readonly context: CanvasRenderingContext2D,
    private readonly store: Sight,
    private readonly screen: Screen,
  ) {
    this.painter = webglPainter(() => this.ask()) ?? canvasPainter();
    const over = sheets.over.getContext("2d");
    this.marks = over === null ? null : new Marks(sheets.over, over);
    screen.renderer.value = this.painter.kind;
    const ends = this.follow();
    screen.aborted.addEventListener("abort", () => {
      for (const end of ends) end();
      cancelAnimationFrame(this.request);
      this.painter.close();
    });
    document.addEventListener("visibilitychange", () => this.settle(), {
      signal: screen.aborted,
    });
  }

  pick(px: number, py: number): number {
    const [frame, place] = [this.store.frame.peek(), placeOf(this.screen, this.store)];
    if (frame === null || place === null) return -1;
    // Built lazily and for one frame: never while frames stream by unlooked at.
    if (this.grid?.frame !== frame) this.grid = { frame, at: createGrid(frame.xy) };
    const isShown = this.store.looking.isShown.peek();
    return this.grid.at(place).pick(px, py, REACH, isShown);
  }

  picture(ratio: number): HTMLCanvasElement {
    const { width, height } = this.screen.size.peek();
    const fine = Math.min(ratio, WIDEST / Math.max(width, height, 1));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * fine);
    canvas.height = Math.round(height * fine);
    const target = canvas.getContext("2d");
    const scene = this.scene(1, fine);
    // While the graphics card has lost everything there is the last picture, less fine.
    if (!this.painter.isReady)
      target?.drawImage(this.sheets.map, 0, 0, canvas.width, canvas.height);
    else if (target !== null && scene !== null) this.painter.draw(target, scene);
    return canvas;
  }

  paint(): Paint {
    const n = this.store.frame.peek()?.n ?? 0;
    if (this.painted?.n !== n) {
      const { isShown, look, marked } = this.store.looking;
      const isDark = this.screen.isDark.peek();
      this.painted = paintOf(look.peek(), n, isDark, isShown.peek(), marked.peek());
      this.painter.setPaint(this.painted);
    }
    return this.painted;
  }

  style() {
    const size = this.screen.size.peek();
    const box = this.store.frame.peek()?.bbox ?? [0, 0, 1, 1];
    const { marked, n } = this.paint();
    const area = size.width * size.height;
    const zoom = cameraOf(this.screen, this.store).scale / fitCamera(box, size).scale;
    const hasColors = this.store.looking.look.peek().color !== undefined;
    const { size: pointSize, opacity } = pointStyle(n, area, zoom, hasColors);
    // Selected points are as strong as if there were no others.
    const alone = pointStyle(marked, area, zoom, hasColors).opacity;
    return { pointSize, opacity, markedOpacity: Math.max(opacity, alone) };
  }

  /** One slow picture says nothing: the first ones always are. */
  private get isSlow(): boolean {
    return this.costs.length === PICTURES && Math.min(...this.costs) > SLOW;
  }

  private follow(): (() => void)[] {
    const { store, screen } = this;
    const { look, isShown, marked } = store.looking;
    return [
      onChange(store.frame, (frame) => this.take(frame)),
      onChange(store.newest, (frame) => this.owe(frame)),
      effect(() => {
        void [look.value, isShown.value, marked.value, screen.isDark.value];
        this.painted = null;
        this.ask();
      }),
      effect(() => {
        void [screen.camera.value, screen.size.value, screen.isVisible.value];
        this.ask();
      }),
      effect(() => {
        void [
          screen.pointed.value,
          screen.outline.value,
          this.store.looking.neighbors.known.value,
          this.store.looking.arrows.value,
          this.store.looking.taught.value,
        ];
        this.ask(false);
      }),
    ];
  }

  private take(frame: Frame | null): void {
    this.waiting = frame;
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

  private ask(isStale = true): void {
    this.isStale ||= isStale;
    if (this.request !== 0) return;
    this.request = requestAnimationFrame((now) => {
      this.request = 0;
      if (this.screen.isVisible.peek()) this.draw(now);
      else this.settle();
    });
  }

  private draw(now: number): void {
    const size = this.screen.size.peek();
    if (size.width < 2 || size.height < 2 || !this.painter.isReady) {
      this.settle();
      return;
    }
    if (this.waiting !== null) this.advance(this.waiting, now);
    const t = this.glide.progress(now);
    if (this.isStale) this.drawPoints(t);
    this.drawMarks(t);
    this.settle();
    this.isStale = t < 1;
    if (t < 1) this.ask();
  }

  private drawPoints(t: number): void {
    const scene = this.scene(t, this.ratio());
    if (scene === null) return;
    const { map } = this.sheets;
    const { width, height, ratio } = scene;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (map.width !== w) map.width = w;
    if (map.height !== h) map.height = h;
    const began = performance.now();
    this.painter.draw(this.context, scene);
    this.costs = [...this.costs.slice(1 - PICTURES), performance.now() - began];
  }

  private scene(t: number, ratio: number): Scene | null {
    const { clouds, target, goal } = this.glide;
    if (goal === null) return null;
    const size = this.screen.size.peek();
    const camera = this.screen.camera.peek();
    const [first, second] = clouds.map((cloud) => placement(cloud ?? goal, camera, size));
    const places = [first as Affine, second as Affine] as const;
    return { ...size, ratio, places, mix: target === 1 ? t : 1 - t, ...this.style() };
  }

  private advance(frame: Frame, now: number): void {
    const size = this.screen.size.peek();
    const cloud = cloudOf(frame);
    const isJump = this.screen.isStill.peek() || this.isSlow;
    const changed = this.glide.go(cloud, now, this.screen.camera.peek(), size, isJump);
    for (const slot of changed) {
      const content = this.glide.clouds[slot];
      if (content !== null) this.painter.setCloud(slot, content);
    }
    this.waiting = null;
    this.screen.drawn.value += 1;
  }

  private drawMarks(t: number): void {
    const { screen } = this;
    const isDark = screen.isDark.peek();
    this.marks?.draw(
      screen.size.peek(),
      this.ratio(),
      t < 1 ? null : this.ring(),
      screen.outline.peek()?.points ?? null,
      {
        ring: isDark ? "#fff" : "#111",
        paper: isDark ? "#111" : "#fff",
        accent: isDark ? "#74b9f2" : "#1864ab",
      },
      this.links(t, isDark),
      t < 1 ? [] : this.letters(),
      t < 1 ? null : this.lesson(isDark),
    );
  }

  /** Lines to the neighbours of the point that is selected alone; they glide with the points. */
  private links(t: number, isDark: boolean): Links | null {
    const { taught, neighbors } = this.store.looking;
    // One thing at a time.
    const errors = taught.peek() ? null : neighbors.errorsIn(this.store.frame.peek());
    const scene = errors === null ? null : this.scene(t, 1);
    if (errors === null || scene === null) return null;
    const [first, second] = this.glide.clouds.map((cloud, slot) => {
      if (cloud === null) return null;
      const place = rawPlace(scene.places[slot] as Affine, cloud);
      return (row: number): Place => [
        place.ox + place.sx * (cloud.data[2 * row] ?? 0),
        place.oy + place.sy * (cloud.data[2 * row + 1] ?? 0),
      ];
    });
    const at = (row: number): Place => {
      const a = (first ?? second)?.(row) ?? [0, 0];
      const b = (second ?? first)?.(row) ?? [0, 0];
      const { mix } = scene;
      return [a[0] + mix * (b[0] - a[0]), a[1] + mix * (b[1] - a[1])];
    };
    const ink = isDark ? DARK_INK : LIGHT_INK;
    return { errors, at, radius: scene.pointSize / 2, ink };
  }

  /** What is taught: the rows that are explained, how much others weigh for them, and arrows. */
  private lesson(isDark: boolean): LessonMarks | null {
    const { screen, store } = this;
    const [taught, arrows] = [store.looking.taught.peek(), store.looking.arrows.peek()];
    if (taught === null) return null;
    const spot = (row: number, radius?: number): Spot[] => {
      const mark = this.markOf(row);
      return mark === null ? [] : [{ ...mark, radius: radius ?? mark.radius }];
    };
    return {
      rings: taught.rows.flatMap((row) => spot(row)),
      discs: taught.weights.flatMap(([row, weight]) =>
        spot(row, HEAVIEST * Math.sqrt(weight)),
      ),
      arrows,
      place: project(cameraOf(screen, store), screen.size.peek()),
      inks: inksOf(isDark),
    };
  }

  /** "A" and "B" on the two groups that are compared. */
  private letters(): Letter[] {
    const [frame, place] = [this.store.frame.peek(), placeOf(this.screen, this.store)];
    const { groups, selection } = this.store.looking;
    const [a, b] = [groups.kept.peek(), selection.peek()];
    if (frame === null || place === null || a.count === 0) return [];
    const of = [frame, a, b] as const;
    if (this.anchors === null || of.some((part, i) => part !== this.anchors?.of[i]))
      this.anchors = { of, rows: [anchorOf(frame, a), anchorOf(frame, b.without(a))] };
    return this.anchors.rows.flatMap((row, i) => {
      if (row < 0) return [];
      const x = place.ox + place.sx * (frame.xy[2 * row] ?? 0);
      const y = place.oy + place.sy * (frame.xy[2 * row + 1] ?? 0);
      return [{ text: i === 0 ? "A" : "B", x, y }];
    });
  }

  /** Around the point under the pointer. */
  private ring(): Mark | null {
    return this.markOf(this.screen.pointed.peek().row);
  }

  private markOf(row: number): Mark | null {
    const [frame, place] = [this.store.frame.peek(), placeOf(this.screen, this.store)];
    if (row < 0 || frame === null || place === null || row >= frame.n) return null;
    const factor = factorOf(this.paint().sizes?.[row] ?? ONE);
    return {
      x: place.ox + place.sx * (frame.xy[2 * row] ?? 0),
      y: place.oy + place.sy * (frame.xy[2 * row + 1] ?? 0),
      radius: (factor * this.style().pointSize) / 2,
    };
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

/** Starts to draw; undefined when this browser has no canvas at all. */
export function startDrawing(
  sheets: Sheets,
  store: Sight,
  screen: Screen,
): Drawing | undefined {
  const context = sheets.map.getContext("2d");
  return context === null ? undefined : new Drawing(sheets, context, store, screen);
}
