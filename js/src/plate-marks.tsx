// What charts and grids of plates share: a size, axes that stand, marks that are linked to the map.

import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Panel, Series } from "./plates";
import {
  type Axes,
  axisOf,
  barOf,
  type Field,
  grown,
  type Hit,
  hitOf,
  pathOf,
  spotOf,
} from "./plot";
import type { ViewProps } from "./props";
import { pointAt } from "./screen";
import { selectRow } from "./selecting";
import { strokeOf } from "./strokes";

export interface PanelProps extends ViewProps {
  panel: Panel;
  /** What the axes belong to: they stand until this changes. */
  of: string;
}

const [LEFT, RIGHT, TOP, BOTTOM] = [46, 10, 18, 38];

/** The size of an element, as it changes. */
export function useSize(host: { current: HTMLElement | null }) {
  const size = useSignal<readonly [number, number]>([300, 170]);
  useEffect(() => {
    const element = host.current;
    if (element === null || typeof ResizeObserver !== "function") return;
    const observer = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = element;
      if (clientWidth > 0) size.value = [clientWidth, clientHeight];
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [host, size]);
  return size;
}

/** Axes that stand while the same thing is shown at other moments and settings. */
export function useFixed(of: string, panel: Panel, need: Axes): Axes {
  const kept = useRef<{ of: string; axes: Axes } | null>(null);
  const key = `${of} ${panel.x_scale} ${panel.y_scale} ${panel.x_label} ${panel.y_label}`;
  const before = kept.current?.of === key ? kept.current.axes : undefined;
  const axes = grown(before, need);
  kept.current = { of: key, axes };
  return axes;
}

export function fieldOf(
  panel: Panel,
  axes: Axes,
  [width, height]: readonly [number, number],
): Field {
  return {
    width: Math.max(40, width - LEFT - RIGHT),
    height: Math.max(40, height - TOP - BOTTOM),
    x: axisOf(axes.x, panel.x_scale),
    y: axisOf(axes.y, panel.y_scale),
  };
}

interface MarksProps extends PanelProps {
  field: Field;
  hit: Signal<Hit | null>;
  /** Lies below the marks. */
  children?: ComponentChildren;
}

export function Marks({ panel, field, hit, store, screen, children }: MarksProps) {
  const { series } = panel;
  const find = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return hitOf(
      series,
      field,
      event.clientX - box.left - LEFT,
      event.clientY - box.top - TOP,
    );
  };
  const rowOf = (found: Hit | null) =>
    found === null ? -1 : (series[found.series]?.index?.[found.i] ?? -1);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the number of the point is there for the keyboard
    <svg
      class="nbe-svg"
      role="img"
      aria-label={`${panel.title}. ${series.map(({ label }) => label).join(", ")}: in words below.`}
      onMouseMove={(event) => {
        hit.value = find(event);
        pointAt(screen, rowOf(hit.value));
      }}
      onMouseLeave={() => {
        hit.value = null;
        pointAt(screen, -1);
      }}
      onClick={(event) => selectRow(store, screen, rowOf(find(event)), event.shiftKey)}
    >
      <g transform={`translate(${LEFT} ${TOP})`}>
        {children}
        <Scales panel={panel} field={field} />
        {series.map((_, i) => (
          <Mark key={i} series={series} i={i} field={field} />
        ))}
        <Rings
          series={series}
          field={field}
          row={screen.pointed.value.row}
          hit={hit.value}
        />
      </g>
    </svg>
  );
}

function Mark({ series, i, field }: { series: Series[]; i: number; field: Field }) {
  const one = series[i];
  if (one === undefined) return null;
  const { ink, dash } = strokeOf(i);
  const [width, aside] = barOf(series, i, field);
  const isBars = one.kind === "bars";
  return (
    <path
      d={pathOf(one, field)}
      class={`nbe-mark nbe-mark-${one.kind}`}
      stroke={`var(--nbe-ink-${ink})`}
      style={isBars ? { strokeWidth: width } : {}}
      transform={isBars ? `translate(${aside} 0)` : undefined}
      stroke-dasharray={one.kind === "line" ? dash.join(" ") : undefined}
    />
  );
}

/** Around the mark under the pointer, and the marks of the row that is pointed at on the map. */
function Rings(props: { series: Series[]; field: Field; row: number; hit: Hit | null }) {
  const { series, field, row, hit } = props;
  const ring = (one: Series, i: number) => {
    const [x, y] = spotOf(field, one.x[i] ?? Number.NaN, one.y[i] ?? Number.NaN);
    if (Number.isNaN(x + y)) return null;
    return <circle class="nbe-ring" cx={x} cy={y} r="5" />;
  };
  const under = hit === null ? undefined : series[hit.series];
  return (
    <>
      {hit !== null && under !== undefined && ring(under, hit.i)}
      {row >= 0 && series.map((one) => ring(one, one.index?.indexOf(row) ?? -1))}
    </>
  );
}

function Scales({ panel, field }: { panel: Panel; field: Field }) {
  const { width, height } = field;
  return (
    <g class="nbe-scales">
      {field.y.ticks(1.6 * height).map(({ at, text }) => (
        <g key={text} transform={`translate(0 ${(1 - at) * height})`}>
          <line x2={width} class="nbe-gridline" />
          <text x="-5" dy="0.32em" text-anchor="end">
            {text}
          </text>
        </g>
      ))}
      <line x2={width} y1={height} y2={height} class="nbe-axis" />
      {field.x.ticks(width).map(({ at, text }) => (
        <text key={text} x={at * width} y={height + 4} dy="0.8em" text-anchor="middle">
          {text}
        </text>
      ))}
      <text x={width} y={height + 5} dy="2em" text-anchor="end" class="nbe-axis-name">
        {panel.x_label}
      </text>
      <text x={8 - LEFT} y={-7} class="nbe-axis-name">
        {panel.y_label}
      </text>
    </g>
  );
}
