// Group A, which is kept, against the selection, which is B: what the kernel says of the two.

import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { MOMENT_REST } from "./film";
import { Rows } from "./rows";
import type { GroupsMessage, PackedSelection, ToKernel, Traits } from "./state";

/** A selection that grows click by click is compared when it rests, in milliseconds. */
const REST = 200;

interface Wire {
  send(message: ToKernel): void;
  write(name: "group", value: Traits["group"]): void;
}

export class Groups {
  /** The rows of group A; none while nothing is compared. */
  readonly kept: Signal<Rows> = signal(Rows.none);
  readonly answer: Signal<GroupsMessage | null> = signal(null);
  /** A question is on its way. */
  readonly isAsking = signal(false);
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly wire: Wire,
    selection: ReadonlySignal<Rows>,
    private readonly rows: () => number,
    aborted: AbortSignal,
  ) {
    const end = effect(() => {
      const isPair = this.kept.value.count > 0 && selection.value.count > 0;
      clearTimeout(this.timer);
      this.answer.value = null;
      this.isAsking.value = isPair;
      if (isPair) this.timer = setTimeout(() => this.ask(), REST);
    });
    aborted.addEventListener("abort", () => {
      end();
      clearTimeout(this.timer);
    });
  }

  /** Makes these rows group A; none ends the comparison. */
  keep(rows: Rows): void {
    if (rows.equals(this.kept.peek())) return;
    this.kept.value = rows;
    this.wire.write("group", rows.pack(this.rows()));
  }

  read(packed: PackedSelection | undefined): void {
    const rows = Rows.unpack(packed);
    if (!rows.equals(this.kept.peek())) this.kept.value = rows;
  }

  receive(message: GroupsMessage): void {
    if (message.id !== this.asked || this.kept.peek().count === 0) return;
    this.answer.value = message;
    this.isAsking.value = false;
  }

  /** Another moment is on show: asks again once the kernel knows, and keeps the old answer meanwhile. */
  again(): void {
    if (this.answer.peek() === null) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), MOMENT_REST + REST);
  }

  private ask(): void {
    this.asked += 1;
    this.wire.send({ t: "groups", id: this.asked });
  }
}
