// Entry of the bundle: a widget in a notebook, or an exported page.

import "uplot/dist/uPlot.min.css";
import "./styles/card.css";
import "./styles/map.css";
import "./styles/legend.css";
import "./styles/panels.css";
import "./styles/gallery.css";
import "./styles/quality.css";
import "./styles/controls.css";
import "./styles/lesson.css";
import type { InitializeProps, RenderProps } from "@anywidget/types";
import { mount } from "./mount";
import { mountPage } from "./page";
import type { Traits } from "./state";
import { Store } from "./store";

// anywidget calls this once for each model, and hands every view its own proxy of that model:
// so the store that all views share lives in this closure, not in a table of proxies.
export default () => {
  let store: Store | undefined;
  return {
    initialize({ model }: InitializeProps<Traits>): () => void {
      const own = new Store(model);
      store = own;
      return () => own.close();
    },
    render({ model, el }: RenderProps<Traits>): () => void {
      store ??= new Store(model);
      return mount(el, store);
    },
  };
};

if (typeof document !== "undefined") mountPage();
