// What the sizes and opacities of points mean.

import type { ViewProps } from "../props";
import type { Spec } from "../state";
import { shortest } from "../ticks";

/** Pixels of a sample whose factor is 1. */
const SIZE = 8;
const LARGEST = 22;
const RANGES = { size: [0.4, 2.2], opacity: [0.1, 1] } as const;
const WORDS = { size: ["small", "large"], opacity: ["faint", "clear"] } as const;

export function Marks({ store }: ViewProps) {
  const { size, opacity } = store.looking.look.value;
  if (size === undefined && opacity === undefined) return null;
  return (
    <section class="nbe-marks" aria-label="sizes and opacities">
      {size !== undefined && <Mark channel="size" spec={size.spec} />}
      {opacity !== undefined && <Mark channel="opacity" spec={opacity.spec} />}
    </section>
  );
}

function Mark({ channel, spec }: { channel: keyof typeof RANGES; spec: Spec }) {
  const [low, high] = spec.range ?? RANGES[channel];
  const [first, last] = endsOf(spec);
  const [small, large] = WORDS[channel];
  return (
    <p class="nbe-mark">
      <span class="nbe-dots" aria-hidden="true">
        {[low, (low + high) / 2, high].map((value, i) => (
          <span key={i} class="nbe-sample" style={styleOf(channel, value)} />
        ))}
      </span>
      <span>
        <b>
          {channel}: {spec.name}
        </b>
        , {small} {first} … {large} {last}
      </span>
    </p>
  );
}

function endsOf(spec: Spec): [string, string] {
  if (spec.kind === "number") return [shortest(spec.min), shortest(spec.max)];
  return [spec.categories[0] ?? "", spec.categories.at(-1) ?? ""];
}

function styleOf(channel: keyof typeof RANGES, value: number) {
  if (channel === "opacity") return { width: "12px", height: "12px", opacity: value };
  const side = `${Math.min(LARGEST, Math.max(2, SIZE * value))}px`;
  return { width: side, height: side };
}
