// What a measured colour was measured on, and of which moment it is.

import type { ViewProps } from "../props";
import { count } from "../text";

export function MeasuredNote({ store }: ViewProps) {
  const { color } = store.looking.look.value;
  const measured = color?.spec.kind === "number" ? color.spec.measured : undefined;
  if (measured === undefined) return null;
  const shown = store.frame.value?.step;
  const isOld = measured.step >= 0 && shown !== undefined && measured.step !== shown;
  return (
    <p class="nbe-measured" data-nbembed="measured" data-step={measured.step}>
      {measured.note}
      {measured.step >= 0 && `; step ${count(measured.step)}`}
      {isOld && <b> (on show: {count(shown)})</b>}
    </p>
  );
}
