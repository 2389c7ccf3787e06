// Puts the views together.

import type { ViewProps } from "./props";
import { Controls, Hint } from "./views/controls";
import { Header } from "./views/header";
import { Legend } from "./views/legend";
import { MapView } from "./views/map";
import { Notice } from "./views/notice";
import { Panels } from "./views/panels";
import { Scrubber } from "./views/scrubber";

export function App(props: ViewProps) {
  const { fatal } = props.store;
  if (fatal.value !== null)
    return (
      <div class="nbe-card nbe-fatal" role="alert">
        {fatal.value}
      </div>
    );
  const hasLegend = props.store.coloring.value.spec.kind !== undefined;
  return (
    <div class="nbe-card">
      <Header {...props} />
      <Notice {...props} />
      <div class={hasLegend ? "nbe-body nbe-with-legend" : "nbe-body"}>
        <MapView {...props} />
        <Legend {...props} />
        <Panels {...props} />
      </div>
      <footer class="nbe-footer">
        <Controls {...props} />
        <Scrubber {...props} />
        <Hint {...props} />
      </footer>
    </div>
  );
}
