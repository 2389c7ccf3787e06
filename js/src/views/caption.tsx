// What may be read from the map; always under it.

import { captionOf, LONGEST } from "../caption";
import type { ViewProps } from "../props";

export function Caption({ store }: ViewProps) {
  return (
    <p class="nbe-caption" data-room={LONGEST}>
      <span>{captionOf(store)}</span>
    </p>
  );
}
