// What a point's card says: asked of the kernel, or read from an exported page. Remembers answers.

import { type Signal, signal } from "@preact/signals";
import type { Bytes, DetailsMessage, PageDetails } from "./state";
import { bodyOf } from "./transport";

export interface Details {
  row: number;
  values: [string, string][];
  /** The row's own name, where rows have one. */
  index?: string;
  /** A PNG picture. */
  image?: Blob;
}

/** A pointer that sweeps over many points asks only for those it rests on, in milliseconds. */
const REST = 60;
const MOST_KEPT = 500;

export class DetailsDesk {
  /** The newest answer; a card compares its row. */
  readonly newest: Signal<Details | null> = signal(null);
  private readonly kept = new Map<number, Details>();
  private asked = 0;
  /** Answers up to this number belong to columns that are no longer on show. */
  private outdated = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (id: number, row: number) => void,
    private readonly page: PageDetails | undefined,
  ) {}

  /** Wants to know about a row: what is known appears at once, the rest when it comes. */
  want(row: number): void {
    clearTimeout(this.timer);
    const known = this.kept.get(row) ?? this.fromPage(row);
    if (known !== undefined) {
      this.newest.value = known;
      return;
    }
    this.timer = setTimeout(() => {
      this.asked += 1;
      this.ask(this.asked, row);
    }, REST);
  }

  receive(message: DetailsMessage, buffers: readonly Bytes[]): void {
    if (message.id <= this.outdated) return;
    const { row, values, index } = message;
    const details: Details = { row, values };
    if (index !== undefined) details.index = index;
    const body = bodyOf({ ...message, enc: message.enc ?? "u16" }, buffers);
    if (body !== undefined && body.byteLength > 0)
      details.image = new Blob([body.slice()], { type: "image/png" });
    const [oldest] = this.kept.keys();
    if (this.kept.size >= MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    this.kept.set(row, details);
    if (message.id === this.asked) this.newest.value = details;
  }

  /** Other columns are on show: what was kept is no longer all there is to say. */
  forget(): void {
    this.kept.clear();
    this.outdated = this.asked;
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private fromPage(row: number): Details | undefined {
    const { page } = this;
    const texts = page?.values[row];
    if (page === undefined || texts === undefined) return undefined;
    const values = page.columns.map((name, i): [string, string] => [
      name,
      texts[i] ?? "missing",
    ]);
    const index = page.index?.[row];
    return { row, values, ...(index === undefined ? {} : { index }) };
  }
}
