// Classes within classes: shades of one colour on the map, both levels in the legend and on the card.

import { signal } from "@preact/signals";
import { zlibSync } from "fflate";
import { h, render } from "preact";
import { afterEach, expect, test } from "vitest";
import { unpackLook } from "../src/encodings";
import { factsOf } from "../src/facts";
import { paintOf } from "../src/renderer/paint";
import { Rows } from "../src/rows";
import { palette, shadeOf } from "../src/scales";
import type { Screen } from "../src/screen";
import type { Encodings } from "../src/state";
import { Store } from "../src/store";
import { Legend } from "../src/views/legend";
import { FakeModel, running } from "./fake";

afterEach(() => {
  document.body.replaceChildren();
});

const bytes = (codes: number[]) =>
  new DataView(zlibSync(new Uint8Array(Uint16Array.from(codes).buffer)).buffer);
const ENCODINGS: Encodings = {
  color: {
    kind: "category",
    name: "kind",
    categories: ["cat", "dog"],
    counts: [3, 1],
    values: bytes([0, 0, 1, 0, 65535]),
    shades: {
      name: "species",
      categories: [["lion", "lynx"], ["wolf"]],
      counts: [[2, 1], [1]],
      values: bytes([0, 1, 0, 0, 65535]),
    },
  },
};

test("the first class is darker than its category, the last one lighter, one alone is the same", () => {
  expect(shadeOf([100, 50, 200], 0, 3)).toEqual([60, 30, 120]);
  expect(shadeOf([100, 50, 200], 1, 3)).toEqual([100, 50, 200]);
  expect(shadeOf([100, 50, 200], 2, 3)).toEqual([178, 153, 228]);
  expect(shadeOf([100, 50, 200], 0, 1)).toEqual([100, 50, 200]);
});

test("points have the shade of their class", () => {
  const paint = paintOf(unpackLook(ENCODINGS), 5, false, null, Rows.none);
  const [cat, dog] = palette(2, false);
  const at = (row: number) => [...paint.rgba.subarray(4 * row, 4 * row + 3)];
  expect(at(0)).toEqual(shadeOf(cat!, 0, 2));
  expect(at(1)).toEqual(shadeOf(cat!, 1, 2));
  expect(at(2)).toEqual([...dog!]);
  expect(at(3)).toEqual(at(0));
});

test("the card names both", () => {
  const look = unpackLook(ENCODINGS);
  expect(factsOf(look, 1)).toEqual([
    ["kind", "cat"],
    ["species", "lynx"],
  ]);
  expect(factsOf(look, 4)).toEqual([
    ["kind", "missing"],
    ["species", "missing"],
  ]);
});

test("the legend shows both levels, and a click on the inner one selects its points", () => {
  const model = new FakeModel();
  Object.assign(model.traits, {
    status: running({ state: "done", n: 5 }),
    encodings: ENCODINGS,
  });
  const store = new Store(model.asModel);
  const screen = { isDark: signal(false) } as unknown as Screen;
  const host = document.createElement("div");
  document.body.append(host);
  render(h(Legend, { store, screen }), host);
  const inner = [...host.querySelectorAll(".nbe-shades .nbe-name")];
  expect(inner.map((name) => name.textContent)).toEqual(["lion", "lynx", "wolf"]);
  const lists = [...host.querySelectorAll(".nbe-shades")];
  expect(lists.map((list) => list.getAttribute("aria-label"))).toEqual([
    "species within cat",
    "species within dog",
  ]);
  host.querySelector<HTMLButtonElement>(".nbe-shades button")?.click();
  expect([...store.looking.selection.value]).toEqual([0, 3]);
});
