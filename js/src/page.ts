// The same widget on an exported page, without a kernel: a stub stands for the model.

import type { AnyModel } from "@anywidget/types";
import { mount } from "./mount";
import type { PageDetails, PageQuality, Traits } from "./state";
import { Store } from "./store";

type Payload = Partial<Omit<Traits, "snapshot">> &
  PageQuality & {
    buffers?: { snapshot?: string };
    details?: PageDetails;
  };

/** Renders the page's payload, if this document is an exported page. */
export function mountPage(): void {
  const source = document.getElementById("nbembed-page");
  const element = document.getElementById("nbembed-root");
  if (source === null || element === null) return;
  try {
    const payload = JSON.parse(source.textContent ?? "") as Payload;
    mount(element, new Store(stubModel(payload), true, payload.details, payload));
  } catch {
    element.textContent =
      "This page is damaged: its data cannot be read. Export it again.";
  }
}

function stubModel(payload: Payload): AnyModel<Traits> {
  const { buffers, ...rest } = payload;
  const traits = new Map<string, unknown>(Object.entries({ ...rest, ...buffers }));
  const ignore = () => undefined;
  return {
    get: (name: string) => traits.get(name),
    set: ignore,
    on: ignore,
    off: ignore,
    send: ignore,
    save_changes: ignore,
  } as unknown as AnyModel<Traits>;
}
