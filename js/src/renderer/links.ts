// Lines from a point to its neighbours in the data, and marks on those that are none: on the canvas
// that lies over the points.

import type { NeighborErrors } from "../neighbors";

export type Place = readonly [x: number, y: number];

export interface LinkInk {
  kept: string;
  missing: string;
  false: string;
  /** Goes round every line, so that it is seen on points of its own colour. */
  paper: string;
}

export const DASH = [6, 4];
/** Half the width of the cross on a false neighbour. */
const CROSS = 4;

export interface Links {
  errors: NeighborErrors;
  /** Where a row is now, in pixels. */
  at(row: number): Place;
  /** Pixels from a point's middle to its edge. */
  radius: number;
  ink: LinkInk;
}

export function drawLinks(context: CanvasRenderingContext2D, links: Links): void {
  const { errors, ink, at } = links;
  const from = at(errors.row);
  context.lineCap = "round";
  // A halo first, below all lines.
  for (const [rows, dash] of [
    [errors.missing, DASH],
    [errors.kept, []],
  ] as const)
    for (const row of rows) line(context, from, at(row), ink.paper, 4, dash);
  for (const row of errors.missing) {
    line(context, from, at(row), ink.missing, 1.6, DASH);
    circle(context, at(row), links.radius + 2.5, ink.missing, ink.paper);
  }
  for (const row of errors.kept) {
    line(context, from, at(row), ink.kept, 1.6, []);
    circle(context, at(row), links.radius + 2.5, ink.kept, ink.paper);
  }
  for (const row of errors.false) cross(context, at(row), ink);
  context.setLineDash([]);
}

function line(
  context: CanvasRenderingContext2D,
  [x0, y0]: Place,
  [x1, y1]: Place,
  color: string,
  width: number,
  dash: readonly number[],
): void {
  context.setLineDash([...dash]);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.lineWidth = width;
  context.strokeStyle = color;
  context.stroke();
}

function circle(
  context: CanvasRenderingContext2D,
  [x, y]: Place,
  radius: number,
  color: string,
  paper: string,
): void {
  context.setLineDash([]);
  for (const [width, stroke] of [
    [4, paper],
    [1.6, color],
  ] as const) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = stroke;
    context.stroke();
  }
}

function cross(context: CanvasRenderingContext2D, [x, y]: Place, ink: LinkInk): void {
  for (const [width, color] of [
    [4.5, ink.paper],
    [1.8, ink.false],
  ] as const)
    for (const side of [1, -1])
      line(
        context,
        [x - CROSS, y - side * CROSS],
        [x + CROSS, y + side * CROSS],
        color,
        width,
        [],
      );
}
