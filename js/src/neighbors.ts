// The neighbours of one point: those in the data, asked of the kernel or read from an exported page,
// against those in the map on show.

import { type Signal, signal } from "@preact/signals";
import type { Box, NeighborsMessage, PageQuality } from "./state";
import { type Frame, fromBase64, inflate, u16Of } from "./transport";

/** Neighbours by what the map did to them. */
export interface NeighborErrors {
  row: number;
  /** Neighbours in the data and in the map. */
  kept: number[];
  /** Neighbours in the map only. */
  false: number[];
  /** Neighbours in the data only. */
  missing: number[];
}

interface Known {
  row: number;
  /** The nearest rows in the data; none where nobody knows them. */
  rows: readonly number[];
}

export class NeighborDesk {
  /** What is known of the row that was asked for last; null before the answer. */
  readonly known: Signal<Known | null> = signal(null);
  private asked = 0;
  private wanted = -1;
  private stored: Uint16Array | null | undefined;
  private last: { known: Known; frame: Frame; errors: NeighborErrors } | null = null;

  constructor(
    private readonly ask: (id: number, row: number) => void,
    /** What the page holds, where there is no kernel. */
    private readonly page: PageQuality | undefined,
  ) {}

  /** Wants the neighbours of a row; -1 wants none. */
  want(row: number): void {
    if (row === this.wanted) return;
    this.wanted = row;
    this.known.value = null;
    if (row < 0) return;
    if (this.page !== undefined) this.known.value = { row, rows: this.fromPage(row) };
    else {
      this.asked += 1;
      this.ask(this.asked, row);
    }
  }

  receive({ id, row, rows }: NeighborsMessage): void {
    if (id === this.asked && row === this.wanted) this.known.value = { row, rows };
  }

  /** What the map on show has made of the neighbours; null while they are not known. */
  errorsIn(frame: Frame | null): NeighborErrors | null {
    const known = this.known.value;
    if (known === null || frame === null || known.rows.length === 0) return null;
    if (known.row >= frame.n) return null;
    if (this.last?.known !== known || this.last.frame !== frame)
      this.last = { known, frame, errors: compare(known, frame) };
    return this.last.errors;
  }

  private fromPage(row: number): number[] {
    const { k = 0, n = 0 } = this.page?.neighbors ?? {};
    this.stored ??= unpack(this.page?.buffers?.neighbors, n * k);
    if (this.stored === null || row >= n) return [];
    let at = 0;
    return Array.from({ length: k }, (_, i) => (at += this.stored?.[i * n + row] ?? 0));
  }
}

function unpack(text: string | undefined, length: number): Uint16Array | null {
  const bytes = text === undefined ? undefined : inflate(fromBase64(text));
  const steps = bytes === undefined ? null : u16Of(bytes);
  return steps?.length === length ? steps : null;
}

function compare({ row, rows }: Known, { xy, bbox }: Frame): NeighborErrors {
  const inMap = nearestInMap(xy, bbox, row, rows.length);
  const [data, map] = [new Set(rows), new Set(inMap)];
  return {
    row,
    kept: rows.filter((other) => map.has(other)),
    false: inMap.filter((other) => !data.has(other)),
    missing: rows.filter((other) => !map.has(other)),
  };
}

/** The `k` rows nearest to a row in a map, the nearest first; of equals those with smaller numbers. */
export function nearestInMap(
  xy: Uint16Array,
  bbox: Box,
  row: number,
  k: number,
): number[] {
  const n = xy.length >> 1;
  const [width, height] = [bbox[2] - bbox[0], bbox[3] - bbox[1]];
  const [x, y] = [xy[2 * row] ?? 0, xy[2 * row + 1] ?? 0];
  const nearest = new Nearest(k);
  for (let i = 0; i < n; i++) {
    const dx = width * ((xy[2 * i] ?? 0) - x);
    const dy = height * ((xy[2 * i + 1] ?? 0) - y);
    if (i !== row) nearest.offer(i, dx * dx + dy * dy);
  }
  return nearest.rows;
}

/** The rows with the smallest gaps of those that were offered, in order. */
class Nearest {
  readonly rows: number[] = [];
  private readonly gaps: number[] = [];

  constructor(private readonly most: number) {}

  offer(row: number, gap: number): void {
    const { rows, gaps, most } = this;
    if (rows.length === most && gap >= (gaps[most - 1] ?? 0)) return;
    let place = Math.min(rows.length, most - 1);
    for (; place > 0 && (gaps[place - 1] ?? 0) > gap; place--) {
      rows[place] = rows[place - 1] ?? 0;
      gaps[place] = gaps[place - 1] ?? 0;
    }
    rows[place] = row;
    gaps[place] = gap;
  }
}
