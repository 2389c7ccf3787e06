// Curves beside the map: loss, quality and schedule. Their cursors move together, a press in them
// looks at that moment of the run.

import { effect, type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type ChartOptions, createChart, type Ink } from "../chart";
import { chartSvg } from "../chart-svg";
import { valueAt } from "../curves";
import { download } from "../download";
import type { ViewProps } from "../props";
import type { Curve } from "../state";
import type { Store } from "../store";
import { csvOf } from "../table";
import { count, figure } from "../text";

type Kind = Curve["kind"];
const TITLES: Record<Kind, string> = {
  loss: "Loss",
  quality: "Quality",
  schedule: "Schedule",
};
const SHARE = [0, 1] as const;

export function Panels({ store, screen }: ViewProps) {
  const hovered = useSignal<number | null>(null);
  // Room is kept for the schedule until it is known that there is none.
  const hasCurves = Object.keys(store.curves.value).length > 0;
  const hasSchedule = !hasCurves || pick(store, "schedule").length > 0;
  const kinds: Kind[] = hasSchedule
    ? ["loss", "quality", "schedule"]
    : ["loss", "quality"];
  return (
    <section class="nbe-panels" aria-label="measurements">
      {kinds.map((kind) => (
        <Panel key={kind} kind={kind} hovered={hovered} store={store} screen={screen} />
      ))}
    </section>
  );
}

function pick(store: Store, kind: Kind): Curve[] {
  return Object.values(store.curves.value).filter((curve) => curve.kind === kind);
}

/** The step that the map shows, where that is not the newest one. */
function scrubbedTo(store: Store): number | null {
  return store.cursor.value === null ? null : (store.frame.value?.step ?? null);
}

interface PanelProps extends ViewProps {
  kind: Kind;
  hovered: Signal<number | null>;
}

function Panel({ kind, hovered, store, screen }: PanelProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return;
    return drawChart(host.current, kind, hovered, { store, screen });
  }, [kind, store, screen, hovered]);
  const curves = pick(store, kind);
  const at = hovered.value ?? scrubbedTo(store);
  const note = curves.find((curve) => curve.note !== undefined)?.note;
  return (
    <figure class={`nbe-panel nbe-panel-${kind}`}>
      <figcaption>
        <span class="nbe-panel-title">{TITLES[kind]}</span>
        {curves.map((curve, i) => (
          <span key={curve.label} class="nbe-key">
            <Key i={i} />
            {curve.label} <b>{figure(valueAt(curve, at))}</b>
          </span>
        ))}
      </figcaption>
      <Exports kind={kind} curves={curves} store={store} />
      <div
        class="nbe-chart"
        ref={host}
        role="img"
        aria-label={`${TITLES[kind]}: ${summary(curves)}`}
      >
        {curves.length === 0 && (
          <p class="nbe-muted nbe-later">comes with the first steps</p>
        )}
      </div>
      {kind === "quality" && <p class="nbe-note">{note}</p>}
    </figure>
  );
}

function Key({ i }: { i: number }) {
  return (
    <span class={`nbe-ink nbe-ink-${i % 3} nbe-dash-${(i / 3) | 0}`} aria-hidden="true" />
  );
}

/** The last values in words. */
function summary(curves: readonly Curve[]): string {
  if (curves.length === 0) return "nothing measured yet";
  const last = Math.max(...curves.map((curve) => curve.steps.at(-1) ?? 0));
  const values = curves.map((curve) => `${curve.label} ${figure(valueAt(curve, null))}`);
  return `${values.join(", ")} at step ${count(last)}`;
}

interface ExportProps {
  kind: Kind;
  curves: readonly Curve[];
  store: Store;
}

function Exports({ kind, curves, store }: ExportProps) {
  if (curves.length === 0) return null;
  const { title } = store.status.value;
  const name = `${title || "nbembed"}-${kind}`;
  const picture = () =>
    chartSvg({
      title: [title, TITLES[kind].toLowerCase()].filter((t) => t !== "").join(" · "),
      curves,
      domain: domainOf(store),
      isApart: kind === "schedule",
      ...(kind === "quality" ? { range: SHARE } : {}),
    });
  return (
    <span class="nbe-exports">
      <button
        type="button"
        class="nbe-link"
        data-cmd={`csv-${kind}`}
        aria-label={`CSV of ${TITLES[kind].toLowerCase()}`}
        title="Download the numbers"
        onClick={() => download(`${name}.csv`, csvOf(curves), "text/csv;charset=utf-8")}
      >
        CSV
      </button>
      <button
        type="button"
        class="nbe-link"
        data-cmd={`svg-${kind}`}
        aria-label={`SVG of ${TITLES[kind].toLowerCase()}`}
        title="Download the figure"
        onClick={() => download(`${name}.svg`, picture(), "image/svg+xml;charset=utf-8")}
      >
        SVG
      </button>
    </span>
  );
}

function drawChart(
  host: HTMLElement,
  kind: Kind,
  hovered: Signal<number | null>,
  { store, screen }: ViewProps,
): () => void {
  let ink = readInk(screen.root);
  const options: ChartOptions = {
    host,
    group: screen.id,
    ink: () => ink,
    domain: () => domainOf(store),
    isApart: kind === "schedule",
    onHover(step) {
      hovered.value = step;
    },
    onScrub: (step) => store.scrubTo(step),
  };
  if (kind === "quality") options.range = SHARE;
  const chart = createChart(options);
  const ends = [
    effect(() => {
      const curves = pick(store, kind);
      if (curves.length > 0) chart.set(curves);
    }),
    effect(() => chart.mark(scrubbedTo(store))),
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

/** First and last step of everything that was measured. */
function domainOf(store: Store): readonly [number, number] {
  const curves = Object.values(store.curves.peek()).filter((c) => c.steps.length > 0);
  return [
    Math.min(...curves.map((curve) => curve.steps[0] ?? 0)),
    Math.max(...curves.map((curve) => curve.steps.at(-1) ?? 0)),
  ];
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
