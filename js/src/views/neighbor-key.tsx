// What the lines from the selected point mean, and how many of each kind there are.

import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ViewProps } from "../props";
import { count } from "../text";

export function NeighborKey({ store, screen }: ViewProps) {
  const { neighbors } = store.looking;
  const said = useRef<unknown>(null);
  useSignalEffect(() => {
    const known = neighbors.known.value;
    if (known === said.current) return;
    said.current = known;
    const errors = neighbors.errorsIn(store.frame.peek());
    if (errors !== null) screen.spoken.value = wordsOf(errors);
  });
  const known = neighbors.known.value;
  if (known === null || store.looking.taught.value !== null) return null;
  const errors = neighbors.errorsIn(store.frame.value);
  if (errors === null)
    return (
      <p class="nbe-near">
        {store.isPage
          ? "The neighbours of so many points are not in this page."
          : "The neighbours in the data are not known: this method has no distances."}
      </p>
    );
  return (
    <p class="nbe-near" data-nbembed="neighbors" data-row={errors.row}>
      <span>
        Row {count(errors.row)}, its {errors.kept.length + errors.missing.length} nearest
        in the data:
      </span>
      <Item kind="kept" n={errors.kept.length} word="near" />
      <Item kind="missing" n={errors.missing.length} word="missing" />
      <Item kind="false" n={errors.false.length} word="false" />
    </p>
  );
}

const SHAPES = {
  kept: "M1 6H23",
  missing: "M1 6H7M11 6H17M21 6H23",
  false: "M8 2L16 10M16 2L8 10",
};

interface ItemProps {
  kind: keyof typeof SHAPES;
  n: number;
  word: string;
}

function Item({ kind, n, word }: ItemProps) {
  return (
    <span class={`nbe-near-item nbe-near-${kind}`} data-kind={kind} data-n={n}>
      <svg class="nbe-near-shape" viewBox="0 0 24 12" aria-hidden="true">
        <path d={SHAPES[kind]} />
      </svg>
      <b>{n}</b> {word}
    </span>
  );
}

function wordsOf(errors: {
  kept: unknown[];
  false: unknown[];
  missing: unknown[];
}): string {
  return (
    `Of the neighbours in the data, ${errors.kept.length} are near here too, ` +
    `${errors.missing.length} are missing here; ${errors.false.length} are near here only.`
  );
}
