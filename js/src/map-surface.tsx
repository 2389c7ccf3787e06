// What a map is drawn on: it takes pointers and keys.

import type { ComponentChildren, RefObject } from "preact";

interface MapSurfaceProps {
  element: RefObject<HTMLDivElement | null>;
  /** What a screen reader calls it. */
  label: string;
  /** Layers of canvases; one layer if not given. */
  children?: ComponentChildren;
}

export function MapSurface({ element, label, children }: MapSurfaceProps) {
  return (
    <div
      class="nbe-surface"
      ref={element}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move the map and select points
      tabIndex={0}
      // An application: a screen reader leaves the keys to the map.
      role="application"
      aria-roledescription="map"
      aria-label={label}
    >
      {children ?? <Layer />}
    </div>
  );
}

/** A canvas for the points and one for what lies over them. */
export function Layer() {
  return (
    <>
      <canvas class="nbe-map" />
      <canvas class="nbe-over" />
    </>
  );
}
