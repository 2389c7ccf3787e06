// Curves as one table, and that as CSV. Pure.

import type { Curve } from "./state";

/** All steps in order, and for each curve its value there, undefined where it has none. */
export function tableOf(curves: readonly Curve[]): {
  steps: number[];
  columns: (number | null | undefined)[][];
} {
  const steps = [...new Set(curves.flatMap((curve) => curve.steps))].sort(
    (a, b) => a - b,
  );
  const columns = curves.map((curve) => {
    const at = new Map(curve.steps.map((step, i) => [step, curve.values[i]]));
    return steps.map((step) => at.get(step));
  });
  return { steps, columns };
}

/** The step and one column for each curve; numbers with every digit, nothing where there is none. */
export function csvOf(curves: readonly Curve[]): string {
  const { steps, columns } = tableOf(curves);
  const head = ["step", ...curves.map((curve) => curve.label)].map(quoted);
  const rows = steps.map((step, i) =>
    [step, ...columns.map((column) => column[i] ?? "")].join(","),
  );
  return [head.join(","), ...rows, ""].join("\r\n");
}

/** Text as a cell; what a spreadsheet would run as a formula gets an apostrophe. */
export function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
