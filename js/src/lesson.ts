// What is taught: the internal on show, its point, its settings, and the plate that the kernel made of them.

import type { AnyModel } from "@anywidget/types";
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Looking } from "./looking";
import {
  codingOf,
  floatsOf,
  type Internal,
  type Lesson,
  onMap,
  type PackedPlate,
  type Plate,
  type PlateMessage,
  type PlateQuestion,
  plateOf,
  type Setting,
  type Settings,
  unpackPlate,
} from "./plates";
import { reachOf } from "./plot";
import { SignDesk, type SignsMessage } from "./signals";
import type { Bytes, PageQuality, ToKernel, Traits } from "./state";
import { type Frame, fromBase64, inflate } from "./transport";

/** After so many milliseconds a question counts as lost. */
const PATIENCE = 60_000;
/** Needs that change with the map on show. */
const MOVING = ["map", "run", "network"];

interface Shown {
  frame: ReadonlySignal<Frame | null>;
  /** null while the newest frame is on show. */
  cursor: ReadonlySignal<number | null>;
}

export class LessonDesk {
  /** What can be shown; null where the widget was not opened for teaching. */
  readonly offer = signal<Lesson | null>(null);
  readonly isOpen = signal(false);
  readonly name = signal("");
  /** By internal. */
  readonly settings = signal<Readonly<Record<string, Settings>>>({});
  readonly plate = signal<Plate | null>(null);
  /** Large type and one panel at a time. */
  readonly isProjected = signal(false);
  readonly internal = computed(() =>
    this.offer.value?.internals.find(({ name }) => name === this.name.value),
  );
  /** The point, and the second one; -1 for none. */
  readonly rows = signal<readonly [number, number]>([0, -1]);
  /** Pixels for one unit of the arrows on the map. */
  readonly reach = signal(1);
  /** The rows of which an exported page holds plates; null where a kernel computes any. */
  readonly held: readonly number[] | null;
  /** What is worth a word about the map on show. */
  readonly signs: SignDesk;
  private readonly numbers: Float32Array;
  private asked = 0;
  /** A question is on its way, and to be said so when that takes long. */
  readonly waits = signal(false);
  private isBehind = false;
  /** What was asked last, and of which map. */
  private last = "";
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: AnyModel<Traits>,
    private readonly looking: Looking,
    private readonly shown: Shown,
    private readonly send: (message: ToKernel) => void,
    private readonly page: PageQuality | undefined,
    aborted: AbortSignal,
  ) {
    this.held = page === undefined ? null : (page.plates?.rows ?? []);
    const packed = inflate(fromBase64(page?.buffers?.plates ?? ""));
    this.numbers = floatsOf(packed ?? new Uint8Array(0));
    const { fields } = looking;
    const watched = { isOpen: this.isOpen, plate: this.plate, ...shown, fields };
    this.signs = new SignDesk(watched, send, page);
    this.read();
    const read = () => this.read();
    model.on("change:lesson", read);
    const endings = [
      effect(() => this.follow([...looking.selection.value])),
      effect(() => this.ask(this.question.value)),
      effect(() => this.adorn(this.isOpen.value ? this.current.value : null)),
    ];
    aborted.addEventListener("abort", () => {
      model.off("change:lesson", read);
      clearTimeout(this.timer);
      this.signs.close();
      for (const end of endings) end();
    });
  }

  /** What the kernel should answer now; null where nothing is to be shown. */
  private readonly question = computed((): Question | null => {
    const [row, other] = this.rows.value;
    const internal = this.internal.value;
    if (!this.isOpen.value || internal === undefined || internal.lacks !== undefined)
      return null;
    const { name } = internal;
    const settings = this.settings.value[name] ?? {};
    const step = this.momentOf(internal);
    // What is of no point is the same whichever is selected, but two may be compared in it.
    const own = isOfPoint(internal) || other >= 0 ? row : -1;
    return { t: "plate", name, row: own, other, step, settings };
  });

  /** The plate on show, if it is of the internal on show. */
  readonly current = computed(() => {
    const plate = this.plate.value;
    return plate?.name === this.name.value ? plate : null;
  });

  show(name: string): void {
    this.name.value = name;
  }

  /** Of several internals the next one that can be shown here. */
  turn(by: 1 | -1): void {
    const all = (this.offer.peek()?.internals ?? []).filter((one) => isReady(one));
    const at = all.findIndex(({ name }) => name === this.name.peek());
    const next = all[(at + by + all.length) % all.length];
    if (next !== undefined) this.show(next.name);
  }

  /** Changes what acts at once: the plate is computed anew with it. */
  set(setting: string, value: Setting): void {
    const name = this.name.peek();
    // A page holds plates in which one setting differs from the usual ones.
    const others = this.held === null ? this.settings.peek()[name] : {};
    const own = { ...others, [setting]: value };
    this.settings.value = { ...this.settings.peek(), [name]: own };
  }

  receive(message: PlateMessage | SignsMessage, buffers: readonly Bytes[]): void {
    if (message.t === "signals") {
      this.signs.receive(message);
      return;
    }
    if (message.id !== this.asked) return;
    this.take(plateOf(message, buffers));
    this.settle();
  }

  private read(): void {
    const lesson = this.model.get("lesson");
    if (lesson?.internals === undefined) return;
    const before = this.offer.peek();
    batch(() => {
      this.offer.value = lesson as Lesson;
      if (before !== null && before.wish === lesson.wish) return;
      this.isOpen.value = true;
      this.isProjected.value = lesson.projector;
      this.name.value = lesson.name;
      this.settings.value = {
        ...this.settings.peek(),
        [lesson.name]: lesson.settings,
      };
    });
  }

  /** The selected point is the one that is explained; one that was before stays first of two. */
  private follow(selected: readonly number[]): void {
    const [before] = this.rows.peek();
    const row = selected.includes(before) ? before : (selected[0] ?? before);
    const other = selected.find((one) => one !== row) ?? -1;
    this.rows.value = [row, other];
  }

  /** The map that the answer depends on, as a text. */
  private mapOf(): string {
    const internal = this.internal.peek();
    const frame = this.shown.frame.peek();
    const isMoving = internal !== undefined && isOfMap(internal);
    return isMoving ? `${frame?.run} ${frame?.step}` : "";
  }

  /** The step on show where the answer depends on it. Reads the frame: with the next one it is asked again. */
  private momentOf(internal: Internal): number {
    if (!isOfMap(internal)) return -1;
    const step = this.shown.frame.value?.step ?? -1;
    // The kernel knows the newest map better than the frame that was sent last.
    return this.shown.cursor.value === null ? -1 : step;
  }

  /** One question at a time: the next one waits for the answer, and only the newest is sent. */
  private ask(question: Question | null): void {
    const key = question === null ? "" : `${JSON.stringify(question)} ${this.mapOf()}`;
    if (question === null || key === this.last) return;
    this.last = key;
    if (this.held !== null) {
      this.take(this.fromPage(question));
      return;
    }
    this.isBehind = this.waits.peek();
    if (this.isBehind) return;
    this.waits.value = true;
    this.asked += 1;
    this.timer = setTimeout(() => this.settle(), PATIENCE);
    this.send({ ...question, id: this.asked });
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.waits.value = false;
    if (!this.isBehind) return;
    this.last = "";
    this.ask(this.question.peek());
  }

  private take(plate: Plate | undefined): void {
    if (plate === undefined) return;
    const before = this.plate.peek();
    const arrows = onMap(plate, "arrows")?.arrows?.places;
    const isSame = before?.name === plate.name && before.row === plate.row;
    batch(() => {
      if (arrows !== undefined)
        this.reach.value = reachOf(arrows, isSame ? this.reach.peek() : 0);
      this.plate.value = plate;
    });
  }

  /** The stored plate of this point that is nearest to the settings. */
  private fromPage({ name, row, settings }: Question): Plate {
    const all = this.page?.plates?.stored ?? [];
    const own = all.filter(
      (one) => one.name === name && (one.row === row || one.row < 0),
    );
    const far = own.map((one) => farFrom(one, settings));
    const best = own[far.indexOf(Math.min(...far))];
    const found = best && unpackPlate(best, this.numbers);
    if (found !== undefined) return found;
    const error = `This page holds no view of point ${row}. ${this.page?.plates?.note ?? ""}`;
    return { ...NOTHING, name, row, error };
  }

  /** What of the plate lies on the map. */
  private adorn(plate: Plate | null): void {
    const panel = plate === null ? undefined : onMap(plate, "colors");
    const internal = this.internal.value;
    const isOfRow = internal !== undefined && isOfPoint(internal);
    const rows = isOfRow ? this.rows.value.filter((row) => row >= 0) : [];
    const isTaught = this.offer.value !== null && this.isOpen.value;
    batch(() => {
      this.looking.over.value = panel && codingOf(panel);
      this.looking.taught.value = isTaught ? { rows, weights: weightsOf(plate) } : null;
      const { arrows } = onMap(plate, "arrows") ?? {};
      this.looking.arrows.value = arrows
        ? {
            places: arrows.places,
            groups: arrows.groups.map((group) => groupsOf(arrows.groups).indexOf(group)),
            reach: arrows.to_scale ? null : this.reach.value,
          }
        : null;
    });
  }
}

type Question = Omit<PlateQuestion, "id">;

const NOTHING = {
  title: "",
  other: -1,
  step: -1,
  text: "",
  snippet: "",
  call: "",
  sample: null,
  panels: [],
  controls: [],
};

/** The different groups, in the order in which they come. */
export function groupsOf(groups: readonly string[]): string[] {
  return [...new Set(groups)];
}

function isOfMap({ needs }: Internal): boolean {
  return needs.some((need) => MOVING.includes(need));
}

export function isOfPoint({ needs }: Internal): boolean {
  return needs.includes("point") || needs.includes("two points");
}

/** Bars that stand for rows, as parts of the highest. */
function weightsOf(plate: Plate | null): [number, number][] {
  const bars = plate?.panels
    .flatMap(({ series }) => series)
    .find(({ kind, index }) => kind === "bars" && index !== undefined);
  if (bars?.index === undefined) return [];
  const most = Math.max(...bars.y.map(Math.abs)) || 1;
  return Array.from(bars.index, (row, i) => [row, Math.abs(bars.y[i] ?? 0) / most]);
}

export function isReady({ lacks }: Internal): boolean {
  return lacks === undefined;
}

/** How far a plate's controls are from what is wanted. Of equals the first is the usual one. */
function farFrom({ controls }: PackedPlate, wanted: Settings): number {
  let far = 0;
  for (const [name, b] of Object.entries(wanted)) {
    const a = controls.find((control) => control.name === name)?.value;
    if (a === b) continue;
    const isNumber = typeof a === "number" && typeof b === "number";
    far += isNumber ? Math.abs(a - b) / (Math.abs(a) + Math.abs(b)) : 2;
  }
  return far;
}
