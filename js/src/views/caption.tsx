// What may be read from the map; always under it.

import { captionOf, longestCaption } from "../caption";
import type { ViewProps } from "../props";

export function Caption({ store }: ViewProps) {
  return (
    <p class="nbe-caption" data-room={longestCaption(store)}>
      <span>{captionOf(store)}</span>
    </p>
  );
}
