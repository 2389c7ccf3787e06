// Curves beside the map: loss, quality and schedule. Their cursors move together, a press in them
// looks at that moment of the run.

import { effect, type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type ChartOptions, createChart, type Ink } from "../chart";
import { chartSvg } from "../chart-svg";
import { type Group, groupsOf } from "../curve-groups";
import { valueAt } from "../curves";
import { download } from "../download";
import { mapColor } from "../hanging";
import type { ViewProps } from "../props";
import type { Curve } from "../state";
import type { Store } from "../store";
import { csvOf } from "../table";
import { count, figure } from "../text";

const SHARE = [0, 1] as const;

export function Panels({ store, screen, children }: PanelsProps) {
  const hovered = useSignal<number | null>(null);
  return (
    <section class="nbe-panels" aria-label="measurements">
      {children}
      {groupsOf(store).map((group) => (
        <Panel
          key={group.name}
          group={group}
          hovered={hovered}
          store={store}
          screen={screen}
        />
      ))}
    </section>
  );
}

interface PanelsProps extends ViewProps {
  children?: ComponentChildren;
}

/** The step that the map shows, where that is not the newest one. */
function scrubbedTo(store: Store): number | null {
  return store.cursor.value === null ? null : (store.frame.value?.step ?? null);
}

interface PanelProps extends ViewProps {
  group: Group;
  hovered: Signal<number | null>;
}

function Panel({ group, hovered, store, screen }: PanelProps) {
  const host = useRef<HTMLDivElement>(null);
  const { name, kind, title, curves } = group;
  useEffect(() => {
    if (host.current === null) return;
    return drawChart(host.current, name, hovered, { store, screen });
  }, [name, store, screen, hovered]);
  const count = store.gallery.info.value?.maps.length ?? 0;
  const at = hovered.value ?? scrubbedTo(store);
  const note = curves.find((curve) => curve.note !== undefined)?.note;
  return (
    <figure class={`nbe-panel nbe-panel-${kind}`}>
      <figcaption>
        <span class="nbe-panel-title">{title}</span>
        {curves.map((curve, i) =>
          curve.map === undefined ? (
            <span key={curve.label} class="nbe-key">
              <Key i={i} />
              {curve.label} <b>{figure(valueAt(curve, at))}</b>
            </span>
          ) : (
            <span key={curve.map} class="nbe-key" title={curve.label}>
              <span
                class="nbe-ink"
                style={{ background: mapColor(curve.map, count, screen.isDark.value) }}
                aria-hidden="true"
              />
              <b>{figure(valueAt(curve, at))}</b>
            </span>
          ),
        )}
      </figcaption>
      <Exports group={group} store={store} />
      <div
        class="nbe-chart"
        ref={host}
        role="img"
        aria-label={`${title}: ${summary(curves)}`}
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

function Exports({ group, store }: { group: Group; store: Store }) {
  const { curves, name } = group;
  if (curves.length === 0) return null;
  const { title } = store.status.value;
  const word = group.title.toLowerCase();
  const file = `${title || "nbembed"}-${name}`;
  const picture = () =>
    chartSvg({
      title: [title, word].filter((t) => t !== "").join(" · "),
      curves,
      domain: domainOf(store),
      isApart: group.kind === "schedule",
      ...(group.kind === "quality" ? { range: SHARE } : {}),
    });
  return (
    <span class="nbe-exports">
      <button
        type="button"
        class="nbe-link"
        data-cmd={`csv-${name}`}
        aria-label={`CSV of ${word}`}
        title="Download the numbers"
        onClick={() => download(`${file}.csv`, csvOf(curves), "text/csv;charset=utf-8")}
      >
        CSV
      </button>
      <button
        type="button"
        class="nbe-link"
        data-cmd={`svg-${name}`}
        aria-label={`SVG of ${word}`}
        title="Download the figure"
        onClick={() => download(`${file}.svg`, picture(), "image/svg+xml;charset=utf-8")}
      >
        SVG
      </button>
    </span>
  );
}

function drawChart(
  host: HTMLElement,
  name: string,
  hovered: Signal<number | null>,
  { store, screen }: ViewProps,
): () => void {
  let ink = readInk(screen.root);
  const group = () => groupsOf(store).find((other) => other.name === name);
  const kind = group()?.kind;
  const options: ChartOptions = {
    host,
    group: screen.id,
    ink: () => ink,
    domain: () => domainOf(store),
    isApart: kind === "schedule",
    events: () => setSteps(store),
    color: ({ map }) =>
      map === undefined
        ? undefined
        : mapColor(
            map,
            store.gallery.info.peek()?.maps.length ?? 1,
            screen.isDark.peek(),
          ),
    onHover(step) {
      hovered.value = step;
    },
    onScrub: (step) => store.scrubTo(step),
  };
  if (kind === "quality") options.range = SHARE;
  const chart = createChart(options);
  const ends = [
    effect(() => {
      const curves = group()?.curves ?? [];
      if (curves.length > 0) chart.set(curves);
    }),
    effect(() => chart.mark(scrubbedTo(store))),
    effect(() => {
      if (setSteps(store).length > 0) chart.redraw();
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

/** The steps at which something was set, in this run or in those that are compared. */
function setSteps(store: Store): number[] {
  const own = store.steering.events.value.map(([step]) => step);
  const compared = store.gallery.events.value.map(({ event }) => event[0]);
  return [...new Set([...own, ...compared])];
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
