// Finds rows by a text: Python selects them, and says how many there are.

import { useRef } from "preact/hooks";
import type { ViewProps } from "../props";
import { count } from "../text";

export function Search({ store }: ViewProps) {
  const input = useRef<HTMLInputElement>(null);
  const { fields, found } = store.looking;
  if (!store.looking.fields.value.searchable) return null;
  const isOff = !store.isPage && store.controls.value !== "live";
  return (
    <search class="nbe-search">
      <input
        ref={input}
        class="nbe-input"
        type="search"
        data-cmd="search"
        placeholder="Search"
        aria-label={
          fields.value.index ? "Search rows by name or text" : "Search rows by text"
        }
        enterkeyhint="search"
        disabled={isOff}
        title={
          isOff
            ? "The kernel searches, and it does not answer."
            : "Enter selects what is found"
        }
        onKeyDown={(event) => {
          if (event.key === "Enter") find(event.currentTarget.value);
          else if (event.key === "Escape") clear(event);
        }}
        onInput={() => {
          found.value = null;
        }}
      />
      <output class="nbe-found" aria-live="polite">
        {found.value === null ? "" : foundText(found.value.count)}
      </output>
    </search>
  );

  function find(text: string): void {
    if (text.trim() !== "") store.looking.search(text.trim());
  }

  function clear(event: KeyboardEvent): void {
    if (input.current === null || input.current.value === "") return;
    // Escape would clear the selection, too, or leave the full screen.
    event.stopPropagation();
    event.preventDefault();
    input.current.value = "";
    found.value = null;
  }
}

function foundText(n: number): string {
  return n === 0 ? "none found" : `${count(n)} found`;
}
