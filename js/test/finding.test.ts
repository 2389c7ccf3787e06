import { expect, test } from "vitest";
import type { Encoding } from "../src/encodings";
import { findRows } from "../src/finding";
import type { PageDetails } from "../src/state";

const COLOR: Encoding = {
  spec: {
    kind: "category",
    name: "fruit",
    categories: ["Apple", "pear"],
    counts: [2, 1],
    values: "",
  },
  codes: Uint16Array.from([0, 1, 65535, 0]),
};
const PAGE: PageDetails = {
  columns: ["text", "weight"],
  values: [
    ["from the Apple tree", "0.1287"],
    ["green", "12"],
    ["missing", "missing"],
    ["no. 12", "3"],
  ],
  index: ["a", "b", "pine-apple", "d"],
};

function find(text: string, page: PageDetails | undefined = PAGE): number[] {
  return findRows(text, 4, COLOR, page);
}

test("names of categories, texts of cards and names of rows are searched, whatever the case", () => {
  expect(find("PEAR")).toEqual([1]);
  expect(find(" green ")).toEqual([1]);
  expect(find("apple")).toEqual([0, 2, 3]);
  expect(find("nowhere")).toEqual([]);
});

test("a number is a row, and a text, but not a part of another number", () => {
  expect(find("2")).toEqual([2, 3]);
  expect(find("#3")).toEqual([3]);
  expect(find("#12")).toEqual([]);
  expect(find("12")).toEqual([3]);
});

test("missing values are not found, and nothing is not searched for", () => {
  expect(find("missing")).toEqual([]);
  expect(find("  ")).toEqual([]);
});

test("without cards there are still colours and rows", () => {
  expect(findRows("apple", 4, COLOR, undefined)).toEqual([0, 3]);
  expect(findRows("1", 4, undefined, undefined)).toEqual([1]);
});
