import { expect, test } from "vitest";
import { MISSING, unpackLook } from "../src/encodings";
import { cardOf, factsOf, spokenOf } from "../src/facts";
import { categorySpec, numberSpec } from "./looks";

const LOOK = unpackLook({
  color: categorySpec([0, 1, MISSING], ["cat", "dog"], { name: "species" }),
  size: numberSpec([32767, 0, MISSING], { name: "mass" }),
  opacity: numberSpec([32767, 0, MISSING], { name: "mass" }),
});

test("what colours and sizes a point is known at once, each column once", () => {
  expect(factsOf(LOOK, 0)).toEqual([
    ["species", "cat"],
    ["mass", "5"],
  ]);
  expect(factsOf(LOOK, 2)).toEqual([
    ["species", "missing"],
    ["mass", "missing"],
  ]);
  expect(factsOf({}, 0)).toEqual([]);
});

test("the kernel's words replace what was known in its place, and add to it", () => {
  const details = {
    row: 1,
    values: [
      ["name", "Ada"],
      ["mass", "0.0001"],
    ] as [string, string][],
  };
  expect(cardOf(LOOK, 1, details)).toEqual([
    ["species", "dog"],
    ["mass", "0.0001"],
    ["name", "Ada"],
  ]);
  expect(cardOf(LOOK, 0, details)).toEqual(factsOf(LOOK, 0));
});

test("a point is spoken with its row, its name and its values", () => {
  const details = {
    row: 1,
    values: [["name", "Ada"]] as [string, string][],
    index: "x7",
  };
  expect(spokenOf(LOOK, 1, details, true)).toBe(
    "row 1, x7, selected, species dog, mass 0, name Ada",
  );
  expect(spokenOf(LOOK, 0, details, false)).toBe("row 0, species cat, mass 5");
});
