// What went wrong, in words.

import type { ViewProps } from "../props";

export function Notice({ store }: ViewProps) {
  const status = store.status.value;
  const isError = status.state === "error";
  const lines = [
    store.notice.value,
    isError ? (status.message ?? "The run failed; the cell says why.") : status.message,
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
