// What lies over one of the maps of a run: trails from the map before, pairs whose affinity changed, an inset.

import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ViewProps } from "../props";
import type { Paint } from "../renderer/paint";
import { cssColor } from "../scales";
import { placeOf, type Tile } from "../screen";
import { pairsPath, trailOf, trailRows } from "../stars";
import type { Store } from "../store";
import { count } from "../text";

/** Pixels of an inset's side, and how many times larger it shows what is there. */
const SIDE = 104;
const ZOOM = 6;

interface Props extends ViewProps {
  tile: Tile;
  number: number;
}

export function TileMarks({ store, tile, number }: Props) {
  const { gallery } = store;
  const change = gallery.affinities.changes.value?.get(number);
  const frame = gallery.aligned.value[number];
  if (frame == null || !(gallery.hasTrails.value || change !== undefined)) return null;
  void tile.screen.camera.value;
  const { width, height } = tile.screen.size.value;
  const place = placeOf(tile.screen, { frame: { peek: () => frame } });
  if (place === null) return null;
  return (
    <svg class="nbe-trail" width={width} height={height} aria-hidden="true">
      {change !== undefined &&
        (["lost", "gained"] as const).map((kind) => {
          const d = pairsPath(change[kind], frame, place);
          return (
            <g key={kind}>
              <path class="nbe-halo" d={d} />
              <path class={`nbe-${kind}`} d={d} />
            </g>
          );
        })}
      {trailsOf(store, tile, number).map(([color, tail, head]) => (
        <g key={color} stroke={color}>
          <path class="nbe-tail" d={tail} />
          <path class="nbe-head" d={head} />
        </g>
      ))}
    </svg>
  );
}

/** Colour, far halves and near halves of the trails. */
function trailsOf(
  { gallery, looking }: Store,
  tile: Tile,
  number: number,
): [string, string, string][] {
  const [before, now] = [
    gallery.aligned.value[number - 1],
    gallery.aligned.value[number],
  ];
  const place = now == null ? null : placeOf(tile.screen, { frame: { peek: () => now } });
  if (!gallery.hasTrails.value || before == null || now == null || place === null)
    return [];
  void [looking.look.value, tile.screen.isDark.value];
  const paint = tile.screen.surface.value?.paint();
  const trails = new Map<string, [string, string]>();
  for (const row of trailRows(looking.selection.value, now.n)) {
    const [tail, head] = trailOf(before, now, row, place);
    const color = colorOf(paint, row);
    const own = trails.get(color) ?? ["", ""];
    trails.set(color, [own[0] + tail, own[1] + head]);
  }
  return [...trails].map(([color, [tail, head]]) => [color, tail, head]);
}

function colorOf(paint: Paint | undefined, row: number): string {
  const [r = 128, g = 128, b = 128] = paint?.rgba.subarray(4 * row, 4 * row + 3) ?? [];
  return cssColor([r, g, b]);
}

/** How many pairs came and went, in words. */
export function Changed({ store, number }: { store: Store; number: number }) {
  const change = store.gallery.affinities.changes.value?.get(number);
  if (change === undefined) return null;
  const [fresh, gone, kept] = change.counts;
  const isSame = fresh + gone === 0 && change.gained.length + change.lost.length === 0;
  return (
    <span class="nbe-changed" data-nbembed="changed">
      {isSame
        ? "the same affinities"
        : `${count(fresh)} pairs new, ${count(gone)} gone, ${count(kept)} kept`}
    </span>
  );
}

/** What is around the point that is pointed at, or selected alone, larger. */
export function Inset({ store, tile, number }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { gallery, looking } = store;
  const row = () => {
    const { row: pointed } = tile.screen.pointed.value;
    return pointed >= 0 ? pointed : looking.selection.value.only();
  };
  const isShown = () => gallery.hasInsets.value && row() >= 0;
  useSignalEffect(() => {
    const frame = gallery.aligned.value[number];
    void [looking.look.value, looking.isShown.value, looking.marked.value];
    void [tile.screen.isDark.value, tile.screen.camera.value, tile.screen.size.value];
    const paint = tile.screen.surface.value?.paint();
    const middle = row();
    if (!isShown() || frame == null || paint === undefined || middle >= frame.n) return;
    // The canvas comes with the next rendering.
    requestAnimationFrame(() => {
      const place = placeOf(tile.screen, { frame: { peek: () => frame } });
      if (canvas.current !== null && place !== null)
        drawInset(canvas.current, frame.xy, middle, place, paint);
    });
  });
  if (!isShown() || gallery.aligned.value[number] == null) return null;
  return (
    <canvas
      class="nbe-inset"
      ref={canvas}
      role="img"
      aria-label={`Around row ${count(row())}, ${ZOOM} times larger`}
    />
  );
}

function drawInset(
  canvas: HTMLCanvasElement,
  xy: Uint16Array,
  middle: number,
  { sx, sy }: { sx: number; sy: number },
  paint: Paint,
): void {
  const ratio = Math.min(3, window.devicePixelRatio || 1);
  canvas.width = canvas.height = SIDE * ratio;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(ratio, ratio);
  const [x0, y0] = [xy[2 * middle] ?? 0, xy[2 * middle + 1] ?? 0];
  const placed = (row: number) =>
    [
      SIDE / 2 + ZOOM * sx * ((xy[2 * row] ?? 0) - x0),
      SIDE / 2 + ZOOM * sy * ((xy[2 * row + 1] ?? 0) - y0),
    ] as const;
  for (const row of paint.order) {
    const [x, y] = placed(row);
    if (x < -3 || y < -3 || x > SIDE + 3 || y > SIDE + 3) continue;
    context.globalAlpha = Math.max(0.15, (paint.rgba[4 * row + 3] ?? 255) / 255);
    context.fillStyle = colorOf(paint, row);
    dot(context, x, y);
    context.fill();
  }
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.strokeStyle = getComputedStyle(canvas).color;
  dot(context, SIDE / 2, SIDE / 2, 5);
  context.stroke();
}

function dot(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius = 2.5,
): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}
