// What stands beside the map: legend, ramp, colour chooser, search, and the player's row.

import { signal } from "@preact/signals";
import { zlibSync } from "fflate";
import { type ComponentType, h, render } from "preact";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ViewProps } from "../src/props";
import type { Screen } from "../src/screen";
import type { Spec } from "../src/state";
import { Store } from "../src/store";
import { ColorBy } from "../src/views/color-by";
import { Legend } from "../src/views/legend";
import { Marks } from "../src/views/marks";
import { Ramp } from "../src/views/ramp";
import { Scrubber } from "../src/views/scrubber";
import { Search } from "../src/views/search";
import { Shown } from "../src/views/shown";
import { FakeModel, frame, running, welcome } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

function values(codes: number[]): DataView {
  return new DataView(zlibSync(new Uint8Array(Uint16Array.from(codes).buffer)).buffer);
}

function category(names: string[], codes: number[]): Spec {
  const counts = names.map((_, i) => codes.filter((code) => code === i).length);
  return {
    kind: "category",
    name: "letter",
    categories: names,
    counts,
    values: values(codes),
  };
}

const NUMBER: Spec = {
  kind: "number",
  name: "length",
  min: 0,
  max: 10,
  scale: "linear",
  map: "viridis",
  values: values([0, 32767, 65534, 65535]),
};

async function open(traits: Record<string, unknown>, n = 4, isPage = false) {
  const model = new FakeModel();
  Object.assign(model.traits, { status: running({ state: "done", n }), ...traits });
  const store = new Store(model.asModel, isPage);
  const screen = { isDark: signal(false), spoken: signal("") } as unknown as Screen;
  const host = document.createElement("div");
  document.body.append(host);
  const views: ComponentType<ViewProps>[] = [
    Search,
    ColorBy,
    Shown,
    Legend,
    Ramp,
    Marks,
    Scrubber,
  ];
  store.join("v");
  if (!isPage) model.push(...welcome());
  render(
    views.map((view) => h(view, { store, screen, key: view.name })),
    host,
  );
  const settle = () => vi.advanceTimersByTimeAsync(50);
  await settle();
  const all = (selector: string) => [...host.querySelectorAll<HTMLElement>(selector)];
  const one = <T extends HTMLElement>(selector: string) => {
    const found = host.querySelector<T>(selector);
    if (found === null) throw new Error(`${selector} is missing`);
    return found;
  };
  const click = (element: HTMLElement) => {
    element.click();
    return settle();
  };
  const type = async (selector: string, text: string, kind = "input") => {
    const input = one<HTMLInputElement>(selector);
    input.value = text;
    input.dispatchEvent(new Event(kind, { bubbles: true }));
    await settle();
    return input;
  };
  return { model, store, screen, host, all, one, click, type, settle };
}

const ABC = category(["a", "b", "c"], [0, 1, 2, 65535]);

test("clicks show one category, then more, and the rest again", async () => {
  const { model, all, click } = await open({ encodings: { color: ABC } });
  const [a, b] = all("button.nbe-row");
  await click(b!);
  expect(model.traits.filter).toEqual({ categories: ["b"] });
  await click(a!);
  expect(model.traits.filter).toEqual({ categories: ["a", "b"] });
  expect(all("[aria-pressed=true]").map((e) => e.title)).toContain("a: 1");
  await click(all("[data-cmd=showall]")[0]!);
  expect(model.traits.filter).toEqual({});
  expect(model.saves).toBe(3);
});

test("a filter that Python sets is what the legend shows", async () => {
  const { model, all, one, settle } = await open({ encodings: { color: ABC } });
  expect(one("[data-cmd=showall]").style.visibility).toBe("hidden");
  model.change("filter", { categories: ["c"] });
  await settle();
  expect(all("button.nbe-row[aria-pressed=true]").map((e) => e.title)).toEqual(["c: 1"]);
  expect(one("[data-cmd=showall]").style.visibility).toBe("");
});

test("all that is shown can be selected, and is said aloud", async () => {
  const { model, store, screen, all, one, click } = await open({
    encodings: { color: ABC },
  });
  expect(one("[data-cmd=select-shown]").textContent).toBe("Select 4");
  await click(all("button.nbe-row")[1]!);
  expect(one("[data-cmd=select-shown]").textContent).toBe("Select 1");
  expect(screen.spoken.value).toBe("1 of 4 points shown");
  await click(one("[data-cmd=select-shown]"));
  expect([...store.looking.selection.value]).toEqual([1]);
  expect(model.saves).toBe(2);
});

test("missing values have a row that is no button", async () => {
  const { one } = await open({ encodings: { color: ABC } });
  expect(one("li.nbe-missing").textContent).toBe("missing1");
  expect(one("li.nbe-missing").querySelector("button")).toBeNull();
});

test("many categories are searched by text, and not all of them stand there", async () => {
  const names = Array.from({ length: 500 }, (_, i) => `Class ${i}`);
  const { all, one, type } = await open({
    encodings: { color: category(names, [0, 1, 2, 3]) },
  });
  expect(all("button.nbe-row")).toHaveLength(300);
  expect(one(".nbe-more").textContent).toBe("and 200 more: search");
  await type("[data-cmd=search-legend]", "class 49");
  expect(all("button.nbe-row").map((e) => e.title.split(":")[0])).toEqual([
    "Class 49",
    ...Array.from({ length: 10 }, (_, i) => `Class 49${i}`),
  ]);
  await type("[data-cmd=search-legend]", ".*");
  expect(all("button.nbe-row")).toHaveLength(0);
  expect(one(".nbe-more").textContent).toBe("none found");
});

test("names are text", async () => {
  const { host, one } = await open({
    encodings: { color: category(["<img src=x onerror=alert(1)>"], [0]) },
  });
  expect(host.querySelector("img")).toBeNull();
  expect(one(".nbe-name").textContent).toBe("<img src=x onerror=alert(1)>");
});

test("two sliders show a part of the numbers and cannot cross", async () => {
  const { model, one, type } = await open({ encodings: { color: NUMBER } });
  const from = await type("[data-cmd=filter-from]", "100");
  expect(model.traits.filter).toEqual({ range: [5, 10] });
  expect(from.getAttribute("aria-valuetext")).toBe("5");
  const to = await type("[data-cmd=filter-to]", "20");
  expect(model.traits.filter).toEqual({ range: [5, 5] });
  expect(to.value).toBe("100");
  expect(one(".nbe-range-text").textContent).toBe("from 5to 5");
  expect(one("p.nbe-missing").textContent).toBe("missing1");
});

test("a range that Python sets moves the sliders", async () => {
  const { model, one, settle } = await open({ encodings: { color: NUMBER } });
  model.change("filter", { range: [2.5, 7.123] });
  await settle();
  expect(one<HTMLInputElement>("[data-cmd=filter-from]").value).toBe("50");
  expect(one<HTMLInputElement>("[data-cmd=filter-to]").value).toBe("142");
});

test("sizes and opacities are said in a line each", async () => {
  const { all } = await open({
    encodings: {
      size: { ...NUMBER, range: [0.5, 2] },
      opacity: { ...ABC, range: [0, 1] },
    },
  });
  expect(all(".nbe-mark").map((e) => e.textContent)).toEqual([
    "size: length, small 0 … large 10",
    "opacity: letter, faint a … clear c",
  ]);
  expect(all(".nbe-sample").map((e) => e.style.width)).toEqual([
    "4px",
    "10px",
    "16px",
    "12px",
    "12px",
    "12px",
  ]);
});

const FIELDS = { columns: ["x", "none"], hover: [], images: false, index: false };

test("a colour is asked of Python, and what it does not do is not shown for ever", async () => {
  const { model, one, type, settle } = await open({
    encodings: { color: ABC },
    fields: { ...FIELDS, searchable: false },
  });
  const select = one<HTMLSelectElement>("[data-cmd=color]");
  expect([...select.options].map((o) => o.text)).toEqual([
    "letter",
    "x",
    "none",
    "one colour",
  ]);
  expect(select.selectedOptions[0]?.text).toBe("letter");
  await type("[data-cmd=color]", "column none", "change");
  await type("[data-cmd=color]", "none", "change");
  expect(model.sentOf("color").map((m) => m.by)).toEqual(["none", null]);
  vi.advanceTimersByTime(6000);
  await settle();
  expect(select.selectedOptions[0]?.text).toBe("letter");
  model.change("encodings", { color: { ...NUMBER, name: "x" } });
  await settle();
  expect(select.selectedOptions[0]?.text).toBe("x");
});

test("without a kernel's answer nothing is chosen or searched, and the reason is said", async () => {
  const { store, one, settle } = await open({ fields: { ...FIELDS, searchable: true } });
  expect(one<HTMLSelectElement>("[data-cmd=color]").disabled).toBe(false);
  store.controls.value = "dead";
  await settle();
  for (const name of ["color", "search"]) {
    const input = one<HTMLInputElement>(`[data-cmd=${name}]`);
    expect(input.disabled).toBe(true);
    expect(input.title).toContain("kernel");
  }
});

test("a page without a kernel is searched, and offers no other colour", async () => {
  const { host, store, one, type, settle } = await open(
    { encodings: { color: ABC }, fields: { ...FIELDS, searchable: true } },
    4,
    true,
  );
  expect(host.querySelector("[data-cmd=color]")).toBeNull();
  expect(one("h4").textContent).toBe("letter");
  const input = await type("[data-cmd=search]", "B");
  expect(input.disabled).toBe(false);
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  await settle();
  expect([...store.looking.selection.value]).toEqual([1]);
  expect(one("output.nbe-found").textContent).toBe("1 found");
});

test("Enter searches, the answer is shown, and Escape clears the text and nothing else", async () => {
  const { model, host, one, type, settle } = await open({
    fields: { ...FIELDS, searchable: true },
  });
  const escapes = vi.fn();
  host.addEventListener("keydown", escapes);
  const press = async (key: string) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true });
    one("[data-cmd=search]").dispatchEvent(event);
    await settle();
  };
  const input = await type("[data-cmd=search]", " apple ");
  await press("Enter");
  expect(model.sentOf("search")).toEqual([{ t: "search", text: "apple" }]);
  model.push({ t: "found", text: "apple", count: 37, first: 2 });
  await settle();
  expect(one("output.nbe-found").textContent).toBe("37 found");
  model.push({ t: "found", text: "apple", count: 0, first: -1 });
  await settle();
  expect(one("output.nbe-found").textContent).toBe("none found");
  escapes.mockClear();
  await press("Escape");
  expect([input.value, one("output.nbe-found").textContent]).toEqual(["", ""]);
  expect(escapes).not.toHaveBeenCalled();
  await press("Escape");
  expect(escapes).toHaveBeenCalledOnce();
});

test("the history is played, looped, slowed down and scrubbed, and says where it is", async () => {
  const { model, store, one, click, type, settle } = await open({});
  expect(one<HTMLButtonElement>("[data-cmd=play]").disabled).toBe(true);
  for (const step of [0, 1000, 2000]) model.push(...frame(step + 1, step));
  await settle();
  expect(one(".nbe-moment").textContent).toBe("live · step 2,000");
  await click(one("[data-cmd=loop]"));
  await click(one("[data-cmd=play]"));
  await type("[data-cmd=speed]", "0.5", "change");
  expect(one("[data-cmd=loop]").getAttribute("aria-pressed")).toBe("true");
  expect(one("[data-cmd=play]").getAttribute("aria-label")).toBe("Stop playing");
  expect(store.player.speed.value).toBe(0.5);
  const slider = await type("[data-cmd=moment]", "1");
  expect(store.player.playing.value).toBe(false);
  expect(one(".nbe-moment").textContent).toBe("step 1,000 · optimization");
  expect(slider.getAttribute("aria-valuetext")).toBe("step 1,000 · optimization");
});
