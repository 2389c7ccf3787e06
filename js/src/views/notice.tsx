// What went wrong, in words.

import type { ViewProps } from "../props";

export function Notice({ store, screen }: ViewProps) {
  const status = store.status.value;
  const isError = status.state === "error";
  const lines = [
    store.notice.value,
    isError ? (status.message ?? "The run failed; the cell says why.") : status.message,
    screen.renderer.value === "canvas" ? slowText(screen.isSampled.value) : null,
  ].filter((line): line is string => line !== null && line !== "");
  if (lines.length === 0) return null;
  return (
    <div
      class={isError ? "nbe-notice nbe-error" : "nbe-notice"}
      role={isError ? "alert" : "note"}
    >
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
    </div>
  );
}

function slowText(isSampled: boolean): string {
  const base = "This browser has no WebGL2: the map is drawn in a simpler, slower way";
  return isSampled ? `${base}, 50,000 of its points.` : `${base}.`;
}
