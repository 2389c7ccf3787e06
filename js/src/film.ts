// The frames of a run, and which of them is on show. That is a step, not an index: frames come,
// and old ones are dropped, while somebody looks at one of them.

import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { indexAt } from "./curves";
import { History } from "./history";
import { createPlayer, type Player } from "./player";
import type { PackInfo } from "./state";
import { type Frame, unpackHistory } from "./transport";

/** Milliseconds after which a moment counts as looked at. */
export const MOMENT_REST = 150;

/** The trait that Python and all views share; -1 follows the newest frame. */
export interface Moment {
  read(): number;
  write(step: number): void;
}

export class Film {
  readonly newest = signal<Frame | null>(null);
  readonly frames = signal<readonly Frame[]>([]);
  /** The step that somebody wants to see, stored or not; null follows the newest frame. */
  private readonly wanted = signal<number | null>(null);
  private readonly steps = computed(() => this.frames.value.map((frame) => frame.step));
  /** Index of the frame at or before the step wanted; null follows the newest one. */
  readonly cursor: ReadonlySignal<number | null> = computed(() => {
    const { value } = this.wanted;
    if (value === null || this.steps.value.length === 0) return null;
    return Math.max(0, indexAt(this.steps.value, value));
  });
  readonly frame = computed<Frame | null>(() => {
    const at = this.cursor.value;
    return (at === null ? undefined : this.frames.value[at]) ?? this.newest.value;
  });
  readonly player: Player;

  private readonly history = new History();
  /** What this side and Python last agreed on, so that an echo is not taken for a wish. */
  private agreed = -1;

  constructor(
    private readonly moment: Moment,
    aborted: AbortSignal,
    /** Takes frames of several maps apart and returns those that lead through time. */
    private readonly leading: (frames: readonly Frame[]) => readonly Frame[] = (f) => f,
  ) {
    this.player = createPlayer(
      {
        length: () => this.frames.peek().length,
        at: () => this.cursor.peek(),
        show: (index) => this.show(index),
      },
      aborted,
    );
    this.tell(aborted);
  }

  push(frame: Frame): void {
    this.history.push(frame);
    this.take(frame);
  }

  /** Joins a pack of frames; false when its bytes contradict its header. */
  join(info: PackInfo, bytes: Uint8Array): boolean {
    const frames = unpackHistory(info, bytes);
    if (frames === undefined) return false;
    // The traits may still hold the map of an earlier run.
    if (info.run < (this.newest.peek()?.run ?? 0)) return true;
    this.history.merge(this.leading(frames));
    const newest = this.history.frames.at(-1);
    if (newest !== undefined) this.take(newest);
    return true;
  }

  /** A new run begins; its predecessor's map stays on show until there is another. */
  clear(): void {
    this.player.pause();
    this.history.clear();
    batch(() => {
      this.wanted.value = null;
      this.frames.value = [];
    });
  }

  /** Shows frame `index`; the last one and null follow the newest. */
  scrub(index: number | null): void {
    this.player.pause();
    const last = this.frames.peek().length - 1;
    this.show(index === null || index >= last ? null : Math.max(0, index));
  }

  /** Shows the last frame at or before a step, as far as there is one. */
  scrubTo(step: number): void {
    this.scrub(indexAt(this.steps.peek(), step));
  }

  /** Does what Python says of the moment. */
  obey(): void {
    const step = this.moment.read();
    if (step === this.agreed) return;
    this.agreed = step;
    this.player.pause();
    this.wanted.value = step < 0 ? null : step;
  }

  private take(newest: Frame): void {
    batch(() => {
      this.newest.value = newest;
      this.frames.value = [...this.history.frames];
    });
  }

  private show(index: number | null): void {
    this.wanted.value = index === null ? null : (this.steps.peek()[index] ?? null);
  }

  /** Tells Python which moment is on show, once it is looked at for a while. */
  private tell(aborted: AbortSignal): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = effect(() => {
      const step = this.wanted.value ?? -1;
      clearTimeout(timer);
      if (step === this.agreed) return;
      timer = setTimeout(() => {
        this.agreed = step;
        this.moment.write(step);
      }, MOMENT_REST);
    });
    aborted.addEventListener("abort", () => {
      end();
      clearTimeout(timer);
    });
  }
}
