// Plays a history: moves through its frames in a fixed time, once or again and again.

import { type Signal, signal } from "@preact/signals";

const TICK = 33;
/** How long a loop rests on its last frame, so that the result can be looked at. */
export const LOOP_REST = 800;
export const SPEEDS = [0.5, 1, 2, 4] as const;

export interface Player {
  readonly playing: Signal<boolean>;
  readonly looping: Signal<boolean>;
  /** How many times faster than usual. */
  readonly speed: Signal<number>;
  /** Plays on from the frame on show, from the first one when it is the last. */
  play(seconds?: number): void;
  pause(): void;
}

/** The frames that are played. Their number may change at any time. */
export interface Reel {
  length(): number;
  /** Index of the frame on show; null for the newest. */
  at(): number | null;
  /** Shows a frame; null follows the newest. */
  show(index: number | null): void;
}

/** Seconds for a whole history: short ones are not stretched, long ones not rushed. */
export function lengthOf(frames: number): number {
  return Math.min(8, Math.max(3, frames / 20));
}

export function createPlayer(reel: Reel, aborted: AbortSignal): Player {
  const playing = signal(false);
  const looping = signal(false);
  const speed = signal(1);
  let timer: ReturnType<typeof setInterval> | undefined;
  let whole = 0;
  let before = 0;
  /** How long a loop has been on its last frame; null while it is on its way. */
  let rested: number | null = null;
  /** A place between two frames. */
  let place = 0;

  const pause = () => {
    clearInterval(timer);
    playing.value = false;
  };
  const last = () => reel.length() - 1;
  const finish = (passed: number) => {
    if (!looping.value) {
      pause();
      reel.show(null);
      return;
    }
    if (rested === null) {
      rested = 0;
      reel.show(last());
    } else if (rested + passed < LOOP_REST) rested += passed;
    else {
      rested = null;
      place = 0;
      reel.show(0);
    }
  };
  const tick = () => {
    const passed = (Date.now() - before) * speed.value;
    before = Date.now();
    if (last() < 1) return pause();
    // Frames may have been put in or dropped before the one on show.
    const at = reel.at();
    if (at !== null && at !== Math.floor(place)) place = at;
    place = Math.min(last(), place + (passed * last()) / (1000 * whole));
    if (place >= last()) return finish(passed);
    rested = null;
    reel.show(Math.floor(place));
  };
  const play = (seconds = lengthOf(reel.length())) => {
    pause();
    if (last() < 1) return;
    const at = reel.at();
    place = at === null || at >= last() ? 0 : at;
    [whole, before, rested] = [seconds, Date.now(), null];
    playing.value = true;
    reel.show(Math.floor(place));
    timer = setInterval(tick, TICK);
  };
  aborted.addEventListener("abort", pause);
  return { playing, looping, speed, play, pause };
}
