import { expect, test } from "vitest";
import { type Change, Rows } from "../src/rows";
import type { PackedSelection } from "../src/state";
import { bytesOf } from "../src/transport";

function bytes(packed: PackedSelection): number[] {
  return [...bytesOf(packed.data)];
}

test("few rows travel as little-endian numbers, many as one bit each, lowest bit first", () => {
  const few = Rows.of([258, 3], 1000).pack(1000);
  expect([few.kind, few.n, bytes(few)]).toEqual(["rows", 1000, [3, 0, 0, 0, 2, 1, 0, 0]]);
  const many = Rows.of([0, 2, 9, 15], 16).pack(16);
  expect([many.kind, bytes(many)]).toEqual(["bits", [0b101, 0b10000010]]);
});

test("the shorter form is taken, at every size", () => {
  const first = (count: number) => Array.from({ length: count }, (_, i) => i);
  expect(Rows.of(first(31), 1000).pack(1000).kind).toBe("rows");
  expect(Rows.of(first(32), 1000).pack(1000).kind).toBe("bits");
});

test("nothing selected is a list without bytes", () => {
  const none = Rows.of([], 5).pack(5);
  expect([none.kind, none.n, bytes(none)]).toEqual(["rows", 5, []]);
});

test.each(["rows", "bits"])("what was packed as %s comes back", (kind) => {
  const n = kind === "rows" ? 5000 : 20;
  const rows = Rows.of([1, 7, 8, 19], n);
  const packed = rows.pack(n);
  expect(packed.kind).toBe(kind);
  const back = Rows.unpack(packed);
  expect([...back]).toEqual([1, 7, 8, 19]);
  expect(back.count).toBe(4);
  expect(back.equals(rows)).toBe(true);
});

test("a selection is read from base64 text and from the middle of a larger buffer", () => {
  const text = Rows.unpack({ n: 16, kind: "bits", data: btoa("\x81\x01") });
  expect([...text]).toEqual([0, 7, 8]);
  const buffer = Uint8Array.of(9, 9, 5, 0, 0, 0, 9).buffer;
  const view = Rows.unpack({ n: 16, kind: "rows", data: new DataView(buffer, 2, 4) });
  expect([...view]).toEqual([5]);
});

test("no selection at all, or rows that the data has not, select nothing", () => {
  expect(Rows.unpack(undefined).count).toBe(0);
  expect(Rows.of([-1, 3, 99], 3).count).toBe(0);
});

test.each<[Change, number[]]>([
  ["replace", [2, 3]],
  ["add", [1, 2, 3]],
  ["remove", [1]],
  ["toggle", [1, 3]],
])("%s", (how, expected) => {
  const before = Rows.of([1, 2], 10);
  const after = before.changed([2, 3, 10, -1], how, 10);
  expect([...after]).toEqual(expected);
  expect(after.count).toBe(expected.length);
  expect([...before]).toEqual([1, 2]);
});

test("sets are equal when they have the same rows, however long the data is", () => {
  expect(Rows.of([1], 8).equals(Rows.of([1], 800))).toBe(true);
  expect(Rows.of([1], 8).equals(Rows.of([2], 8))).toBe(false);
  expect(Rows.of([1], 8).equals(Rows.of([1, 700], 800))).toBe(false);
  expect(Rows.none.equals(Rows.of([], 100))).toBe(true);
});

test("has is false beyond the end", () => {
  const rows = Rows.of([9], 10);
  expect([rows.has(9), rows.has(8), rows.has(400)]).toEqual([true, false, false]);
});
