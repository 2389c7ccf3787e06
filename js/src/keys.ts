// What the keyboard does inside a widget.

import { pan, type Screen, showAll, zoom } from "./screen";
import type { Store } from "./store";

const PAN = 40;
const ZOOM = 1.25;
const ARROWS: Record<string, readonly [number, number]> = {
  ArrowLeft: [PAN, 0],
  ArrowRight: [-PAN, 0],
  ArrowUp: [0, PAN],
  ArrowDown: [0, -PAN],
};

/** Does what the key means; true when it meant something. */
export function handleKey(event: KeyboardEvent, screen: Screen, store: Store): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.target as HTMLElement;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return false;
  const arrow = ARROWS[event.key];
  if (arrow !== undefined && (event.shiftKey || target.closest(".nbe-stage") !== null)) {
    pan(screen, store, arrow[0], arrow[1]);
    return true;
  }
  // A button takes the space bar for itself.
  if (event.key === " ") return target.tagName !== "BUTTON" && togglePause(store);
  if (event.key === "ArrowRight" || event.key === ".") return step(store);
  return lookAround(event.key, screen, store);
}

function lookAround(key: string, screen: Screen, store: Store): boolean {
  if (key === "+" || key === "=") zoom(screen, store, ZOOM);
  else if (key === "-") zoom(screen, store, 1 / ZOOM);
  else if (key === "0") showAll(screen);
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
