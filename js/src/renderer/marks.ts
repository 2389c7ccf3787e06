// What lies over the points: a ring around one of them, and the lasso. On a canvas of its own, so
// that a moving pointer does not draw the map anew.

import { drawLesson, type LessonMarks } from "./arrows";
import type { Size } from "./camera";
import { drawLinks, type Links } from "./links";

export interface Mark {
  x: number;
  y: number;
  radius: number;
}

/** A name in the middle of a group. */
export interface Letter {
  text: string;
  x: number;
  y: number;
}

export interface MarksInk {
  ring: string;
  /** Goes round what lies over points. */
  paper: string;
  accent: string;
}

export class Marks {
  private isEmpty = true;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly context: CanvasRenderingContext2D,
  ) {}

  draw(
    size: Size,
    ratio: number,
    ring: Mark | null,
    lasso: readonly number[] | null,
    ink: MarksInk,
    links: Links | null = null,
    letters: readonly Letter[] = [],
    lesson: LessonMarks | null = null,
  ): void {
    const isBare =
      [ring, lasso, links, lesson].every((one) => one === null) && !letters.length;
    if (this.isEmpty && isBare) return;
    const { context } = this;
    const [w, h] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (this.canvas.width !== w) this.canvas.width = w;
    if (this.canvas.height !== h) this.canvas.height = h;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    if (links !== null) drawLinks(context, links);
    if (lesson !== null) drawLesson(context, lesson, ink);
    if (ring !== null) drawRing(context, ring, ink.ring);
    if (lasso !== null) drawLasso(context, lasso, ink.accent);
    for (const letter of letters) drawLetter(context, letter);
    this.isEmpty = isBare;
  }
}

function drawRing(context: CanvasRenderingContext2D, ring: Mark, color: string): void {
  context.setLineDash([]);
  context.beginPath();
  context.arc(ring.x, ring.y, ring.radius + 3, 0, 2 * Math.PI);
  context.lineWidth = 1.5;
  context.strokeStyle = color;
  context.stroke();
}

function drawLasso(
  context: CanvasRenderingContext2D,
  points: readonly number[],
  color: string,
): void {
  context.beginPath();
  for (let k = 0; k + 1 < points.length; k += 2)
    context.lineTo(points[k] ?? 0, points[k + 1] ?? 0);
  context.closePath();
  context.globalAlpha = 0.08;
  context.fillStyle = color;
  context.fill("evenodd");
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.strokeStyle = color;
  context.stroke();
}

/** White on black and rimmed in white: seen on every colour. */
function drawLetter(context: CanvasRenderingContext2D, letter: Letter): void {
  context.setLineDash([]);
  context.beginPath();
  context.arc(letter.x, letter.y, 10, 0, 2 * Math.PI);
  context.fillStyle = "#111";
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "#fff";
  context.stroke();
  context.fillStyle = "#fff";
  context.font = "700 12px system-ui, sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(letter.text, letter.x, letter.y + 0.5);
}
