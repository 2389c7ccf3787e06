// The painter that needs no graphics card, and when it is chosen.

import { afterEach, expect, test, vi } from "vitest";
import { canvasPainter } from "../src/renderer/canvas";
import { cloudOf } from "../src/renderer/cloud";
import { sharedContext } from "../src/renderer/context";
import { ONE, type Paint } from "../src/renderer/paint";
import type { Scene } from "../src/renderer/painter";

const WIDTH = 12;
const HEIGHT = 9;
const RED = [255, 0, 0, 255];
const BLUE = [0, 0, 255, 255];

afterEach(() => vi.restoreAllMocks());

/** A cloud whose numbers are pixels: the box is the picture. */
function cloud(...xy: number[]) {
  const bbox = [0, 0, 1, 1] as const;
  const frame = { xy: Float32Array.from(xy), n: xy.length / 2, bbox };
  return cloudOf(frame as unknown as Parameters<typeof cloudOf>[0]);
}

function paint(...colors: number[][]): Paint {
  const n = colors.length;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  return { n, rgba: Uint8Array.from(colors.flat()), sizes: null, order, marked: 0 };
}

const PIXELS = { sx: 1, sy: 1, ox: 0, oy: 0 };

function scene(more: Partial<Scene> = {}): Scene {
  const size = { ratio: 1, width: WIDTH, height: HEIGHT, pointSize: 3, mix: 0 };
  return { ...size, places: [PIXELS, PIXELS], opacity: 1, markedOpacity: 1, ...more };
}

/** Draws and returns what a pixel holds. */
function draw(
  clouds: ReturnType<typeof cloud>[],
  look: Paint,
  more: Partial<Scene> = {},
): (x: number, y: number) => number[] {
  const painter = canvasPainter();
  clouds.forEach((each, slot) => {
    painter.setCloud(slot as 0 | 1, each);
  });
  painter.setPaint(look);
  let put: ImageData | null = null;
  const target = {
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height),
    }),
    putImageData: (image: ImageData) => {
      put = image;
    },
    clearRect: () => undefined,
  };
  painter.draw(target as unknown as CanvasRenderingContext2D, scene(more));
  const image = put as ImageData | null;
  return (x, y) => {
    if (image === null) return [];
    return [
      ...image.data.subarray(4 * (y * image.width + x), 4 * (y * image.width + x + 1)),
    ];
  };
}

test("a disc covers the pixels within its radius, and its edge fades over one pixel", () => {
  const at = draw([cloud(5.5, 4.5)], paint(RED), { pointSize: 3.4 });
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      const distance = Math.hypot(x - 5, y - 4);
      const cover = Math.min(1, Math.max(0, 1.7 + 0.5 - distance));
      expect(at(x, y)[3]).toBeCloseTo(255 * cover, -0.5);
      if (cover > 0.01) expect(at(x, y).slice(0, 3)).toEqual([255, 0, 0]);
    }
});

test("later points lie over earlier ones, as strong as the scene says", () => {
  const at = draw([cloud(5.5, 4.5, 5.5, 4.5)], paint(RED, BLUE), { opacity: 0.5 });
  // Half of red under half of blue: a quarter and a half, of three quarters.
  expect(at(5, 4)).toEqual([85, 0, 170, 191]);
});

test("the order of drawing is the paint's, and selected points have a strength of their own", () => {
  const look = { ...paint(RED, BLUE), order: Uint32Array.of(1, 0), marked: 1 };
  const both = cloud(2.5, 2.5, 8.5, 2.5);
  const at = draw([both], look, { opacity: 0.2 });
  expect(at(2, 2)).toEqual(RED);
  expect(at(8, 2)).toEqual([0, 0, 255, 51]);
});

test("the weakness of a point multiplies, and its size grows it", () => {
  const sizes = Uint8Array.of(ONE, 3 * ONE);
  const look = { ...paint([255, 0, 0, 51], BLUE), sizes };
  const at = draw([cloud(1.5, 4.5, 7.5, 4.5)], look, { pointSize: 1 });
  expect(at(1, 4)[3]).toBe(51);
  expect(at(1, 5)[3]).toBe(0);
  expect(at(7, 5)[3]).toBe(255);
});

test("half of the way between two maps is in the middle", () => {
  const at = draw([cloud(2.5, 2.5), cloud(8.5, 6.5)], paint(RED), { mix: 0.5 });
  expect(at(5, 4)).toEqual(RED);
  expect([at(2, 2)[3], at(8, 6)[3]]).toEqual([0, 0]);
});

test("fine screens have more pixels, and nothing is drawn beside the picture", () => {
  const at = draw([cloud(0, 4, 12, 4, 500, 500)], paint(RED, BLUE, RED), { ratio: 2 });
  expect(at(0, 8)).toEqual(RED);
  expect(at(2 * WIDTH - 1, 8)).toEqual(BLUE);
});

test("numbers of 16 bits are fractions of the box", () => {
  const xy = Uint16Array.of(32767, 32767);
  const frame = { xy, n: 1, bbox: [0, 0, 1, 1] } as unknown;
  const middle = cloudOf(frame as Parameters<typeof cloudOf>[0]);
  const place = { sx: WIDTH, sy: HEIGHT, ox: 0, oy: 0 };
  const at = draw([middle], paint(RED), { places: [place, place] });
  expect(at(WIDTH / 2, Math.floor(HEIGHT / 2))).toEqual(RED);
});

test("colours for another number of points are not used", () => {
  expect(draw([cloud(1, 1, 2, 2)], paint(RED))(1, 1)).toEqual([]);
});

test("an emulated graphics card is not used, and asked for once a page", () => {
  const name =
    "ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero)), SwiftShader driver)";
  const gl = {
    getExtension: () => ({ UNMASKED_RENDERER_WEBGL: 37446 }),
    getParameter: (which: number) => (which === 37446 ? name : null),
  };
  const ask = vi.spyOn(HTMLCanvasElement.prototype, "getContext");
  ask.mockReturnValue(gl as unknown as null);
  expect([sharedContext(), sharedContext()]).toEqual([null, null]);
  expect(ask).toHaveBeenCalledTimes(1);
});
