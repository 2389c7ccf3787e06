// Draws points by the sums of this processor, where there is no WebGL2 or where it is only emulated:
// an emulation does the same sums in a roundabout way, several times slower.

import { type Cloud, rawPlace } from "./cloud";
import { factorOf, type Paint } from "./paint";
import type { Painter, Scene } from "./painter";

export function canvasPainter(): Painter {
  return new CanvasPainter();
}

/** From the stored numbers of both clouds to pixels of the device, mixing included. */
interface Way {
  a: Cloud["data"];
  b: Cloud["data"];
  ax: number;
  ay: number;
  bx: number;
  by: number;
  ox: number;
  oy: number;
}

/** A picture as sums: red, green, blue and opacity of each pixel, premultiplied. */
interface Sums {
  data: Float32Array<ArrayBuffer>;
  width: number;
  height: number;
}

class CanvasPainter implements Painter {
  readonly kind = "canvas";
  readonly isReady = true;
  private readonly clouds: [Cloud | null, Cloud | null] = [null, null];
  private paint: Paint | null = null;
  private sums: Sums = { data: new Float32Array(0), width: 0, height: 0 };
  private image: ImageData | null = null;

  setCloud(slot: 0 | 1, cloud: Cloud): void {
    this.clouds[slot] = cloud;
  }

  setPaint(paint: Paint): void {
    this.paint = paint;
  }

  draw(target: CanvasRenderingContext2D, scene: Scene): void {
    const width = Math.round(scene.width * scene.ratio);
    const height = Math.round(scene.height * scene.ratio);
    const [a, b] = this.clouds;
    const [from, to] = [a ?? b, b ?? a];
    const { paint } = this;
    if (width === 0 || height === 0) return;
    if (from === null || to === null || paint?.n !== to.n) {
      target.clearRect(0, 0, width, height);
      return;
    }
    const image = this.begin(target, width, height);
    const way = wayOf(from, to, scene);
    const diameter = scene.pointSize * scene.ratio;
    const others = paint.n - paint.marked;
    lay(this.sums, way, paint, [0, others], diameter, scene.opacity);
    lay(this.sums, way, paint, [others, paint.n], diameter, scene.markedOpacity);
    resolve(this.sums.data, new Uint32Array(image.data.buffer));
    target.putImageData(image, 0, 0);
  }

  close(): void {
    this.image = null;
    this.sums = { data: new Float32Array(0), width: 0, height: 0 };
  }

  /** Empty sums, and a picture, of this size. */
  private begin(
    target: CanvasRenderingContext2D,
    width: number,
    height: number,
  ): ImageData {
    if (this.image?.width !== width || this.image.height !== height) {
      this.image = target.createImageData(width, height);
      this.sums = { data: new Float32Array(4 * width * height), width, height };
    } else this.sums.data.fill(0);
    return this.image;
  }
}

function wayOf(from: Cloud, to: Cloud, { places, mix, ratio }: Scene): Way {
  const [a, b] = [rawPlace(places[0], from), rawPlace(places[1], to)];
  const [s, t] = [ratio * (1 - mix), ratio * mix];
  const [ax, ay, bx, by] = [s * a.sx, s * a.sy, t * b.sx, t * b.sy];
  const [ox, oy] = [s * a.ox + t * b.ox, s * a.oy + t * b.oy];
  return { a: from.data, b: to.data, ax, ay, bx, by, ox, oy };
}

/** Lays the points of a part of the order over the picture. */
function lay(
  sums: Sums,
  { a, b, ax, ay, bx, by, ox, oy }: Way,
  { order, sizes, rgba }: Paint,
  [first, last]: readonly [number, number],
  diameter: number,
  opacity: number,
): void {
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.byteLength >> 2);
  let radius = diameter / 2;
  for (let k = first; k < last; k++) {
    const i = order[k] as number;
    const x = ox + ax * (a[2 * i] as number) + bx * (b[2 * i] as number);
    const y = oy + ay * (a[2 * i + 1] as number) + by * (b[2 * i + 1] as number);
    if (sizes !== null) radius = (diameter / 2) * factorOf(sizes[i] as number);
    disc(sums, x, y, radius, words[i] as number, opacity);
  }
}

/** Lays one disc over the picture. Its edge fades over one pixel. */
function disc(
  { data, width, height }: Sums,
  x: number,
  y: number,
  radius: number,
  word: number,
  opacity: number,
): void {
  const left = Math.max(0, Math.ceil(x - radius - 1));
  const right = Math.min(width, Math.ceil(x + radius));
  const top = Math.max(0, Math.ceil(y - radius - 1));
  const bottom = Math.min(height, Math.ceil(y + radius));
  const r = word & 255;
  const g = (word >>> 8) & 255;
  const b = (word >>> 16) & 255;
  const strength = ((word >>> 24) / 255) * opacity;
  for (let py = top; py < bottom; py++) {
    const dy = py + 0.5 - y;
    for (let px = left, at = 4 * (py * width + left); px < right; px++, at += 4) {
      const dx = px + 0.5 - x;
      const cover = radius + 0.5 - Math.sqrt(dx * dx + dy * dy);
      if (cover <= 0) continue;
      const over = cover < 1 ? strength * cover : strength;
      const keep = 1 - over;
      data[at] = (data[at] as number) * keep + r * over;
      data[at + 1] = (data[at + 1] as number) * keep + g * over;
      data[at + 2] = (data[at + 2] as number) * keep + b * over;
      data[at + 3] = (data[at + 3] as number) * keep + over;
    }
  }
}

/** Weaker than this is nothing in a byte. */
const NOTHING = 0.5 / 255;

/** From premultiplied sums to the bytes of a picture, which are not premultiplied. */
function resolve(sums: Float32Array, pixels: Uint32Array): void {
  for (let at = 0, i = 0; i < pixels.length; at += 4, i++) {
    const alpha = sums[at + 3] as number;
    if (alpha < NOTHING) {
      pixels[i] = 0;
      continue;
    }
    const r = (sums[at] as number) / alpha + 0.5;
    const g = (sums[at + 1] as number) / alpha + 0.5;
    const b = (sums[at + 2] as number) / alpha + 0.5;
    pixels[i] = ((255 * alpha + 0.5) << 24) | (b << 16) | (g << 8) | r;
  }
}
