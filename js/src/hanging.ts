// Puts the maps of a gallery on the screen: each in a place of its own, or all in one.

import { computed, type ReadonlySignal } from "@preact/signals";
import type { Look } from "./encodings";
import type { Gallery } from "./gallery";
import type { Looking } from "./looking";
import { listenPointer } from "./pointer";
import { type Drawing, startDrawing } from "./renderer/drawing";
import { cssColor, palette, type Rgb } from "./scales";
import { partOf, placeOf, type Screen, type Tile } from "./screen";
import { type Sight, sightOf } from "./sight";
import { connectSurface, watchSize } from "./surface";

/** The colours that tell the maps apart where they share a canvas or a chart. */
export function mapColors(count: number, isDark: boolean): Rgb[] {
  return palette(count, isDark);
}

export function mapColor(number: number, count: number, isDark: boolean): string {
  return cssColor(mapColors(count, isDark)[number] ?? [128, 128, 128]);
}

/** A map in a place of its own. */
export function tileOf(
  frame: ReadonlySignal<Sight["frame"]["value"]>,
  looking: Looking,
  screen: Screen,
  aborted: AbortSignal,
): Tile {
  return { screen: partOf(screen, aborted), sight: sightOf(frame, looking) };
}

/** Draws a tile in its element, and makes it the active one when somebody turns to it. */
export function hang(element: HTMLElement, tile: Tile, screen: Screen): boolean {
  const drawing = connectSurface(element, tile.sight, tile.screen);
  activate(element, tile, screen);
  return drawing !== undefined;
}

function activate(element: HTMLElement, tile: Tile, screen: Screen): void {
  const options = { signal: tile.screen.aborted };
  const turn = () => {
    screen.active.value = tile;
  };
  element.addEventListener("pointerenter", turn, options);
  element.addEventListener("pointerdown", turn, options);
  element.addEventListener("focusin", turn, options);
  tile.screen.aborted.addEventListener("abort", () => {
    if (screen.active.peek() === tile) screen.active.value = null;
  });
}

/** All maps in one element, each with two canvases and a colour of its own. Returns the tile of number `onto`. */
export function hangOver(
  element: HTMLElement,
  gallery: Gallery,
  looking: Looking,
  screen: Screen,
  aborted: AbortSignal,
): Tile | null {
  const sheets = [...element.querySelectorAll("canvas")];
  const base = partOf(screen, aborted);
  const count = sheets.length / 2;
  const onto = gallery.arrangement.peek().onto;
  const drawings: Drawing[] = [];
  for (let number = 0; number < count; number++) {
    const [map, over] = [sheets[2 * number], sheets[2 * number + 1]];
    if (map === undefined || over === undefined) continue;
    const frame = computed(() => gallery.aligned.value[number] ?? null);
    const sight = sightOf(frame, inOneColor(looking, number, count, screen));
    const drawing = startDrawing({ map, over }, sight, base);
    if (drawing !== undefined) drawings.push(drawing);
  }
  const own = drawings[onto];
  if (own === undefined) return null;
  const frame = computed(() => gallery.aligned.value[onto] ?? null);
  const sight = sightOf(frame, looking);
  // The map that the others lie on comes first, then whichever has a point there.
  const order = [own, ...drawings.filter((drawing) => drawing !== own)];
  const pick = (x: number, y: number) =>
    order.map((drawing) => drawing.pick(x, y)).find((row) => row >= 0) ?? -1;
  base.surface.value = {
    pick,
    picture: (ratio) => own.picture(ratio),
    paint: () => own.paint(),
    style: () => own.style(),
  };
  watchSize(element, base);
  listenPointer(element, sight, base);
  const tile = { screen: base, sight };
  activate(element, tile, screen);
  return tile;
}

/** The same points, all in the colour of their map. */
function inOneColor(
  looking: Looking,
  number: number,
  count: number,
  screen: Screen,
): Looking {
  const look = computed<Look>(() => {
    const [r, g, b] = mapColors(count, screen.isDark.value)[number] ?? [128, 128, 128];
    const hex = `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
    const { size, opacity, color } = looking.look.value;
    const spec = {
      kind: "category" as const,
      name: "map",
      categories: [""],
      counts: [0],
      colors: [hex],
      values: "",
    };
    // A code for each row that there can be; who has fewer rows reads fewer.
    const codes = new Uint16Array(color?.codes.length ?? looking.size);
    return {
      color: { spec, codes },
      ...(size === undefined ? {} : { size }),
      ...(opacity === undefined ? {} : { opacity }),
    };
  });
  return Object.create(looking, { look: { value: look } }) as Looking;
}

/** Where a row lies in each map, in pixels; gaps where a map is not there. Reads signals. */
export function placesOf(
  gallery: Gallery,
  tile: Tile,
  row: number,
): ([number, number] | null)[] {
  void [tile.screen.camera.value, tile.screen.size.value];
  return gallery.aligned.value.map((frame) => {
    if (frame === null || row < 0 || row >= frame.n) return null;
    const place = placeOf(tile.screen, { frame: { peek: () => frame } });
    if (place === null) return null;
    return [
      place.ox + place.sx * (frame.xy[2 * row] ?? 0),
      place.oy + place.sy * (frame.xy[2 * row + 1] ?? 0),
    ];
  });
}
