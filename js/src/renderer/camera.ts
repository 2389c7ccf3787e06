// Where on the canvas a point of the map lies. Pure.

import type { Box } from "../state";

/** x' = ox + sx·x, y' = oy + sy·y. */
export interface Affine {
  sx: number;
  sy: number;
  ox: number;
  oy: number;
}

/** The point of the map in the middle of the canvas, and pixels per unit of the map. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export const PADDING = 18;
const SMALLEST = 1e-12;

/** Shows the whole box, centred, with the same scale on both axes. */
export function fitCamera(box: Box, size: Size, padding = PADDING): Camera {
  const [x0, y0, x1, y1] = box;
  const width = Math.max(1, size.width - 2 * padding);
  const height = Math.max(1, size.height - 2 * padding);
  const scales = [];
  if (x1 - x0 > SMALLEST) scales.push(width / (x1 - x0));
  if (y1 - y0 > SMALLEST) scales.push(height / (y1 - y0));
  const scale = scales.length > 0 ? Math.min(...scales) : 1;
  return { x: (x0 + x1) / 2, y: (y0 + y1) / 2, scale };
}

/** From the map to pixels, y upwards in the map and downwards on the canvas. */
export function project(camera: Camera, size: Size): Affine {
  return {
    sx: camera.scale,
    sy: -camera.scale,
    ox: size.width / 2 - camera.scale * camera.x,
    oy: size.height / 2 + camera.scale * camera.y,
  };
}

/** From fractions of a box (0 to 1) to the map. */
export function unitToMap(box: Box): Affine {
  return { sx: box[2] - box[0], sy: box[3] - box[1], ox: box[0], oy: box[1] };
}

/** First `inner`, then `outer`. */
export function compose(outer: Affine, inner: Affine): Affine {
  return {
    sx: outer.sx * inner.sx,
    sy: outer.sy * inner.sy,
    ox: outer.ox + outer.sx * inner.ox,
    oy: outer.oy + outer.sy * inner.oy,
  };
}

export function invert(affine: Affine): Affine {
  const { sx, sy, ox, oy } = affine;
  return { sx: 1 / sx, sy: 1 / sy, ox: -ox / sx, oy: -oy / sy };
}

/** Zooms so that the point of the map under the pixel (px, py) stays there. */
export function zoomAt(
  camera: Camera,
  size: Size,
  px: number,
  py: number,
  factor: number,
): Camera {
  const dx = (px - size.width / 2) / camera.scale;
  const dy = (size.height / 2 - py) / camera.scale;
  const keep = 1 - 1 / factor;
  return {
    x: camera.x + dx * keep,
    y: camera.y + dy * keep,
    scale: camera.scale * factor,
  };
}

/** Moves the picture by (dx, dy) pixels. */
export function panBy(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y + dy / camera.scale };
}
