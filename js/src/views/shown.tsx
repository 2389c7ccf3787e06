// What can be done with the points that the legend shows.

import { useComputed, useSignalEffect } from "@preact/signals";
import { shownRows } from "../filtering";
import type { ViewProps } from "../props";
import { count } from "../text";

export function Shown({ store, screen }: ViewProps) {
  const { look, isShown } = store.looking;
  const all = useComputed(() => look.value.color?.codes.length ?? 0);
  const left = useComputed(() =>
    isShown.value === null ? all.value : shownRows(isShown.value, all.value).length,
  );
  useSignalEffect(() => {
    if (isShown.value !== null)
      screen.spoken.value = `${count(left.value)} of ${count(all.value)} points shown`;
  });
  if (all.value === 0) return null;
  return (
    <div class="nbe-shown">
      <button
        type="button"
        class="nbe-link"
        data-cmd="select-shown"
        title="Select all points that the legend shows"
        onClick={() => store.looking.select(shownRows(isShown.peek(), all.peek()))}
      >
        Select {count(left.value)}
      </button>
      <button
        type="button"
        class="nbe-link"
        data-cmd="showall"
        style={isShown.value === null ? { visibility: "hidden" } : {}}
        onClick={() => store.looking.show({})}
      >
        Show all
      </button>
    </div>
  );
}
