// The browser's mirror of a run: frames within a fixed number of bytes.

import type { Frame } from "./transport";

export const HISTORY_BYTES = 64_000_000;

/**
 * The last frame of each phase is never dropped. Frames in the order of their steps. When the limit is passed every other one is dropped, and
 * from then on half as many are kept, so that the whole run stays covered evenly. Which ones
 * remain depends on the order of arrival alone.
 */
export class History {
  private kept: Frame[] = [];
  private newest: Frame | undefined;
  private stride = 1;
  private offered = 0;

  constructor(private readonly maxBytes = HISTORY_BYTES) {}

  /** All that is kept, the newest frame always among them. */
  get frames(): readonly Frame[] {
    const { kept, newest } = this;
    if (newest === undefined || kept.at(-1) === newest) return kept;
    return [...kept, newest];
  }

  push(frame: Frame): void {
    if (this.newest !== undefined && frame.run !== this.newest.run) this.clear();
    const before = this.newest;
    this.newest = frame;
    if (before !== undefined && before.phase !== frame.phase && before.step < frame.step)
      this.keep(before);
    const last = this.kept.at(-1);
    if (last !== undefined && frame.step <= last.step) {
      // The kernel sends its last frame again to a view that just came; a run that went back to an
      // earlier step has left behind what followed it.
      this.kept = this.kept.filter((old) => old.step < frame.step);
      this.kept.push(frame);
      return;
    }
    if (this.offered % this.stride === 0) this.kept.push(frame);
    this.offered += 1;
    this.thin();
  }

  /** Joins frames of a history pack with those seen live: one for each step. */
  merge(frames: readonly Frame[]): void {
    const first = frames[0];
    if (first === undefined) return;
    const own = this.newest?.run === first.run ? this.frames : [];
    const bySteps = new Map(frames.map((frame) => [frame.step, frame]));
    // Frames that came live still have to be acknowledged: theirs are the ones to keep.
    for (const frame of own) bySteps.set(frame.step, frame);
    this.clear();
    this.kept = [...bySteps.values()].sort((a, b) => a.step - b.step);
    this.newest = this.kept.at(-1);
    this.offered = this.kept.length;
    this.thin();
  }

  /** Keeps the last frame of a phase, whatever the stride. */
  private keep(frame: Frame): void {
    const last = this.kept.at(-1);
    if (last === undefined || last.step < frame.step) this.kept.push(frame);
  }

  clear(): void {
    this.kept = [];
    this.newest = undefined;
    this.stride = 1;
    this.offered = 0;
  }

  private thin(): void {
    const size = this.newest?.xy.byteLength ?? 0;
    while (this.kept.length > 2 && this.kept.length * size > this.maxBytes) {
      const { kept } = this;
      this.kept = kept.filter(
        ({ phase }, i) => i % 2 === 0 || phase !== (kept[i + 1]?.phase ?? phase),
      );
      this.stride *= 2;
      if (this.kept.length === kept.length) return;
    }
  }
}
