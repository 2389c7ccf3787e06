// A chart of lines, points, bars and steps, as vector graphics.

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { fieldOf, Marks, type PanelProps, useFixed, useSize } from "../plate-marks";
import type { Panel, Series } from "../plates";
import { type Hit, needOf } from "../plot";
import { figure } from "../text";

export function PlateChart(props: PanelProps) {
  const { panel, of } = props;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const hit = useSignal<Hit | null>(null);
  const axes = useFixed(of, panel, needOf(panel));
  const field = fieldOf(panel, axes, size.value);
  return (
    <>
      <Key panel={panel} hit={hit.value} />
      <div class="nbe-plot" ref={host}>
        <Marks {...props} field={field} hit={hit} />
      </div>
    </>
  );
}

function Key({ panel, hit }: { panel: Panel; hit: Hit | null }) {
  const { series } = panel;
  return (
    <p class="nbe-key-line">
      {series.map((one, i) => (
        <span key={i} class="nbe-key">
          <Ink i={i} kind={one.kind} />
          {one.label}
          {hit?.series === i && (
            <b>
              {" "}
              {figure(one.x[hit.i])}, {figure(one.y[hit.i])}
              {one.index !== undefined && ` · row ${one.index[hit.i]}`}
            </b>
          )}
        </span>
      ))}
    </p>
  );
}

function Ink({ i, kind }: { i: number; kind: Series["kind"] }) {
  return (
    <span
      class={`nbe-ink nbe-ink-${i % 3} nbe-dash-${(i / 3) | 0} nbe-ink-${kind}`}
      aria-hidden="true"
    />
  );
}
