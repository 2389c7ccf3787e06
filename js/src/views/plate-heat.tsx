// A grid of values in colours, with series on top of it.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fieldOf, Marks, type PanelProps, useSize } from "../plate-marks";
import { ends, type Panel } from "../plates";
import type { Axes, Hit } from "../plot";
import { cssColor, ramp } from "../scales";
import { figure } from "../text";

export function PlateHeat(props: PanelProps) {
  const { panel, screen } = props;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const hit = useSignal<Hit | null>(null);
  const { heat } = panel;
  if (heat === undefined) return null;
  const field = fieldOf(panel, axesOf(heat), size.value);
  const isDark = screen.isDark.value;
  const [low, high] = ends(heat.values);
  const [from, to] = [0, 1].map((t) => cssColor(ramp(t, isDark)));
  return (
    <>
      <p class="nbe-key-line">
        {figure(low)}
        <span
          class="nbe-stripe"
          style={{
            background: `linear-gradient(to right, ${from}, ${cssColor(ramp(0.5, isDark))}, ${to})`,
          }}
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
function axesOf({ shape: [rows, columns], x, y }: Heat): Axes {
  const wider = ([a, b]: [number, number], cells: number) => {
    const half = cells > 1 ? (b - a) / (cells - 1) / 2 : 0.5;
    return [a - half, b + half] as const;
  };
  return { x: wider(x, columns), y: wider(y, rows) };
}

function Grid({ heat, isDark }: { heat: Heat; isDark: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context == null) return;
    const [rows, columns] = heat.shape;
    const image = context.createImageData(columns, rows);
    const [low, high] = ends(heat.values);
    const colors = Array.from({ length: 256 }, (_, i) => ramp(i / 255, isDark));
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
