// The button that begins a new run with what was changed.

import type { Store } from "./store";

/** Begins a new run with what was changed. Room is kept for it. */
export function Anew({ store }: { store: Store }) {
  const { steering } = store;
  const drafts = Object.entries(steering.drafts.value);
  const isDeaf = store.controls.value !== "live";
  return (
    <div class="nbe-anew">
      <button
        type="button"
        class="nbe-button"
        data-cmd="restart"
        disabled={isDeaf || drafts.length === 0}
        title="Begins a new run; of this one nothing is kept here. w.save() keeps it, w.branch() goes on from a frame of it."
        onClick={() => steering.restart()}
      >
        Restart
      </button>
      <span class="nbe-muted" role="status">
        {steering.refused.value ??
          (drafts.length === 0
            ? "Changes marked “restart” are collected here."
            : `with ${drafts.map(([name, value]) => `${name} ${value}`).join(", ")}`)}
      </span>
      {drafts.length > 0 && (
        <button
          type="button"
          class="nbe-link"
          data-cmd="forget"
          onClick={() => steering.forget()}
        >
          undo
        </button>
      )}
    </div>
  );
}
