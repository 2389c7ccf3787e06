// Learns whether clicks reach Python: greets, and waits for an answer.

import { type Signal, signal } from "@preact/signals";

export const PATIENCE = 1000;

export class Greeter {
  readonly controls: Signal<"live" | "unknown" | "dead"> = signal("unknown");
  /** The last greeting is overdue while a run keeps the kernel busy. */
  readonly isLate = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly say: (view: string) => void,
    private readonly isRunning: () => boolean,
    aborted: AbortSignal,
  ) {
    aborted.addEventListener("abort", () => clearTimeout(this.timer));
  }

  /** Greets. What was known stays until the answer is overdue, so that buttons do not flicker. */
  greet(view: string): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp(), PATIENCE);
    this.say(view);
  }

  answered(hasControls: boolean): void {
    clearTimeout(this.timer);
    this.isLate.value = false;
    this.controls.value = hasControls ? "live" : "unknown";
  }

  private giveUp(): void {
    if (this.controls.value === "dead") return;
    this.controls.value = "unknown";
    this.isLate.value = this.isRunning();
  }
}
