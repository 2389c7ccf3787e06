// The map itself: canvases that take pointers and keys, and words where there is no map yet.

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { MapSurface } from "../map-surface";
import type { ViewProps } from "../props";
import type { Screen } from "../screen";
import { speakPoints } from "../speaking";
import type { Store } from "../store";
import { connectSurface } from "../surface";
import { count } from "../text";

const KEYS =
  "Plus and minus zoom, arrows pan, 0 fits. N and P go to the next and the previous point, Enter selects it, " +
  "A selects all in view, G keeps the selection to compare it with another one, Escape clears, L turns the lasso on, F fills the screen.";

/** `children` lie over the map. */
export function MapView({
  store,
  screen,
  children,
}: ViewProps & { children?: ComponentChildren }) {
  const surface = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (surface.current !== null) connect(surface.current, store, screen);
  }, [store, screen]);
  const n = store.frame.value?.n ?? 0;
  return (
    <div class="nbe-stage" style={{ "--nbe-height": `${store.height.value}px` }}>
      <MapSurface element={surface} label={`Map of ${count(n)} points. ${KEYS}`} />
      <Placeholder store={store} screen={screen} />
      {children}
      <div class="nbe-hidden" role="status" aria-live="polite" data-nbembed="spoken">
        {screen.spoken.value}
      </div>
    </div>
  );
}

function connect(surface: HTMLElement, store: Store, screen: Screen): void {
  if (connectSurface(surface, store, screen) !== undefined) {
    speakPoints(store, screen);
    return;
  }
  store.notice.value =
    "This browser cannot draw on a canvas, so the map cannot be shown.";
}

function Placeholder({ store }: ViewProps) {
  if (store.frame.value !== null) return null;
  const { state, phase } = store.status.value;
  const text = {
    idle: "Nothing has run yet. Call fit() to watch the map form, or start() to steer it too.",
    running: `${phase || "preparing"} …`,
    paused: "Paused before the first step.",
    done: "This map was not saved with the notebook. Run the cell again to see it.",
    stopped: "Stopped before the first step: there is no map.",
    error: "There is no map, because the run failed.",
  }[state];
  return (
    <div class="nbe-empty">
      {state === "running" && <span class="nbe-pulse" aria-hidden="true" />}
      <p>{text}</p>
    </div>
  );
}
