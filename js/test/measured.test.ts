import { zlibSync } from "fflate";
import { h, render } from "preact";
import { expect, test } from "vitest";
import type { PageQuality } from "../src/state";
import { Store } from "../src/store";
import { ColorBy } from "../src/views/color-by";
import { MeasuredNote } from "../src/views/measured-note";
import { FakeModel, frame, running, welcome } from "./fake";
import { numberSpec } from "./looks";

const MEASURED = { key: "kept", step: 30, note: "15 neighbours" };

function shown(store: Store, view: typeof MeasuredNote | typeof ColorBy): HTMLElement {
  const root = document.createElement("div");
  render(h(view, { store, screen: null as never }), root);
  return root;
}

test("the note says of which step a colour is, and when that is not the one on show", () => {
  const model = new FakeModel();
  model.traits.status = running();
  model.traits.encodings = { color: numberSpec([1, 2], { measured: MEASURED }) };
  const store = new Store(model.asModel);
  expect(shown(store, MeasuredNote).textContent).toBe("15 neighbours; step 30");
  model.push(...frame(1, 30));
  expect(shown(store, MeasuredNote).textContent).toBe("15 neighbours; step 30");
  model.push(...frame(2, 40));
  expect(shown(store, MeasuredNote).textContent).toBe(
    "15 neighbours; step 30 (on show: 40)",
  );
  model.change("encodings", { color: numberSpec([1, 2]) });
  expect(shown(store, MeasuredNote).textContent).toBe("");
  store.close();
});

test("measures are offered under their words, and asked for by their keys", () => {
  const model = new FakeModel();
  model.traits.status = running({ state: "done" });
  model.traits.fields = {
    columns: [],
    measures: [["kept", "kept neighbours"]],
    hover: [],
    images: false,
    searchable: false,
    index: false,
  };
  const store = new Store(model.asModel);
  store.join("v");
  model.push(...welcome());
  const root = shown(store, ColorBy);
  const select = root.querySelector("select")!;
  expect(select.querySelector("optgroup")?.label).toBe("quality of the map");
  expect([...select.options].map((o) => o.text)).toEqual([
    "kept neighbours",
    "one colour",
  ]);
  select.value = "measure kept";
  select.dispatchEvent(new Event("change"));
  expect(model.sentOf("color")).toEqual([{ t: "color", by: "kept" }]);
  model.change("encodings", { color: numberSpec([1, 2], { measured: MEASURED }) });
  expect(shown(store, ColorBy).querySelector("select")?.value).toBe("measure kept");
  store.close();
});

test("in a page the colours follow the moment, with the words of how many there are", () => {
  const model = new FakeModel();
  const frames = [0, 10, 20].map((step) => ({ step, phase: "p", bbox: [0, 0, 1, 1] }));
  const pack = zlibSync(new Uint8Array(24));
  model.traits.snapshot_info = { run: 1, n: 2, frames };
  model.traits.snapshot = btoa(String.fromCharCode(...pack));
  model.traits.encodings = { color: numberSpec([5, 6], { measured: MEASURED }) };
  const codes = zlibSync(Uint8Array.from([0, 255, 254, 127]));
  const page: PageQuality = {
    measured: { steps: [0, 20], of: 3 },
    buffers: { measured: btoa(String.fromCharCode(...codes)) },
  };
  const store = new Store(model.asModel, true, undefined, page);
  const codesNow = () => [...(store.looking.look.value.color?.codes ?? [])];
  expect(codesNow()).toEqual([65534, Math.round((127 * 65534) / 254)]);
  store.scrub(1);
  expect(codesNow()).toEqual([0, 65535]);
  expect(shown(store, MeasuredNote).textContent).toBe(
    "15 neighbours; measured at 2 of the 3 moments here; step 0 (on show: 10)",
  );
  store.scrub(2);
  expect(codesNow()[0]).toBe(65534);
  store.close();
});
