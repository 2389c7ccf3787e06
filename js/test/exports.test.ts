import { expect, test } from "vitest";
import { chartSvg } from "../src/chart-svg";
import type { Curve } from "../src/state";
import { csvOf, quoted } from "../src/table";

function curve(label: string, steps: number[], values: (number | null)[]): Curve {
  return { label, kind: "loss", steps, values };
}

const KL = curve("KL divergence", [0, 10, 20], [3.0000000000000004, null, 1 / 3]);
const PULL = curve('pull "a", <b> & c', [10, 30], [0.5, 0.25]);

test("a table has every step and every digit, and nothing where there is no value", () => {
  expect(csvOf([KL, PULL])).toBe(
    '"step","KL divergence","pull ""a"", <b> & c"\r\n' +
      "0,3.0000000000000004,\r\n" +
      "10,,0.5\r\n" +
      "20,0.3333333333333333,\r\n" +
      "30,,0.25\r\n",
  );
});

test("a name that a spreadsheet would run is text; a number below zero is a number", () => {
  for (const name of ["=1+1", "+x", "-x", "@x", "\tx"])
    expect(quoted(name)).toBe(`"'${name}"`);
  expect(csvOf([curve("=HYPERLINK(1)", [1], [-2])])).toBe(
    '"step","\'=HYPERLINK(1)"\r\n1,-2\r\n',
  );
});

function parse(svg: string): Document {
  const tree = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(tree.querySelector("parsererror")).toBeNull();
  return tree;
}

test("the figure is well-formed, and names are text in it", () => {
  const tree = parse(
    chartSvg({ domain: [0, 30], title: "<UMAP> & co", curves: [KL, PULL] }),
  );
  expect(tree.querySelector("title")?.textContent).toBe("<UMAP> & co");
  const words = [...tree.querySelectorAll("text")].map((t) => t.textContent);
  expect(words).toContain("<UMAP> & co");
  expect(words.some((w) => w?.startsWith('pull "a", <b> & c'))).toBe(true);
  expect(words).toContain("step");
});

test("lines go through the values, and break where there is none", () => {
  const whole = curve("x", [0, 50, 100], [0, 1, 0.5]);
  const tree = parse(
    chartSvg({ domain: [0, 100], title: "t", curves: [whole], range: [0, 1] }),
  );
  const [line] = tree.querySelectorAll("polyline");
  const points = line!.getAttribute("points")!.split(" ");
  const [first, middle, last] = points.map((p) => p.split(",").map(Number));
  expect(middle![0]).toBeCloseTo((first![0]! + last![0]!) / 2, 1);
  expect(last![1]).toBeCloseTo((first![1]! + middle![1]!) / 2, 1);
  expect(middle![1]).toBeLessThan(first![1]!);
  const broken = parse(chartSvg({ domain: [0, 30], title: "t", curves: [KL] }));
  expect(broken.querySelectorAll("polyline")).toHaveLength(0);
  expect(broken.querySelectorAll("circle")).toHaveLength(2);
});

test("curves of different units have axes of their own", () => {
  const rate = curve("learning rate", [0, 10], [200, 100]);
  const factor = curve("exaggeration", [0, 10], [12, 1]);
  const both = parse(
    chartSvg({ domain: [0, 30], title: "t", curves: [rate, factor], isApart: true }),
  );
  const anchors = [...both.querySelectorAll("text")].map((t) =>
    t.getAttribute("text-anchor"),
  );
  expect(anchors).toContain("start");
  const ys = [...both.querySelectorAll("polyline")].map((line) =>
    line
      .getAttribute("points")!
      .split(" ")
      .map((p) => p.split(",")[1]),
  );
  expect(ys[0]).toEqual(ys[1]);
});

test("one value, equal values and no values are figures as well", () => {
  for (const curves of [[curve("x", [3], [2])], [curve("x", [0, 1], [2, 2])], []]) {
    const text = chartSvg({ domain: [0, 30], title: "t", curves });
    parse(text);
    expect(text).not.toContain("NaN");
    expect(text).not.toContain("Infinity");
  }
});

test("more curves than colours are dashed", () => {
  const many = Array.from({ length: 5 }, (_, i) => curve(`c${i}`, [0, 1], [i, i]));
  const lines = parse(
    chartSvg({ domain: [0, 30], title: "t", curves: many }),
  ).querySelectorAll("polyline");
  const looks = [...lines].map(
    (l) => l.getAttribute("stroke") + (l.getAttribute("stroke-dasharray") ?? ""),
  );
  expect(new Set(looks).size).toBe(5);
});
