// Draws the same new positions with nbembed's painter and with regl-scatterplot, and times both.
// Built and driven by ../drawing.py.

import createScatterplot, { createRenderer } from "regl-scatterplot";
import { unitToMap } from "../../js/src/renderer/camera";
import { canvasPainter } from "../../js/src/renderer/canvas";
import { sharedContext } from "../../js/src/renderer/context";
import { shuffled } from "../../js/src/renderer/order";
import type { Paint } from "../../js/src/renderer/paint";
import { webglPainter } from "../../js/src/renderer/webgl";
import { palette } from "../../js/src/scales";
import type { Box } from "../../js/src/state";

interface Setting {
  n: number;
  width: number;
  height: number;
  size: number;
  opacity: number;
  warmups: number;
  rounds: number;
}

/** One frame of a map in both forms: as nbembed's kernel sends it, and as `draw` takes it. */
interface Frame {
  xy: Uint16Array<ArrayBuffer>;
  points: { x: Float32Array; y: Float32Array; z: Uint8Array };
}

/** Milliseconds from "here are new positions" to "the pixels are there". */
interface Contender {
  draw(frame: Frame): Promise<number>;
  canvas: HTMLCanvasElement;
}

const CLASSES = 10;
const FRAMES = 4;
const COLORS = palette(CLASSES, false);

// regl draws in animation frames. A job that starts in a frame before regl's callback is drawn in
// that same frame, so no waiting for the screen is in the times. This loop is started first.
const jobs: (() => void)[] = [];
function tick(): void {
  requestAnimationFrame(tick);
  jobs.shift()?.();
}

function inFrame<T>(job: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    jobs.push(() => {
      Promise.resolve().then(job).then(resolve, reject);
    });
  });
}

/** Clusters that move a little from frame to frame; the same numbers in every run. */
function makeFrames(n: number): Frame[] {
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const centers = Array.from({ length: CLASSES }, () => [
    0.2 + 0.6 * random(),
    0.2 + 0.6 * random(),
  ]);
  return Array.from({ length: FRAMES }, () => {
    const xy = new Uint16Array(2 * n);
    const [x, y, z] = [new Float32Array(n), new Float32Array(n), new Uint8Array(n)];
    for (let i = 0; i < n; i++) {
      z[i] = i % CLASSES;
      const [cx = 0, cy = 0] = centers[i % CLASSES] ?? [];
      // The sum of three uniform numbers is nearly normal and never leaves the picture.
      xy[2 * i] = 65535 * (cx + 0.13 * (random() + random() + random() - 1.5));
      xy[2 * i + 1] = 65535 * (cy + 0.13 * (random() + random() + random() - 1.5));
      x[i] = (2 * (xy[2 * i] ?? 0)) / 65535 - 1;
      y[i] = 1 - (2 * (xy[2 * i + 1] ?? 0)) / 65535;
    }
    return { xy, points: { x, y, z } };
  });
}

function makeCanvas({ width, height }: Setting): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  Object.assign(canvas.style, {
    position: "absolute",
    left: "0",
    top: "0",
    width: `${width}px`,
    height: `${height}px`,
  });
  document.body.append(canvas);
  return canvas;
}

/** Returns only when everything asked of the graphics card so far is done. */
function finish(gl: WebGLRenderingContext | WebGL2RenderingContext): void {
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
}

/** Ten colours over and over, as a map with labels has them. */
function paint(n: number): Paint {
  const rgba = new Uint8Array(4 * n).fill(255);
  for (let i = 0; i < n; i++) {
    rgba.set(COLORS[i % CLASSES] ?? [], 4 * i);
  }
  return { n, rgba, sizes: null, order: shuffled(n), marked: 0 };
}

/** The painter that a widget would choose in this browser. */
function nbembed(setting: Setting): Contender {
  const { n, width, height, size: pointSize, opacity } = setting;
  const canvas = makeCanvas(setting);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser cannot draw on a canvas");
  const painter = webglPainter(() => undefined) ?? canvasPainter();
  const gl = painter.kind === "webgl" ? sharedContext()?.gl : undefined;
  painter.setPaint(paint(n));
  const place = { sx: width, sy: height, ox: 0, oy: 0 };
  const places = [place, place] as const;
  const look = { ratio: 1, width, height, places, pointSize, opacity, markedOpacity: 1 };
  const box: Box = [0, 0, 1, 1];
  let target: 0 | 1 = 0;
  const draw = (frame: Frame) => {
    const began = performance.now();
    target = target === 0 ? 1 : 0;
    painter.setCloud(target, { data: frame.xy, n, toMap: unitToMap(box), box });
    painter.draw(context, { ...look, mix: target });
    if (gl === undefined) context.getImageData(0, 0, 1, 1);
    else finish(gl);
    return performance.now() - began;
  };
  return { canvas, draw: (frame) => inFrame(() => draw(frame)) };
}

function regl(setting: Setting, performanceMode: boolean): Contender {
  const { width, height, size: pointSize, opacity } = setting;
  const canvas = makeCanvas(setting);
  // A drawing surface of exactly this size: regl-scatterplot's own is as large as the window.
  const surface = document.createElement("canvas");
  Object.assign(surface, { width, height });
  const renderer = createRenderer({ canvas: surface });
  const plot = createScatterplot({
    renderer,
    canvas,
    width,
    height,
    pointSize,
    opacity,
    performanceMode,
    aspectRatio: width / height,
    colorBy: "valueA",
    pointColor: COLORS.map(([r, g, b]) => [r / 255, g / 255, b / 255, 1]),
  });
  // regl hides its context.
  const { _gl: gl } = renderer.regl as unknown as { _gl: WebGLRenderingContext };
  const draw = async (frame: Frame) => {
    const began = performance.now();
    const drawn = new Promise<number>((resolve) => {
      // Published right after the drawing, earlier than the promise of draw() is kept.
      plot.subscribe(
        "drawing",
        () => {
          finish(gl);
          resolve(performance.now() - began);
        },
        1,
      );
    });
    await plot.draw(frame.points);
    return drawn;
  };
  return { canvas, draw: (frame) => inFrame(() => draw(frame)) };
}

/** Nobody pays for the garbage, or for the picture on the screen, of the one before. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  (window as { gc?: () => void }).gc?.();
}

/** Share of the picture that is not empty. */
function ink(canvas: HTMLCanvasElement): number {
  const copy = document.createElement("canvas");
  Object.assign(copy, { width: canvas.width, height: canvas.height });
  const context = copy.getContext("2d");
  context?.drawImage(canvas, 0, 0);
  const pixels = context?.getImageData(0, 0, copy.width, copy.height).data ?? [];
  let inked = 0;
  for (let i = 3; i < pixels.length; i += 4) if ((pixels[i] ?? 0) > 20) inked += 1;
  return inked / (copy.width * copy.height);
}

async function compare(setting: Setting) {
  const contenders = {
    nbembed: nbembed(setting),
    draw: regl(setting, false),
    performance: regl(setting, true),
  };
  const frames = makeFrames(setting.n);
  const times: Record<string, number[]> = {};
  for (let round = 0; round < setting.warmups + setting.rounds; round++) {
    const frame = frames[round % FRAMES] as Frame;
    for (const [name, contender] of Object.entries(contenders)) {
      await settle();
      const took = await contender.draw(frame);
      if (round >= setting.warmups) {
        times[name] ??= [];
        times[name].push(took);
      }
    }
  }
  const inks = Object.entries(contenders).map(([name, { canvas }]) => [
    name,
    ink(canvas),
  ]);
  return { times, ink: Object.fromEntries(inks) };
}

tick();
Object.assign(window, { compare });
