// What every way of drawing points must offer.

import type { Affine } from "./camera";
import type { Cloud } from "./cloud";

export interface Scene {
  /** Pixels of the device per CSS pixel. */
  ratio: number;
  width: number;
  height: number;
  /** From the data of either buffer to CSS pixels. */
  places: readonly [Affine, Affine];
  /** 0 shows buffer 0, 1 shows buffer 1. */
  mix: number;
  /** Diameter of a point in CSS pixels. */
  pointSize: number;
  opacity: number;
}

export interface Painter {
  readonly kind: "webgl" | "canvas";
  /** Not every point is drawn. */
  readonly isSampled: boolean;
  setCloud(slot: 0 | 1, cloud: Cloud): void;
  /** RGBA, four bytes a point; the last byte weakens the opacity. */
  setColors(rgba: Uint8Array<ArrayBuffer>): void;
  draw(target: CanvasRenderingContext2D, scene: Scene): void;
  close(): void;
}

/**
 * An order of drawing that visits every point once, far from the order of the rows: rows sorted
 * by class would otherwise hide all classes but the last.
 */
export function shuffled(n: number): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(n);
  let stride = Math.max(1, Math.round(n * 0.6180339887));
  while (gcd(stride, n) !== 1) stride += 1;
  for (let i = 0, at = 0; i < n; i++, at = (at + stride) % n) order[i] = at;
  return order;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
