// Learns whether clicks reach Python: greets, and waits for an answer.

import { type Signal, signal } from "@preact/signals";

export const PATIENCE = 1000;
/**
 * A host may need a while to find the way past a busy cell: the first greeting then waits behind the
 * cell, and a later one gets through. After this many the cell is taken to block for good.
 */
export const MAX_GREETINGS = 6;

export class Greeter {
  readonly controls: Signal<"live" | "unknown" | "dead"> = signal("unknown");
  /** The last greeting is overdue while a run keeps the kernel busy. */
  readonly isLate = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unanswered = 0;

  constructor(
    private readonly say: (view: string) => void,
    private readonly isRunning: () => boolean,
    aborted: AbortSignal,
  ) {
    aborted.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Greets. What was known stays until the answer is overdue, so that buttons do not flicker. */
  greet(view: string): void {
    this.unanswered = 0;
    this.ask(view);
  }

  answered(hasControls: boolean): void {
    clearTimeout(this.timer);
    this.unanswered = 0;
    this.isLate.value = false;
    this.controls.value = hasControls ? "live" : "unknown";
  }

  private ask(view: string): void {
    clearTimeout(this.timer);
    this.unanswered += 1;
    this.timer = setTimeout(() => this.overdue(view), PATIENCE * this.unanswered);
    this.say(view);
  }

  private overdue(view: string): void {
    if (this.controls.value === "dead") return;
    this.controls.value = "unknown";
    this.isLate.value = this.isRunning();
    if (this.isLate.value && this.unanswered < MAX_GREETINGS) this.ask(view);
  }
}
