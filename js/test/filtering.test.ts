import { expect, test } from "vitest";
import { shownBy } from "../src/encodings";
import {
  missingIn,
  moved,
  rangeOf,
  STOPS,
  shownRows,
  stopOf,
  toggled,
  valueText,
} from "../src/filtering";
import type { CategorySpec, Filter, NumberSpec } from "../src/state";

const ABC: CategorySpec = {
  kind: "category",
  name: "letter",
  categories: ["a", "b", "c"],
  counts: [1, 1, 1],
  values: "",
};
const LINEAR: NumberSpec = {
  kind: "number",
  name: "x",
  values: "",
  map: "viridis",
  min: -1,
  max: 3,
  scale: "linear",
};
const LOG: NumberSpec = { ...LINEAR, min: 0.01, max: 1000, scale: "log" };

test("the first click leaves one category, others add and remove, none left shows all", () => {
  const one = toggled({}, "b", ABC);
  expect(one).toEqual({ categories: ["b"] });
  const two = toggled(one, "a", ABC);
  expect(two).toEqual({ categories: ["a", "b"] });
  const back = toggled(two, "b", ABC);
  expect(back).toEqual({ categories: ["a"] });
  expect(toggled(back, "a", ABC)).toEqual({});
});

test("names that are no categories any more do not stay in the filter", () => {
  expect(toggled({ categories: ["gone", "a"] }, "c", ABC)).toEqual({
    categories: ["a", "c"],
  });
});

test.each([LINEAR, LOG])(
  "both ends of the sliders are exactly those of the $scale scale",
  (spec) => {
    expect(rangeOf({}, spec)).toEqual([spec.min, spec.max]);
    expect(stopOf(spec, spec.min)).toBe(0);
    expect(stopOf(spec, spec.max)).toBe(STOPS);
    const narrow = moved({}, spec, "from", 50);
    expect(narrow.range?.[1]).toBe(spec.max);
    expect(moved(narrow, spec, "from", 0)).toEqual({});
  },
);

test.each([LINEAR, LOG])(
  "a slider stays where it was pushed on a $scale scale",
  (spec) => {
    for (let stop = 1; stop < STOPS; stop++) {
      const { range } = moved({}, spec, "from", stop);
      expect(stopOf(spec, range?.[0] ?? Number.NaN)).toBe(stop);
    }
  },
);

test("the sliders cannot cross", () => {
  let filter: Filter = moved({}, LINEAR, "to", 80);
  filter = moved(filter, LINEAR, "from", 150);
  const [from, to] = rangeOf(filter, LINEAR);
  expect(from).toBeLessThanOrEqual(to);
  expect(stopOf(LINEAR, from)).toBe(80);
  filter = moved(filter, LINEAR, "to", 10);
  expect(rangeOf(filter, LINEAR)[1]).toBeGreaterThanOrEqual(rangeOf(filter, LINEAR)[0]);
});

test("moving one end leaves a number that Python gave to the other alone", () => {
  const filter = moved({ range: [0.123456, 2] }, LINEAR, "to", 100);
  expect(filter.range?.[0]).toBe(0.123456);
});

test("values have no more digits than a slider can mean", () => {
  expect(moved({}, LINEAR, "from", 77).range?.[0]).toBe(0.54);
  expect([0.54, 3, 2.5, 0].map((v) => valueText(LINEAR, v))).toEqual([
    "0.54",
    "3",
    "2.5",
    "0",
  ]);
  expect(valueText({ ...LINEAR, min: 0, max: 2000 }, 100)).toBe("100");
  expect(valueText(LOG, 12.3)).toBe("12.3");
  expect(valueText({ ...LINEAR, min: 5, max: 5 }, 5)).toBe("5");
});

test("rows that pass are counted and listed", () => {
  const codes = Uint16Array.from([0, 1, 2, 65535, 1]);
  const encoding = { spec: ABC, codes };
  expect(missingIn(encoding)).toBe(1);
  expect(shownRows(shownBy({ categories: ["b"] }, encoding), 5)).toEqual([1, 4]);
  expect(shownRows(null, 3)).toEqual([0, 1, 2]);
});
