// What is needed to look at one map: the store's own, or one of several.

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Looking } from "./looking";
import type { Frame } from "./transport";

export interface Sight {
  /** The frame on show. */
  readonly frame: ReadonlySignal<Frame | null>;
  /** The newest frame; whoever draws it acknowledges it. */
  readonly newest: ReadonlySignal<Frame | null>;
  /** Index of the frame that was scrubbed to, null for the newest. */
  readonly cursor: ReadonlySignal<number | null>;
  readonly looking: Looking;
  /** Says that a frame was drawn. */
  ack(view: string, seq: number): void;
}

const NOTHING = signal(null);

/** A map that is shown beside others: nobody waits for its frames to be acknowledged. */
export function sightOf(frame: ReadonlySignal<Frame | null>, looking: Looking): Sight {
  return { frame, newest: NOTHING, cursor: NOTHING, looking, ack: () => undefined };
}
