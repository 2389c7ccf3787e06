// What the keyboard does inside a widget.

import { leaveFullscreen, toggleFullscreen } from "./fullscreen";
import { pan, pointAt, type Screen, showAll, type Tile, zoom } from "./screen";
import {
  clearSelection,
  dropGroup,
  goTo,
  keepGroup,
  selectInView,
  selectRow,
} from "./selecting";
import type { Store } from "./store";

const PAN = 40;
const ZOOM = 1.25;
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};
/** These use keys themselves. */
const TAKEN =
  "input, select, textarea, [contenteditable], [role=slider], [role=listbox], [role=menu]";
/** Of these the ones that have no use for the N key. */
const SHARED = "[data-cmd=internal], [type=range]";

interface Pressed {
  event: KeyboardEvent;
  screen: Screen;
  store: Store;
  /** The map that the keys move, and its part of the screen. */
  tile: Tile;
  /** The map has the focus, and no button in it. */
  isOnMap: boolean;
}

/** Says whether it meant something. */
type Action = (pressed: Pressed) => boolean;

const always = (act: (pressed: Pressed) => unknown): Action => {
  return (pressed) => {
    act(pressed);
    return true;
  };
};
const onMap = (act: (pressed: Pressed) => unknown): Action => {
  return (pressed) => pressed.isOnMap && always(act)(pressed);
};

const ACTIONS: Record<string, Action> = {
  "+": always(({ tile }) => zoom(tile.screen, tile.sight, ZOOM)),
  "=": always(({ tile }) => zoom(tile.screen, tile.sight, ZOOM)),
  "-": always(({ tile }) => zoom(tile.screen, tile.sight, 1 / ZOOM)),
  "0": always(({ screen }) => showAll(screen)),
  // Beside the map it does a step, where something is taught.
  n: (pressed) =>
    pressed.isOnMap
      ? always(({ tile }) => goTo(tile.sight, tile.screen, 1))(pressed)
      : pressed.store.lesson.isOpen.peek() && step(pressed.store),
  p: onMap(({ tile }) => goTo(tile.sight, tile.screen, -1)),
  a: onMap(({ tile }) => selectInView(tile.sight, tile.screen)),
  Enter: onMap(({ event, screen, store }) =>
    selectRow(store, screen, screen.pointed.peek().row, event.shiftKey),
  ),
  g: ({ screen, store }) => keepGroup(store, screen),
  l: always(({ screen }) => toggleLasso(screen)),
  f: ({ screen }) => toggleFullscreen(screen.root),
  "/": ({ screen }) => search(screen.root),
  "[": ({ store }) => turn(store, -1),
  "]": ({ store }) => turn(store, 1),
  Escape: ({ tile, store }) => giveUp(tile.screen, store),
  ".": ({ store }) => step(store),
  ArrowRight: ({ store }) => step(store),
  // A button takes the space bar for itself.
  " ": ({ event, store }) =>
    (event.target as HTMLElement).closest("button, summary") === null &&
    togglePause(store),
};

/** Does what the key means; true when it meant something. */
export function handleKey(event: KeyboardEvent, screen: Screen, store: Store): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target as HTMLElement;
  const isTaken = target.closest(TAKEN) !== null;
  if (isTaken && !(event.key === "n" && target.matches(SHARED))) return false;
  const isOnMap = target.closest(".nbe-surface") !== null;
  const arrow = ARROWS[event.key];
  const tile = screen.active.peek() ?? { screen, sight: store };
  if (arrow !== undefined && (event.shiftKey || isOnMap)) {
    pan(tile.screen, tile.sight, arrow[0], arrow[1]);
    return true;
  }
  return ACTIONS[event.key]?.({ event, screen, store, tile, isOnMap }) ?? false;
}

export function toggleLasso(screen: Screen): void {
  const isLasso = screen.tool.peek() === "lasso";
  screen.tool.value = isLasso ? "pan" : "lasso";
  screen.spoken.value = isLasso ? "Dragging moves the map." : "Dragging selects.";
}

function search(root: HTMLElement): boolean {
  const field = root.querySelector<HTMLElement>("[data-cmd=search]");
  field?.focus();
  return field !== null;
}

/** The moment before or after the one on show. */
function turn(store: Store, by: 1 | -1): boolean {
  const last = store.frames.peek().length - 1;
  if (last < 1) return false;
  store.scrub(Math.max(0, (store.cursor.peek() ?? last) + by));
  return true;
}

/** One thing at a time: the lasso in hand, the full screen, the selection, the tool, the card. */
function giveUp(screen: Screen, store: Store): boolean {
  if (screen.outline.peek() !== null) screen.outline.value = null;
  else if (leaveFullscreen(screen.root) || clearSelection(store, screen)) return true;
  else if (dropGroup(store, screen)) return true;
  else if (screen.tool.peek() === "lasso") toggleLasso(screen);
  else if (screen.pointed.peek().row >= 0) pointAt(screen, -1);
  else return false;
  return true;
}

function togglePause(store: Store): boolean {
  const { state } = store.status.peek();
  if (store.controls.peek() !== "live") return false;
  if (state === "running") store.command("pause");
  else if (state === "paused") store.command("resume");
  else return false;
  return true;
}

function step(store: Store): boolean {
  if (store.controls.peek() !== "live" || store.status.peek().state !== "paused")
    return false;
  store.command("step", 1);
  return true;
}
