import { expect, test } from "vitest";
import { captionOf, longestCaption, trustText } from "../src/caption";
import { Store } from "../src/store";
import { FakeModel, frame, running } from "./fake";

const PLAIN = "Sizes and gaps of clusters are not to scale.";

function open(values: (number | null)[]) {
  const model = new FakeModel();
  model.traits.status = running();
  const store = new Store(model.asModel);
  for (const step of [0, 10, 20, 30]) model.push(...frame(step, step));
  const curve = {
    label: "trustworthiness",
    kind: "quality",
    steps: values.map((_, i) => 5 + 10 * i),
    values,
  };
  if (values.length > 0) model.change("curves", { trustworthiness: curve });
  return store;
}

test("before anything is measured only the warning stands there", () => {
  expect(captionOf(open([]))).toBe(PLAIN);
  const store = open([0.8]);
  store.scrub(0);
  expect(captionOf(store)).toBe(PLAIN);
});

test("the value is the last one at or before the step on show", () => {
  const store = open([0.8, 0.9, 0.987]);
  expect(captionOf(store)).toBe(`Neighbours: 0.99 trustworthy here. ${PLAIN}`);
  store.scrub(1);
  expect(captionOf(store)).toContain("0.80 trustworthy");
  store.scrub(2);
  expect(captionOf(store)).toContain("0.90 trustworthy");
});

test("a value that was not finite says nothing", () => {
  expect(captionOf(open([0.7, null, null]))).toContain("0.70 trustworthy");
  expect(captionOf(open([null]))).toBe(PLAIN);
});

test("what is to scale depends on the method", () => {
  const model = new FakeModel();
  model.traits.status = running({ to_scale: "Distances are to scale." });
  const store = new Store(model.asModel);
  expect(captionOf(store)).toBe("Distances are to scale.");
  expect(longestCaption(store)).toBe(
    "Neighbours: 0.99 trustworthy here. Distances are to scale.",
  );
});

test("only a map without a fault is perfect", () => {
  expect([0.994, 0.9951, 0.99999, 1].map(trustText)).toEqual([
    "0.99",
    "0.99",
    "0.99",
    "1.00",
  ]);
});
