// What the kernel says of the map of its own accord: what is kept, where the run stands, what to beware of.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { PageQuality, ToKernel } from "./state";
import type { Frame } from "./transport";

/** Milliseconds between two questions: a map in motion is looked at now and then. */
export const PAUSE = 700;

export interface Sign {
  name: string;
  text: string;
  /** Whether it is a reason to be careful. */
  alarm: boolean;
  /** The view that says more. */
  shows?: string;
}

/** The signals of the map of a step. */
export interface Signs {
  step: number;
  signals: readonly Sign[];
}

export type SignsMessage = Signs & { t: "signals"; id: number };

interface Watched {
  isOpen: ReadonlySignal<boolean>;
  /** The view that was computed last: some signals rest on one. */
  plate: ReadonlySignal<{ name: string; row: number; text: string } | null>;
  frame: ReadonlySignal<Frame | null>;
  /** null while the newest frame is on show. */
  cursor: ReadonlySignal<number | null>;
  /** Changes with the maps of other seeds. */
  fields: ReadonlySignal<unknown>;
}

export class SignDesk {
  readonly now = signal<Signs | null>(null);
  private asked = 0;
  private answered = 0;
  private end = () => {};
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly watched: Watched,
    private readonly send: (message: ToKernel) => void,
    page: PageQuality | undefined,
  ) {
    if (page !== undefined) {
      this.now.value = page.signs ?? null;
      return;
    }
    const { isOpen, plate, frame, fields } = watched;
    // Those that rest on a view rest on one of all points: a click asks nothing.
    const made = computed(() => ((plate.value?.row ?? 0) < 0 ? plate.value?.text : ""));
    this.end = effect(() => {
      void [made.value, fields.value];
      if (isOpen.value && frame.value !== null) this.wait();
    });
  }

  close(): void {
    clearTimeout(this.timer);
    this.end();
  }

  receive(message: SignsMessage): void {
    // Of answers that overtake each other the newest stays.
    if (message.id < this.answered) return;
    this.answered = message.id;
    this.now.value = message;
  }

  private wait(): void {
    this.timer ??= setTimeout(() => this.ask(), PAUSE);
  }

  private ask(): void {
    this.timer = undefined;
    const { cursor, frame } = this.watched;
    // The kernel knows the newest map better than the frame that was sent last.
    const step = cursor.peek() === null ? -1 : (frame.peek()?.step ?? -1);
    this.asked += 1;
    this.send({ t: "signals", id: this.asked, step });
  }
}
