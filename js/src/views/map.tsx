// The map itself: canvas, tooltip, and words where there is no map yet.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { listenPointer } from "../pointer";
import type { ViewProps } from "../props";
import { startDrawing } from "../renderer/drawing";
import { type Screen, showAll } from "../screen";
import type { Coloring, Store } from "../store";
import { count, figure } from "../text";

interface Tip {
  index: number;
  x: number;
  y: number;
}

export function MapView({ store, screen }: ViewProps) {
  const stage = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const tip = useSignal<Tip | null>(null);
  useEffect(() => {
    if (stage.current !== null && canvas.current !== null)
      connect(stage.current, canvas.current, store, screen, tip);
  }, [store, screen, tip]);
  const n = store.frame.value?.n ?? 0;
  return (
    <div
      class="nbe-stage"
      ref={stage}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys pan the map
      tabIndex={0}
      role="img"
      aria-label={`Map of ${count(n)} points. Plus and minus zoom, arrows pan, 0 fits.`}
      style={{ height: `min(${store.height.value}px, 100cqw)` }}
    >
      <canvas class="nbe-map" ref={canvas} />
      <Placeholder store={store} screen={screen} />
      {n > 0 && <FitButton screen={screen} />}
      {tip.value !== null && <Tooltip tip={tip.value} store={store} screen={screen} />}
    </div>
  );
}

function connect(
  stage: HTMLElement,
  canvas: HTMLCanvasElement,
  store: Store,
  screen: Screen,
  tip: Signal<Tip | null>,
): void {
  const drawing = startDrawing(canvas, store, screen);
  if (drawing === undefined) {
    store.notice.value =
      "This browser cannot draw on a canvas, so the map cannot be shown.";
    return;
  }
  const measure = () => {
    const { clientWidth: width, clientHeight: height } = stage;
    const old = screen.size.peek();
    if (old.width !== width || old.height !== height)
      screen.size.value = { width, height };
  };
  const observer = new ResizeObserver(measure);
  observer.observe(stage);
  screen.aborted.addEventListener("abort", () => observer.disconnect());
  measure();
  listenPointer(stage, store, screen, {
    hover(x, y) {
      const index = drawing.hover(x, y);
      tip.value = index < 0 ? null : { index, x, y };
    },
    leave() {
      drawing.unhover();
      tip.value = null;
    },
  });
}

function FitButton({ screen }: { screen: Screen }) {
  const isFree = screen.camera.value !== null;
  return (
    <button
      type="button"
      class={isFree ? "nbe-button nbe-fit" : "nbe-button nbe-fit nbe-quiet"}
      data-cmd="fit"
      title="Show the whole map (0 or double click)"
      aria-pressed={!isFree}
      onClick={() => showAll(screen)}
    >
      Fit view
    </button>
  );
}

function Tooltip({ tip, store, screen }: ViewProps & { tip: Tip }) {
  const { width, height } = screen.size.value;
  const isRight = tip.x > width / 2;
  const isLow = tip.y > height / 2;
  const style = {
    ...(isRight ? { right: `${width - tip.x + 12}px` } : { left: `${tip.x + 12}px` }),
    ...(isLow ? { bottom: `${height - tip.y + 12}px` } : { top: `${tip.y + 12}px` }),
  };
  const label = labelOf(store.coloring.value, tip.index);
  return (
    <div class="nbe-tip" style={style} role="tooltip">
      {label !== null && (
        <div>
          <span class="nbe-muted">{label.name}</span> <strong>{label.value}</strong>
        </div>
      )}
      <div class="nbe-muted">row {count(tip.index)}</div>
    </div>
  );
}

function labelOf(
  coloring: Coloring,
  index: number,
): { name: string; value: string } | null {
  const { spec, codes, numbers } = coloring;
  if (spec.kind === "category")
    return { name: spec.name, value: spec.categories[codes?.[index] ?? -1] ?? "missing" };
  if (spec.kind === "number") {
    const value = numbers?.[index];
    return { name: spec.name, value: Number.isFinite(value) ? figure(value) : "missing" };
  }
  return null;
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
