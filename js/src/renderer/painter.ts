// What every way of drawing points must offer.

import type { Affine } from "./camera";
import type { Cloud } from "./cloud";
import type { Paint } from "./paint";

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
  /** Opacity of the selected points. */
  markedOpacity: number;
}

export interface Painter {
  readonly kind: "webgl" | "canvas";
  /** False while the graphics card has lost everything: the last picture stays as it is. */
  readonly isReady: boolean;
  setCloud(slot: 0 | 1, cloud: Cloud): void;
  setPaint(paint: Paint): void;
  draw(target: CanvasRenderingContext2D, scene: Scene): void;
  close(): void;
}
