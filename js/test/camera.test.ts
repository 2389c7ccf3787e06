import { expect, test } from "vitest";
import {
  type Affine,
  compose,
  fitCamera,
  invert,
  PADDING,
  panBy,
  project,
  unitToMap,
  zoomAt,
} from "../src/renderer/camera";
import { type Cloud, cloudOf, mixClouds, rawPlacement } from "../src/renderer/cloud";
import { Glide } from "../src/renderer/glide";
import { shuffled } from "../src/renderer/order";
import { createGrid } from "../src/renderer/picking";
import type { Box } from "../src/state";
import type { Frame } from "../src/transport";

const SIZE = { width: 600, height: 400 };

function at(affine: Affine, x: number, y: number): [number, number] {
  return [affine.ox + affine.sx * x, affine.oy + affine.sy * y];
}

function frameOf(xy: number[], bbox: Box): Frame {
  const data = Uint16Array.from(xy);
  return { run: 1, step: 0, phase: "", n: xy.length / 2, bbox, xy: data, seq: 0 };
}

function pixel(
  cloud: Cloud,
  i: number,
  camera = null as Parameters<typeof rawPlacement>[1],
) {
  const place = rawPlacement(cloud, camera, SIZE);
  return at(place, cloud.data[2 * i]!, cloud.data[2 * i + 1]!);
}

test("a fitted box touches the padding on one axis and is centred on the other", () => {
  const place = project(fitCamera([0, 0, 10, 1], SIZE), SIZE);
  expect(at(place, 0, 0.5)).toEqual([PADDING, 200]);
  const [right, y] = at(place, 10, 0.5);
  expect(right).toBeCloseTo(600 - PADDING);
  expect(y).toBeCloseTo(200);
});

test("up on the map is up on the canvas", () => {
  const place = project(fitCamera([0, 0, 1, 1], SIZE), SIZE);
  expect(at(place, 0, 1)[1]).toBeLessThan(at(place, 0, 0)[1]);
});

test("a map of identical points is finite and in the middle", () => {
  const place = compose(
    project(fitCamera([3, 3, 3, 3], SIZE), SIZE),
    unitToMap([3, 3, 3, 3]),
  );
  expect(at(place, 0, 0)).toEqual([300, 200]);
});

test("zooming keeps the point under the pointer", () => {
  const camera = fitCamera([-5, -5, 5, 5], SIZE);
  const [x, y] = at(invert(project(camera, SIZE)), 123, 321);
  const [px, py] = at(project(zoomAt(camera, SIZE, 123, 321, 3.7), SIZE), x, y);
  expect(px).toBeCloseTo(123);
  expect(py).toBeCloseTo(321);
});

test("panning moves the picture by as many pixels", () => {
  const camera = fitCamera([-5, -5, 5, 5], SIZE);
  const [x, y] = at(project(panBy(camera, 30, -20), SIZE), 1, 2);
  const [x0, y0] = at(project(camera, SIZE), 1, 2);
  expect(x - x0).toBeCloseTo(30);
  expect(y - y0).toBeCloseTo(-20);
});

test("a map that grows a millionfold stays where it is on an automatic camera", () => {
  const corners = [0, 0, 65535, 65535];
  const small = cloudOf(frameOf(corners, [-1e-4, -1e-4, 1e-4, 1e-4]));
  const large = cloudOf(frameOf(corners, [-100, -100, 100, 100]));
  for (const i of [0, 1]) {
    expect(pixel(small, i)[0]).toBeCloseTo(pixel(large, i)[0]);
    expect(pixel(small, i)[1]).toBeCloseTo(pixel(large, i)[1]);
  }
});

test.each([null, { x: 2, y: 1, scale: 31 }])(
  "a mix lies between both maps (camera %o)",
  (camera) => {
    const a = cloudOf(frameOf([0, 0, 65535, 65535], [0, 0, 1, 2]));
    const b = cloudOf(frameOf([65535, 0, 0, 65535], [0, 0, 8, 2]));
    const mixed = mixClouds(a, b, 0.25, camera, SIZE);
    for (const i of [0, 1])
      for (const axis of [0, 1] as const) {
        const [from, to] = [pixel(a, i, camera)[axis], pixel(b, i, camera)[axis]];
        expect(pixel(mixed, i, camera)[axis]).toBeCloseTo(from + 0.25 * (to - from), 3);
      }
  },
);

test("a frame that comes in mid-way starts from what is on the screen", () => {
  const glide = new Glide();
  const cloud = (x: number) => cloudOf(frameOf([x, 0, 65535, 65535], [0, 0, 1, 1]));
  glide.go(cloud(0), 0, null, SIZE, false);
  glide.go(cloud(30000), 1000, null, SIZE, false);
  const now = 1100;
  const t = glide.progress(now);
  expect(t).toBeGreaterThan(0);
  expect(t).toBeLessThan(1);
  const other = glide.target === 0 ? 1 : 0;
  const before = pixel(glide.clouds[other]!, 0)[0];
  const shown = before + t * (pixel(glide.goal!, 0)[0] - before);
  glide.go(cloud(60000), now, null, SIZE, false);
  expect(glide.progress(now)).toBe(0);
  const origin = glide.clouds[glide.target === 0 ? 1 : 0]!;
  expect(pixel(origin, 0)[0]).toBeCloseTo(shown, 2);
});

test("reduced motion and another number of points jump", () => {
  const glide = new Glide();
  glide.go(cloudOf(frameOf([0, 0, 1, 1], [0, 0, 1, 1])), 0, null, SIZE, false);
  glide.go(cloudOf(frameOf([5, 5, 1, 1], [0, 0, 1, 1])), 500, null, SIZE, true);
  expect(glide.progress(500)).toBe(1);
  glide.go(cloudOf(frameOf([5, 5], [0, 0, 1, 1])), 900, null, SIZE, false);
  expect(glide.progress(900)).toBe(1);
  expect(glide.clouds.map((cloud) => cloud?.n)).toEqual([1, 1]);
});

test("the grid finds the same point as looking at all of them", () => {
  let seed = 7;
  const random = () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  const frame = frameOf(
    Array.from({ length: 4000 }, () => Math.floor(65536 * random() ** 2)),
    [-3, 0, 9, 2],
  );
  const place = rawPlacement(cloudOf(frame), null, SIZE);
  const picker = createGrid(frame.xy)(place);
  for (let k = 0; k < 200; k++) {
    const [px, py] = [600 * random(), 400 * random()];
    let [best, closest] = [-1, 12];
    for (let i = 0; i < frame.n; i++) {
      const [x, y] = at(place, frame.xy[2 * i]!, frame.xy[2 * i + 1]!);
      const away = Math.hypot(x - px, y - py);
      if (away < closest) [best, closest] = [i, away];
    }
    const found = picker.pick(px, py, 12);
    const [x, y] = at(place, frame.xy[2 * found]!, frame.xy[2 * found + 1]!);
    if (best < 0) expect(found).toBe(-1);
    else expect(Math.hypot(x - px, y - py)).toBeCloseTo(closest);
  }
});

test("the order of drawing visits every point once", () => {
  for (const n of [1, 2, 10, 1797, 4096])
    expect([...shuffled(n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
});
