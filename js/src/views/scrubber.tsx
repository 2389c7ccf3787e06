// The run as a film: play it, or look at any moment.

import type { ViewProps } from "../props";
import { count } from "../text";

export function Scrubber({ store }: ViewProps) {
  const frames = store.frames.value;
  const last = frames.length - 1;
  const at = store.cursor.value ?? last;
  const frame = frames[at];
  const isPlaying = store.player.playing.value;
  const isOff = frames.length < 2;
  const isLive = store.cursor.value === null && store.isRunning.value;
  const place = frame === undefined ? "" : `step ${count(frame.step)}`;
  return (
    <fieldset class="nbe-scrubber" aria-label="history">
      <button
        type="button"
        class="nbe-button nbe-round"
        data-cmd="play"
        disabled={isOff}
        aria-pressed={isPlaying}
        aria-label={isPlaying ? "Stop playing" : "Play the run again"}
        title={isPlaying ? "Stop playing" : "Play the run again"}
        onClick={() => {
          if (isPlaying) store.player.pause();
          else store.player.play(lengthOf(frames.length));
        }}
      >
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d={isPlaying ? "M4 3h3v10H4zM9 3h3v10H9z" : "M5 3l8 5-8 5z"} />
        </svg>
      </button>
      <input
        class="nbe-range"
        type="range"
        min="0"
        max={Math.max(1, last)}
        value={isOff ? 1 : at}
        disabled={isOff}
        aria-label="moment of the run"
        aria-valuetext={place}
        onInput={(event) => store.scrub(Number(event.currentTarget.value))}
      />
      <span class="nbe-moment">{isLive ? "live" : place}</span>
    </fieldset>
  );
}

/** Seconds: short histories are not stretched, long ones not rushed. */
function lengthOf(n: number): number {
  return Math.min(8, Math.max(3, n / 20));
}
