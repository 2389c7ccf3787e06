// Below the map: what it can be trusted with, in words with their numbers. Nothing pops up, nothing blinks.

import { isReady } from "../lesson";
import type { ViewProps } from "../props";
import type { Sign } from "../signals";
import { count } from "../text";

export function SignsView({ store }: ViewProps) {
  const { lesson, frame } = store;
  const found = lesson.signs.now.value;
  if (found === null || !lesson.isOpen.value) return null;
  const isOld = found.step !== frame.value?.step;
  return (
    <ul
      class="nbe-signs"
      aria-label="how far this map can be trusted"
      data-nbembed="signals"
      data-step={found.step}
    >
      {found.signals.map((sign) => (
        <li key={sign.name} data-sign={sign.name} data-alarm={sign.alarm}>
          <SignText sign={sign} store={store} />
        </li>
      ))}
      {isOld && <li class="nbe-muted">of step {count(found.step)}</li>}
    </ul>
  );
}

function SignText({ sign, store }: { sign: Sign } & Pick<ViewProps, "store">) {
  const { lesson } = store;
  // Not by its colour alone.
  const text = sign.alarm ? `⚠ ${sign.text}` : sign.text;
  const view = lesson.offer.value?.internals.find(({ name }) => name === sign.shows);
  if (view === undefined || !isReady(view)) return <span>{text}</span>;
  return (
    <button
      type="button"
      class="nbe-link"
      data-cmd="show-sign"
      title={`Show: ${view.title}`}
      onClick={() => lesson.show(view.name)}
    >
      {text}
    </button>
  );
}
