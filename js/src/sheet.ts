// A picture of the map for use elsewhere: what stands below the points, and where. Pure.

import type { Look } from "./encodings";
import { categoryColors, cssColor, ramp } from "./scales";
import type { CategorySpec, Filter, NumberSpec, Spec } from "./state";
import { count } from "./text";
import { shortest, ticksOf } from "./ticks";

export type Item =
  | {
      kind: "text";
      x: number;
      y: number;
      text: string;
      size: number;
      isBold: boolean;
      isMuted: boolean;
    }
  | { kind: "disc"; x: number; y: number; radius: number; color: string; alpha: number }
  | {
      kind: "bar";
      x: number;
      y: number;
      width: number;
      height: number;
      color: string;
    };

export interface Sheet {
  width: number;
  height: number;
  items: Item[];
}

/** Width of a text in pixels. */
export type Measure = (text: string, size: number, isBold: boolean) => number;

const MARGIN = 18;
const LINE = 19;
const TEXT = 12;
const SMALL = 11;
/** Nobody reads more in a picture. */
const MOST_NAMES = 60;
const LONGEST = 48;
/** From a dot to its name, and from a name to the next dot. */
const DOT = 14;
const BAR = 220;
const BAR_STEPS = 44;

export interface Content {
  look: Look;
  filter: Filter;
  caption: string;
  isDark: boolean;
}

/** Legend and caption below a map of this size. */
export function layOut(
  width: number,
  mapHeight: number,
  content: Content,
  measure: Measure,
): Sheet {
  const writer = new Writer(width, mapHeight + 6, measure);
  const { color, size, opacity } = content.look;
  if (color?.spec.kind === "category")
    categories(writer, color.spec, content.filter, content.isDark);
  else if (color?.spec.kind === "number") numbers(writer, color.spec, content.isDark);
  if (size !== undefined) writer.paragraph(`Size: ${extent(size.spec)}`, TEXT, false);
  if (opacity !== undefined)
    writer.paragraph(`Opacity: ${extent(opacity.spec)}`, TEXT, false);
  writer.y += 3;
  writer.paragraph(content.caption, SMALL, true);
  return { width, height: Math.ceil(writer.y + 10), items: writer.items };
}

/** Puts things in lines, from left to right. */
class Writer {
  readonly items: Item[] = [];
  private x = MARGIN;

  constructor(
    readonly width: number,
    public y: number,
    readonly measure: Measure,
  ) {}

  text(text: string, size = TEXT, isBold = false, isMuted = false): number {
    const { x, y } = this;
    this.items.push({ kind: "text", x, y: y + 14, text, size, isBold, isMuted });
    this.x += this.measure(text, size, isBold);
    return this.x;
  }

  /** Room for something so wide, in this line or in the next one. */
  room(width: number): { x: number; y: number } {
    if (this.x > MARGIN && this.x + width > this.width - MARGIN) this.end();
    return { x: this.x, y: this.y };
  }

  skip(width: number): void {
    this.x += width;
  }

  end(): void {
    this.x = MARGIN;
    this.y += LINE;
  }

  paragraph(text: string, size: number, isMuted: boolean): void {
    const space = this.measure(" ", size, false);
    for (const word of text.split(" ")) {
      const short = this.clip(word, size);
      this.room(this.measure(short, size, false));
      this.text(short, size, false, isMuted);
      this.skip(space);
    }
    this.end();
  }

  /** At most a line, with dots where something is missing. */
  clip(
    text: string,
    size = TEXT,
    isBold = false,
    most = this.width - 2 * MARGIN - 60,
  ): string {
    const characters = [...text.replace(/\s+/g, " ")];
    let length = Math.min(characters.length, LONGEST);
    const short = () =>
      characters.slice(0, length).join("") + (length < characters.length ? "…" : "");
    while (length > 1 && this.measure(short(), size, isBold) > most) length -= 1;
    return short();
  }
}

function categories(
  writer: Writer,
  spec: CategorySpec,
  filter: Filter,
  isDark: boolean,
): void {
  const colors = categoryColors(spec, isDark);
  const shown = filter.categories === undefined ? null : new Set(filter.categories);
  const within = spec.shades === undefined ? "" : `, shades: ${spec.shades.name}`;
  writer.text(writer.clip(spec.name + within, TEXT, true), TEXT, true);
  writer.end();
  const names = spec.categories.slice(0, MOST_NAMES);
  const cell = cellOf(writer, names);
  names.forEach((name, i) => {
    const isFaint = shown?.has(name) === false;
    const text = writer.clip(name, TEXT, false, cell - 2 * DOT);
    const { x, y } = writer.room(cell - DOT);
    const color = cssColor(colors[i] ?? [128, 128, 128]);
    writer.items.push({
      kind: "disc",
      x: x + 5,
      y: y + 10,
      radius: 5,
      color,
      alpha: isFaint ? 0.15 : 1,
    });
    writer.skip(DOT);
    const end = writer.text(text, TEXT, false, isFaint);
    writer.skip(x + cell - end);
  });
  const more = spec.categories.length - MOST_NAMES;
  if (more > 0) {
    writer.end();
    writer.text(`and ${count(more)} more`, TEXT, false, true);
  }
  writer.end();
}

/** Names stand in columns: as wide as the longest of them, but at least two side by side. */
function cellOf(writer: Writer, names: readonly string[]): number {
  const inner = writer.width - 2 * MARGIN;
  const widest = Math.max(
    ...names.map((name) => writer.measure(writer.clip(name), TEXT, false)),
  );
  return Math.min(inner / 2, widest + 2 * DOT);
}

function numbers(writer: Writer, spec: NumberSpec, isDark: boolean): void {
  writer.text(writer.clip(spec.name, TEXT, true), TEXT, true);
  writer.end();
  const width = Math.min(BAR, writer.width - 2 * MARGIN);
  for (let k = 0; k < BAR_STEPS; k++)
    writer.items.push({
      kind: "bar",
      x: MARGIN + (k * width) / BAR_STEPS,
      y: writer.y + 2,
      // A little overlap, or the background shines through the seams.
      width: width / BAR_STEPS + (k < BAR_STEPS - 1 ? 0.5 : 0),
      height: 9,
      color: cssColor(ramp(k / (BAR_STEPS - 1), isDark, spec.map)),
    });
  for (const { at, text } of ticksOf(spec, width)) {
    const wide = writer.measure(text, SMALL, false);
    const x = MARGIN + Math.max(0, Math.min(width - wide, at * width - wide / 2));
    const y = writer.y + 23;
    writer.items.push({
      kind: "text",
      x,
      y,
      text,
      size: SMALL,
      isBold: false,
      isMuted: true,
    });
  }
  writer.y += 30;
}

function extent(spec: Spec): string {
  if (spec.kind === "category") return spec.name;
  return `${spec.name}, ${shortest(spec.min)} to ${shortest(spec.max)}`;
}
