// The status line and the progress bar; the same for screen readers, at a bearable rate.

import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ViewProps } from "../props";
import { activity, count, duration, fraction, subject } from "../text";

const SPOKEN_EVERY = 5000;

export function Header({ store, screen }: ViewProps) {
  const status = store.status.value;
  const since = store.isRunning.value
    ? Math.max(0, (screen.now.value - store.statusAt.value) / 1000)
    : 0;
  const [title, ...facts] = subject(status);
  const isCompared = store.gallery.info.value?.kind === "compare";
  const doing = isCompared ? [] : activity(status, since);
  const isActive = status.state === "running" || status.state === "paused";
  return (
    <header class="nbe-header">
      <div class="nbe-line">
        <span class="nbe-dot" aria-hidden="true" />
        <span class="nbe-facts">
          <strong>{title}</strong>
          {facts.map((fact) => ` · ${fact}`)}
          <span class="nbe-doing">{doing.map((part) => ` · ${part}`)}</span>
        </span>
        {isActive && (
          <span class="nbe-clock" title="since the start">
            {duration(status.elapsed + since)}
          </span>
        )}
      </div>
      <Bar value={fraction(status)} />
      <Spoken store={store} screen={screen} />
    </header>
  );
}

function Bar({ value }: { value: number | null | undefined }) {
  if (value === undefined) return <div class="nbe-bar nbe-bar-off" />;
  const numbers =
    value === null
      ? {}
      : {
          "aria-valuenow": Math.round(100 * value),
          "aria-valuemin": 0,
          "aria-valuemax": 100,
        };
  return (
    <div class="nbe-bar" role="progressbar" aria-label="progress" {...numbers}>
      <div
        class={value === null ? "nbe-fill nbe-unknown" : "nbe-fill"}
        style={value === null ? {} : { width: `${100 * Math.min(1, value)}%` }}
      />
    </div>
  );
}

/** The state at once, progress at a bearable rate; and how many points are selected, whoever did it. */
function Spoken({ store, screen }: ViewProps) {
  const text = useSignal("");
  const last = useRef({ state: "", at: 0 });
  useSignalEffect(() => {
    const status = store.status.value;
    const now = Date.now();
    if (status.state === last.current.state && now - last.current.at < SPOKEN_EVERY)
      return;
    last.current = { state: status.state, at: now };
    text.value = [status.title, ...activity(status, 0)].join(", ");
  });
  const selected = useRef(store.looking.selection.peek());
  useSignalEffect(() => {
    const { value } = store.looking.selection;
    if (value === selected.current) return;
    selected.current = value;
    const points = value.count === 1 ? "1 point" : `${count(value.count)} points`;
    screen.spoken.value = `${points} selected`;
  });
  return (
    <p class="nbe-hidden" aria-live="polite">
      {text}
    </p>
  );
}
