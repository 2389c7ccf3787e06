// The parameters of a run: what can be changed, when it acts, and what was wished for.

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type {
  NumberParameter,
  Parameter,
  RefusedMessage,
  Status,
  ToKernel,
} from "./state";

export type Value = number | string;
/** When a change acts; null where nothing can be changed. */
export type Effect = "next step" | "restart" | null;

/** A slider that is being dragged says so this often at most, in milliseconds. */
export const PAUSE = 120;
/** Parts that a slider's way is cut into. */
export const NOTCHES = 1000;

export class Steering {
  readonly parameters = signal<readonly Parameter[]>([]);
  /** What a new run is to begin with. */
  readonly drafts = signal<Readonly<Record<string, Value>>>({});
  readonly refused = signal<string | null>(null);
  readonly events = computed(() => this.status.value.events ?? []);
  /** Values that were sent and not yet confirmed. */
  private readonly sent = signal<Readonly<Record<string, number>>>({});
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly status: ReadonlySignal<Status>,
    private readonly send: (message: ToKernel) => void,
    aborted: AbortSignal,
  ) {
    const endConfirming = effect(() => {
      const live = this.status.value.live ?? {};
      for (const [name, value] of Object.entries(this.sent.peek()))
        if (live[name] === value) this.confirm(name);
    });
    aborted.addEventListener("abort", () => {
      endConfirming();
      for (const timer of this.timers.values()) clearTimeout(timer);
    });
  }

  /** When a change of this parameter acts. Reads signals. */
  effectOf({ name, restart }: Parameter): Effect {
    const { state, live } = this.status.value;
    const isOn = state === "running" || state === "paused";
    if (isOn && live?.[name] !== undefined) return "next step";
    return restart ? "restart" : null;
  }

  /** What is in force, or wished for. Reads signals. */
  valueOf(parameter: Parameter): Value | null {
    const { name, value } = parameter;
    if (this.effectOf(parameter) === "next step")
      return this.sent.value[name] ?? this.status.value.live?.[name] ?? value;
    return this.drafts.value[name] ?? value;
  }

  change(parameter: Parameter, value: Value): void {
    this.refused.value = null;
    if (this.effectOf(parameter) !== "next step") this.draft(parameter, value);
    else if (typeof value === "number") this.set(parameter.name, value);
  }

  restart(): void {
    this.send({ t: "restart", parameters: { ...this.drafts.peek() } });
  }

  /** Takes what the kernel offers. What was collected for another run is void. */
  offer(parameters: readonly Parameter[]): void {
    if (JSON.stringify(parameters) === JSON.stringify(this.parameters.peek())) return;
    this.parameters.value = parameters;
    this.forget();
  }

  forget(): void {
    this.drafts.value = {};
    this.refused.value = null;
  }

  refuse({ text }: RefusedMessage): void {
    this.refused.value = text;
  }

  private draft({ name, value: before }: Parameter, value: Value): void {
    const { [name]: _, ...others } = this.drafts.peek();
    this.drafts.value = value === before ? others : { ...others, [name]: value };
  }

  /** Sends the last of several values, and shows it until the kernel says what is in force. */
  private set(name: string, value: number): void {
    this.sent.value = { ...this.sent.peek(), [name]: value };
    clearTimeout(this.timers.get(name));
    const tell = () => {
      this.send({ t: "set", name, value });
      // Whatever the kernel has made of it is shown then.
      this.timers.set(
        name,
        setTimeout(() => this.confirm(name), 10 * PAUSE),
      );
    };
    this.timers.set(name, setTimeout(tell, PAUSE));
  }

  private confirm(name: string): void {
    const { [name]: _, ...others } = this.sent.peek();
    this.sent.value = others;
  }
}

/** Where a value lies on a slider's way, 0 to `NOTCHES`. */
export function notchOf({ low, high, log }: NumberParameter, value: number): number {
  const t = log
    ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
    : (value - low) / (high - low);
  return Math.round(NOTCHES * Math.min(1, Math.max(0, t)));
}

/** The value at a place of a slider's way, to three figures. */
export function valueAtNotch(parameter: NumberParameter, notch: number): number {
  const { low, high, log, integer } = parameter;
  const t = notch / NOTCHES;
  const value = log ? low * (high / low) ** t : low + t * (high - low);
  return integer ? Math.round(value) : Number(value.toPrecision(3));
}
