// The affinities that changed from one map of a run to the next: asked of the kernel, or read from an exported page.

import {
  computed,
  effect,
  type ReadonlySignal,
  type Signal,
  signal,
} from "@preact/signals";
import type { Rows } from "./rows";
import type {
  AffinitiesMessage,
  AffinityChange,
  GalleryInfo,
  PageQuality,
  ToKernel,
} from "./state";

/** A selection that grows, and a run that goes on, are asked about when they rest, in milliseconds. */
const REST = 250;

interface Maps {
  readonly info: ReadonlySignal<GalleryInfo | null>;
}

export class AffinityDesk {
  /** Whether anybody wants to see them. */
  readonly isOn = signal(false);
  /** null before the answer. */
  private readonly answer: Signal<readonly AffinityChange[] | null>;
  /** By the number of the map, those of the selected rows if there are any; null before the answer. */
  readonly changes: ReadonlySignal<ReadonlyMap<number, AffinityChange> | null>;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    maps: Maps,
    private readonly selection: ReadonlySignal<Rows>,
    private readonly wire: { send(message: ToKernel): void },
    private readonly page: PageQuality | undefined,
    aborted: AbortSignal,
  ) {
    this.answer = signal(page?.affinities ?? null);
    this.changes = computed(() => this.shown());
    const end = effect(() => {
      void [maps.info.value, selection.value];
      clearTimeout(this.timer);
      if (this.isOn.value && page === undefined)
        this.timer = setTimeout(() => this.ask(), REST);
    });
    aborted.addEventListener("abort", () => {
      end();
      clearTimeout(this.timer);
    });
  }

  receive({ id, changes }: AffinitiesMessage): void {
    if (id === this.asked) this.answer.value = changes;
  }

  private ask(): void {
    this.asked += 1;
    this.wire.send({ t: "affinities", id: this.asked });
  }

  private shown(): ReadonlyMap<number, AffinityChange> | null {
    if (!this.isOn.value || this.answer.value === null) return null;
    const rows = this.page === undefined ? null : this.selection.value;
    // The kernel has looked at the selection; a page knows the greatest changes of all.
    const own = (pairs: readonly number[]) => {
      if (rows === null || rows.count === 0) return [...pairs];
      return pairs.filter((_, i) => {
        const first = i - (i % 2);
        return rows.has(pairs[first] ?? -1) || rows.has(pairs[first + 1] ?? -1);
      });
    };
    return new Map(
      this.answer.value.map((change) => [
        change.map,
        { ...change, gained: own(change.gained), lost: own(change.lost) },
      ]),
    );
  }
}
