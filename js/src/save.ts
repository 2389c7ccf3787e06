// The map as a picture file, with its legend and its caption.

import { captionOf } from "./caption";
import { download } from "./download";
import { pathsOf } from "./paths";
import type { Size } from "./renderer/camera";
import type { Screen, Surface } from "./screen";
import { placeOf } from "./screen";
import { type Item, layOut, type Measure, type Sheet } from "./sheet";
import type { Sight } from "./sight";
import type { Store } from "./store";
import { element, group, tenth } from "./svg";

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
/** Pixels of a PNG for each pixel on the screen. */
const FINE = 2;
/** Average width of a letter where nothing can be measured. */
const LETTER = 0.56;

interface Colors {
  paper: string;
  text: string;
  muted: string;
}

/** One of the maps of a picture. */
export interface Part {
  /** What stands above it; "" for a map that is alone. */
  name: string;
  screen: Screen;
  sight: Pick<Sight, "frame">;
  surface: Surface;
}

/** Room above a map that has a name. */
const HEAD = 24;

interface Place {
  part: Part;
  x: number;
  y: number;
}

/** The map on show, or all that have a place of their own; none while nothing is drawn. */
export function partsOf(store: Store, screen: Screen): Part[] {
  const maps = store.gallery.info.peek()?.maps;
  const tiles: [string, { screen: Screen; sight: Pick<Sight, "frame"> }][] =
    maps === undefined
      ? [["", { screen, sight: store }]]
      : [...screen.tiles]
          .sort(([a], [b]) => a - b)
          .map(([number, tile]) => [maps[number]?.name ?? "", tile]);
  return tiles.flatMap(([name, tile]) => {
    const surface = tile.screen.surface.peek();
    if (surface === null || tile.sight.frame.peek() === null) return [];
    return [{ name, screen: tile.screen, sight: tile.sight, surface }];
  });
}

/** Maps in rows of at most so many, as wide as the widest and as high as the highest of them. */
function arranged(parts: readonly Part[]): {
  places: Place[];
  width: number;
  height: number;
} {
  const columns = parts.length < 4 ? parts.length : Math.ceil(Math.sqrt(parts.length));
  const sizes = parts.map((part) => part.screen.size.peek());
  const head = parts.some(({ name }) => name !== "") ? HEAD : 0;
  const width = Math.max(...sizes.map((size) => size.width));
  const height = Math.max(...sizes.map((size) => size.height)) + head;
  return {
    places: parts.map((part, i) => ({
      part,
      x: (i % columns) * width,
      y: Math.floor(i / columns) * height + head,
    })),
    width: columns * width,
    height: Math.ceil(parts.length / columns) * height,
  };
}

export function saveMap(store: Store, screen: Screen, kind: "png" | "svg"): void {
  const parts = partsOf(store, screen);
  if (parts.length === 0) return;
  const name = `${store.status.peek().title || "nbembed"}-map.${kind}`;
  if (kind === "svg") {
    download(name, mapSvg(store, screen, parts), "image/svg+xml;charset=utf-8");
    return;
  }
  mapPng(store, screen, parts).toBlob((blob) => {
    if (blob === null)
      store.notice.value = "This browser could not make a PNG of the map. Try the SVG.";
    else download(name, blob);
  }, "image/png");
}

export function mapPng(
  store: Store,
  screen: Screen,
  parts: readonly Part[],
): HTMLCanvasElement {
  const { places, ...room } = arranged(parts);
  const sheet = sheetOf(store, screen, room);
  const colors = colorsOf(screen);
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(FINE * sheet.width);
  canvas.height = Math.round(FINE * sheet.height);
  const context = canvas.getContext("2d");
  if (context === null) return canvas;
  context.scale(FINE, FINE);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, sheet.width, sheet.height);
  for (const { part, x, y } of places) {
    const { width, height } = part.screen.size.peek();
    context.drawImage(part.surface.picture(FINE), x, y, width, height);
  }
  for (const item of [...names(places), ...sheet.items]) paintItem(context, item, colors);
  return canvas;
}

export function mapSvg(store: Store, screen: Screen, parts: readonly Part[]): string {
  const { places, ...room } = arranged(parts);
  const sheet = sheetOf(store, screen, room);
  const colors = colorsOf(screen);
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    width: sheet.width,
    height: sheet.height,
    viewBox: `0 0 ${sheet.width} ${sheet.height}`,
    "font-family": FONT,
  };
  return group("svg", attributes, [
    element("rect", { width: "100%", height: "100%", fill: colors.paper }),
    ...places.map(partSvg),
    ...[...names(places), ...sheet.items].map((item) => itemSvg(item, colors)),
  ]);
}

function partSvg({ part: { screen, sight, surface }, x, y }: Place): string {
  const size = screen.size.peek();
  const place = placeOf(screen, sight);
  const frame = sight.frame.peek();
  const paths =
    place === null || frame === null
      ? []
      : pathsOf(frame.xy, place, size, surface.paint(), surface.style());
  const corner = x === 0 && y === 0 ? {} : { x, y };
  // An inner picture cuts off what reaches over the edge of the map.
  return group("svg", { ...corner, ...size, overflow: "hidden" }, [
    group("g", { fill: "none", "stroke-linecap": "round" }, paths),
  ]);
}

/** The names of several maps above them. */
function names(places: readonly Place[]): Item[] {
  return places
    .filter(({ part }) => part.name !== "")
    .map(({ part, x, y }) => ({
      kind: "text",
      x: x + 12,
      y: y - 7,
      text: part.name,
      size: 13,
      isBold: true,
      isMuted: false,
    }));
}

function sheetOf(store: Store, screen: Screen, { width, height }: Size): Sheet {
  const content = {
    look: store.looking.look.peek(),
    filter: store.looking.filter.peek(),
    caption: captionOf(store),
    isDark: screen.isDark.peek(),
  };
  return layOut(width, height, content, ruler());
}

function ruler(): Measure {
  const context = document.createElement("canvas").getContext("2d");
  return (text, size, isBold) => {
    if (context === null) return LETTER * size * text.length;
    context.font = fontOf(size, isBold);
    return context.measureText(text).width;
  };
}

function fontOf(size: number, isBold: boolean): string {
  return `${isBold ? 600 : 400} ${size}px ${FONT}`;
}

/** What the host's theme has made of the card. */
function colorsOf(screen: Screen): Colors {
  const isDark = screen.isDark.peek();
  const card = screen.root.querySelector(".nbe-card") ?? screen.root;
  const style = getComputedStyle(card);
  const clear = /^(transparent|rgba\(.*, 0\))?$/;
  const own = style.backgroundColor;
  return {
    paper: clear.test(own) ? (isDark ? "#16191d" : "#ffffff") : own,
    text: style.color || (isDark ? "#e8eaed" : "#1c2024"),
    muted: isDark ? "#9aa4af" : "#5c6670",
  };
}

function paintItem(context: CanvasRenderingContext2D, item: Item, colors: Colors): void {
  if (item.kind === "text") {
    context.font = fontOf(item.size, item.isBold);
    context.fillStyle = item.isMuted ? colors.muted : colors.text;
    context.fillText(item.text, item.x, item.y);
    return;
  }
  context.fillStyle = item.color;
  if (item.kind === "bar") {
    context.fillRect(item.x, item.y, item.width, item.height);
    return;
  }
  context.globalAlpha = item.alpha;
  context.beginPath();
  context.arc(item.x, item.y, item.radius, 0, 2 * Math.PI);
  context.fill();
  context.globalAlpha = 1;
}

function itemSvg(item: Item, colors: Colors): string {
  const [x, y] = [tenth(item.x), tenth(item.y)];
  if (item.kind === "text") {
    const attributes = {
      x,
      y,
      "font-size": item.size,
      "font-weight": item.isBold ? 600 : 400,
      fill: item.isMuted ? colors.muted : colors.text,
    };
    return element("text", attributes, item.text);
  }
  const { color: fill } = item;
  if (item.kind === "disc")
    return element("circle", {
      cx: x,
      cy: y,
      r: item.radius,
      fill,
      opacity: item.alpha,
    });
  const { width, height } = item;
  return element("rect", { x, y, width: tenth(width), height, fill });
}
