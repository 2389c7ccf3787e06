// The controls of a plate. Each says when it acts.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Control, Setting } from "../plates";
import type { ViewProps } from "../props";
import type { Parameter } from "../state";
import { NOTCHES, notchOf, valueAtNotch } from "../steering";
import type { Store } from "../store";
import { figure } from "../text";

const ACTS = {
  now: ["● now", "acts at once"],
  "next step": ["◐ next step", "acts from the next step on"],
  restart: ["○ restart", "begins this view's own runs anew, which takes a while"],
} as const;
/** Sliders of so few places can be played, so long for each. */
const PLACES = 80;
const BEAT = 500;

export function Knobs({ store }: ViewProps) {
  const controls = store.lesson.current.value?.controls ?? [];
  return (
    <div class="nbe-knobs nbe-lesson-knobs">
      {controls.map((control) => (
        <Knob key={control.name} control={control} store={store} />
      ))}
    </div>
  );
}

interface KnobProps {
  control: Control;
  store: Store;
}

/** The parameter of the run on show that the control stands for. Reads signals. */
function parameterOf({ control, store }: KnobProps): Parameter | undefined {
  if (control.acts !== "next step") return undefined;
  return store.steering.parameters.value.find(({ name }) => name === control.name);
}

function settingOf(props: KnobProps): Setting {
  const { control, store } = props;
  const parameter = parameterOf(props);
  const { lesson, steering } = store;
  if (parameter !== undefined) return steering.valueOf(parameter) ?? control.value;
  // A page has some values only: the one that was found is the one that is shown.
  if (lesson.held !== null) return control.value;
  return lesson.settings.value[lesson.name.value]?.[control.name] ?? control.value;
}

function change(props: KnobProps, value: Setting): void {
  const { control, store } = props;
  const parameter = parameterOf(props);
  if (parameter === undefined) store.lesson.set(control.name, value);
  else if (typeof value !== "boolean") store.steering.change(parameter, value);
}

function Knob(props: KnobProps) {
  const { control, store } = props;
  const { acts } = control;
  const [word, meaning] = ACTS[acts];
  const isOff = acts !== "now" && store.controls.value !== "live";
  const more = { ...props, isOff };
  return (
    <div class="nbe-knob" data-knob={control.name}>
      <span class="nbe-knob-name">{control.label}</span>
      <span
        class="nbe-effect"
        data-effect={acts}
        title={isOff ? `${meaning}; that needs a kernel` : meaning}
      >
        {word}
      </span>
      {control.kind === "slider" && <Slider {...more} />}
      {control.kind === "choice" && <Choice {...more} />}
      {control.kind === "toggle" && <Toggle {...more} />}
    </div>
  );
}

type Moved = { currentTarget: HTMLInputElement };
type Fitted = KnobProps & { isOff: boolean };

function Slider(props: Fitted) {
  const { control, isOff } = props;
  const { low = 0, high = 1, step = 0, scale, label, acts } = control;
  const value = Number(settingOf(props));
  const log = scale === "log" && low > 0;
  const shape = { low, high, log, integer: false };
  const put = (wanted: number) => change(props, snapped(control, wanted));
  const places = step > 0 ? (high - low) / step : Number.POSITIVE_INFINITY;
  return (
    <>
      <input
        class="nbe-range"
        type="range"
        min="0"
        max={NOTCHES}
        // Each key moves it by a step; on a logarithmic way, by a hundredth of it.
        step={log || step === 0 ? 10 : (NOTCHES * step) / (high - low || 1)}
        value={notchOf(shape as never, value)}
        disabled={isOff}
        aria-label={label}
        aria-valuetext={figure(value)}
        // What takes long is computed once the slider is let go.
        {...{
          [acts === "restart" ? "onChange" : "onInput"]: ({ currentTarget }: Moved) =>
            put(valueAtNotch(shape as never, Number(currentTarget.value))),
        }}
      />
      <span class="nbe-value">
        {places <= PLACES && !log && control.acts === "now" && (
          <Play
            value={value}
            low={low}
            high={high}
            put={(next) => put(next)}
            step={step}
          />
        )}
        <input
          class="nbe-number"
          type="number"
          min={low}
          max={high}
          step={step > 0 ? step : "any"}
          value={Number(value.toPrecision(4))}
          disabled={isOff}
          aria-label={`${label}, as a number`}
          onChange={({ currentTarget }) => {
            if (currentTarget.value !== "") put(Number(currentTarget.value));
          }}
        />
      </span>
    </>
  );
}

export function snapped({ low = 0, high = 1, step = 0 }: Control, value: number): number {
  const whole = step > 0 ? low + Math.round((value - low) / step) * step : value;
  return Number(Math.min(high, Math.max(low, whole)).toPrecision(6));
}

interface PlayProps {
  value: number;
  low: number;
  high: number;
  step: number;
  put(value: number): void;
}

/** Goes along a slider by itself: what is searched or built step by step is seen so. */
function Play({ value, low, high, step, put }: PlayProps) {
  const isOn = useSignal(false);
  useEffect(() => {
    if (!isOn.value) return;
    const timer = setTimeout(() => {
      if (value >= high) isOn.value = false;
      else put(value + step);
    }, BEAT);
    return () => clearTimeout(timer);
  }, [isOn.value, value, high, step, put, isOn]);
  return (
    <button
      type="button"
      class="nbe-button nbe-round"
      data-cmd="play-knob"
      aria-label={isOn.value ? "stop" : "play"}
      aria-pressed={isOn.value}
      onClick={() => {
        isOn.value = !isOn.value;
        if (isOn.value && value >= high) put(low);
      }}
    >
      {isOn.value ? "❚❚" : "▶"}
    </button>
  );
}

function Choice(props: Fitted) {
  const { control, isOff } = props;
  return (
    <select
      class="nbe-select"
      value={String(settingOf(props))}
      disabled={isOff}
      aria-label={control.label}
      onChange={({ currentTarget }) => change(props, currentTarget.value)}
    >
      {control.choices?.map((choice) => (
        <option key={choice}>{choice}</option>
      ))}
    </select>
  );
}

function Toggle(props: Fitted) {
  const { control, isOff } = props;
  return (
    <input
      class="nbe-toggle"
      type="checkbox"
      checked={settingOf(props) === true}
      disabled={isOff}
      aria-label={control.label}
      onChange={({ currentTarget }) => change(props, currentTarget.checked)}
    />
  );
}
