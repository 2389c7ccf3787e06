// Numbers and statuses as text. Pure.

import type { Status } from "./state";

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** Four figures, without noise: 1.234, 0.0512, 12,340, 1.2e-7. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e7 || size < 1e-4) return value.toExponential(1);
  if (size >= 1000) return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
  return Number(value.toPrecision(4)).toString();
}

export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Name, size and device: what stays the same during a run. */
export function subject(status: Status): string[] {
  const parts = [status.title || "nbembed"];
  if (status.n > 0)
    parts.push(
      status.d > 0
        ? `${count(status.n)} × ${count(status.d)}`
        : `${count(status.n)} rows`,
    );
  if (status.device !== "") parts.push(status.device);
  return parts;
}

/** What is going on, `since` seconds after the status was sent. */
export function activity(status: Status, since: number): string[] {
  const steps = `step ${count(status.step)} / ${count(status.n_steps)}`;
  switch (status.state) {
    case "idle":
      return ["not started"];
    case "running":
      return status.stage
        ? [status.phase || "preparing", ...left(status, since, "about ", "")]
        : [status.phase, steps, ...left(status, since, "", " left")];
    case "paused":
      return status.stage ? [status.phase, "paused"] : ["paused", steps];
    case "stopped":
      return [`stopped at step ${count(status.step)} / ${count(status.n_steps)}`];
    case "error":
      return ["error"];
    case "done":
      return [`done`, `${count(status.step)} steps in ${duration(status.elapsed)}`];
  }
}

function left(status: Status, since: number, before: string, after: string): string[] {
  if (status.seconds_left === null) return [];
  const rest = status.seconds_left - since;
  return rest > -3
    ? [`${before}${duration(Math.max(1, rest))}${after}`]
    : ["almost there"];
}

/** Fraction of the bar, null for unknown, undefined for no bar. */
export function fraction(status: Status): number | null | undefined {
  if (status.state !== "running" && status.state !== "paused") return undefined;
  if (status.stage) return status.progress;
  return status.n_steps > 0 ? status.step / status.n_steps : null;
}
