// One small chart of curves over steps: a thin coat around uPlot.

import uPlot from "uplot";
import { indexAt } from "./curves";
import type { Curve } from "./state";
import { strokeOf } from "./strokes";
import { count, figure } from "./text";

export interface Ink {
  text: string;
  line: string;
  series: readonly string[];
}

export interface ChartOptions {
  host: HTMLElement;
  /** Charts of one widget move their cursors together. */
  group: string;
  ink: () => Ink;
  /** First and last step of all charts, so that their cursors stand below each other. */
  domain: () => readonly [number, number];
  /** Fixed ends of the vertical axis. */
  range?: readonly [number, number];
  /** Every curve has its own vertical axis, since their units differ. */
  isApart?: boolean;
  /** A curve's own colour; undefined for one of the three that tell curves apart. */
  color?: (curve: Curve) => string | undefined;
  /** Steps at which something was set. */
  events?: () => readonly number[];
  /** Told the step under the pointer, null when it leaves. Only the chart under it tells. */
  onHover(step: number | null): void;
  /** Told the step that the pointer has pressed or been dragged to. */
  onScrub(step: number): void;
}

export interface Chart {
  set(curves: readonly Curve[]): void;
  /** Draws a line at the step that the map shows; null for none. */
  mark(step: number | null): void;
  resize(): void;
  redraw(): void;
  close(): void;
}

export function createChart(options: ChartOptions): Chart {
  let plot: uPlot | null = null;
  let labels = "";
  let marker: number | null = null;

  const set = (curves: readonly Curve[]) => {
    const data = tableOf(curves);
    const names = curves.map((curve) => curve.label).join("\n");
    if (plot === null || names !== labels) {
      plot?.destroy();
      labels = names;
      plot = new uPlot(
        optionsOf(options, curves, () => marker),
        data,
        options.host,
      );
      listenScrub(plot, options.onScrub);
    } else plot.setData(data);
  };
  return {
    set,
    mark(step) {
      if (marker === step) return;
      marker = step;
      plot?.redraw(false, false);
    },
    resize: () => plot?.setSize(sizeOf(options.host)),
    redraw: () => plot?.redraw(false, true),
    close: () => plot?.destroy(),
  };
}

/** A press or a drag with the main button, a pen or a finger looks at that moment. */
function listenScrub(plot: uPlot, onScrub: (step: number) => void): void {
  const { over } = plot;
  const scrub = (event: PointerEvent) => {
    const { left, width } = over.getBoundingClientRect();
    const x = Math.min(width, Math.max(0, event.clientX - left));
    onScrub(Math.round(plot.posToVal(x, "x")));
  };
  over.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    over.setPointerCapture(event.pointerId);
    scrub(event);
  });
  over.addEventListener("pointermove", (event) => {
    if (over.hasPointerCapture(event.pointerId)) scrub(event);
  });
}

function tableOf(curves: readonly Curve[]): uPlot.AlignedData {
  const tables = curves.map((curve): uPlot.AlignedData => [curve.steps, curve.values]);
  return tables.length === 1 && tables[0] !== undefined ? tables[0] : uPlot.join(tables);
}

function sizeOf(host: HTMLElement): { width: number; height: number } {
  return {
    width: Math.max(60, host.clientWidth),
    height: Math.max(50, host.clientHeight),
  };
}

function optionsOf(
  options: ChartOptions,
  curves: readonly Curve[],
  marker: () => number | null,
): uPlot.Options {
  const { ink, group, domain, range, isApart, host, color } = options;
  const scaleOf = (i: number) => (isApart === true && i > 0 ? `y${i}` : "y");
  const scales: uPlot.Scales = { x: { time: false, range: () => widen(domain()) } };
  curves.forEach((_, i) => {
    scales[scaleOf(i)] =
      range === undefined ? { range: roomy } : { range: [range[0], range[1]] };
  });
  return {
    ...sizeOf(host),
    padding: [8, isApart === true && curves.length > 1 ? 0 : 12, 0, 0],
    legend: { show: false },
    scales,
    cursor: {
      sync: { key: group, scales: ["x", null] },
      drag: { x: false, y: false },
      y: false,
      points: { size: 6 },
      // The dots stand at the values that are written above: the last ones at or before the line.
      dataIdx: (self, series, _, x) => before(self, series, Math.round(x)),
    },
    series: [{}, ...curves.map((c, i) => seriesOf(ink, scaleOf(i), i, () => color?.(c)))],
    axes: axesOf(ink, isApart === true && curves.length > 1),
    hooks: {
      setCursor: [
        (self) => {
          // Charts that only follow another one have no event of their own.
          if (self.cursor.event == null) return;
          const { left = -1 } = self.cursor;
          options.onHover(left < 0 ? null : Math.round(self.posToVal(left, "x")));
        },
      ],
      draw: [
        (self) => {
          for (const step of options.events?.() ?? [])
            drawLine(self, step, ink().text, [2, 3]);
          drawLine(self, marker(), ink().text, []);
        },
      ],
    },
  };
}

function seriesOf(
  ink: () => Ink,
  scale: string,
  i: number,
  own: () => string | undefined,
): uPlot.Series {
  const stroke = strokeOf(i);
  return {
    scale,
    stroke: () => own() ?? ink().series[stroke.ink] ?? "#888",
    width: 1.6,
    dash: own() === undefined ? stroke.dash : [],
    spanGaps: true,
    points: { show: (self) => self.data[0].length < 3, size: 4 },
  };
}

function axesOf(ink: () => Ink, hasRight: boolean): uPlot.Axis[] {
  const font = "10px system-ui, sans-serif";
  const common = {
    font,
    stroke: () => ink().text,
    ticks: { show: false },
    grid: { stroke: () => ink().line, width: 1 },
  };
  const vertical = {
    ...common,
    size: 42,
    gap: 4,
    space: 20,
    values: (_: uPlot, splits: number[]) => splits.map(figure),
  };
  const axes: uPlot.Axis[] = [
    {
      ...common,
      size: 20,
      gap: 2,
      space: 54,
      grid: { show: false },
      values: (_, splits) => splits.map((v) => (Number.isInteger(v) ? count(v) : "")),
    },
    { ...vertical, scale: "y" },
  ];
  if (hasRight) axes.push({ ...vertical, scale: "y1", side: 1, grid: { show: false } });
  return axes;
}

function before(self: uPlot, series: number, step: number): number | null {
  const values = self.data[series] ?? [];
  let i = indexAt(self.data[0], step);
  while (i >= 0 && values[i] == null) i -= 1;
  return i < 0 ? null : i;
}

/** A run of a single step still needs an axis. */
function widen([low, high]: readonly [number, number]): uPlot.Range.MinMax {
  return [low, Math.max(high, low + 1)];
}

function roomy(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const [low, high] = [min ?? 0, max ?? 1];
  const room = high > low ? 0.08 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/** A line at a step: that of the map on show, when it is not the newest, or of a change. */
function drawLine(
  self: uPlot,
  step: number | null,
  color: string,
  dash: readonly number[],
): void {
  if (step === null) return;
  const x = Math.round(self.valToPos(step, "x", true)) + 0.5;
  const { top, height } = self.bbox;
  self.ctx.save();
  self.ctx.strokeStyle = color;
  self.ctx.lineWidth = devicePixelRatio;
  self.ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
  self.ctx.beginPath();
  self.ctx.moveTo(x, top);
  self.ctx.lineTo(x, top + height);
  self.ctx.stroke();
  self.ctx.restore();
}
