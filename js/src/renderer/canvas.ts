// Draws points without WebGL2: slower, and not all of them when there are very many.

import type { Affine } from "./camera";
import type { Cloud } from "./cloud";
import { factorOf, ONE, type Paint } from "./paint";
import type { Painter, Scene } from "./painter";

export const MOST_POINTS = 50_000;

export function canvasPainter(): Painter {
  return new CanvasPainter();
}

/** Points of one colour and strength. */
interface Group {
  fill: string;
  alpha: number;
  isMarked: boolean;
  members: number[];
}

class CanvasPainter implements Painter {
  readonly kind = "canvas";
  readonly isReady = true;
  private readonly clouds: [Cloud | null, Cloud | null] = [null, null];
  private paint: Paint | null = null;
  private groups: Group[] = [];
  private n = 0;

  get isSampled(): boolean {
    return this.n > MOST_POINTS;
  }

  setCloud(slot: 0 | 1, cloud: Cloud): void {
    this.clouds[slot] = cloud;
    this.n = cloud.n;
  }

  setPaint(paint: Paint): void {
    this.paint = paint;
    this.groups = groupsOf(paint);
  }

  draw(target: CanvasRenderingContext2D, scene: Scene): void {
    target.setTransform(scene.ratio, 0, 0, scene.ratio, 0, 0);
    target.clearRect(0, 0, scene.width, scene.height);
    const [a, b] = this.clouds;
    const [from, to] = [a ?? b, b ?? a];
    if (from !== null && to !== null && this.paint?.n === this.n)
      for (const group of this.groups) {
        target.fillStyle = group.fill;
        target.globalAlpha =
          group.alpha * (group.isMarked ? scene.markedOpacity : scene.opacity);
        fillGroup(target, group.members, this.paint.sizes, from, to, scene);
      }
    target.globalAlpha = 1;
    target.setTransform(1, 0, 0, 1, 0, 0);
  }

  close(): void {
    this.groups = [];
  }
}

function fillGroup(
  target: CanvasRenderingContext2D,
  members: readonly number[],
  sizes: Uint8Array | null,
  from: Cloud,
  to: Cloud,
  scene: Scene,
): void {
  const a = rawPlace(scene.places[0], from);
  const b = rawPlace(scene.places[1], to);
  const { mix } = scene;
  for (const i of members) {
    const side = 0.9 * scene.pointSize * factorOf(sizes?.[i] ?? ONE);
    const [x0, y0] = [from.data[2 * i] ?? 0, from.data[2 * i + 1] ?? 0];
    const [x1, y1] = [to.data[2 * i] ?? 0, to.data[2 * i + 1] ?? 0];
    const x = (1 - mix) * (a.ox + a.sx * x0) + mix * (b.ox + b.sx * x1);
    const y = (1 - mix) * (a.oy + a.sy * y0) + mix * (b.oy + b.sy * y1);
    target.fillRect(x - side / 2, y - side / 2, side, side);
  }
}

function rawPlace(place: Affine, cloud: Cloud): Affine {
  const unit = cloud.data instanceof Uint16Array ? 1 / 65535 : 1;
  return { ...place, sx: place.sx * unit, sy: place.sy * unit };
}

/**
 * A canvas is fast only when its colour changes seldom. Selected points come last, and when there are
 * too many points the others are left out first.
 */
function groupsOf({ n, rgba, order, marked }: Paint): Group[] {
  const some = order.subarray(n - Math.min(marked, MOST_POINTS));
  const others = order.subarray(0, Math.min(n - marked, MOST_POINTS - some.length));
  return [...grouped(others, rgba, false), ...grouped(some, rgba, true)];
}

function grouped(rows: Uint32Array, rgba: Uint8Array, isMarked: boolean): Group[] {
  const words = new Uint32Array(rgba.buffer, rgba.byteOffset, rgba.byteLength >> 2);
  const groups = new Map<number, Group>();
  for (const i of rows) {
    const key = words[i] ?? 0;
    let group = groups.get(key);
    if (group === undefined) {
      const [r = 0, g = 0, b = 0, a = 0] = rgba.subarray(4 * i, 4 * i + 4);
      group = { fill: `rgb(${r},${g},${b})`, alpha: a / 255, isMarked, members: [] };
      groups.set(key, group);
    }
    group.members.push(i);
  }
  return [...groups.values()];
}
