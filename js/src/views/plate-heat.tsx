// A grid of values in colours, with series on top of it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fieldOf, Marks, type PanelProps, useSize } from "../plate-marks";
import { ends, type Panel } from "../plates";
import { type Axes, cellsOf, type Hit } from "../plot";
import { cssColor, ramp } from "../scales";
import type { RampName } from "../state";
import { figure } from "../text";

export function PlateHeat(props: PanelProps) {
  const { panel, screen } = props;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const hit = useSignal<Hit | null>(null);
  const { heat } = panel;
  if (heat === undefined) return null;
  const field = fieldOf(panel, axesOf(panel), size.value);
  const isDark = screen.isDark.value;
  const { low, high, map } = inkOf(heat.values);
  const stops = [0, 0.25, 0.5, 0.75, 1].map((t) => cssColor(ramp(t, isDark, map)));
  return (
    <>
      <p class="nbe-key-line">
        {figure(low)}
        <span
          class="nbe-stripe"
          style={{ background: `linear-gradient(to right, ${stops.join(", ")})` }}
        />
        {figure(high)}
      </p>
      <div class="nbe-plot nbe-plot-heat" ref={host}>
        <Grid heat={heat} isDark={isDark} />
        <Marks {...props} field={field} hit={hit} />
      </div>
    </>
  );
}

type Heat = NonNullable<Panel["heat"]>;

/** The ends are centres of the outer cells. */
function axesOf({ heat, x_scale, y_scale }: Panel): Axes {
  const { shape, x, y } = heat ?? NO_HEAT;
  return { x: cellsOf(x, shape[1], x_scale), y: cellsOf(y, shape[0], y_scale) };
}

const NO_HEAT: Pick<Heat, "shape" | "x" | "y"> = { shape: [1, 1], x: [0, 1], y: [0, 1] };

/** Signed values have two colours, the others one that grows. */
function inkOf(values: Float32Array): { low: number; high: number; map: RampName } {
  const [low, high] = ends(values);
  if (low >= 0 || high <= 0) return { low, high, map: "viridis" };
  const size = Math.max(-low, high);
  return { low: -size, high: size, map: "rdbu" };
}

function Grid({ heat, isDark }: { heat: Heat; isDark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context == null) return;
    const [rows, columns] = heat.shape;
    const image = context.createImageData(columns, rows);
    const { low, high, map } = inkOf(heat.values);
    const colors = Array.from({ length: 256 }, (_, i) => ramp(i / 255, isDark, map));
    heat.values.forEach((value, k) => {
      if (!Number.isFinite(value)) return;
      const color = colors[Math.round((255 * (value - low)) / (high - low || 1))] ?? [
        0, 0, 0,
      ];
      // The first row lies at the bottom.
      const at = 4 * ((rows - 1 - Math.floor(k / columns)) * columns + (k % columns));
      image.data.set([...color, 255], at);
    });
    context.putImageData(image, 0, 0);
  }, [heat, isDark]);
  return (
    <canvas class="nbe-heat" ref={canvas} width={heat.shape[1]} height={heat.shape[0]} />
  );
}
