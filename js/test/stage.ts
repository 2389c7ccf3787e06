// A view without a browser's drawing: store, screen, and a surface that knows where points are.

import { createGrid } from "../src/renderer/picking";
import { createScreen, placeOf, type Screen } from "../src/screen";
import { Store } from "../src/store";
import { FakeModel, running } from "./fake";

/** Points at these pixels of a canvas of 436 × 236, fitted. */
export function openStage(pixels: readonly (readonly [number, number])[]) {
  const model = new FakeModel();
  model.traits.status = running({ n: pixels.length });
  const store = new Store(model.asModel);
  // 400 × 200 inside the padding of 18; the first two points hold the corners.
  const places = [[18, 218], [418, 18], ...pixels] as const;
  const xy = Uint16Array.from(
    places.flatMap(([x, y]) => [
      Math.round((65535 * (x - 18)) / 400),
      Math.round((65535 * (218 - y)) / 200),
    ]),
  );
  const n = places.length;
  const header = {
    t: "frame",
    run: 1,
    seq: 1,
    step: 10,
    phase: "p",
    n,
    bbox: [0, 0, 2, 1],
    enc: "u16",
    status: running({ n, step: 10 }),
  };
  model.push(header, [new DataView(xy.buffer)]);
  const abort = new AbortController();
  const root = document.createElement("div");
  const stage = document.createElement("div");
  stage.className = "nbe-surface";
  root.append(stage);
  document.body.append(root);
  const screen = createScreen(root, store, abort.signal);
  screen.size.value = { width: 436, height: 236 };
  screen.surface.value = {
    ...NOTHING_DRAWN,
    pick: (x, y) => {
      const place = placeOf(screen, store);
      const isShown = store.looking.isShown.peek();
      return place === null ? -1 : createGrid(xy)(place).pick(x, y, 8, isShown);
    },
  };
  const selected = () => [...store.looking.selection.value];
  const close = () => {
    abort.abort();
    store.close();
    root.remove();
  };
  return { model, store, screen, stage, root, selected, close };
}

const NOTHING_DRAWN = {
  picture: () => document.createElement("canvas"),
  paint: () => {
    throw new Error("not painted here");
  },
  style: () => ({ pointSize: 5, opacity: 1, markedOpacity: 1 }),
} satisfies Omit<NonNullable<Screen["surface"]["value"]>, "pick">;
