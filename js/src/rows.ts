// Sets of rows: what is selected. One bit a row in memory, packed for the way to Python. Pure.

import type { PackedSelection } from "./state";
import { type BytesOf, bytesOf } from "./transport";

/** A set of row positions that never changes; a change makes a new one. */
export class Rows {
  static readonly none = new Rows(new Uint8Array(0), 0);

  private constructor(
    private readonly bits: BytesOf,
    readonly count: number,
  ) {}

  static of(rows: Iterable<number>, n: number): Rows {
    const bits = new Uint8Array(Math.ceil(n / 8));
    for (const row of rows) if (row >= 0 && row < n) set(bits, row);
    return new Rows(bits, countBits(bits));
  }

  static unpack(packed: PackedSelection | undefined): Rows {
    if (packed?.kind === undefined) return Rows.none;
    const bytes = bytesOf(packed.data);
    if (packed.kind === "bits") return new Rows(bytes.slice(), countBits(bytes));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const rows = Array.from({ length: bytes.byteLength >> 2 }, (_, i) =>
      view.getUint32(4 * i, true),
    );
    return Rows.of(rows, packed.n);
  }

  has(row: number): boolean {
    return (((this.bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
  }

  *[Symbol.iterator](): Generator<number> {
    for (let byte = 0; byte < this.bits.length; byte++) {
      const value = this.bits[byte] ?? 0;
      for (let bit = 0; value >> bit > 0; bit++)
        if (((value >> bit) & 1) === 1) yield 8 * byte + bit;
    }
  }

  /** The row that stands alone in this set; -1 when it is empty or not alone. */
  only(): number {
    if (this.count !== 1) return -1;
    const [row = -1] = this;
    return row;
  }

  /** These rows without the others. */
  without(other: Rows): Rows {
    if (this.count === 0 || other.count === 0) return this;
    const bits = this.bits.map((byte, i) => byte & ~(other.bits[i] ?? 0));
    return new Rows(bits, countBits(bits));
  }

  /** These rows and the others. */
  with(other: Rows): Rows {
    if (other.count === 0) return this;
    const [long, short] =
      this.bits.length >= other.bits.length
        ? [this.bits, other.bits]
        : [other.bits, this.bits];
    const bits = long.slice();
    for (let i = 0; i < short.length; i++) bits[i] = (bits[i] ?? 0) | (short[i] ?? 0);
    return new Rows(bits, countBits(bits));
  }

  equals(other: Rows): boolean {
    if (this.count !== other.count) return false;
    const length = Math.max(this.bits.length, other.bits.length);
    for (let byte = 0; byte < length; byte++)
      if ((this.bits[byte] ?? 0) !== (other.bits[byte] ?? 0)) return false;
    return true;
  }

  /** This set changed by `rows`: replaced by them, with them, without them, or toggled. */
  changed(rows: Iterable<number>, how: Change, n: number): Rows {
    const bits = new Uint8Array(Math.ceil(n / 8));
    if (how !== "replace") bits.set(this.bits.subarray(0, bits.length));
    const act = how === "remove" ? clear : how === "toggle" ? flip : set;
    for (const row of rows) if (row >= 0 && row < n) act(bits, row);
    return new Rows(bits, countBits(bits));
  }

  /** Whichever form is shorter. */
  pack(n: number): PackedSelection {
    if (this.count === 0) return { n, kind: "rows", data: new DataView(EMPTY) };
    const size = Math.ceil(n / 8);
    if (size <= 4 * this.count) {
      const bits = new Uint8Array(size);
      bits.set(this.bits.subarray(0, size));
      return { n, kind: "bits", data: new DataView(bits.buffer) };
    }
    const view = new DataView(new ArrayBuffer(4 * this.count));
    let at = 0;
    for (const row of this) {
      view.setUint32(at, row, true);
      at += 4;
    }
    return { n, kind: "rows", data: view };
  }
}

export type Change = "replace" | "add" | "remove" | "toggle";

const EMPTY = new ArrayBuffer(0);

function set(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
}

function clear(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] ?? 0) & ~(1 << (row & 7));
}

function flip(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] ?? 0) ^ (1 << (row & 7));
}

function countBits(bits: Uint8Array): number {
  let count = 0;
  for (const byte of bits)
    for (let value = byte; value > 0; value >>= 1) count += value & 1;
  return count;
}
