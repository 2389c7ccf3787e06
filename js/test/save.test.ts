import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { download, fileName } from "../src/download";
import { unpackLook } from "../src/encodings";
import { pathsOf } from "../src/paths";
import { paintOf } from "../src/renderer/paint";
import { Rows } from "../src/rows";
import { mapSvg } from "../src/save";
import { layOut } from "../src/sheet";
import type { Encodings } from "../src/state";
import { element, xml } from "../src/svg";
import { categorySpec, numberSpec } from "./looks";
import { openStage } from "./stage";

const HOSTILE = [
  "</text><script>alert(1)</script>",
  '"><image href="http://evil.example/x.png"/>',
  "]]>&amp;&#x0;",
  "a\u0000b\u0008c\ud800d\uffff",
  "' onload='alert(1)",
  "日本語 و العربية 🙂",
];
const SIZE = { width: 400, height: 300 };
const STYLE = { pointSize: 4, opacity: 0.5, markedOpacity: 0.9 };
const PLACE = { sx: 1, sy: 1, ox: 0, oy: 0 };
const RULER = (text: string, size: number) => 0.5 * size * text.length;

beforeEach(() => {
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function parse(text: string): Document {
  const document = new DOMParser().parseFromString(text, "image/svg+xml");
  expect(document.querySelector("parsererror")).toBeNull();
  return document;
}

function paths(
  points: [number, number][],
  encodings: Encodings = {},
  selected: number[] = [],
) {
  const n = points.length;
  const paint = paintOf(unpackLook(encodings), n, false, null, Rows.of(selected, n));
  const found = pathsOf(Uint16Array.from(points.flat()), PLACE, SIZE, paint, STYLE);
  const svg = parse(`<svg xmlns="http://www.w3.org/2000/svg">${found.join("")}</svg>`);
  return [...svg.querySelectorAll("path")];
}

function dots(path: Element): string[] {
  return path.getAttribute("d")!.split("M").slice(1);
}

test.each(HOSTILE)("%j stands in a picture as text and as nothing else", (name) => {
  const svg = parse(
    element("svg", { xmlns: "http://www.w3.org/2000/svg", id: name }, name),
  );
  expect(svg.querySelectorAll("*")).toHaveLength(1);
  // What XML cannot hold is gone, and half a character is a replacement.
  const expected = ["\u0000", "\u0008", "\uffff"]
    .reduce((text, character) => text.replaceAll(character, ""), name)
    .replace("\ud800", "\ufffd");
  expect(svg.documentElement.textContent).toBe(expected);
  expect(svg.documentElement.getAttribute("id")).toBe(expected);
  expect([...svg.documentElement.attributes].map((a) => a.name).sort()).toEqual([
    "id",
    "xmlns",
  ]);
});

test("escaping is made once", () => {
  expect(xml("a<b>&amp;")).toBe("a&#60;b&#62;&#38;amp;");
});

test("dots of one look share a path, and coordinates have one decimal", () => {
  const color = categorySpec([0, 1, 0], ["a", "b"]);
  const found = paths(
    [
      [10, 10],
      [20, 10],
      [30, 10],
    ],
    { color },
  );
  expect(new Set(found.map((path) => path.getAttribute("stroke"))).size).toBe(2);
  expect(found.flatMap(dots).sort()).toEqual(["10 10h0", "20 10h0", "30 10h0"]);
  expect(found[0]?.getAttribute("stroke-opacity")).toBe("0.5");
  expect(found[0]?.getAttribute("stroke-width")).toBe("4");
});

test("many dots of one look are dealt out to layers, so that overlaps add up", () => {
  const many = Array.from({ length: 800 }, (_, i): [number, number] => [i % 300, 5]);
  const found = paths(many);
  expect(found).toHaveLength(8);
  expect(found.flatMap(dots)).toHaveLength(800);
});

test("what is out of view is left out, what reaches into it is not", () => {
  const found = paths([
    [10, 10],
    [401, 10],
    [500, 10],
    [10, 400],
  ]);
  expect(found.flatMap(dots).sort()).toEqual(["10 10h0", "401 10h0"]);
});

test("selected dots come last, larger and stronger", () => {
  const found = paths(
    [
      [10, 10],
      [20, 10],
      [30, 10],
    ],
    {},
    [1],
  );
  expect(dots(found.at(-1)!)).toEqual(["20 10h0"]);
  expect(Number(found.at(-1)!.getAttribute("stroke-opacity"))).toBeCloseTo(0.9);
  expect(Number(found.at(-1)!.getAttribute("stroke-width"))).toBeGreaterThan(5);
  expect(Number(found[0]!.getAttribute("stroke-opacity"))).toBeLessThan(0.14);
});

test("100,000 dots of 256 colours and many sizes make few paths", () => {
  const n = 100_000;
  const color = numberSpec(Array.from({ length: n }, (_, i) => (i * 7919) % 65535));
  const size = numberSpec(Array.from({ length: n }, (_, i) => (i * 104_729) % 65535));
  const paint = paintOf(unpackLook({ color, size }), n, false, null, Rows.none);
  const data = Uint16Array.from({ length: 2 * n }, (_, i) => (i * 31) % 300);
  const found = pathsOf(data, PLACE, SIZE, paint, STYLE);
  expect(found.length).toBeLessThan(5000);
  expect(found.join("").length).toBeLessThan(2_500_000);
});

function sheet(encodings: Encodings, more: object = {}) {
  const content = {
    look: unpackLook(encodings),
    filter: {},
    caption: "Sizes and gaps of clusters are not to scale.",
    isDark: false,
    ...more,
  };
  return layOut(400, 300, content, RULER);
}

function texts({ items }: ReturnType<typeof layOut>): string[] {
  return items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
}

test("the legend names every category and keeps inside the picture", () => {
  const names = Array.from(
    { length: 30 },
    (_, i) => `category ${i} ${"x".repeat(3 * i)}`,
  );
  const found = sheet({ color: categorySpec([], names) });
  expect(texts(found)).toEqual(expect.arrayContaining(["label", "category 0 "]));
  const discs = found.items.filter((item) => item.kind === "disc");
  expect(discs).toHaveLength(30);
  // In two columns, however long a name is.
  expect(new Set(discs.map((item) => item.x)).size).toBe(2);
  for (const item of found.items) {
    const width = item.kind === "text" ? RULER(item.text, item.size) : 10;
    expect(item.x + width).toBeLessThanOrEqual(400 - 10);
    expect(item.y).toBeLessThan(found.height);
    expect(item.y).toBeGreaterThan(300);
  }
});

test("more than 60 categories are counted, not named", () => {
  const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
  const found = texts(sheet({ color: categorySpec([], names) }));
  expect(found).toContain("c59");
  expect(found).not.toContain("c60");
  expect(found).toContain("and 40 more");
});

test("categories that the filter hides are faint in the legend", () => {
  const { items } = sheet(
    { color: categorySpec([], ["a", "b"]) },
    { filter: { categories: ["b"] } },
  );
  const alphas = items.flatMap((item) => (item.kind === "disc" ? [item.alpha] : []));
  expect(alphas).toEqual([0.15, 1]);
});

test("numbers have a ramp with ticks, sizes and opacities a line, and the caption ends it", () => {
  const spec = numberSpec([], { name: "mass", min: 0, max: 100 });
  const found = sheet({ color: spec, size: spec, opacity: spec });
  expect(found.items.filter((item) => item.kind === "bar").length).toBeGreaterThan(20);
  const all = texts(found).join(" ");
  expect(all).toContain("0 ");
  expect(all).toContain("100");
  expect(all).toContain("Size: mass, 0 to 100");
  expect(all).toContain("Opacity: mass, 0 to 100");
  expect(all.endsWith("Sizes and gaps of clusters are not to scale.")).toBe(true);
});

test("a whole map is one picture with points, legend and caption, whatever the names are", () => {
  const { model, store, screen, close } = openStage([[100, 100]]);
  const names = HOSTILE.slice(0, 3);
  model.change("encodings", {
    color: categorySpec([0, 1, 2], names, { name: HOSTILE[4]! }),
  });
  const surface = {
    ...screen.surface.value!,
    paint: () => paintOf(store.looking.look.value, 3, false, null, Rows.none),
  };
  const svg = parse(mapSvg(store, screen, [{ name: "", screen, sight: store, surface }]));
  expect(svg.querySelectorAll("path").length).toBeGreaterThan(0);
  expect(svg.querySelectorAll("circle")).toHaveLength(3);
  expect(svg.querySelectorAll("script, image, [onload]")).toHaveLength(0);
  expect(svg.documentElement.textContent).toContain("not");
  close();
});

test("a file name holds no path and is never empty", () => {
  expect(fileName("UMAP: a/b\\c-map.png")).toBe("UMAP- a-b-c-map.png");
  expect(fileName("../../etc/passwd")).toBe("etc-passwd");
  expect(fileName("‮:/")).toBe("nbembed");
  expect(fileName("日本-map.svg")).toBe("日本-map.svg");
});

test("a download is a click on a link that is taken away again", () => {
  vi.useFakeTimers();
  const made: Blob[] = [];
  const revoked: string[] = [];
  Object.assign(URL, {
    createObjectURL: (blob: Blob) => `blob:${made.push(blob)}`,
    revokeObjectURL: (address: string) => revoked.push(address),
  });
  const clicked: [string, string][] = [];
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
    this: HTMLAnchorElement,
  ) {
    clicked.push([this.href, this.download]);
  });
  download("a/b.csv", "x,y", "text/csv");
  download("b.png", new Blob(["p"], { type: "image/png" }));
  expect(clicked).toEqual([
    ["blob:1", "a-b.csv"],
    ["blob:2", "b.png"],
  ]);
  expect(made.map((blob) => blob.type)).toEqual(["text/csv", "image/png"]);
  expect(document.querySelector("a")).toBeNull();
  vi.advanceTimersByTime(60_000);
  expect(revoked).toEqual(["blob:1", "blob:2"]);
});

test("several maps stand in one picture, each below its name", () => {
  const { store, screen, close } = openStage([[100, 100]]);
  const surface = {
    ...screen.surface.value!,
    paint: () => paintOf({}, 3, false, null, Rows.none),
  };
  const part = (name: string) => ({ name, screen, sight: store, surface });
  const svg = parse(mapSvg(store, screen, ["one", "two <b>", "three", "four"].map(part)));
  const inner = [...svg.querySelectorAll("svg > svg")];
  const corners = inner.map((map) => [map.getAttribute("x"), map.getAttribute("y")]);
  expect(corners).toEqual([
    ["0", "24"],
    ["436", "24"],
    ["0", "284"],
    ["436", "284"],
  ]);
  expect(inner.every((map) => map.querySelectorAll("path").length > 0)).toBe(true);
  const texts = [...svg.querySelectorAll("text")].map((text) => text.textContent);
  expect(texts.slice(0, 4)).toEqual(["one", "two <b>", "three", "four"]);
  expect(Number(svg.documentElement.getAttribute("width"))).toBe(872);
  close();
});
