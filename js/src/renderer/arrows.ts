// Arrows over the map: forces, or ways that points have gone.

import type { Affine } from "./camera";

/** What is known of arrows before they are drawn. */
export interface Arrowed {
  /** x, y, dx, dy in the coordinates of the map. */
  places: Float32Array;
  /** Number of the group of each arrow. */
  groups: readonly number[];
  /** Pixels for one unit of an arrow's length; null where that is a length of the map. */
  reach: number | null;
}

/** What is taught of rows: the point and a second one, and how much others weigh for them. */
export interface Taught {
  rows: readonly number[];
  weights: readonly (readonly [row: number, weight: number])[];
}

/** A spot on the map. */
export interface Spot {
  x: number;
  y: number;
  radius: number;
}

/** What is drawn over the points. */
export interface LessonMarks {
  discs: readonly Spot[];
  rings: readonly Spot[];
  arrows: Arrowed | null;
  /** From the map to pixels. */
  place: Affine;
  /** The colours of the groups of arrows. */
  inks: readonly string[];
}

export interface LessonInk {
  ring: string;
  accent: string;
  paper: string;
}

export function drawLesson(
  context: CanvasRenderingContext2D,
  { discs, rings, arrows, place, inks }: LessonMarks,
  ink: LessonInk,
): void {
  drawDiscs(context, discs, ink);
  if (arrows !== null) drawArrows(context, { ...arrows, place, inks, paper: ink.paper });
  drawRings(context, rings, ink);
}

/** Weights. */
function drawDiscs(
  context: CanvasRenderingContext2D,
  discs: readonly Spot[],
  { accent }: LessonInk,
): void {
  context.fillStyle = accent;
  context.globalAlpha = 0.3;
  for (const spot of discs) {
    circle(context, spot);
    context.fill();
  }
  context.globalAlpha = 1;
}

/** Around the points that are explained. The second one has a broken ring. */
function drawRings(
  context: CanvasRenderingContext2D,
  rings: readonly Spot[],
  { paper, ring }: LessonInk,
): void {
  rings.forEach((spot, i) => {
    circle(context, { ...spot, radius: spot.radius + 4 });
    context.setLineDash([]);
    context.lineWidth = 6;
    context.strokeStyle = paper;
    context.stroke();
    context.setLineDash(i > 0 ? [4, 3] : []);
    context.lineWidth = 2.5;
    context.strokeStyle = ring;
    context.stroke();
  });
  context.setLineDash([]);
}

function circle(context: CanvasRenderingContext2D, { x, y, radius }: Spot): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

type Arrows = Arrowed & Pick<LessonMarks, "place" | "inks"> & { paper: string };

const HEAD = 7;
const DASHES: readonly number[][] = [[], [5, 3], [1.5, 2.5]];

function drawArrows(context: CanvasRenderingContext2D, arrows: Arrows): void {
  const { inks, paper, groups } = arrows;
  context.lineCap = "butt";
  for (let i = 0; 4 * i < arrows.places.length; i++) {
    const group = groups[i] ?? 0;
    const ink = inks[group % inks.length] ?? "#888";
    // The groups differ in their strokes too, not in their colours alone.
    const dash = DASHES[(group + Math.floor(group / 3)) % DASHES.length] ?? [];
    const ends = endsOf(arrows, i);
    stroke(context, ends, paper, 4.5, []);
    stroke(context, ends, ink, 2, dash);
  }
  context.setLineDash([]);
}

type Ends = readonly [x0: number, y0: number, x1: number, y1: number];

/** Tail and head of an arrow in pixels; y goes upwards in the map. */
function endsOf({ places, place, reach }: Arrows, i: number): Ends {
  const [x = 0, y = 0, dx = 0, dy = 0] = places.subarray(4 * i, 4 * i + 4);
  const [px, py] = [place.ox + place.sx * x, place.oy + place.sy * y];
  const unit = reach ?? place.sx;
  return [px, py, px + unit * dx, py - unit * dy];
}

function stroke(
  context: CanvasRenderingContext2D,
  [x0, y0, x1, y1]: Ends,
  color: string,
  width: number,
  dash: readonly number[],
): void {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (length < 0.5) return;
  const head = Math.min(HEAD + width, length);
  const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
  const [bx, by] = [x1 - head * ux, y1 - head * uy];
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = width;
  context.setLineDash([...dash]);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(bx, by);
  context.stroke();
  const half = 0.35 * head + width / 4;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(bx - half * uy, by + half * ux);
  context.lineTo(bx + half * uy, by - half * ux);
  context.fill();
}

/** The colours of the groups: those that tell curves apart. */
export function inksOf(isDark: boolean): readonly string[] {
  return isDark ? ["#56b4e9", "#f0a04b", "#35c79c"] : ["#0072b2", "#c75c00", "#00805d"];
}
