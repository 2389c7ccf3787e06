// Several maps of the same rows: side by side, one over the other, or in turn.

import {
  computed,
  type Signal,
  useComputed,
  useSignal,
  useSignalEffect,
} from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { hang, hangOver, mapColor, placesOf, tileOf } from "../hanging";
import { Layer, MapSurface } from "../map-surface";
import type { ViewProps } from "../props";
import type { Tile } from "../screen";
import { speakPoints } from "../speaking";
import type { GalleryInfo } from "../state";

/** Milliseconds that each map is shown for. */
const BEAT = 1200;
const NO_CANVAS = "This browser cannot draw on a canvas, so the maps cannot be shown.";

interface GalleryProps extends ViewProps {
  /** What lies over the map that is looked at. */
  card(tile: Tile): ComponentChildren;
  /** What stands above all maps, what lies over each of them, and what is said of each. */
  head: ComponentChildren;
  marks(number: number, tile: Tile): ComponentChildren;
  note(number: number): ComponentChildren;
  children?: ComponentChildren;
}

export function GalleryView(props: GalleryProps) {
  const { store, screen, children } = props;
  const { info, arrangement } = store.gallery;
  useEffect(() => {
    speakPoints(store, screen);
  }, [store, screen]);
  // Who shows several maps has seen the newest one, too.
  useSignalEffect(() => {
    const { value } = store.newest;
    if (value !== null) requestAnimationFrame(() => store.ack(screen.id, value.seq));
  });
  if (info.value === null) return null;
  const { mode, onto } = arrangement.value;
  const parts = { ...props, info: info.value };
  return (
    <div class="nbe-gallery" data-mode={mode}>
      {props.head}
      <div class="nbe-hall" style={{ "--nbe-height": `${store.height.value}px` }}>
        {(mode === "beside" || mode === "large") && <Beside {...parts} />}
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

function Beside(props: PartProps) {
  const { info, store } = props;
  const hasLarge = store.gallery.arrangement.value.mode === "large";
  const large = useSignal(info.maps.length - 1);
  const columns = hasLarge
    ? Math.min(6, info.maps.length - 1)
    : columnsOf(info.maps.length);
  return (
    <div
      class="nbe-tiles"
      data-rows={hasLarge ? "1" : Math.min(2, Math.ceil(info.maps.length / columns))}
      data-large={hasLarge}
      style={{ "--nbe-columns": columns }}
    >
      {info.maps.map(({ name }, number) => (
        <Place
          key={name}
          name={name}
          number={number}
          {...props}
          {...(hasLarge ? { large } : {})}
        />
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

interface PlaceProps extends PartProps {
  name: string;
  number: number;
  /** Number of the map that is large. */
  large?: Signal<number>;
}

function Place(props: PlaceProps) {
  const { store, screen, name, number, info, card, large } = props;
  const own = { store, screen, number };
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
  useEffect(() => {
    screen.tiles.set(number, tile);
    return () => {
      screen.tiles.delete(number);
    };
  }, [screen, number, tile]);
  return (
    <figure class="nbe-tile" data-map={number} data-large={large?.value === number}>
      <Name {...own} name={name} info={info} {...(large === undefined ? {} : { large })}>
        {props.note(number)}
      </Name>
      <Stage label={`Map: ${name}`} tile={tile} store={store} screen={screen}>
        {props.marks(number, tile)}
        {store.gallery.raw.value[number] == null && (
          <p class="nbe-empty">{whyNone(props)}</p>
        )}
        {screen.active.value === tile && card(tile)}
      </Stage>
    </figure>
  );
}

/** Why there is no map in its place. */
function whyNone({ store, info, number }: PlaceProps): string {
  const newest = store.newest.value?.step ?? 0;
  return newest < (info.maps[number]?.step ?? 0)
    ? "The run has not come so far."
    : "This map was not kept here. Run the cell again to see it.";
}

interface NameProps extends ViewProps {
  name: string;
  number: number;
  info: GalleryInfo;
  large?: Signal<number>;
  children?: ComponentChildren;
}

function Name({ name, number, info, store, screen, large, children }: NameProps) {
  const text = store.gallery.isComing(number) ? `${name}, so far` : name;
  const chip = (
    <Chip number={number} count={info.maps.length} isDark={screen.isDark.value} />
  );
  return (
    <figcaption class="nbe-name" title={name}>
      {large === undefined ? (
        <>
          {chip}
          {text}
        </>
      ) : (
        <button
          type="button"
          class="nbe-link"
          data-cmd={`large-${number}`}
          aria-pressed={large.value === number}
          title={`${name}: show it large`}
          onClick={() => {
            large.value = number;
          }}
        >
          {chip}
          {text}
        </button>
      )}
      {children}
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
      <MapSurface element={surface} label={label} />
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
        <MapSurface
          element={surface}
          label={`${info.maps.length} maps over each other. The lasso selects in ${info.maps[onto]?.name}.`}
        >
          {info.maps.map(({ name }, number) => (
            <div key={name} class={hidden.value.has(number) ? "nbe-off" : "nbe-layer"}>
              <Layer />
            </div>
          ))}
        </MapSurface>
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
