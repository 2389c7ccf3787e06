// A model as a notebook hands it over, with everything that was sent kept.

import type { AnyModel } from "@anywidget/types";
import {
  type FrameMessage,
  IDLE,
  type Status,
  type ToKernel,
  type Traits,
} from "../src/state";

type Handler = (...args: unknown[]) => void;

export class FakeModel {
  readonly traits: Record<string, unknown> = {
    protocol: 2,
    height: 420,
    status: IDLE,
    encodings: {},
    selection: { n: 0, kind: "rows", data: new DataView(new ArrayBuffer(0)) },
    group: { n: 0, kind: "rows", data: new DataView(new ArrayBuffer(0)) },
    filter: {},
    moment: -1,
    fields: {
      columns: [],
      measures: [],
      hover: [],
      images: false,
      searchable: false,
      index: false,
    },
    snapshot_info: {},
    snapshot: new DataView(new ArrayBuffer(0)),
    curves: {},
    gallery: {},
    arrangement: { mode: "beside", align: "all", onto: 0 },
  };
  readonly sent: ToKernel[] = [];
  isGone = false;
  saves = 0;
  private readonly handlers = new Map<string, Set<Handler>>();

  get(name: string): unknown {
    return this.traits[name];
  }
  on(name: string, handler: Handler): void {
    const set = this.handlers.get(name) ?? new Set();
    this.handlers.set(name, set.add(handler));
  }
  off(name: string, handler: Handler): void {
    this.handlers.get(name)?.delete(handler);
  }
  set(name: string, value: unknown): void {
    this.traits[name] = value;
  }
  save_changes(): void {
    if (this.isGone) throw new Error("Cannot send");
    this.saves += 1;
  }
  send(message: ToKernel): void {
    if (this.isGone) throw new Error("Cannot send");
    this.sent.push(message);
  }
  emit(name: string, ...args: unknown[]): void {
    for (const handler of this.handlers.get(name) ?? []) handler(...args);
  }
  push(message: unknown, buffers: unknown[] = []): void {
    this.emit("msg:custom", message, buffers);
  }
  change(name: string, value: unknown): void {
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }
  get handlerCount(): number {
    return [...this.handlers.values()].reduce((sum, set) => sum + set.size, 0);
  }
  sentOf<T extends ToKernel["t"]>(t: T): Extract<ToKernel, { t: T }>[] {
    return this.sent.filter((m): m is Extract<ToKernel, { t: T }> => m.t === t);
  }
  get asModel(): AnyModel<Traits> {
    return this as unknown as AnyModel<Traits>;
  }
}

export function running(more: Partial<Status> = {}): Status {
  const base = {
    run: 1,
    state: "running",
    title: "UMAP",
    n: 2,
    d: 4,
    n_steps: 100,
  } as const;
  return { ...IDLE, ...base, elapsed: more.step ?? 0, ...more };
}

/** The body of a frame of two points, and its header. */
export function frame(seq: number, step: number, run = 1): [FrameMessage, DataView[]] {
  const body = new DataView(Uint16Array.from([0, seq, 65535, 9]).buffer);
  const status = running({ step, run });
  const header: FrameMessage = {
    t: "frame",
    run,
    seq,
    step,
    phase: "optimization",
    n: 2,
    bbox: [0, 0, 1, 1],
    enc: "u16",
    status,
  };
  return [header, [body]];
}

export function welcome(
  echo: number[] = [1, 2, 3, 255],
  pull = false,
): [unknown, DataView[]] {
  const message = {
    t: "welcome",
    view: "v",
    protocol: 2,
    controls: true,
    echo_ok: true,
    pull,
  };
  return [message, [new DataView(Uint8Array.from(echo).buffer)]];
}
