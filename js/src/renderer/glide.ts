// Lets points glide from frame to frame: keeps where they come from, where they go, and the time.

import type { Camera, Size } from "./camera";
import { type Cloud, mixClouds } from "./cloud";

const SHORTEST = 60;
const LONGEST = 400;

export class Glide {
  /** Clouds in the two buffers; `target` says which of them is the goal. */
  readonly clouds: [Cloud | null, Cloud | null] = [null, null];
  target: 0 | 1 = 0;
  private start = 0;
  private duration = 0;
  private lastArrival = 0;
  private pace = 250;

  /** Fraction of the way done, 0 to 1. */
  progress(now: number): number {
    return this.duration <= 0 ? 1 : Math.min(1, (now - this.start) / this.duration);
  }

  get goal(): Cloud | null {
    return this.clouds[this.target];
  }

  /**
   * Sets a new goal. The points start from where they are on the screen, even in mid-way, and take
   * about as long as frames are apart, so that motion is steady. Returns the buffers that changed.
   */
  go(
    next: Cloud,
    now: number,
    camera: Camera | null,
    size: Size,
    isJump: boolean,
  ): (0 | 1)[] {
    const goal = this.goal;
    const t = this.progress(now);
    const other = this.target === 0 ? 1 : 0;
    const origin = this.clouds[other];
    this.keepPace(now);
    this.start = now;
    if (goal === null || isJump || goal.n !== next.n) {
      this.duration = 0;
      this.clouds[0] = this.clouds[1] = next;
      return [0, 1];
    }
    this.duration = this.pace;
    if (t >= 1 || origin === null || origin.n !== goal.n) {
      this.clouds[other] = next;
      this.target = other;
      return [other];
    }
    this.clouds[other] = mixClouds(origin, goal, t, camera, size);
    this.clouds[this.target] = next;
    return [other, this.target];
  }

  private keepPace(now: number): void {
    const interval = Math.min(LONGEST, Math.max(SHORTEST, now - this.lastArrival));
    this.pace += 0.5 * (interval - this.pace);
    this.lastArrival = now;
  }
}
