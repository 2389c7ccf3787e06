// Mounts one view of a store into an element.

import { effect } from "@preact/signals";
import { render } from "preact";
import { App, isTaught } from "./app";
import { handleKey } from "./keys";
import { createScreen, type Screen } from "./screen";
import type { Store } from "./store";

/** Returns the clean-up: one abort ends every listener, observer and timer of the view. */
export function mount(element: HTMLElement, store: Store): () => void {
  const root = document.createElement("div");
  root.className = "nbe-root";
  root.dataset.nbembed = "root";
  element.append(root);
  const abort = new AbortController();
  const screen = createScreen(root, store, abort.signal);
  const endMarks = effect(() => mark(root, store, screen));
  keepKeys(root, abort.signal);
  root.addEventListener(
    "keydown",
    (event) => {
      if (!handleKey(event, screen, store)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal: abort.signal },
  );
  render(<App store={store} screen={screen} />, root);
  const leave = store.join(screen.id);
  abort.signal.addEventListener("abort", () => {
    endMarks();
    leave();
    render(null, root);
    root.remove();
  });
  return () => abort.abort();
}

/**
 * JupyterLab keeps its shortcuts of one letter ("x" cuts the cell, "0 0" restarts the kernel) and its
 * arrows away from what has this attribute. It asks the focused element before those around it, and
 * many of its shortcuts are for whatever has the focus: so that has to have it, too.
 */
function keepKeys(root: HTMLElement, aborted: AbortSignal): void {
  root.dataset.lmSuppressShortcuts = "true";
  const mark = ({ target }: FocusEvent) => {
    if (target instanceof HTMLElement) target.dataset.lmSuppressShortcuts = "true";
  };
  root.addEventListener("focusin", mark, { signal: aborted });
}

/** What tests and style sheets see of the state. */
function mark(root: HTMLElement, store: Store, screen: Screen): void {
  const status = store.status.value;
  root.dataset.theme = screen.isDark.value ? "dark" : "light";
  root.dataset.state = status.state;
  root.dataset.phase = status.phase;
  root.dataset.step = String(status.step);
  root.dataset.drawn = String(screen.drawn.value);
  root.dataset.renderer = screen.renderer.value;
  root.dataset.controls = store.controls.value;
  root.dataset.shown = String(store.frame.value?.step ?? "");
  root.dataset.selected = String(store.looking.selection.value.count);
  root.dataset.filtered = String(store.looking.isShown.value !== null);
  root.dataset.tool = screen.tool.value;
  root.dataset.view = store.gallery.view.value;
  root.dataset.maps = String(store.gallery.info.value?.maps.length ?? 1);
  root.dataset.arrangement = Object.values(store.gallery.arrangement.value).join(" ");
  root.dataset.projector = String(isTaught(store) && store.lesson.isProjected.value);
  root.dataset.pointed = String(screen.pointed.value.row);
  root.dataset.fullscreen = String(screen.isFull.value);
}
