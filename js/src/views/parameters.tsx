// The parameters of the run: sliders that say when they act, and what was set when.

import { useSignal } from "@preact/signals";
import type { ViewProps } from "../props";
import type { ChoiceParameter, NumberParameter, Parameter } from "../state";
import { NOTCHES, notchOf, type Value, valueAtNotch } from "../steering";
import type { Store } from "../store";
import { count, figure } from "../text";

const MEANING = {
  "next step": "acts from the next step on",
  restart: "acts when the run is begun anew",
  none: "cannot be changed now",
};
const COMING = ["idle", "running", "paused"];
const TO_COME = "They can be set here once a run has begun.";
const DEAF = "The kernel does not answer: nothing can be changed.";

export function Parameters({ store }: ViewProps) {
  const { parameters, events } = store.steering;
  const isOpen = useSignal(false);
  // Until the first run offers them the line stands already: nothing moves when they come.
  const isAwaited =
    COMING.includes(store.status.value.state) && store.controls.value !== "dead";
  const isEmpty = parameters.value.length === 0;
  if (store.isPage || (isEmpty && !isAwaited)) return null;
  const { length } = events.value;
  return (
    <details
      class="nbe-parameters"
      open={isOpen.value}
      onToggle={({ currentTarget }) => {
        isOpen.value = currentTarget.open;
      }}
    >
      <summary data-cmd="parameters">
        Parameters
        {length > 0 && <span class="nbe-muted"> · set {length}× in this run</span>}
      </summary>
      {isOpen.value && isEmpty && <p class="nbe-note">{TO_COME}</p>}
      {isOpen.value && !isEmpty && (
        <>
          <div class="nbe-knobs">
            {parameters.value.map((parameter) => (
              <Knob key={parameter.name} parameter={parameter} store={store} />
            ))}
          </div>
          <Anew store={store} />
          <Past store={store} />
        </>
      )}
    </details>
  );
}

interface KnobProps<P extends Parameter = Parameter> {
  parameter: P;
  store: Store;
}

function Knob({ parameter, store }: KnobProps) {
  const { steering } = store;
  const effect = steering.effectOf(parameter);
  const isDrafted = steering.drafts.value[parameter.name] !== undefined;
  const word = effect ?? "fixed";
  return (
    <div
      class={isDrafted ? "nbe-knob nbe-drafted" : "nbe-knob"}
      data-knob={parameter.name}
    >
      <span class="nbe-knob-name">{parameter.name}</span>
      <span class="nbe-effect" data-effect={word} title={MEANING[effect ?? "none"]}>
        {word}
      </span>
      {parameter.kind === "number" ? (
        <Slider parameter={parameter} store={store} />
      ) : (
        <Choice parameter={parameter} store={store} />
      )}
    </div>
  );
}

/** Whether a change would reach nobody. */
function isOff({ parameter, store }: KnobProps): boolean {
  return store.controls.value !== "live" || store.steering.effectOf(parameter) === null;
}

function titleOf(props: KnobProps): string {
  const effect = props.store.steering.effectOf(props.parameter);
  return props.store.controls.value === "live" ? MEANING[effect ?? "none"] : DEAF;
}

function Slider(props: KnobProps<NumberParameter>) {
  const { parameter, store } = props;
  const value = store.steering.valueOf(parameter);
  const number = typeof value === "number" ? value : null;
  const change = (next: Value) => store.steering.change(parameter, next);
  const { name, marks } = parameter;
  const list = marks === undefined ? {} : { list: `nbe-marks-${name}` };
  return (
    <>
      <input
        class="nbe-range"
        type="range"
        min="0"
        max={NOTCHES}
        value={number === null ? NOTCHES / 2 : notchOf(parameter, number)}
        disabled={isOff(props)}
        title={titleOf(props)}
        aria-label={name}
        aria-valuetext={number === null ? "chosen by the method" : figure(number)}
        onInput={({ currentTarget }) =>
          change(valueAtNotch(parameter, Number(currentTarget.value)))
        }
        {...list}
      />
      <input
        class="nbe-number"
        type="number"
        min={parameter.low}
        step={parameter.integer ? 1 : "any"}
        value={number === null ? "" : Number(number.toPrecision(6))}
        placeholder="auto"
        disabled={isOff(props)}
        title={titleOf(props)}
        aria-label={`${name}, as a number`}
        onChange={({ currentTarget }) => {
          if (currentTarget.value !== "") change(Number(currentTarget.value));
        }}
      />
      {marks !== undefined && (
        <span class="nbe-marks">
          {marks.map(([at, word]) => (
            <button
              key={at}
              type="button"
              class="nbe-link"
              disabled={isOff(props)}
              onClick={() => change(at)}
            >
              {figure(at)} {word}
            </button>
          ))}
        </span>
      )}
    </>
  );
}

function Choice(props: KnobProps<ChoiceParameter>) {
  const { parameter, store } = props;
  return (
    <select
      class="nbe-select"
      value={String(store.steering.valueOf(parameter))}
      disabled={isOff(props)}
      title={titleOf(props)}
      aria-label={parameter.name}
      onChange={({ currentTarget }) =>
        store.steering.change(parameter, currentTarget.value)
      }
    >
      {parameter.choices.map((choice) => (
        <option key={choice} value={choice}>
          {choice}
        </option>
      ))}
    </select>
  );
}

/** Begins a new run with what was changed. Room is kept for it. */
function Anew({ store }: { store: Store }) {
  const { steering } = store;
  const drafts = Object.entries(steering.drafts.value);
  const isDeaf = store.controls.value !== "live";
  return (
    <div class="nbe-anew">
      <button
        type="button"
        class="nbe-button"
        data-cmd="restart"
        disabled={isDeaf || drafts.length === 0}
        title="Begins a new run; of this one nothing is kept here. w.save() keeps it, w.branch() goes on from a frame of it."
        onClick={() => steering.restart()}
      >
        Restart
      </button>
      <span class="nbe-muted" role="status">
        {steering.refused.value ??
          (drafts.length === 0
            ? "Changes marked “restart” are collected here."
            : `with ${drafts.map(([name, value]) => `${name} ${value}`).join(", ")}`)}
      </span>
      {drafts.length > 0 && (
        <button
          type="button"
          class="nbe-link"
          data-cmd="forget"
          onClick={() => steering.forget()}
        >
          undo
        </button>
      )}
    </div>
  );
}

/** What was set when. */
function Past({ store }: { store: Store }) {
  const events = store.steering.events.value;
  if (events.length === 0) return null;
  return (
    <ol class="nbe-past" aria-label="what was set when">
      {events.map(([step, name, value], i) => (
        <li key={`${i} ${name}`}>
          <button type="button" class="nbe-link" onClick={() => store.scrubTo(step)}>
            step {count(step)}
          </button>{" "}
          {name} <b>{figure(value)}</b>
        </li>
      ))}
    </ol>
  );
}
