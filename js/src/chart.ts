// One small chart of curves over steps: a thin coat around uPlot.

import uPlot from "uplot";
import type { Curve } from "./state";
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
  /** Fixed ends of the vertical axis. */
  range?: readonly [number, number];
  /** Every curve has its own vertical axis, since their units differ. */
  isApart?: boolean;
  /** Told the step under the cursor, null when it leaves. */
  onStep(step: number | null): void;
}

export interface Chart {
  set(curves: readonly Curve[], marker: number | null): void;
  resize(): void;
  redraw(): void;
  close(): void;
}

export function createChart(options: ChartOptions): Chart {
  let plot: uPlot | null = null;
  let labels = "";
  let marker: number | null = null;

  const set = (curves: readonly Curve[], at: number | null) => {
    marker = at;
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
    } else plot.setData(data);
  };
  return {
    set,
    resize: () => plot?.setSize(sizeOf(options.host)),
    redraw: () => plot?.redraw(false, true),
    close: () => plot?.destroy(),
  };
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
  const { ink, group, range, isApart, host } = options;
  const scaleOf = (i: number) => (isApart === true && i > 0 ? `y${i}` : "y");
  const scales: uPlot.Scales = { x: { time: false, range: widen } };
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
    },
    series: [{}, ...curves.map((_, i) => seriesOf(ink, scaleOf(i), i))],
    axes: axesOf(ink, isApart === true && curves.length > 1),
    hooks: {
      setCursor: [
        (self) => {
          const at = self.cursor.idx;
          options.onStep(
            at === null || at === undefined ? null : (self.data[0][at] ?? null),
          );
        },
      ],
      draw: [(self) => drawMarker(self, marker(), ink().text)],
    },
  };
}

function seriesOf(ink: () => Ink, scale: string, i: number): uPlot.Series {
  return {
    scale,
    stroke: () => ink().series[i % ink().series.length] ?? "#888",
    width: 1.6,
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

function widen(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const [low, high] = [min ?? 0, max ?? 1];
  return high > low ? [low, high] : [low, low + 1];
}

function roomy(_: uPlot, min: number | null, max: number | null): uPlot.Range.MinMax {
  const [low, high] = [min ?? 0, max ?? 1];
  const room = high > low ? 0.08 * (high - low) : Math.abs(high) * 0.1 || 1;
  return [low - room, high + room];
}

/** A line at the step that the map shows, when it is not the newest. */
function drawMarker(self: uPlot, step: number | null, color: string): void {
  if (step === null) return;
  const x = Math.round(self.valToPos(step, "x", true)) + 0.5;
  const { top, height } = self.bbox;
  self.ctx.save();
  self.ctx.strokeStyle = color;
  self.ctx.lineWidth = devicePixelRatio;
  self.ctx.beginPath();
  self.ctx.moveTo(x, top);
  self.ctx.lineTo(x, top + height);
  self.ctx.stroke();
  self.ctx.restore();
}
