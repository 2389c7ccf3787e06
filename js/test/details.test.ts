import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DetailsDesk } from "../src/details";
import type { DetailsMessage, PageDetails } from "../src/state";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(page?: PageDetails) {
  const asked: [number, number][] = [];
  const desk = new DetailsDesk((id, row) => asked.push([id, row]), page);
  const answer = (id: number, row: number, more: Partial<DetailsMessage> = {}) =>
    desk.receive({ t: "details", id, row, values: [["name", `n${row}`]], ...more }, []);
  const rest = () => vi.advanceTimersByTime(100);
  return { desk, asked, answer, rest };
}

test("only the row on which the pointer rests is asked for", () => {
  const { desk, asked, rest } = open();
  for (const row of [1, 2, 3]) desk.want(row);
  expect(asked).toEqual([]);
  rest();
  expect(asked).toEqual([[1, 3]]);
});

test("an answer is shown, and is not asked for again", () => {
  const { desk, asked, answer, rest } = open();
  desk.want(3);
  rest();
  answer(1, 3, { index: "c" });
  expect(desk.newest.value).toEqual({ row: 3, values: [["name", "n3"]], index: "c" });
  desk.want(4);
  desk.want(3);
  rest();
  expect(asked).toHaveLength(1);
  expect(desk.newest.value?.row).toBe(3);
});

test("a late answer for another row is kept, not shown", () => {
  const { desk, asked, answer, rest } = open();
  desk.want(3);
  rest();
  desk.want(4);
  rest();
  answer(1, 3);
  expect(desk.newest.value).toBeNull();
  answer(2, 4);
  expect(desk.newest.value?.row).toBe(4);
  desk.want(3);
  rest();
  expect(asked).toHaveLength(2);
  expect(desk.newest.value?.row).toBe(3);
});

test("a picture comes as a PNG, from bytes and from text", async () => {
  const { desk, rest } = open();
  const message = { t: "details", row: 1, values: [] as [string, string][] } as const;
  desk.want(1);
  rest();
  desk.receive({ ...message, id: 1 }, [new DataView(Uint8Array.of(7, 8).buffer)]);
  expect(desk.newest.value?.image?.type).toBe("image/png");
  expect(desk.newest.value?.image?.size).toBe(2);
  desk.want(2);
  rest();
  desk.receive({ ...message, id: 2, row: 2, enc: "base64", data: "BwgJ" }, []);
  expect(desk.newest.value?.image?.size).toBe(3);
});

test("a row without a picture has none", () => {
  const { desk, answer, rest } = open();
  desk.want(1);
  rest();
  answer(1, 1);
  expect(desk.newest.value?.image).toBeUndefined();
});

test("with other columns on show, rows are asked for again and old answers are refused", () => {
  const { desk, asked, answer, rest } = open();
  desk.want(1);
  rest();
  desk.want(2);
  rest();
  answer(1, 1);
  desk.forget();
  answer(2, 2);
  expect(desk.newest.value).toBeNull();
  for (const row of [1, 2]) {
    desk.want(row);
    rest();
  }
  expect(asked).toHaveLength(4);
});

test("an exported page answers by itself, and missing cells say so", () => {
  const page = {
    columns: ["a", "b"],
    values: [
      ["1", null],
      ["3", "4"],
    ],
    index: ["x", "y"],
  };
  const { desk, asked, rest } = open(page);
  desk.want(0);
  rest();
  expect(asked).toEqual([]);
  expect(desk.newest.value).toEqual({
    row: 0,
    values: [
      ["a", "1"],
      ["b", "missing"],
    ],
    index: "x",
  });
});

test("no more than 500 answers are remembered", () => {
  const { desk, asked, answer, rest } = open();
  for (let row = 0; row < 501; row++) {
    desk.want(row);
    rest();
    answer(row + 1, row);
  }
  desk.want(500);
  rest();
  expect(asked).toHaveLength(501);
  desk.want(0);
  rest();
  expect(asked).toHaveLength(502);
});

test("closing forgets what is still to be asked", () => {
  const { desk, asked, rest } = open();
  desk.want(1);
  desk.close();
  rest();
  expect(asked).toEqual([]);
});
