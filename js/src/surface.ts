// Makes an element and its canvases a map: drawn, and moved by pointers.

import { listenPointer } from "./pointer";
import { type Drawing, startDrawing } from "./renderer/drawing";
import type { Screen } from "./screen";
import type { Sight } from "./sight";

/** undefined when this browser has no canvas. */
export function connectSurface(
  surface: HTMLElement,
  sight: Sight,
  screen: Screen,
): Drawing | undefined {
  const [map, over] = surface.querySelectorAll("canvas");
  if (map === undefined || over === undefined) return undefined;
  const drawing = startDrawing({ map, over }, sight, screen);
  if (drawing === undefined) return undefined;
  watchSize(surface, screen);
  screen.surface.value = drawing;
  listenPointer(surface, sight, screen);
  return drawing;
}

/** Keeps the size of the screen that of the element. */
export function watchSize(surface: HTMLElement, screen: Screen): void {
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = surface;
    const old = screen.size.peek();
    if (old.width !== width || old.height !== height)
      screen.size.value = { width, height };
  };
  const observer = new ResizeObserver(measure);
  observer.observe(surface);
  screen.aborted.addEventListener("abort", () => observer.disconnect());
  measure();
}
