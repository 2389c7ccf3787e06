// Turns, mirrors, scales and moves maps onto another one, so that what differs is not how they lie. Pure.

import type { Align, Box } from "./state";
import type { Frame } from "./transport";

const CODES = 65535;
/** Fewer points than this cannot say how a map lies. */
export const FEWEST = 3;

/** The rows that are to lie on each other; null for all. */
type Rows = readonly number[] | null;
/** x, y interleaved. */
type Points = Float64Array<ArrayBuffer>;

/** The points of a frame in the coordinates of its map. */
export function pointsOf({ xy, bbox }: Frame): Points {
  const [x0, y0, x1, y1] = bbox;
  const points = new Float64Array(xy.length);
  for (let i = 0; i < points.length; i += 2) {
    points[i] = x0 + ((x1 - x0) * (xy[i] as number)) / CODES;
    points[i + 1] = y0 + ((y1 - y0) * (xy[i + 1] as number)) / CODES;
  }
  return points;
}

/**
 * Points laid onto others: with their size and middle, and turned or mirrored as well as that goes
 * (Schönemann 1966), unless `align` is "none". The scale that fits best would make maps small that differ much.
 */
export function laidOnto(
  points: Points,
  others: Points,
  align: Align,
  rows: Rows,
): Points {
  const isSome = rows !== null && rows.length >= FEWEST;
  const a = isSome ? picked(points, rows) : points;
  const b = isSome ? picked(others, rows) : others;
  const [ax, ay] = middleOf(a);
  const [bx, by] = middleOf(b);
  const sums = sumsOf(a, [ax, ay], b, [bx, by]);
  if (!(sums.size > 0)) return points;
  const { c, s, mirror } = wayOf(sums, align);
  // (x, y) R, where R is [[c, s], [-s, c]], or mirrored [[c, s], [s, -c]].
  const [xx, xy, yx, yy] = mirror ? [c, s, s, -c] : [c, -s, s, c];
  const out = new Float64Array(points.length);
  for (let i = 0; i < out.length; i += 2) {
    const x = (points[i] as number) - ax;
    const y = (points[i + 1] as number) - ay;
    out[i] = xx * x + xy * y + bx;
    out[i + 1] = yx * x + yy * y + by;
  }
  return out;
}

function picked(points: Points, rows: readonly number[]): Points {
  return Float64Array.from(
    { length: 2 * rows.length },
    (_, k) => points[2 * (rows[k >> 1] as number) + (k & 1)] as number,
  );
}

function middleOf(points: Points): [number, number] {
  let x = 0;
  let y = 0;
  for (let i = 0; i < points.length; i += 2) {
    x += points[i] as number;
    y += points[i + 1] as number;
  }
  const count = points.length / 2;
  return [x / count, y / count];
}

/** Sums of products of what two sets of points are apart from their middles, and of squares of both. */
interface Sums {
  xu: number;
  xv: number;
  yu: number;
  yv: number;
  size: number;
  goal: number;
}

type Place = readonly [number, number];

function sumsOf(a: Points, [ax, ay]: Place, b: Points, [bx, by]: Place): Sums {
  const sums = { xu: 0, xv: 0, yu: 0, yv: 0, size: 0, goal: 0 };
  for (let i = 0; i < a.length; i += 2) {
    const x = (a[i] as number) - ax;
    const y = (a[i + 1] as number) - ay;
    const u = (b[i] as number) - bx;
    const v = (b[i + 1] as number) - by;
    sums.xu += x * u;
    sums.xv += x * v;
    sums.yu += y * u;
    sums.yv += y * v;
    sums.size += x * x + y * y;
    sums.goal += u * u + v * v;
  }
  return sums;
}

interface Way {
  c: number;
  s: number;
  mirror: boolean;
}

/** The rotation or reflection with the larger sum of products, times the scale. */
function wayOf({ xu, xv, yu, yv, size, goal }: Sums, align: Align): Way {
  const turned = [xu + yv, xv - yu] as const;
  const mirrored = [xu - yv, xv + yu] as const;
  const mirror = Math.hypot(...mirrored) > Math.hypot(...turned);
  const [c, s] = mirror ? mirrored : turned;
  const length = Math.hypot(c, s);
  const scale = Math.sqrt(goal / size);
  if (align === "none" || length === 0) return { c: scale, s: 0, mirror: false };
  return { c: (scale * c) / length, s: (scale * s) / length, mirror };
}

/**
 * The frames as they lie on number `onto` among them, all in one box, so that one camera shows all. Gaps
 * in the list stay. Number `guest` does not enlarge the box: it is made smaller where it would stick out.
 */
export function alignFrames(
  frames: readonly (Frame | null)[],
  onto: number,
  align: Align,
  rows: Rows,
  guest = -1,
): (Frame | null)[] {
  const goal = frames[onto] ?? frames.find((frame) => frame !== null);
  if (goal == null) return [...frames];
  const others = pointsOf(goal);
  const clouds = frames.map((frame) => {
    if (frame === null || frame.n !== goal.n) return null;
    return frame === goal ? others : laidOnto(pointsOf(frame), others, align, rows);
  });
  const hosts = clouds.filter((cloud, k) => cloud !== null && k !== guest);
  const bbox = boxOf((hosts.length > 0 ? hosts : clouds).filter((c) => c !== null));
  return frames.map((frame, k) => {
    const full = clouds[k];
    if (frame === null || full == null) return null;
    const cloud = k === guest ? fitted(full, bbox) : full;
    return { ...frame, bbox, xy: codesOf(cloud, bbox) };
  });
}

/** Points inside a box: smaller if they do not fit, and moved no farther than is needed. */
function fitted(cloud: Points, box: Box): Points {
  const [x0, y0, x1, y1] = boxOf([cloud]);
  const shrink = Math.min(
    1,
    (box[2] - box[0]) / (x1 - x0),
    (box[3] - box[1]) / (y1 - y0),
  );
  const along = (low: number, high: number, from: number, to: number) => {
    const half = (shrink * (high - low)) / 2;
    return Math.min(to - half, Math.max(from + half, (low + high) / 2));
  };
  const middle = [along(x0, x1, box[0], box[2]), along(y0, y1, box[1], box[3])] as const;
  const old = [(x0 + x1) / 2, (y0 + y1) / 2] as const;
  const axis = (i: number) => (i & 1) as 0 | 1;
  return cloud.map((v, i) => middle[axis(i)] + shrink * (v - old[axis(i)])) as Points;
}

function boxOf(clouds: readonly Points[]): Box {
  const box = [Infinity, Infinity, -Infinity, -Infinity] as [
    number,
    number,
    number,
    number,
  ];
  for (const cloud of clouds)
    for (let i = 0; i < cloud.length; i += 2) {
      const x = cloud[i] as number;
      const y = cloud[i + 1] as number;
      box[0] = Math.min(box[0], x);
      box[1] = Math.min(box[1], y);
      box[2] = Math.max(box[2], x);
      box[3] = Math.max(box[3], y);
    }
  return box;
}

function codesOf(cloud: Points, [x0, y0, x1, y1]: Box): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(cloud.length);
  const sx = CODES / (x1 - x0 || 1);
  const sy = CODES / (y1 - y0 || 1);
  for (let i = 0; i < out.length; i += 2) {
    out[i] = Math.round(((cloud[i] as number) - x0) * sx);
    out[i + 1] = Math.round(((cloud[i + 1] as number) - y0) * sy);
  }
  return out;
}
