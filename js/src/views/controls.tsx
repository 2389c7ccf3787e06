// Pause, step and stop.

import { useSignal } from "@preact/signals";
import type { ViewProps } from "../props";
import type { CommandName } from "../state";
import type { Store } from "../store";

const BLOCKED =
  "Buttons need start() on this kernel; use ■ Interrupt to stop and keep the result.";
const BUSY = "The kernel is busy: the buttons come back when it answers.";

export function Controls({ store }: ViewProps) {
  const steps = useSignal(1);
  if (store.isPage) return null;
  const status = store.status.value;
  const { state } = status;
  const isLive = store.controls.value === "live";
  const isPaused = state === "paused";
  const isOn = state === "running" || isPaused;
  const canStep = isLive && (isPaused || (state === "idle" && status.mode === "start"));
  return (
    <fieldset class="nbe-controls" aria-label="run">
      <Command
        store={store}
        name={isPaused ? "resume" : "pause"}
        icon={isPaused ? "M5 3l8 5-8 5z" : "M4 3h3v10H4zM9 3h3v10H9z"}
        label={isPaused ? "Resume" : "Pause"}
        isPressed={isPaused}
        isOff={!isLive || !isOn}
        keys="space"
      />
      <span class="nbe-steps">
        <Command
          store={store}
          name="step"
          icon="M3 3l7 5-7 5zM11 3h2v10h-2z"
          label="Step"
          n={steps.value}
          isOff={!canStep}
          keys="→"
        />
        <input
          class="nbe-number"
          type="number"
          min="1"
          max="100000"
          value={steps.value}
          aria-label="steps at a time"
          readOnly={!canStep}
          aria-disabled={!canStep}
          onInput={(event) => {
            const n = Math.floor(Number(event.currentTarget.value));
            if (n >= 1) steps.value = n;
          }}
        />
      </span>
      <Command
        store={store}
        name="stop"
        icon="M4 4h8v8H4z"
        label="Stop"
        isOff={!isLive || !isOn}
      />
    </fieldset>
  );
}

/** Why the buttons are grey. */
export function Hint({ store }: ViewProps) {
  const status = store.status.value;
  if (!store.isLate.value || status.state !== "running") return null;
  return <p class="nbe-hint">{status.mode === "start" ? BUSY : BLOCKED}</p>;
}

interface CommandProps {
  store: Store;
  name: CommandName;
  icon: string;
  label: string;
  isOff: boolean;
  isPressed?: boolean;
  n?: number;
  keys?: string;
}

function Command({ store, name, icon, label, isOff, isPressed, n, keys }: CommandProps) {
  const pressed = isPressed === undefined ? {} : { "aria-pressed": isPressed };
  return (
    <button
      type="button"
      class="nbe-button"
      data-cmd={name}
      // Not `disabled`: a button that goes grey under the fingers must keep the focus.
      aria-disabled={isOff}
      title={keys === undefined ? label : `${label} (${keys})`}
      onClick={() => {
        if (!isOff) store.command(name, n);
      }}
      {...pressed}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        <path d={icon} />
      </svg>
      {label}
    </button>
  );
}
