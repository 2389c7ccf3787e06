// Measured colours in an exported page: they change with the moment on show, as far as the page holds them.

import { effect, type ReadonlySignal } from "@preact/signals";
import { indexAt } from "./curves";
import type { Encoding } from "./encodings";
import type { Looking } from "./looking";
import type { PageQuality } from "./state";
import { type BytesOf, type Frame, fromBase64, inflate } from "./transport";

/** In a page a code takes one byte: 0 to 254, and 255 for a missing value. */
const MISSING_BYTE = 255;
const MISSING = 65535;
const WIDER = 65534 / 254;

/** Colours the points by what was measured at the moment on show, or at the last one before it. */
export function followMeasured(
  looking: Looking,
  frame: ReadonlySignal<Frame | null>,
  page: PageQuality,
  aborted: AbortSignal,
): void {
  const { steps = [], of = 0 } = page.measured ?? {};
  const text = page.buffers?.measured;
  const color = looking.own.peek().color;
  if (text === undefined || color?.spec.kind !== "number") return;
  const n = color.codes.length;
  const bytes = inflate(fromBase64(text));
  if (bytes?.length !== n * steps.length) return;
  const end = effect(() => {
    const step = frame.value?.step;
    if (step === undefined) return;
    const at = Math.max(0, indexAt(steps, step));
    const more = { of, steps, at };
    looking.own.value = { ...looking.own.peek(), color: colorAt(color, bytes, more) };
  });
  aborted.addEventListener("abort", end);
}

interface Place {
  of: number;
  steps: readonly number[];
  at: number;
}

function colorAt(
  { spec, codes }: Encoding,
  bytes: BytesOf,
  { of, steps, at }: Place,
): Encoding {
  if (spec.kind !== "number" || spec.measured === undefined) return { spec, codes };
  const own = bytes.subarray(at * codes.length, (at + 1) * codes.length);
  const wide = Uint16Array.from(own, (byte) =>
    byte === MISSING_BYTE ? MISSING : Math.round(WIDER * byte),
  );
  const { length } = steps;
  const some = length < of ? `; measured at ${length} of the ${of} moments here` : "";
  const note = `${spec.measured.note}${some}`;
  const measured = { ...spec.measured, step: steps[at] ?? -1, note };
  return { spec: { ...spec, measured }, codes: wide };
}
