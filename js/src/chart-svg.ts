// A panel as a vector picture on white: the same curves, for papers and slides. Pure.

import { ticks } from "d3-array";
import { valueAt } from "./curves";
import type { Curve } from "./state";
import { strokeOf } from "./strokes";
import { element, group } from "./svg";
import { count, figure } from "./text";
import { tickTexts } from "./ticks";

export interface Figure {
  title: string;
  curves: readonly Curve[];
  /** First and last step of the axis. */
  domain: readonly [number, number];
  /** Fixed ends of the vertical axis. */
  range?: readonly [number, number];
  /** Every curve has its own vertical axis; the first two are written. */
  isApart?: boolean;
}

const [WIDTH, HEIGHT] = [480, 300];
const INKS = ["#0072b2", "#c75c00", "#00805d"] as const;
const [TEXT, MUTED, GRID] = ["#1c2024", "#5c6670", "#eceff2"];
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
const SIDE = 62;

interface Scale {
  low: number;
  high: number;
  place(value: number): number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function chartSvg(figure: Figure): string {
  const { title, curves } = figure;
  const isApart = figure.isApart === true && curves.length > 1;
  const box = {
    left: SIDE,
    top: 44 + 17 * Math.ceil(curves.length / 2),
    right: WIDTH - (isApart ? SIDE : 18),
    bottom: HEIGHT - 46,
  };
  const [first, last] = figure.domain;
  const x = scaleOf([first, Math.max(last, first + 1)], box.left, box.right);
  const ys = (isApart ? curves.map((curve) => [curve]) : [curves]).map((own) =>
    scaleOf(figure.range ?? roomy(finite(own)), box.bottom, box.top),
  );
  const note = curves.find((curve) => curve.note !== undefined)?.note ?? "";
  const size = { width: WIDTH, height: HEIGHT };
  const view = `0 0 ${WIDTH} ${HEIGHT}`;
  const frame = { xmlns: "http://www.w3.org/2000/svg", ...size, viewBox: view };
  return group("svg", { ...frame, "font-family": FONT, role: "img" }, [
    element("title", {}, title),
    element("rect", { ...size, fill: "#ffffff" }),
    words(title, 18, 24, { "font-size": 15, "font-weight": 600 }),
    ...curves.map((curve, i) => keyOf(curve, i)),
    ...ys.slice(0, 2).map((y, i) => verticalAxis(y, box, i === 1)),
    horizontalAxis(x, box),
    ...curves.map((curve, i) => lineOf(curve, i, x, ys[isApart ? i : 0] ?? x)),
    words(note, 18, HEIGHT - 10, { "font-size": 10, fill: MUTED }),
  ]);
}

function finite(curves: readonly Curve[]): number[] {
  return curves.flatMap((curve) => curve.values).filter((value) => value !== null);
}

/** Lowest and highest value, apart from each other, with some room around them. */
function roomy(values: readonly number[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) return [0, 1];
  const room = 0.08 * (high - low) || 0.5;
  return [low - room, high + room];
}

function scaleOf(
  [low, high]: readonly [number, number],
  from: number,
  to: number,
): Scale {
  return { low, high, place: (v) => from + ((v - low) / (high - low)) * (to - from) };
}

function verticalAxis(y: Scale, box: Box, isRight: boolean): string {
  const values = ticks(y.low, y.high, 5);
  const texts = tickTexts(values);
  const x = isRight ? box.right + 8 : box.left - 8;
  const style = { ...SMALL, "text-anchor": isRight ? "start" : "end" };
  const marks = values.flatMap((value, i) => {
    const at = round(y.place(value));
    const label = words(texts[i] ?? "", x, at + 4, style);
    const line = { d: `M${box.left} ${at}H${box.right}`, stroke: GRID };
    return isRight ? [label] : [element("path", line), label];
  });
  return group("g", {}, marks);
}

function horizontalAxis(x: Scale, box: Box): string {
  const middle = (box.left + box.right) / 2;
  const line = { d: `M${box.left} ${box.bottom}H${box.right}`, stroke: MUTED };
  const marks = ticks(x.low, x.high, 6)
    .filter(Number.isInteger)
    .flatMap((value) => {
      const at = round(x.place(value));
      const mark = { d: `M${at} ${box.bottom}v4`, stroke: MUTED };
      const style = { ...SMALL, "text-anchor": "middle" };
      return [element("path", mark), words(count(value), at, box.bottom + 17, style)];
    });
  const name = words("step", middle, HEIGHT - 10, { "text-anchor": "middle" });
  return group("g", {}, [element("path", line), ...marks, name]);
}

/** A line is broken where a value was not finite. */
function lineOf(curve: Curve, i: number, x: Scale, y: Scale): string {
  const pieces: string[][] = [[]];
  curve.steps.forEach((step, k) => {
    const value = curve.values[k] ?? null;
    if (value === null) pieces.push([]);
    else pieces.at(-1)?.push(`${round(x.place(step))},${round(y.place(value))}`);
  });
  const line = { fill: "none", "stroke-width": 1.6, "stroke-linejoin": "round" };
  const parts = pieces.map((points) => {
    const [first] = points;
    if (first === undefined) return "";
    if (points.length > 1)
      return element("polyline", { ...line, ...inkOf(i), points: points.join(" ") });
    const [cx = 0, cy = 0] = first.split(",");
    return element("circle", { cx, cy, r: 2.5, fill: inkOf(i).stroke });
  });
  return group(
    "g",
    {},
    parts.filter((part) => part !== ""),
  );
}

/** Two keys in a row. */
function keyOf(curve: Curve, i: number): string {
  const [x, y] = [18 + 230 * (i % 2), 44 + 17 * (i >> 1)];
  const line = { d: `M${x} ${y - 4}h16`, "stroke-width": 2, ...inkOf(i) };
  const text = `${curve.label} ${figure(valueAt(curve, null))}`;
  return group("g", {}, [element("path", line), words(text, x + 22, y)]);
}

function inkOf(i: number): { stroke: string; "stroke-dasharray"?: string } {
  const { ink, dash } = strokeOf(i);
  const stroke = INKS[ink] ?? INKS[0];
  return dash.length === 0 ? { stroke } : { stroke, "stroke-dasharray": dash.join(" ") };
}

const SMALL = { "font-size": 11, fill: MUTED };

function words(
  text: string,
  x: number,
  y: number,
  style: Record<string, string | number> = {},
): string {
  const place = { x: round(x), y: round(y) };
  return element("text", { "font-size": 12, fill: TEXT, ...place, ...style }, text);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
