// The buttons that steer a run.

import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test } from "vitest";
import type { Screen } from "../src/screen";
import { Store } from "../src/store";
import { Controls } from "../src/views/controls";
import { FakeModel, running, welcome } from "./fake";

afterEach(() => {
  act(() => render(null, document.body));
});

function open() {
  const model = new FakeModel();
  model.traits.status = running({ mode: "start", state: "paused", step: 3 });
  const store = new Store(model.asModel);
  store.join("v");
  model.push(...welcome());
  act(() => render(h(Controls, { store, screen: {} as Screen }), document.body));
  const one = (name: string) => {
    const found = document.querySelector<HTMLElement>(name);
    if (found === null) throw new Error(`${name} is missing`);
    return found;
  };
  const become = (state: string) =>
    act(() =>
      model.change("status", running({ mode: "start", state, step: 4 } as object)),
    );
  const commands = () => model.sentOf("command").map((message) => message.name);
  return { one, become, commands };
}

test("a button that goes grey under the fingers keeps the focus, does nothing, and works again", () => {
  const { one, become, commands } = open();
  const step = one("[data-cmd=step]");
  step.focus();
  step.click();
  expect(commands()).toEqual(["step"]);
  become("running");
  expect(step.getAttribute("aria-disabled")).toBe("true");
  expect(document.activeElement).toBe(step);
  step.click();
  expect(commands()).toEqual(["step"]);
  become("paused");
  expect(step.getAttribute("aria-disabled")).toBe("false");
  step.click();
  expect(commands()).toEqual(["step", "step"]);
});

test("steps are typed as many as shall be made at a time", () => {
  const { one, become } = open();
  const number = one("input") as HTMLInputElement;
  expect([number.readOnly, number.getAttribute("aria-disabled")]).toEqual([
    false,
    "false",
  ]);
  become("running");
  expect([number.readOnly, number.getAttribute("aria-disabled")]).toEqual([true, "true"]);
});
