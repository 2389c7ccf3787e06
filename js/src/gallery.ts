// Several maps of the same rows: those of runs that are compared, or moments of one run.

import type { AnyModel } from "@anywidget/types";
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { AffinityDesk } from "./affinities";
import { indexAt } from "./curves";
import type { Looking } from "./looking";
import { alignFrames, FEWEST } from "./procrustes";
import type {
  Arrangement,
  GalleryInfo,
  PageQuality,
  SetEvent,
  ToKernel,
  Traits,
  View,
} from "./state";
import type { Frame } from "./transport";

export const AS_USUAL: Arrangement = { mode: "beside", align: "all", onto: 0 };

/** What the run that leads through time shows. */
export interface Leader {
  readonly frame: ReadonlySignal<Frame | null>;
  readonly frames: ReadonlySignal<readonly Frame[]>;
  /** null: the newest frame is on show. */
  readonly cursor: ReadonlySignal<number | null>;
}

/** The way to Python. */
export interface GalleryWire {
  send(message: ToKernel): void;
  write<K extends "arrangement" | "view">(name: K, value: Traits[K]): void;
}

type Stories = ReadonlyMap<number, readonly Frame[]>;

export class Gallery {
  /** What there is to see of several maps, looked at or not. */
  readonly offered = signal<GalleryInfo | null>(null);
  readonly view = signal<View>("map");
  /** Several maps are on show. */
  readonly info = computed(() => {
    const { value } = this.offered;
    return value?.kind === "moments" && this.view.value === "map" ? null : value;
  });
  readonly arrangement = signal<Arrangement>(AS_USUAL);
  /** The frames of each map, in the order of their steps. */
  private readonly stories = signal<Stories>(new Map());
  /** The map of each at the moment on show, as its run has made it. */
  readonly raw = computed(() =>
    (this.info.value?.maps ?? []).map((_, number) => this.at(number)),
  );
  /** Rows that the maps are aligned by; null for all. */
  private readonly rows = computed(() => {
    if (this.arrangement.value.align !== "selection") return null;
    const { value } = this.looking.selection;
    return value.count < FEWEST ? null : [...value];
  });
  /** The maps on each other, all in one box. */
  readonly aligned = computed(() => {
    const { align, onto } = this.arrangement.value;
    // Where a run began is often scattered so widely that all else would be small.
    const guest = this.info.value?.kind === "moments" && onto !== 0 ? 0 : -1;
    return alignFrames(this.raw.value, onto, align, this.rows.value, guest);
  });

  /** Whether lines lead from each map to the next. */
  readonly hasTrails = signal(false);
  /** Whether the neighbourhood of the point that is looked at is shown larger. */
  readonly hasInsets = signal(false);
  readonly affinities: AffinityDesk;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly looking: Looking,
    private readonly leader: Leader,
    private readonly wire: GalleryWire,
    aborted: AbortSignal,
    page?: PageQuality,
  ) {
    this.read();
    this.affinities = new AffinityDesk(this, looking.selection, wire, page, aborted);
    const changes: (keyof Traits)[] = ["gallery", "arrangement", "view"];
    const read = () => this.read();
    for (const name of changes) model.on(`change:${name}`, read);
    aborted.addEventListener("abort", () => {
      for (const name of changes) model.off(`change:${name}`, read);
    });
  }

  /** Whether there are fewer points selected than an alignment by them needs. */
  get needsSelection(): boolean {
    const isBySome = this.arrangement.value.align === "selection";
    return isBySome && this.looking.selection.value.count < FEWEST;
  }

  /** Takes the frames of all maps in; returns those of the one that leads through time. */
  take(frames: readonly Frame[]): Frame[] {
    const stories = new Map<number, Map<number, Frame>>();
    const old = frames[0]?.run === this.run() ? this.stories.peek() : new Map();
    for (const frame of [...[...old.values()].flat(), ...frames]) {
      const number = frame.map ?? 0;
      const story = stories.get(number) ?? new Map<number, Frame>();
      stories.set(number, story.set(frame.step, frame));
    }
    const sorted = new Map(
      [...stories].map(([number, story]) => [
        number,
        [...story.values()].sort((a, b) => a.step - b.step),
      ]),
    );
    this.stories.value = sorted;
    const last = (story: readonly Frame[]) => story.at(-1)?.step ?? -1;
    const [first, ...others] = [...sorted.values()];
    return others.reduce((a, b) => (last(b) > last(a) ? b : a), first ?? []);
  }

  /** What was set in mid-run in the runs that are compared, each once, with the names of their maps. */
  readonly events = computed(() => {
    const found = new Map<string, { event: SetEvent; maps: string[] }>();
    for (const { name, events = [] } of this.info.value?.maps ?? [])
      for (const event of events) {
        const known = found.get(event.join()) ?? { event, maps: [] };
        found.set(event.join(), { event, maps: [...known.maps, name] });
      }
    return [...found.values()].sort((a, b) => a.event[0] - b.event[0]);
  });

  arrange(change: Partial<Arrangement>): void {
    const next = { ...this.arrangement.peek(), ...change };
    this.arrangement.value = next;
    this.wire.write("arrangement", next);
  }

  look(view: View): void {
    this.view.value = view;
    this.wire.write("view", view);
  }

  private run(): number | undefined {
    const [story] = this.stories.peek().values();
    return story?.[0]?.run;
  }

  /** The frame of one map at or before the step on show. */
  private at(number: number): Frame | null {
    const story = this.stories.value.get(number);
    if (story === undefined)
      return this.info.value?.kind === "moments" ? this.moment(number) : null;
    if (this.leader.cursor.value === null) return story.at(-1) ?? null;
    const step = this.leader.frame.value?.step ?? 0;
    const steps = story.map((frame) => frame.step);
    return story[Math.max(0, indexAt(steps, step))] ?? null;
  }

  /**
   * The moment of the one run that a map stands for, the newest one where the run is just coming there; null
   * where it has not come so far, and where nobody has kept that moment.
   */
  private moment(number: number): Frame | null {
    const { value } = this.leader.frames;
    const maps = this.info.value?.maps ?? [];
    const step = maps[number]?.step ?? 0;
    const last = value.at(-1);
    if (last === undefined) return null;
    if (last.step < step) return last.step > (maps[number - 1]?.step ?? -1) ? last : null;
    return value.find((frame) => frame.step === step) ?? null;
  }

  /** Whether a map is the newest of a run that has not come to its end yet. */
  isComing(number: number): boolean {
    const frame = this.raw.value[number];
    return frame != null && frame.step < (this.info.value?.maps[number]?.step ?? 0);
  }

  private read(): void {
    const info = this.model.get("gallery");
    this.offered.value = info?.maps === undefined ? null : (info as GalleryInfo);
    this.view.value = this.model.get("view") ?? "map";
    this.arrangement.value = { ...AS_USUAL, ...this.model.get("arrangement") };
  }
}
