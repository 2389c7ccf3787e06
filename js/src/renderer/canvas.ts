// Draws points without WebGL2: slower, and not all of them when there are very many.

import type { Cloud } from "./cloud";
import { type Painter, type Scene, shuffled } from "./painter";

export const MOST_POINTS = 50_000;

export function canvasPainter(): Painter {
  return new CanvasPainter();
}

interface Group {
  fill: string;
  alpha: number;
  members: number[];
}

class CanvasPainter implements Painter {
  readonly kind = "canvas";
  private readonly clouds: [Cloud | null, Cloud | null] = [null, null];
  private colors = new Uint8Array(0);
  private groups: Group[] | null = null;
  private n = 0;

  get isSampled(): boolean {
    return this.n > MOST_POINTS;
  }

  setCloud(slot: 0 | 1, cloud: Cloud): void {
    this.clouds[slot] = cloud;
    if (this.n !== cloud.n) this.groups = null;
    this.n = cloud.n;
  }

  setColors(rgba: Uint8Array<ArrayBuffer>): void {
    this.colors = rgba;
    this.groups = null;
  }

  draw(target: CanvasRenderingContext2D, scene: Scene): void {
    target.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    target.clearRect(0, 0, scene.width, scene.height);
    this.groups ??= groupByColor(this.colors, this.n);
    const side = scene.pointSize * 0.9;
    for (const { fill, alpha, members } of this.groups) {
      target.fillStyle = fill;
      target.globalAlpha = alpha * scene.opacity;
      for (const i of members) {
        const [x, y] = this.position(i, scene);
        target.fillRect(x - side / 2, y - side / 2, side, side);
      }
    }
    target.globalAlpha = 1;
    target.setTransform(1, 0, 0, 1, 0, 0);
  }

  close(): void {
    this.groups = null;
  }

  private position(i: number, scene: Scene): [number, number] {
    const [ax, ay] = this.place(0, i, scene);
    const [bx, by] = this.place(1, i, scene);
    return [ax + scene.mix * (bx - ax), ay + scene.mix * (by - ay)];
  }

  private place(slot: 0 | 1, i: number, scene: Scene): [number, number] {
    const cloud = this.clouds[slot] ?? this.clouds[slot === 0 ? 1 : 0];
    if (cloud === null) return [0, 0];
    const unit = cloud.data instanceof Uint16Array ? 1 / 65535 : 1;
    const { sx, sy, ox, oy } = scene.places[slot];
    const x = (cloud.data[2 * i] ?? 0) * unit;
    const y = (cloud.data[2 * i + 1] ?? 0) * unit;
    return [ox + sx * x, oy + sy * y];
  }
}

/** A canvas is fast only when its colour changes seldom. */
function groupByColor(rgba: Uint8Array, n: number): Group[] {
  const groups = new Map<string, Group>();
  const order = shuffled(n).subarray(0, MOST_POINTS);
  for (const i of order) {
    const [r = 128, g = 128, b = 128, a = 255] = rgba.subarray(4 * i, 4 * i + 4);
    const key = `${r},${g},${b},${a}`;
    let group = groups.get(key);
    if (group === undefined) {
      group = { fill: `rgb(${r},${g},${b})`, alpha: a / 255, members: [] };
      groups.set(key, group);
    }
    group.members.push(i);
  }
  return [...groups.values()];
}
