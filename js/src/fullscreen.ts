// The whole screen for one widget, where the host allows it.

import { type ReadonlySignal, signal } from "@preact/signals";

export function canFullscreen(root: HTMLElement): boolean {
  return document.fullscreenEnabled === true && "requestFullscreen" in root;
}

export function watchFullscreen(
  root: HTMLElement,
  aborted: AbortSignal,
): ReadonlySignal<boolean> {
  const isFull = signal(false);
  document.addEventListener(
    "fullscreenchange",
    () => {
      isFull.value = isFullscreen(root);
    },
    { signal: aborted },
  );
  return isFull;
}

/** Goes there, or back. True when there was something to do. */
export function toggleFullscreen(root: HTMLElement): boolean {
  if (leaveFullscreen(root)) return true;
  if (!canFullscreen(root)) return false;
  // A host may still refuse; then everything stays as it is.
  root.requestFullscreen().catch(() => undefined);
  return true;
}

export function leaveFullscreen(root: HTMLElement): boolean {
  if (!isFullscreen(root)) return false;
  document.exitFullscreen().catch(() => undefined);
  return true;
}

function isFullscreen(root: HTMLElement): boolean {
  // In a shadow tree the document names the tree's host, so its root is asked.
  const tree = root.getRootNode() as Document | ShadowRoot;
  return tree.fullscreenElement === root;
}
