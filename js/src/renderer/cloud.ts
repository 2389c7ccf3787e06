// Positions of all points, ready to be drawn, and the mixing of two of them.

import type { Box } from "../state";
import type { Frame } from "../transport";
import {
  type Affine,
  type Camera,
  compose,
  fitCamera,
  invert,
  project,
  type Size,
  unitToMap,
} from "./camera";

export interface Cloud {
  /** x, y interleaved; 16-bit numbers stand for fractions 0 to 1. */
  data: Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  n: number;
  /** From data (fractions or plain numbers) to the map. */
  toMap: Affine;
  /** What an automatic camera shows of it. */
  box: Box;
}

export function cloudOf(frame: Frame): Cloud {
  return { data: frame.xy, n: frame.n, toMap: unitToMap(frame.bbox), box: frame.bbox };
}

/** From data to pixels. Without a camera each cloud fills the canvas by itself. */
export function placement(cloud: Cloud, camera: Camera | null, size: Size): Affine {
  return compose(project(camera ?? fitCamera(cloud.box, size), size), cloud.toMap);
}

/** From the stored numbers (0 to 65535, or plain) to pixels. */
export function rawPlacement(cloud: Cloud, camera: Camera | null, size: Size): Affine {
  return rawPlace(placement(cloud, camera, size), cloud);
}

/** The same, where a place for fractions or plain numbers is known. */
export function rawPlace(place: Affine, cloud: Cloud): Affine {
  const unit = cloud.data instanceof Uint16Array ? 1 / 65535 : 1;
  return { ...place, sx: place.sx * unit, sy: place.sy * unit };
}

/**
 * What is on the screen when the way from `a` to `b` is left at `t`: the start of the next way.
 * The numbers are pixels as `b` is placed, so that this cloud behaves like `b` from then on.
 */
export function mixClouds(
  a: Cloud,
  b: Cloud,
  t: number,
  camera: Camera | null,
  size: Size,
): Cloud {
  const from = rawPlacement(a, camera, size);
  const to = rawPlacement(b, camera, size);
  const data = new Float32Array(2 * b.n);
  for (let i = 0; i < data.length; i += 2) {
    const ax = from.ox + from.sx * (a.data[i] ?? 0);
    const ay = from.oy + from.sy * (a.data[i + 1] ?? 0);
    const bx = to.ox + to.sx * (b.data[i] ?? 0);
    const by = to.oy + to.sy * (b.data[i + 1] ?? 0);
    data[i] = ax + t * (bx - ax);
    data[i + 1] = ay + t * (by - ay);
  }
  const target = camera ?? fitCamera(b.box, size);
  return { data, n: b.n, toMap: invert(project(target, size)), box: b.box };
}
