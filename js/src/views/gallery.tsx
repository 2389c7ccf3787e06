// Several maps of the same rows: side by side, one over the other, or in turn.

import { computed, useComputed, useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { hang, hangOver, mapColor, placesOf, tileOf } from "../hanging";
import type { ViewProps } from "../props";
import type { Tile } from "../screen";
import { speakPoints } from "../speaking";
import type { Align, GalleryInfo, Mode } from "../state";

const MODES: [Mode, string, string][] = [
  ["beside", "Side by side", "Every map in a place of its own"],
  ["over", "Overlay", "All maps in one place, each in a colour of its own"],
  ["flicker", "Flicker", "All maps in one place, one after the other"],
];
const ALIGN: [Align, string][] = [
  ["all", "by all points"],
  ["selection", "by the selected points"],
  ["none", "by size and middle only"],
];
/** Milliseconds that each map is shown for. */
const BEAT = 1200;
const NO_CANVAS = "This browser cannot draw on a canvas, so the maps cannot be shown.";

interface GalleryProps extends ViewProps {
  /** What lies over the map that is looked at. */
  card(tile: Tile): ComponentChildren;
  children?: ComponentChildren;
}

export function GalleryView(props: GalleryProps) {
  const { store, screen, children } = props;
  const { info, arrangement } = store.gallery;
  useEffect(() => {
    speakPoints(store, screen);
  }, [store, screen]);
  if (info.value === null) return null;
  const { mode, onto } = arrangement.value;
  const parts = { ...props, info: info.value };
  return (
    <div class="nbe-gallery" data-mode={mode}>
      <Arranging {...parts} />
      <div class="nbe-hall" style={{ "--nbe-height": `${store.height.value}px` }}>
        {mode === "beside" && <Beside {...parts} />}
        {mode === "over" && <Over key={onto} {...parts} />}
        {mode === "flicker" && <Flicker {...parts} />}
        {children}
      </div>
      <div class="nbe-hidden" role="status" aria-live="polite" data-nbembed="spoken">
        {screen.spoken.value}
      </div>
    </div>
  );
}

interface PartProps extends GalleryProps {
  info: GalleryInfo;
}

function Arranging({ store, info }: PartProps) {
  const { gallery } = store;
  const { mode, align, onto } = gallery.arrangement.value;
  return (
    <div class="nbe-arranging">
      <fieldset class="nbe-modes" aria-label="arrangement">
        {MODES.map(([name, label, title]) => (
          <button
            key={name}
            type="button"
            class="nbe-button"
            data-cmd={`mode-${name}`}
            aria-pressed={mode === name}
            title={title}
            onClick={() => gallery.arrange({ mode: name })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <label class="nbe-field">
        <span class="nbe-label">Aligned</span>
        <select
          class="nbe-select"
          data-cmd="align"
          value={align}
          onChange={({ currentTarget }) =>
            gallery.arrange({ align: currentTarget.value as Align })
          }
        >
          {ALIGN.map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="nbe-field">
        <span class="nbe-label">onto</span>
        <select
          class="nbe-select"
          data-cmd="onto"
          value={onto}
          onChange={({ currentTarget }) =>
            gallery.arrange({ onto: Number(currentTarget.value) })
          }
        >
          {info.maps.map(({ name }, number) => (
            <option key={name} value={number}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <span class="nbe-muted nbe-advice" role="status">
        {gallery.needsSelection &&
          "Select at least 3 points; until then all are aligned."}
      </span>
    </div>
  );
}

function Beside(props: PartProps) {
  const { info } = props;
  const columns = columnsOf(info.maps.length);
  return (
    <div
      class="nbe-tiles"
      data-rows={Math.min(2, Math.ceil(info.maps.length / columns))}
      style={{ "--nbe-columns": columns }}
    >
      {info.maps.map(({ name }, number) => (
        <Place key={name} name={name} number={number} {...props} />
      ))}
    </div>
  );
}

function columnsOf(count: number): number {
  if (count <= 3) return count;
  return count === 4 ? 2 : count <= 6 ? 3 : 4;
}

/** Owns what a map has as long as it is on the screen. */
function useTile(make: (aborted: AbortSignal) => Tile, keys: unknown[]): Tile {
  const [tile, abort] = useMemo(() => {
    const controller = new AbortController();
    return [make(controller.signal), controller] as const;
  }, keys);
  useEffect(() => () => abort.abort(), [abort]);
  return tile;
}

function Place(props: PartProps & { name: string; number: number }) {
  const { store, screen, name, number, info, card } = props;
  const tile = useTile(
    (aborted) =>
      tileOf(
        computed(() => store.gallery.aligned.value[number] ?? null),
        store.looking,
        screen,
        aborted,
      ),
    [store, screen, number],
  );
  return (
    <figure class="nbe-tile" data-map={number}>
      <Name name={name} number={number} info={info} store={store} screen={screen} />
      <Stage label={`Map: ${name}`} tile={tile} store={store} screen={screen}>
        {screen.active.value === tile && card(tile)}
      </Stage>
    </figure>
  );
}

function Name({
  name,
  number,
  info,
  screen,
}: ViewProps & { name: string; number: number; info: GalleryInfo }) {
  return (
    <figcaption class="nbe-name" title={name}>
      <Chip number={number} count={info.maps.length} isDark={screen.isDark.value} />
      {name}
    </figcaption>
  );
}

function Chip(props: { number: number; count: number; isDark: boolean }) {
  const background = mapColor(props.number, props.count, props.isDark);
  return <span class="nbe-map-chip" style={{ background }} aria-hidden="true" />;
}

interface StageProps extends ViewProps {
  label: string;
  tile: Tile;
  children?: ComponentChildren;
}

function Stage({ label, tile, store, screen, children }: StageProps) {
  const surface = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (surface.current !== null && !hang(surface.current, tile, screen))
      store.notice.value = NO_CANVAS;
  }, [tile, store, screen]);
  return (
    <div class="nbe-stage">
      <div
        class="nbe-surface"
        ref={surface}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the map and select points
        tabIndex={0}
        role="application"
        aria-roledescription="map"
        aria-label={label}
      >
        <canvas class="nbe-map" />
        <canvas class="nbe-over" />
      </div>
      {children}
    </div>
  );
}

function Over({ store, screen, info, card }: PartProps) {
  const surface = useRef<HTMLDivElement>(null);
  const tile = useSignal<Tile | null>(null);
  const hidden = useSignal<ReadonlySet<number>>(new Set());
  useEffect(() => {
    if (surface.current === null) return;
    const abort = new AbortController();
    const { gallery, looking } = store;
    tile.value = hangOver(surface.current, gallery, looking, screen, abort.signal);
    if (tile.value === null) store.notice.value = NO_CANVAS;
    return () => abort.abort();
  }, [store, screen, tile]);
  const { onto } = store.gallery.arrangement.value;
  return (
    <>
      <div class="nbe-stage">
        <div
          class="nbe-surface"
          ref={surface}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the map and select points
          tabIndex={0}
          role="application"
          aria-roledescription="map"
          aria-label={`${info.maps.length} maps over each other. The lasso selects in ${info.maps[onto]?.name}.`}
        >
          {info.maps.map(({ name }, number) => (
            <div key={name} class={hidden.value.has(number) ? "nbe-off" : "nbe-layer"}>
              <canvas class="nbe-map" />
              <canvas class="nbe-over" />
            </div>
          ))}
        </div>
        {tile.value !== null && (
          <Trail store={store} screen={screen} tile={tile.value} hidden={hidden.value} />
        )}
        {tile.value !== null && card(tile.value)}
      </div>
      <Chips
        info={info}
        screen={screen}
        store={store}
        isOn={(number) => !hidden.value.has(number)}
        act={(number) => {
          const next = new Set(hidden.value);
          if (!next.delete(number)) next.add(number);
          hidden.value = next;
        }}
      />
    </>
  );
}

/** From the place of the point in the first map to its places in the others. */
function Trail({
  store,
  screen,
  tile,
  hidden,
}: ViewProps & { tile: Tile; hidden: ReadonlySet<number> }) {
  const { row } = screen.pointed.value;
  const places = placesOf(store.gallery, tile, row);
  const { width, height } = tile.screen.size.value;
  const from = places[store.gallery.arrangement.value.onto];
  if (row < 0 || from == null) return null;
  return (
    <svg class="nbe-trail" width={width} height={height} aria-hidden="true">
      {places.map((to, number) =>
        to === null || hidden.has(number) ? null : (
          <line
            key={number}
            x1={from[0]}
            y1={from[1]}
            x2={to[0]}
            y2={to[1]}
            stroke={mapColor(number, places.length, screen.isDark.value)}
          />
        ),
      )}
    </svg>
  );
}

function Flicker(props: PartProps) {
  const { store, screen, info, card } = props;
  const shown = useSignal(store.gallery.arrangement.peek().onto);
  const isOn = useSignal(!screen.isStill.peek());
  const count = info.maps.length;
  const frame = useComputed(() => store.gallery.aligned.value[shown.value] ?? null);
  const tile = useTile(
    (aborted) => tileOf(frame, store.looking, screen, aborted),
    [store, screen, frame],
  );
  useSignalEffect(() => {
    if (!isOn.value || !screen.isVisible.value) return;
    const timer = setInterval(() => {
      shown.value = (shown.peek() + 1) % count;
    }, BEAT);
    return () => clearInterval(timer);
  });
  const name = info.maps[shown.value]?.name ?? "";
  return (
    <>
      <Stage label={`Map: ${name}`} tile={tile} store={store} screen={screen}>
        <div class="nbe-name nbe-shown-name" data-nbembed="shown-map">
          <Chip number={shown.value} count={count} isDark={screen.isDark.value} />
          {name}
        </div>
        {card(tile)}
      </Stage>
      <Chips
        info={info}
        screen={screen}
        store={store}
        isOn={(number) => number === shown.value}
        act={(number) => {
          isOn.value = false;
          shown.value = number;
        }}
      >
        <button
          type="button"
          class="nbe-button"
          data-cmd="flicker"
          aria-pressed={isOn.value}
          onClick={() => {
            isOn.value = !isOn.value;
          }}
        >
          {isOn.value ? "Hold" : "Go on"}
        </button>
      </Chips>
    </>
  );
}

interface ChipsProps extends ViewProps {
  info: GalleryInfo;
  isOn(number: number): boolean;
  act(number: number): void;
  children?: ComponentChildren;
}

function Chips({ info, screen, isOn, act, children }: ChipsProps) {
  return (
    <fieldset class="nbe-chips" aria-label="maps">
      {children}
      {info.maps.map(({ name }, number) => (
        <button
          key={name}
          type="button"
          class="nbe-chip"
          data-map={number}
          aria-pressed={isOn(number)}
          title={name}
          onClick={() => act(number)}
        >
          <Chip number={number} count={info.maps.length} isDark={screen.isDark.value} />
          <span>{name}</span>
        </button>
      ))}
    </fieldset>
  );
}
