// Mounts one view of a store into an element.

import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app";
import { handleKey } from "./keys";
import { createScreen, type Screen } from "./screen";
import type { Store } from "./store";

/** Returns the clean-up: one abort ends every listener, observer and timer of the view. */
export function mount(element: HTMLElement, store: Store): () => void {
  const root = document.createElement("div");
  root.className = "nbe-root";
  root.dataset.nbembed = "root";
  // JupyterLab keeps its one-letter shortcuts ("0 0" restarts the kernel) away from here.
  root.dataset.lmSuppressShortcuts = "true";
  element.append(root);
  const abort = new AbortController();
  const screen = createScreen(root, store, abort.signal);
  const endMarks = effect(() => mark(root, store, screen));
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
}
