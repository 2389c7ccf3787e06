// Says aloud where the keyboard has gone on the map.

import { effect } from "@preact/signals";
import { spokenOf } from "./facts";
import type { Screen } from "./screen";
import type { Sight } from "./sight";

/** Somebody who runs through many points hears of the one they rest on. */
const REST = 250;

export function speakPoints(store: Sight, screen: Screen): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = effect(() => {
    const { row, byKey } = screen.pointed.value;
    clearTimeout(timer);
    if (!byKey) return;
    const { look, details, selection } = store.looking;
    const text =
      row < 0
        ? "No point in view."
        : spokenOf(look.value, row, details.newest.value, selection.value.has(row));
    timer = setTimeout(() => {
      screen.spoken.value = text;
    }, REST);
  });
  screen.aborted.addEventListener("abort", () => {
    end();
    clearTimeout(timer);
  });
}
