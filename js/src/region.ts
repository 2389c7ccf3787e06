// Tells quickly of many points whether they lie inside an outline. Pure.

/** In pixels. */
export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The outline's box is cut into so many rows and columns of tiles. */
const SIDE = 256;
const UNKNOWN = 0;
const OUTSIDE = 1;
const INSIDE = 2;
/** An edge passes: every point must be looked at. */
const MIXED = 3;

/**
 * `outline` holds the pixels of its corners, x and y in turn. Where it crosses itself the even-odd
 * rule holds. A tile without an edge is all inside or all outside, so that most points cost one
 * look into a table; the others meet only the edges of their row of tiles.
 */
export class Region {
  readonly bounds: Bounds;
  private readonly tiles = new Uint8Array(SIDE * SIDE);
  /** Edges that cross each row of tiles, four numbers each: upper y, lower y, x at y = 0, x per y. */
  private readonly edges: number[][] = Array.from({ length: SIDE }, () => []);
  private readonly perX: number;
  private readonly perY: number;

  constructor(outline: readonly number[]) {
    this.bounds = boundsOf(outline);
    const { left, top, right, bottom } = this.bounds;
    this.perX = SIDE / Math.max(1e-9, right - left);
    this.perY = SIDE / Math.max(1e-9, bottom - top);
    const corners = outline.length >> 1;
    for (let k = 0; k < corners; k++) {
      const next = (k + 1) % corners;
      const [ax = 0, ay = 0] = [outline[2 * k], outline[2 * k + 1]];
      const [bx = 0, by = 0] = [outline[2 * next], outline[2 * next + 1]];
      if (ay <= by) this.addEdge(ax, ay, bx, by);
      else this.addEdge(bx, by, ax, ay);
    }
  }

  /** For points inside the bounds. */
  has(x: number, y: number): boolean {
    const row = this.rowOf(y);
    const tile = row * SIDE + this.columnOf(x);
    const known = this.tiles[tile];
    if (known === INSIDE || known === OUTSIDE) return known === INSIDE;
    const isIn = isInside(this.edges[row] ?? [], x, y);
    if (known === UNKNOWN) this.tiles[tile] = isIn ? INSIDE : OUTSIDE;
    return isIn;
  }

  /** An edge that goes down, from a to b. */
  private addEdge(ax: number, ay: number, bx: number, by: number): void {
    const slope = by > ay ? (bx - ax) / (by - ay) : 0;
    const xAt = (y: number) => ax + slope * (y - ay);
    for (let row = this.rowOf(ay); row <= this.rowOf(by); row++) {
      const upper = Math.max(ay, this.bounds.top + row / this.perY);
      const lower = Math.min(by, this.bounds.top + (row + 1) / this.perY);
      this.edges[row]?.push(ay, by, ax - slope * ay, slope);
      // A level edge is crossed by no level ray, but it too has an inside and an outside.
      const ends = by > ay ? [xAt(upper), xAt(lower)] : [ax, bx];
      // A tile more on both sides, in case of rounding.
      const first = this.columnOf(Math.min(...ends)) - 1;
      const last = this.columnOf(Math.max(...ends)) + 1;
      this.tiles.fill(
        MIXED,
        row * SIDE + Math.max(0, first),
        row * SIDE + Math.min(SIDE, last + 1),
      );
    }
  }

  private rowOf(y: number): number {
    return Math.max(0, Math.min(SIDE - 1, Math.floor((y - this.bounds.top) * this.perY)));
  }

  private columnOf(x: number): number {
    return Math.max(
      0,
      Math.min(SIDE - 1, Math.floor((x - this.bounds.left) * this.perX)),
    );
  }
}

function boundsOf(outline: readonly number[]): Bounds {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let k = 0; k + 1 < outline.length; k += 2) {
    const [x = 0, y = 0] = [outline[k], outline[k + 1]];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return { left, top, right, bottom };
}

/** Even-odd: counts the edges to the right of the point. */
function isInside(edges: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let k = 0; k < edges.length; k += 4) {
    const isLevel = y >= (edges[k] ?? 0) && y < (edges[k + 1] ?? 0);
    if (isLevel && x < (edges[k + 2] ?? 0) + (edges[k + 3] ?? 0) * y) inside = !inside;
  }
  return inside;
}
