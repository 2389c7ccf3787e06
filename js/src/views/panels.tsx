// Curves beside the map: loss, quality, and the schedule where there is one.

import { effect, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ChartOptions, createChart, type Ink } from "../chart";
import { indexAt } from "../curves";
import type { ViewProps } from "../props";
import type { Curve } from "../state";
import type { Store } from "../store";
import { figure } from "../text";

type Kind = Curve["kind"];

export function Panels({ store, screen }: ViewProps) {
  const hasSchedule = pick(store, "schedule").length > 0;
  return (
    <section class="nbe-panels" aria-label="measurements">
      <Panel kind="loss" title="Loss" store={store} screen={screen} />
      <Panel kind="quality" title="Quality" store={store} screen={screen} />
      {hasSchedule && (
        <Panel kind="schedule" title="Schedule" store={store} screen={screen} />
      )}
    </section>
  );
}

function pick(store: Store, kind: Kind): Curve[] {
  return Object.values(store.curves.value).filter((curve) => curve.kind === kind);
}

function Panel({
  kind,
  title,
  store,
  screen,
}: ViewProps & { kind: Kind; title: string }) {
  const host = useRef<HTMLDivElement>(null);
  const hovered = useSignal<number | null>(null);
  useEffect(() => {
    if (host.current === null) return;
    return drawChart(host.current, kind, { store, screen }, (step) => {
      hovered.value = step;
    });
  }, [kind, store, screen, hovered]);
  const curves = pick(store, kind);
  const shown = store.cursor.value === null ? null : (store.frame.value?.step ?? null);
  const at = hovered.value ?? shown;
  const note = curves.find((curve) => curve.note !== undefined)?.note;
  return (
    <figure class={`nbe-panel nbe-panel-${kind}`}>
      <figcaption>
        <span class="nbe-panel-title">{title}</span>
        {curves.map((curve, i) => (
          <span key={curve.label} class="nbe-key">
            <span class={`nbe-ink nbe-ink-${i % 3}`} aria-hidden="true" />
            {curve.label} <b>{figure(valueAt(curve, at))}</b>
          </span>
        ))}
      </figcaption>
      <div class="nbe-chart" ref={host}>
        {curves.length === 0 && (
          <p class="nbe-muted nbe-later">comes with the first steps</p>
        )}
      </div>
      {note !== undefined && <p class="nbe-note">{note}</p>}
    </figure>
  );
}

function valueAt(curve: Curve, step: number | null): number | null {
  const i = step === null ? curve.values.length - 1 : indexAt(curve.steps, step);
  return curve.values[i] ?? null;
}

function drawChart(
  host: HTMLElement,
  kind: Kind,
  { store, screen }: ViewProps,
  onStep: (step: number | null) => void,
): () => void {
  let ink = readInk(screen.root);
  const options: ChartOptions = {
    host,
    group: screen.id,
    ink: () => ink,
    isApart: kind === "schedule",
    onStep,
  };
  if (kind === "quality") options.range = [0, 1];
  const chart = createChart(options);
  const ends = [
    effect(() => {
      const curves = pick(store, kind);
      const marker =
        store.cursor.value === null ? null : (store.frame.value?.step ?? null);
      if (curves.length > 0) chart.set(curves, marker);
    }),
    effect(() => {
      void screen.isDark.value;
      // The attribute that switches the style sheet is set in an effect as well.
      queueMicrotask(() => {
        ink = readInk(screen.root);
        chart.redraw();
      });
    }),
  ];
  const observer = new ResizeObserver(() => chart.resize());
  observer.observe(host);
  return () => {
    for (const end of ends) end();
    observer.disconnect();
    chart.close();
  };
}

function readInk(root: HTMLElement): Ink {
  const style = getComputedStyle(root);
  const read = (name: string) => style.getPropertyValue(name).trim() || "#888";
  return {
    text: read("--nbe-muted"),
    line: read("--nbe-grid"),
    series: [read("--nbe-ink-0"), read("--nbe-ink-1"), read("--nbe-ink-2")],
  };
}
