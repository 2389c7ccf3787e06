// Plays a history: moves a cursor through its frames in a fixed time.

import { type Signal, signal } from "@preact/signals";

const TICK = 33;

export interface Player {
  readonly playing: Signal<boolean>;
  play(seconds: number): void;
  pause(): void;
}

/** `cursor` is the index of the frame on show; null follows the newest one. */
export function createPlayer(
  cursor: Signal<number | null>,
  length: () => number,
  signal_: AbortSignal,
): Player {
  const playing = signal(false);
  let timer: ReturnType<typeof setInterval> | undefined;

  const pause = () => {
    clearInterval(timer);
    playing.value = false;
  };
  const play = (seconds: number) => {
    pause();
    if (length() < 2) return;
    const at = cursor.value;
    const first = at === null || at >= length() - 1 ? 0 : at;
    const start = Date.now();
    const whole = (1000 * seconds * (length() - 1 - first)) / (length() - 1);
    playing.value = true;
    cursor.value = first;
    timer = setInterval(() => {
      const t = Math.min(1, (Date.now() - start) / whole);
      const last = length() - 1;
      cursor.value = t < 1 ? Math.floor(first + t * (last - first)) : null;
      if (t >= 1) pause();
    }, TICK);
  };
  signal_.addEventListener("abort", pause);
  return { playing, play, pause };
}
