import { expect, test } from "vitest";
import { alignFrames, laidOnto, pointsOf } from "../src/procrustes";
import type { Frame } from "../src/transport";

// Made by nbembed.metrics.align(A, B, same_size=True), and with rows=[0, 1, 2, 4], and turn=False.
const A = [0, 0, 4, 1, 5, 3, 1, 6, -2, 2, 3, -3];
const B = [1, 2, 1.5, -2, 3, -4, 6, 1, 3.5, 4, -2, 0];
const ALL = [
  0.974471268641, 2.158800288243, 1.371986582184, -1.86262447099, 3.168166887825,
  -3.118268080437, 6.649054950864, 0.331071148194, 3.199715722233, 3.811959211233,
  -2.363395411747, -0.320938096242,
];
const SOME = [
  1.01602951785, 2.168997913443, 1.255183958536, -2.288575133786, 3.175062662931,
  -3.763360851349, 7.187542723328, -0.129541988705, 3.553723860684, 3.882938071692,
  -2.790511996401, -0.40191232393,
];
const STILL = [
  0.369830786753, -1.303471780535, 4.290199979292, -0.323379482401, 5.270292277427,
  1.636805113869, 1.349923084888, 4.577082008273, -1.590353809517, 0.656712815734,
  3.310107681157, -4.24374867494,
];

function close(found: ArrayLike<number>, wanted: number[], within = 1e-9) {
  expect(found.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(Math.abs((found[i] as number) - value)).toBeLessThan(within);
  });
}

const points = (values: number[]) => Float64Array.from(values);

/** A frame whose box is that of its points. */
function frameOf(values: number[], map = 0): Frame {
  const of = (k: number) => values.filter((_, i) => i % 2 === k);
  const [x0, y0] = [Math.min(...of(0)), Math.min(...of(1))];
  const [x1, y1] = [Math.max(...of(0)), Math.max(...of(1))];
  const xy = Uint16Array.from(values, (v, i) =>
    Math.round(65535 * (i % 2 === 0 ? (v - x0) / (x1 - x0) : (v - y0) / (y1 - y0))),
  );
  const n = values.length / 2;
  return { run: 1, step: 0, phase: "", n, bbox: [x0, y0, x1, y1], xy, seq: -1, map };
}

test("a map is laid onto another one as in Python: turned or mirrored, scaled and moved", () => {
  close(laidOnto(points(A), points(B), "all", null), ALL);
  close(laidOnto(points(A), points(B), "selection", [0, 1, 2, 4]), SOME);
  close(laidOnto(points(A), points(B), "none", null), STILL);
});

test("fewer than three rows do not say how a map lies: all do", () => {
  close(laidOnto(points(A), points(B), "selection", [0, 1]), ALL);
  close(laidOnto(points(A), points(B), "selection", []), ALL);
});

test.each([false, true])(
  "a map that was turned comes back exactly (mirrored: %s)",
  (mirrored) => {
    const [c, s] = [Math.cos(2), Math.sin(2)];
    const turned = A.map((_, i) => {
      const [x, y] = [
        A[i - (i % 2)] as number,
        (mirrored ? -1 : 1) * (A[i - (i % 2) + 1] as number),
      ];
      return i % 2 === 0 ? 7 * (c * x - s * y) + 100 : 7 * (s * x + c * y) - 3;
    });
    close(laidOnto(points(turned), points(A), "all", null), A);
  },
);

test("a map without extent stays where it is", () => {
  const flat = points([2, 2, 2, 2, 2, 2]);
  expect(laidOnto(flat, points([0, 0, 1, 1, 5, 2]), "all", null)).toBe(flat);
});

test("frames come out in one box that holds them all, each within half a code of its place", () => {
  const aligned = alignFrames([frameOf(A), null, frameOf(B, 2)], 2, "all", null);
  const [first, gap, last] = aligned;
  expect(gap).toBeNull();
  expect(first?.bbox).toEqual(last?.bbox);
  expect(last?.map).toBe(2);
  const box = first?.bbox ?? [0, 0, 0, 0];
  const all = [...ALL, ...B];
  const xs = all.filter((_, i) => i % 2 === 0);
  expect(box[0]).toBeCloseTo(Math.min(...xs), 3);
  expect(box[2]).toBeCloseTo(Math.max(...xs), 3);
  close(pointsOf(first as Frame), ALL, 1e-3);
  close(pointsOf(last as Frame), B, 1e-3);
});

test("where the goal is not there yet, the first map that is there takes its place", () => {
  const [gap, own] = alignFrames([null, frameOf(B)], 0, "all", null);
  expect(gap).toBeNull();
  close(pointsOf(own as Frame), B, 1e-3);
  expect(alignFrames([null, null], 0, "all", null)).toEqual([null, null]);
});
