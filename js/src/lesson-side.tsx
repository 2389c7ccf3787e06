// Puts together what is taught: the panels of the plate by their kinds, and its controls.

import type { PanelProps } from "./plate-marks";
import type { ViewProps } from "./props";
import { Knobs } from "./views/knobs";
import { LessonView } from "./views/lesson";
import { PlateChart } from "./views/plate-chart";
import { PlateHeat } from "./views/plate-heat";
import { ArrowKey, ColorKey, PlateTable } from "./views/plate-keys";

const KINDS = {
  chart: PlateChart,
  heat: PlateHeat,
  arrows: ArrowKey,
  colors: ColorKey,
  table: PlateTable,
};

export function LessonSide(props: ViewProps) {
  return (
    <LessonView
      {...props}
      knobs={<Knobs {...props} />}
      panel={(panel, of) => <PlatePanel {...props} panel={panel} of={of} />}
    />
  );
}

function PlatePanel(props: PanelProps) {
  const { kind, title } = props.panel;
  const Kind = KINDS[kind];
  return (
    <figure class="nbe-plate" data-kind={kind}>
      <figcaption>{title}</figcaption>
      <Kind {...props} />
    </figure>
  );
}
