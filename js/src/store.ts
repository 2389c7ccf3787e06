// The only file that talks to the notebook's model. Views read signals and call methods.

import type { AnyModel } from "@anywidget/types";
import { batch, computed, signal } from "@preact/signals";
import { appendCurves, appendSaved } from "./curves";
import { Film } from "./film";
import { Gallery } from "./gallery";
import { Greeter } from "./greeting";
import { LessonDesk } from "./lesson";
import { Looking, type Written } from "./looking";
import { followMeasured } from "./measured";
import {
  type Bytes,
  type CommandName,
  type Curves,
  type FrameMessage,
  type FromKernel,
  type HistoryMessage,
  IDLE,
  type PackInfo,
  type PageDetails,
  type PageQuality,
  PROTOCOL,
  type Status,
  type ToKernel,
  type Traits,
} from "./state";
import { Steering } from "./steering";
import { media } from "./theme";
import {
  asText,
  bodyOf,
  bytesOf,
  echoBytes,
  type Frame,
  inflate,
  isEcho,
  u16Of,
} from "./transport";

/** What is known of the way back to Python. */
export type Controls = "live" | "unknown" | "dead";

/** Silence of a running kernel after which a harmless message asks whether it is still there. */
const SILENCE = 5000;
/** Silence that is said: a kernel restarted by another program refuses no message, it only is mute. */
const LONG_SILENCE = 8000;
const WATCH = 1000;
const REPLAY_SECONDS = 3;
const REDUCED = "(prefers-reduced-motion: reduce)";
const GONE =
  "The kernel is gone: the run cannot go on. The map and its history stay on screen.";
const MUTE =
  "Nothing comes from the kernel any more. If it was restarted, the run is lost; the map and its history stay on screen.";

export class Store {
  readonly status = signal<Status>(IDLE);
  /** Date.now() when the status arrived, so that clocks can tick in between. */
  readonly statusAt = signal(Date.now());
  readonly curves = signal<Curves>({});
  readonly height = signal(420);
  readonly notice = signal<string | null>(null);
  /** Reason why nothing can be shown at all. */
  readonly fatal = signal<string | null>(null);
  readonly isRunning = computed(() => this.status.value.state === "running");
  /** The newest frame, all frames, the index of the one scrubbed to (null: none), the one on show. */
  readonly newest;
  readonly frames;
  readonly cursor;
  readonly frame;
  readonly player;
  readonly controls;
  readonly isLate;
  readonly looking: Looking;
  readonly gallery: Gallery;
  readonly steering: Steering;
  readonly lesson: LessonDesk;

  private readonly film: Film;
  private readonly greeter: Greeter;
  private readonly abort = new AbortController();
  private readonly views = new Set<string>();
  private lastSeq = -1;
  private lastHeard = Date.now();
  private asked = false;
  private base64 = false;
  private replayWanted = false;
  private poller: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    readonly isPage = false,
    details?: PageDetails,
    quality?: PageQuality,
  ) {
    const { signal: aborted } = this.abort;
    const page = isPage ? (quality ?? {}) : undefined;
    this.greeter = new Greeter(
      (view) => this.hello(view),
      () => this.isRunning.value,
      aborted,
    );
    this.controls = this.greeter.controls;
    this.isLate = this.greeter.isLate;
    if (isPage) this.controls.value = "dead";
    const moment = {
      read: () => model.get("moment") ?? -1,
      write: (step: number) => this.write("moment", step),
    };
    this.film = new Film(moment, aborted, (frames) => this.leading(frames));
    ({
      newest: this.newest,
      frames: this.frames,
      cursor: this.cursor,
      frame: this.frame,
      player: this.player,
    } = this.film);
    this.looking = new Looking(
      model,
      {
        send: (message) => this.send(message),
        write: (name, value) => this.write(name, value),
      },
      () => this.frame.peek()?.n ?? this.status.peek().n,
      isPage,
      details,
      quality,
      aborted,
    );
    this.gallery = new Gallery(
      model,
      this.looking,
      this,
      {
        send: (message) => this.send(message),
        write: (name, value) => this.write(name, value),
      },
      aborted,
      page,
    );
    this.steering = new Steering(this.status, (message) => this.send(message), aborted);
    const ask = (message: ToKernel) => this.send(message);
    this.lesson = new LessonDesk(model, this.looking, this, ask, page, aborted);
    this.readTraits();
    if (quality !== undefined) followMeasured(this.looking, this.frame, quality, aborted);
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
    this.film.scrub(index);
  }

  /** Shows the last frame at or before a step. */
  scrubTo(step: number): void {
    this.film.scrubTo(step);
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
      ["moment", () => this.film.obey()],
      ["snapshot", () => this.readSnapshot()],
      ["snapshot_info", () => this.readSnapshot()],
      ["curves", () => this.readCurves()],
      ["height", () => this.readHeight()],
    ];
    for (const [name, handle] of changes) model.on(`change:${name}`, handle);
    const watch = setInterval(() => this.watch(), WATCH);
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
      this.readCurves();
      this.readSnapshot();
      this.film.obey();
    });
  }

  private readHeight(): void {
    this.height.value = this.model.get("height") || 420;
  }

  private leading(frames: readonly Frame[]): readonly Frame[] {
    return frames.some((frame) => frame.map !== undefined)
      ? this.gallery.take(frames)
      : frames;
  }

  private write<K extends Written>(name: K, value: Traits[K]): void {
    try {
      this.model.set(name, this.base64 ? asText(value) : value);
      this.model.save_changes();
    } catch {
      this.lose();
    }
  }

  private readCurves(): void {
    const saved = this.model.get("curves") ?? {};
    this.curves.value = appendSaved(this.curves.value, saved);
  }

  private readSnapshot(): void {
    const info = this.model.get("snapshot_info");
    if (info?.frames === undefined || info.frames.length === 0) return;
    // Header and bytes may come one after the other: a pair that contradicts itself is not ready.
    const bytes = inflate(bytesOf(this.model.get("snapshot")));
    if (bytes !== undefined) this.film.join(info as PackInfo, bytes);
  }

  private receive(message: FromKernel, buffers: readonly Bytes[]): void {
    if (this.fatal.value !== null) return;
    this.lastHeard = Date.now();
    // A running kernel that was silent until it was asked: this host shows answers only.
    if (this.asked && this.isRunning.peek()) this.startPolling();
    this.asked = false;
    if (this.notice.peek() === MUTE) this.notice.value = null;
    batch(() => this.take(message, buffers));
  }

  private take(message: FromKernel, buffers: readonly Bytes[]): void {
    if (message.t === "welcome") this.welcome(message, buffers);
    else if (message.t === "frame") this.receiveFrame(message, buffers);
    else if (message.t === "history") this.receiveHistory(message, buffers);
    else if (message.t === "refused") this.steering.refuse(message);
    else if (message.t === "plate" || message.t === "signals")
      this.lesson.receive(message, buffers);
    else if (message.t === "affinities") this.gallery.affinities.receive(message);
    else if (message.t === "status") {
      this.setStatus(message.status);
      this.addCurves(message.curves);
    } else this.looking.receive(message, buffers);
  }

  private welcome(
    message: FromKernel & { t: "welcome" },
    buffers: readonly Bytes[],
  ): void {
    this.greeter.answered(message.controls);
    this.steering.offer(message.parameters ?? []);
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
    this.film.push({ run, seq, step, phase, n, bbox, xy: u16Of(body) });
  }

  private receiveHistory(message: HistoryMessage, buffers: readonly Bytes[]): void {
    const body = bodyOf(message, buffers);
    if (body === undefined || !this.film.join(message.info, body)) this.askForText();
    else this.replayWanted = message.replay === true;
    this.replay();
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
    this.film.clear();
    this.curves.value = {};
    this.replayWanted = false;
  }

  private addCurves(curves: Curves | undefined): void {
    if (curves !== undefined) this.curves.value = appendCurves(this.curves.value, curves);
  }

  private replay(): void {
    const { state } = this.status.value;
    if (!this.replayWanted || (state !== "done" && state !== "stopped")) return;
    this.replayWanted = false;
    // Nothing moves by itself for those who asked for that; the play button still does.
    if (!media(REDUCED)?.matches) this.player.play(REPLAY_SECONDS);
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
    this.poller = setInterval(() => this.poll(), 150);
  }

  private poll(): void {
    const [view] = this.views;
    if (view !== undefined && this.controls.value !== "dead")
      this.send({ t: "poll", view, last_seq: this.lastSeq });
  }

  /** A restarted kernel says nothing, nor one whose threads are not heard: asking finds out which. */
  private watch(): void {
    const [view] = this.views;
    const quiet = Date.now() - this.lastHeard;
    if (!this.isRunning.value || quiet < SILENCE || view === undefined || this.isPage)
      return;
    if (!this.asked) this.poll();
    this.asked = true;
    if (quiet >= LONG_SILENCE) this.notice.value ??= MUTE;
  }

  private send(message: ToKernel, buffers?: ArrayBuffer[]): void {
    if (this.isPage || this.controls.value === "dead") return;
    try {
      this.model.send(message, undefined, buffers);
    } catch {
      this.lose();
    }
  }

  /** "Cannot send": the comm is closed, because the kernel was restarted or shut down. */
  private lose(): void {
    if (this.isPage) return;
    this.controls.value = "dead";
    this.notice.value = GONE;
  }
}
