// What is taught, beside the map: one internal at a time, its panels, its controls, its code, its words.

import { useSignal, useSignalEffect } from "@preact/signals";
import { type ComponentChildren, Fragment } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isOfPoint, isReady } from "../lesson";
import type { Panel } from "../plates";
import type { ViewProps } from "../props";

/** Their keys are small: they do not count as a panel. */
const ON_MAP = ["arrows", "colors"];
/** Who runs through many views hears of the one they rest on. */
const REST = 400;

interface LessonProps extends ViewProps {
  knobs: ComponentChildren;
  /** Draws a panel; `of` says what its axes belong to. */
  panel(panel: Panel, of: string): ComponentChildren;
}

export function LessonView(props: LessonProps) {
  const { store } = props;
  const { lesson } = store;
  useSpoken(props);
  const side = useSignal(0);
  const plate = lesson.current.value;
  const panels = plate?.panels ?? [];
  const drawn = panels.filter(({ kind }) => !ON_MAP.includes(kind));
  const isOne = lesson.isProjected.value && drawn.length > 1;
  const hidden = isOne ? drawn[(side.value + 1) % drawn.length] : undefined;
  const shown = panels.filter((panel) => panel !== hidden);
  return (
    <section
      class="nbe-lesson"
      aria-label="how it works"
      data-nbembed="lesson"
      data-plate={plate?.name}
      data-row={plate?.row}
      data-step={plate?.step}
      aria-busy={lesson.waits.value}
    >
      <Chooser {...props} />
      {lesson.waits.value && (
        <p class="nbe-muted nbe-working" role="status">
          Computing …
        </p>
      )}
      {plate?.error !== undefined && (
        <p class="nbe-muted" role="alert">
          {plate.error}
        </p>
      )}
      {shown.map((panel) => (
        <Fragment key={`${plate?.name} ${panels.indexOf(panel)}`}>
          {props.panel(panel, `${plate?.name} ${plate?.row} ${plate?.other}`)}
        </Fragment>
      ))}
      {isOne && (
        <button
          type="button"
          class="nbe-button"
          data-cmd="other-panel"
          onClick={() => {
            side.value += 1;
          }}
        >
          Other panel
        </button>
      )}
      {props.knobs}
      {plate !== null && plate.text !== "" && (
        <p class="nbe-words" data-nbembed="words">
          {plate.text}
          {plate.sample !== null && <span class="nbe-muted"> ({plate.sample})</span>}
        </p>
      )}
      <Code {...props} />
    </section>
  );
}

function Chooser({ store }: ViewProps) {
  const { lesson } = store;
  const [row] = lesson.rows.value;
  const internal = lesson.internal.value;
  return (
    <header class="nbe-chooser">
      <button
        type="button"
        class="nbe-button nbe-round"
        aria-label="view before"
        data-cmd="internal-before"
        onClick={() => lesson.turn(-1)}
      >
        ‹
      </button>
      <select
        class="nbe-select"
        data-cmd="internal"
        aria-label="what to look at"
        value={lesson.name.value}
        onChange={({ currentTarget }) => lesson.show(currentTarget.value)}
      >
        {lesson.offer.value?.internals.map((one) => (
          <option key={one.name} value={one.name} disabled={!isReady(one)}>
            {one.number} · {one.title}
            {one.lacks !== undefined && ` (needs ${one.lacks})`}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="nbe-button nbe-round"
        aria-label="next view"
        data-cmd="internal-after"
        onClick={() => lesson.turn(1)}
      >
        ›
      </button>
      {internal !== undefined && isOfPoint(internal) && (
        <label class="nbe-of-row">
          point
          <input
            class="nbe-number"
            type="number"
            data-cmd="row"
            min="0"
            max={Math.max(0, store.looking.size - 1)}
            value={row}
            title="Or click a point; Shift and a click adds a second one"
            onChange={({ currentTarget }) => {
              const next = Math.round(Number(currentTarget.value));
              if (next >= 0 && next < store.looking.size) store.looking.select([next]);
            }}
          />
        </label>
      )}
      <span class="nbe-of-row nbe-aside">
        <button
          type="button"
          class="nbe-button nbe-round"
          aria-label="large type, one panel"
          title="Large type, one panel at a time"
          aria-pressed={lesson.isProjected.value}
          data-cmd="projector"
          onClick={() => {
            lesson.isProjected.value = !lesson.isProjected.value;
          }}
        >
          A
        </button>
        <button
          type="button"
          class="nbe-button nbe-round"
          aria-label="close"
          data-cmd="close-lesson"
          onClick={() => {
            lesson.isOpen.value = false;
          }}
        >
          ×
        </button>
      </span>
    </header>
  );
}

/** The ten lines that compute exactly this, as text, and the call that gives the same values. */
function Code({ store }: ViewProps) {
  const plate = store.lesson.current.value;
  const code = useRef<HTMLPreElement>(null);
  const said = useSignal("Copy");
  useEffect(() => {
    said.value = "Copy";
  }, [plate?.snippet, said]);
  if (plate === null || plate.snippet === "") return null;
  const copy = () => {
    // Where a page may not write to the clipboard the text is selected, to be copied by hand.
    const select = () => {
      if (code.current !== null) getSelection()?.selectAllChildren(code.current);
      said.value = "Selected";
    };
    const done = () => {
      said.value = "Copied";
    };
    if (navigator.clipboard === undefined) select();
    else navigator.clipboard.writeText(plate.snippet).then(done, select);
  };
  return (
    <details class="nbe-code">
      <summary data-cmd="code">Show the code</summary>
      <button type="button" class="nbe-link" data-cmd="copy" onClick={copy}>
        {said}
      </button>
      <pre ref={code}>{plate.snippet}</pre>
      <p class="nbe-muted">
        The same values: <code>{plate.call}</code>
      </p>
    </details>
  );
}

function useSpoken({ store, screen }: ViewProps): void {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useSignalEffect(() => {
    const plate = store.lesson.current.value;
    clearTimeout(timer.current);
    if (plate === null) return;
    timer.current = setTimeout(() => {
      screen.spoken.value = plate.error ?? `${plate.title}. ${plate.text}`;
    }, REST);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
}
