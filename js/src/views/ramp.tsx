// What the colours of numbers mean; two sliders on the ramp show only a part of it.

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Encoding } from "../encodings";
import { fractionOf } from "../encodings";
import {
  type End,
  missingIn,
  moved,
  rangeOf,
  STOPS,
  stopOf,
  valueText,
} from "../filtering";
import type { ViewProps } from "../props";
import { cssColor, GREY, ramp } from "../scales";
import type { NumberSpec } from "../state";
import { count } from "../text";
import { extent, ticksOf } from "../ticks";

export function Ramp({ store, screen }: ViewProps) {
  const { color } = store.looking.look.value;
  if (color?.spec.kind !== "number") return null;
  const props = { store, screen, spec: color.spec, encoding: color };
  return <Numbers key={color.spec.name} {...props} />;
}

interface Props extends ViewProps {
  spec: NumberSpec;
}

function Numbers({ store, screen, spec, encoding }: Props & { encoding: Encoding }) {
  const isDark = screen.isDark.value;
  const missing = useMemo(() => missingIn(encoding), [encoding]);
  const stops = useMemo(() => {
    const at = Array.from({ length: 17 }, (_, i) => ramp(i / 16, isDark, spec.map));
    return at.map(cssColor).join(", ");
  }, [spec, isDark]);
  const [low, high] = rangeOf(store.looking.filter.value, spec);
  const left = 100 * fractionOf(spec, low);
  const right = 100 * fractionOf(spec, high);
  return (
    <section class="nbe-legend nbe-numbers" aria-label={`colours: ${spec.name}`}>
      <div class="nbe-slide">
        <div
          class="nbe-ramp"
          style={{ background: `linear-gradient(to right, ${stops})` }}
        >
          <span class="nbe-out" style={{ left: 0, width: `${left}%` }} />
          <span class="nbe-out" style={{ right: 0, width: `${100 - right}%` }} />
        </div>
        <Slider end="from" value={low} store={store} screen={screen} spec={spec} />
        <Slider end="to" value={high} store={store} screen={screen} spec={spec} />
      </div>
      <Ticks spec={spec} />
      <p class="nbe-range-text">
        <span>
          from <b>{valueText(spec, low)}</b>
        </span>
        <span>
          to <b>{valueText(spec, high)}</b>
        </span>
      </p>
      {missing > 0 && (
        <p class="nbe-row nbe-missing">
          <span class="nbe-swatch" style={{ background: cssColor(GREY) }} />
          <span class="nbe-name">missing</span>
          <span class="nbe-count">{count(missing)}</span>
        </p>
      )}
    </section>
  );
}

function Slider({ end, value, store, spec }: Props & { end: End; value: number }) {
  const stop = stopOf(spec, value);
  return (
    <input
      // Where both stand at the right end, the one that can still be moved lies on top.
      class={end === "from" && stop > STOPS / 2 ? "nbe-thumb nbe-over" : "nbe-thumb"}
      type="range"
      data-cmd={`filter-${end}`}
      min="0"
      max={STOPS}
      value={stop}
      disabled={spec.min === spec.max}
      aria-label={`show ${spec.name} ${end}`}
      aria-valuetext={valueText(spec, value)}
      onInput={(event) => {
        const input = event.currentTarget;
        const { looking } = store;
        looking.show(moved(looking.filter.peek(), spec, end, Number(input.value)));
        // A push against the other slider leaves everything as it was.
        const range = rangeOf(looking.filter.peek(), spec);
        input.value = String(stopOf(spec, range[end === "from" ? 0 : 1]));
      }}
    />
  );
}

function Ticks({ spec }: { spec: NumberSpec }) {
  const host = useRef<HTMLDivElement>(null);
  const width = useSignal(130);
  useEffect(() => {
    const element = host.current;
    if (element === null || typeof ResizeObserver !== "function") return;
    const observer = new ResizeObserver(() => {
      width.value = element.clientWidth;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width]);
  const ticks = useMemo(() => ticksOf(spec, width.value), [spec, width.value]);
  return (
    <div class="nbe-ticks" ref={host} aria-hidden="true">
      {ticks.map(({ at, text }) => {
        const [from, to] = extent(at, text, width.value);
        return (
          <span key={at}>
            <i style={{ left: `${100 * at}%` }} />
            <span style={{ left: `${from}px`, width: `${to - from}px` }}>{text}</span>
          </span>
        );
      })}
    </div>
  );
}
