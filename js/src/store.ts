// The only file that talks to the notebook's model. Views read signals and call methods.

import type { AnyModel } from "@anywidget/types";
import { batch, computed, signal } from "@preact/signals";
import { appendCurves } from "./curves";
import { Greeter } from "./greeting";
import { History } from "./history";
import { createPlayer } from "./player";
import {
  type Bytes,
  type Color,
  type CommandName,
  type Curves,
  type FrameMessage,
  type FromKernel,
  type HistoryMessage,
  IDLE,
  type PackInfo,
  PROTOCOL,
  type Status,
  type ToKernel,
  type Traits,
} from "./state";
import {
  bodyOf,
  bytesOf,
  echoBytes,
  type Frame,
  f32Of,
  isEcho,
  u16Of,
  unpackHistory,
} from "./transport";

/** What is known of the way back to Python. */
export type Controls = "live" | "unknown" | "dead";

/** Colours as data: one code or one number for each point, or nothing. */
export type Coloring = { spec: Color; codes?: Uint16Array; numbers?: Float32Array };

/** Silence of a running kernel after which a harmless message asks whether it is still there. */
const SILENCE = 5000;
const REPLAY_SECONDS = 3;
const GONE =
  "The kernel is gone: the run cannot go on. The map and its history stay on screen.";

export class Store {
  readonly status = signal<Status>(IDLE);
  /** Date.now() when the status arrived, so that clocks can tick in between. */
  readonly statusAt = signal(Date.now());
  readonly coloring = signal<Coloring>({ spec: {} });
  readonly curves = signal<Curves>({});
  readonly height = signal(420);
  readonly notice = signal<string | null>(null);
  /** Reason why nothing can be shown at all. */
  readonly fatal = signal<string | null>(null);
  readonly newest = signal<Frame | null>(null);
  readonly frames = signal<readonly Frame[]>([]);
  readonly cursor = signal<number | null>(null);
  /** The frame on show: the newest one, or the one scrubbed to. */
  readonly frame = computed<Frame | null>(() => {
    const at = this.cursor.value;
    return (at === null ? undefined : this.frames.value[at]) ?? this.newest.value;
  });
  readonly isRunning = computed(() => this.status.value.state === "running");
  readonly player;
  readonly controls;
  readonly isLate;

  private readonly history = new History();
  private readonly greeter: Greeter;
  private readonly abort = new AbortController();
  private readonly views = new Set<string>();
  private lastSeq = -1;
  private lastHeard = Date.now();
  private base64 = false;
  private replayWanted = false;
  private poller: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    readonly isPage = false,
  ) {
    const { signal: aborted } = this.abort;
    this.greeter = new Greeter(
      (view) => this.hello(view),
      () => this.isRunning.value,
      aborted,
    );
    this.controls = this.greeter.controls;
    this.isLate = this.greeter.isLate;
    if (isPage) this.controls.value = "dead";
    this.player = createPlayer(this.cursor, () => this.frames.value.length, aborted);
    this.readTraits();
    this.listen(aborted);
  }

  /** A view has come: greet the kernel in its name. Returns its farewell. */
  join(view: string): () => void {
    this.views.add(view);
    if (!this.isPage && this.fatal.value === null) this.greeter.greet(view);
    return () => this.views.delete(view);
  }

  /** Says that a view has drawn a frame, or has skipped it for a newer one. */
  ack(view: string, seq: number): void {
    if (seq >= 0) this.send({ t: "ack", view, seq });
  }

  command(name: CommandName, n?: number): void {
    const numbers = n === undefined ? {} : { n };
    this.send({ t: "command", name, ...numbers });
  }

  /** Shows frame `index` of the history; null goes back to the newest. */
  scrub(index: number | null): void {
    this.player.pause();
    const last = this.frames.value.length - 1;
    this.cursor.value = index === null || index >= last ? null : Math.max(0, index);
  }

  close(): void {
    this.abort.abort();
  }

  private listen(aborted: AbortSignal): void {
    const { model } = this;
    const receive = (message: FromKernel, buffers?: readonly Bytes[]) =>
      this.receive(message, buffers ?? []);
    model.on("msg:custom", receive);
    const changes: [keyof Traits, () => void][] = [
      ["status", () => this.setStatus(model.get("status"))],
      ["color_spec", () => this.readColor()],
      ["color_values", () => this.readColor()],
      ["snapshot", () => this.readSnapshot()],
      ["snapshot_info", () => this.readSnapshot()],
      ["curves", () => this.readCurves()],
      ["height", () => this.readHeight()],
    ];
    for (const [name, handle] of changes) model.on(`change:${name}`, handle);
    const watch = setInterval(() => this.watch(), SILENCE);
    aborted.addEventListener("abort", () => {
      clearInterval(watch);
      clearInterval(this.poller);
      model.off("msg:custom", receive);
      for (const [name, handle] of changes) model.off(`change:${name}`, handle);
    });
  }

  private readTraits(): void {
    const theirs = this.model.get("protocol");
    if (theirs !== PROTOCOL) {
      this.fatal.value =
        `The kernel's nbembed speaks protocol ${theirs}, this page's speaks ${PROTOCOL}. ` +
        "Restart the kernel and reload the page, so that both come from one version.";
      return;
    }
    batch(() => {
      this.readHeight();
      this.setStatus(this.model.get("status"));
      this.readColor();
      this.readCurves();
      this.readSnapshot();
    });
  }

  private readHeight(): void {
    this.height.value = this.model.get("height") || 420;
  }

  private readColor(): void {
    const spec = this.model.get("color_spec") ?? {};
    const bytes = bytesOf(this.model.get("color_values"));
    if (spec.kind === "category") this.coloring.value = { spec, codes: u16Of(bytes) };
    else if (spec.kind === "number")
      this.coloring.value = { spec, numbers: f32Of(bytes) };
    else this.coloring.value = { spec };
  }

  private readCurves(): void {
    const curves = this.model.get("curves") ?? {};
    if (Object.keys(curves).length > 0) this.curves.value = curves;
  }

  private readSnapshot(): void {
    const info = this.model.get("snapshot_info");
    if (info?.frames === undefined || info.frames.length === 0) return;
    // Header and bytes may come one after the other: a pair that contradicts itself is not ready.
    this.remember(info as PackInfo, bytesOf(this.model.get("snapshot")));
  }

  private receive(message: FromKernel, buffers: readonly Bytes[]): void {
    if (this.fatal.value !== null) return;
    this.lastHeard = Date.now();
    batch(() => {
      if (message.t === "welcome") this.welcome(message, buffers);
      else if (message.t === "frame") this.receiveFrame(message, buffers);
      else if (message.t === "history") this.receiveHistory(message, buffers);
      else if (message.t === "status") {
        this.setStatus(message.status);
        this.addCurves(message.curves);
      }
    });
  }

  private welcome(
    message: FromKernel & { t: "welcome" },
    buffers: readonly Bytes[],
  ): void {
    this.greeter.answered(message.controls);
    if (!isEcho(buffers[0])) this.askForText();
    if (message.pull) this.startPolling();
  }

  private receiveFrame(message: FrameMessage, buffers: readonly Bytes[]): void {
    this.setStatus(message.status);
    this.addCurves(message.curves);
    this.lastSeq = message.seq;
    const body = bodyOf(message, buffers);
    if (body === undefined || body.byteLength !== 4 * message.n) {
      this.askForText();
      for (const view of this.views) this.ack(view, message.seq);
      return;
    }
    const { run, seq, step, phase, n, bbox } = message;
    const frame = { run, seq, step, phase, n, bbox, xy: u16Of(body) };
    this.history.push(frame);
    this.show(frame);
  }

  private receiveHistory(message: HistoryMessage, buffers: readonly Bytes[]): void {
    const body = bodyOf(message, buffers);
    if (body === undefined || !this.remember(message.info, body)) this.askForText();
    else this.replayWanted = message.replay === true;
    this.replay();
  }

  private remember(info: PackInfo, bytes: Uint8Array): boolean {
    const frames = unpackHistory(info, bytes);
    if (frames === undefined) return false;
    // The traits may still hold the map of an earlier run.
    if (info.run < (this.newest.peek()?.run ?? 0)) return true;
    this.history.merge(frames);
    const newest = this.history.frames.at(-1);
    if (newest !== undefined && newest !== this.newest.value) this.show(newest);
    return true;
  }

  private show(frame: Frame): void {
    this.newest.value = frame;
    this.frames.value = [...this.history.frames];
  }

  private setStatus(status: Status | undefined): void {
    if (status?.state === undefined) return;
    const old = this.status.peek();
    const isSame = status.run === old.run && status.state === old.state;
    // The trait and the messages are two ways of one clock; the slower one is not shown.
    if (isSame && status.elapsed < old.elapsed) return;
    if (status.run !== old.run) this.startRun();
    this.status.value = status;
    this.statusAt.value = Date.now();
    const [view] = this.views;
    if (status.state === "running" && !isSame && view !== undefined && !this.isPage)
      this.greeter.greet(view);
    if (status.pull) this.startPolling();
    this.replay();
  }

  private startRun(): void {
    this.player.pause();
    this.cursor.value = null;
    this.curves.value = {};
    this.history.clear();
    this.frames.value = [];
    this.replayWanted = false;
  }

  private addCurves(curves: Curves | undefined): void {
    if (curves !== undefined) this.curves.value = appendCurves(this.curves.value, curves);
  }

  private replay(): void {
    const { state } = this.status.value;
    if (!this.replayWanted || (state !== "done" && state !== "stopped")) return;
    this.replayWanted = false;
    this.player.play(REPLAY_SECONDS);
  }

  private hello(view: string): void {
    const hello = {
      t: "hello",
      view,
      protocol: PROTOCOL,
      last_seq: this.lastSeq,
    } as const;
    this.send(hello, [echoBytes().buffer]);
  }

  private askForText(): void {
    if (this.base64) return;
    this.base64 = true;
    this.send({ t: "encoding", base64: true });
  }

  private startPolling(): void {
    if (this.poller !== undefined || this.isPage) return;
    this.poller = setInterval(() => {
      const [view] = this.views;
      if (view !== undefined && this.controls.value !== "dead")
        this.send({ t: "poll", view, last_seq: this.lastSeq });
    }, 150);
  }

  /** A restarted kernel says nothing: repeating the last ack finds out. */
  private watch(): void {
    const [view] = this.views;
    const isQuiet = Date.now() - this.lastHeard > SILENCE;
    if (this.isRunning.value && isQuiet && view !== undefined)
      this.ack(view, Math.max(0, this.lastSeq));
  }

  private send(message: ToKernel, buffers?: ArrayBuffer[]): void {
    if (this.isPage || this.controls.value === "dead") return;
    try {
      this.model.send(message, undefined, buffers);
    } catch {
      // "Cannot send": the comm is closed, because the kernel was restarted or shut down.
      this.controls.value = "dead";
      this.notice.value = GONE;
    }
  }
}
