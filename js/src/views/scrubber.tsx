// The run as a film: play it, once or again and again, or look at any moment.

import { SPEEDS } from "../player";
import type { ViewProps } from "../props";
import type { Store } from "../store";
import { count } from "../text";

const PLAY = "M5 3l8 5-8 5z";
const PAUSE = "M4 3h3v10H4zM9 3h3v10H9z";
const LOOP =
  "M8 2a6 6 0 0 1 5.2 3H11v1.5h4.5V2H14v1.7A7.5 7.5 0 0 0 .6 7H2.1A6 6 0 0 1 8 2zM8 14a6 6 0 0 1-5.2-3H5V9.5H.5V14H2v-1.7A7.5 7.5 0 0 0 15.4 9h-1.5A6 6 0 0 1 8 14z";

export function Scrubber({ store }: ViewProps) {
  const { player } = store;
  const isPlaying = player.playing.value;
  const isOff = store.frames.value.length < 2;
  const place = placeOf(store);
  const label = isPlaying ? "Stop playing" : "Play the run again";
  return (
    <fieldset class="nbe-scrubber" aria-label="history">
      <Round
        name="play"
        label={label}
        icon={isPlaying ? PAUSE : PLAY}
        isPressed={isPlaying}
        isOff={isOff}
        onClick={() => (isPlaying ? player.pause() : player.play())}
      />
      <Round
        name="loop"
        label="Play again and again"
        icon={LOOP}
        isPressed={player.looping.value}
        isOff={isOff}
        onClick={() => {
          player.looping.value = !player.looping.value;
        }}
      />
      <Slider store={store} isOff={isOff} />
      <select
        class="nbe-select nbe-speed"
        data-cmd="speed"
        aria-label="speed"
        title="Speed"
        disabled={isOff}
        value={player.speed.value}
        onChange={(event) => {
          player.speed.value = Number(event.currentTarget.value);
        }}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed}>
            {speed}×
          </option>
        ))}
      </select>
      <span class="nbe-moment" title={place}>
        {place}
      </span>
    </fieldset>
  );
}

function Slider({ store, isOff }: { store: Store; isOff: boolean }) {
  const last = store.frames.value.length - 1;
  const at = store.cursor.value ?? last;
  return (
    <input
      class="nbe-range"
      type="range"
      data-cmd="moment"
      min="0"
      max={Math.max(1, last)}
      value={isOff ? 1 : at}
      disabled={isOff}
      aria-label="moment of the run"
      aria-valuetext={placeOf(store)}
      onInput={(event) => store.scrub(Number(event.currentTarget.value))}
    />
  );
}

/** The moment on show in words. */
function placeOf(store: Store): string {
  const frame = store.frame.value;
  if (frame === null) return "";
  const step = `step ${count(frame.step)}`;
  if (store.cursor.value === null && store.isRunning.value) return `live · ${step}`;
  return frame.phase === "" ? step : `${step} · ${frame.phase}`;
}

interface RoundProps {
  name: string;
  label: string;
  icon: string;
  isPressed: boolean;
  isOff: boolean;
  onClick(): void;
}

function Round({ name, label, icon, isPressed, isOff, onClick }: RoundProps) {
  return (
    <button
      type="button"
      class="nbe-button nbe-round"
      data-cmd={name}
      disabled={isOff}
      aria-pressed={isPressed}
      aria-label={label}
      title={label}
      onClick={onClick}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={icon} />
      </svg>
    </button>
  );
}
