import { zlibSync } from "fflate";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Store } from "../src/store";
import { FakeModel, frame, running, welcome } from "./fake";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(status = running()) {
  const model = new FakeModel();
  model.traits.status = status;
  return { model, store: new Store(model.asModel) };
}

function pack(steps: number[], run = 1) {
  const frames = steps.map((step) => ({ step, phase: "p", bbox: [0, 0, 1, 1] }));
  const bytes = new Uint8Array(8 * steps.length);
  const saved = new DataView(zlibSync(bytes).buffer);
  return { info: { run, n: 2, frames }, bytes: new DataView(bytes.buffer), saved };
}

test("the newest frame wins", () => {
  const { model, store } = open();
  model.push(...frame(1, 10));
  model.push(...frame(2, 20));
  expect(store.frame.value?.step).toBe(20);
  expect(store.status.value.step).toBe(20);
});

test("a view greets with its protocol and the last frame it knows", () => {
  const { model, store } = open();
  model.push(...frame(7, 10));
  store.join("v");
  const hello = { t: "hello", view: "v", protocol: 2, last_seq: 7 };
  expect(model.sentOf("hello")).toEqual([hello]);
});

test("controls are live as soon as the welcome is there", () => {
  const { model, store } = open();
  store.join("v");
  expect(store.controls.value).toBe("unknown");
  model.push(...welcome());
  vi.advanceTimersByTime(5000);
  expect(store.controls.value).toBe("live");
  expect(store.isLate.value).toBe(false);
});

test("a greeting that nobody answers is late after a second of a run, and a late answer heals", () => {
  const { model, store } = open();
  store.join("v");
  vi.advanceTimersByTime(900);
  expect(store.isLate.value).toBe(false);
  vi.advanceTimersByTime(200);
  expect(store.isLate.value).toBe(true);
  model.push(...welcome());
  expect(store.isLate.value).toBe(false);
  expect(store.controls.value).toBe("live");
});

test("a busy kernel is greeted again, less and less often, and not for ever", () => {
  const { model, store } = open();
  store.join("v");
  vi.advanceTimersByTime(3100);
  expect(model.sentOf("hello")).toHaveLength(3);
  vi.advanceTimersByTime(120_000);
  expect(model.sentOf("hello")).toHaveLength(6);
  model.push(...welcome());
  expect(store.controls.value).toBe("live");
});

test("every new run is greeted, and controls fall back when the kernel is blocked in it", () => {
  const { model, store } = open(running({ state: "done" }));
  store.join("v");
  model.push(...welcome());
  model.change("status", running({ run: 2 }));
  expect(model.sentOf("hello")).toHaveLength(2);
  expect(store.controls.value).toBe("live");
  vi.advanceTimersByTime(1100);
  expect(store.controls.value).toBe("unknown");
});

test("an echo that was damaged on the way asks for text", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome([1, 2, 3, 0]));
  expect(model.sentOf("encoding")).toEqual([{ t: "encoding", base64: true }]);
});

test("a frame without its buffer asks for text once and is acknowledged", () => {
  const { model, store } = open();
  store.join("v");
  model.push(frame(1, 10)[0], []);
  model.push(frame(2, 20)[0], []);
  expect(model.sentOf("encoding")).toHaveLength(1);
  expect(model.sentOf("ack").map((m) => m.seq)).toEqual([1, 2]);
  expect(store.frame.value).toBeNull();
});

test("frames as text are shown like frames as bytes", () => {
  const { model, store } = open();
  const [header] = frame(1, 10);
  model.push({ ...header, enc: "base64", data: "AAABAP//CQA=" }, []);
  expect([...(store.frame.value?.xy ?? [])]).toEqual([0, 1, 65535, 9]);
});

test("a kernel that is gone makes controls dead and is said in words", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome());
  model.isGone = true;
  store.command("pause");
  expect(store.controls.value).toBe("dead");
  expect(store.notice.value).toContain("kernel is gone");
});

test("a restarted kernel is noticed without a click", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome());
  model.push(...frame(1, 10));
  model.isGone = true;
  vi.advanceTimersByTime(11_000);
  expect(store.controls.value).toBe("dead");
});

test("a kernel that goes mute is said to be, within ten seconds, until it speaks again", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome());
  model.push(...frame(1, 10));
  vi.advanceTimersByTime(4000);
  model.push(...frame(2, 20));
  vi.advanceTimersByTime(7000);
  expect(store.notice.value).toBeNull();
  vi.advanceTimersByTime(2000);
  expect(store.notice.value).toContain("Nothing comes from the kernel");
  expect(store.frame.value?.step).toBe(20);
  model.push(...frame(3, 30));
  expect(store.notice.value).toBeNull();
  model.push({ t: "status", status: running({ state: "paused", elapsed: 99 }) });
  vi.advanceTimersByTime(60_000);
  expect(store.notice.value).toBeNull();
});

test("a host that shows nothing pushed is polled every 150 ms", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome([1, 2, 3, 255], true));
  model.push(...frame(4, 10));
  vi.advanceTimersByTime(1500);
  expect(model.sentOf("poll")).toHaveLength(10);
  expect(model.sentOf("poll").at(-1)).toEqual({ t: "poll", view: "v", last_seq: 4 });
});

test("another protocol is refused in words", () => {
  const model = new FakeModel();
  model.traits.protocol = 1;
  const store = new Store(model.asModel);
  store.join("v");
  expect(store.fatal.value).toContain("protocol 1");
  expect(model.sent).toEqual([]);
});

test("a saved notebook shows its last map from the traits alone", () => {
  const model = new FakeModel();
  const { info, saved } = pack([0, 50, 100]);
  Object.assign(model.traits, { snapshot_info: info, snapshot: saved });
  model.traits.status = running({ state: "done", step: 100 });
  const store = new Store(model.asModel);
  expect(store.frame.value?.step).toBe(100);
  expect(store.frames.value).toHaveLength(3);
});

test("header and bytes of a snapshot may arrive one after the other", () => {
  const { model, store } = open();
  const { info, saved } = pack([0, 50]);
  model.change("snapshot_info", info);
  expect(store.frame.value).toBeNull();
  model.change("snapshot", saved);
  expect(store.frame.value?.step).toBe(50);
});

test("the snapshot of an earlier run does not replace the map of this one", () => {
  const { model, store } = open(running({ run: 2 }));
  model.push(...frame(1, 10, 2));
  const { info, saved } = pack([0, 999], 1);
  model.traits.snapshot_info = info;
  model.change("snapshot", saved);
  expect(store.frame.value?.step).toBe(10);
});

test("increments of curves are appended, and a repeated frame adds nothing", () => {
  const { model, store } = open();
  const piece = (step: number) => ({
    loss: { label: "KL", kind: "loss", steps: [step], values: [1 / step] },
  });
  for (const [seq, step] of [
    [1, 10],
    [2, 20],
    [3, 20],
  ] as const) {
    const [header, buffers] = frame(seq, step);
    model.push({ ...header, curves: piece(step) }, buffers);
  }
  expect(store.curves.value.loss?.steps).toEqual([10, 20]);
});

test("a new run starts with empty curves and history", () => {
  const { model, store } = open();
  model.push(...frame(1, 10));
  model.change("status", running({ run: 2 }));
  expect(store.frames.value).toEqual([]);
  expect(store.curves.value).toEqual({});
});

test("scrubbing shows an old frame while newer ones arrive, and the end is live again", () => {
  const { model, store } = open();
  for (const step of [1, 2, 3]) model.push(...frame(step, step));
  store.scrub(0);
  model.push(...frame(4, 4));
  expect(store.frame.value?.step).toBe(1);
  store.scrub(3);
  expect(store.cursor.value).toBeNull();
});

test("a history that asks for it is replayed once the run is done, and ends at the newest", () => {
  const { model, store } = open();
  const { info, bytes } = pack([0, 1, 2, 3, 4]);
  model.push({ t: "history", info, enc: "u16", replay: true }, [bytes]);
  expect(store.player.playing.value).toBe(false);
  model.change("status", running({ state: "done", step: 4 }));
  vi.advanceTimersByTime(1800);
  expect(store.cursor.value).toBe(2);
  vi.advanceTimersByTime(1800);
  expect(store.cursor.value).toBeNull();
  expect(store.player.playing.value).toBe(false);
});

test("nothing moves by itself for readers who asked for less motion, but it can be played", () => {
  const { model, store } = open();
  window.matchMedia = ((query: string) => ({
    matches: query.includes("reduce"),
  })) as typeof window.matchMedia;
  const { info, bytes } = pack([0, 1, 2, 3, 4]);
  model.push({ t: "history", info, enc: "u16", replay: true }, [bytes]);
  model.change("status", running({ state: "done", step: 4 }));
  expect(store.player.playing.value).toBe(false);
  store.player.play();
  expect(store.player.playing.value).toBe(true);
  store.scrub(1);
  expect(store.frame.value?.step).toBe(1);
  Reflect.deleteProperty(window, "matchMedia");
});

test("a history that comes after newer frames fills in what is missing before them", () => {
  const { model, store } = open();
  model.push(...frame(9, 90));
  const { info, bytes } = pack([0, 30, 60, 90]);
  model.push({ t: "history", info, enc: "u16", replay: false }, [bytes]);
  expect(store.frames.value.map((f) => f.step)).toEqual([0, 30, 60, 90]);
  expect(store.frame.value?.seq).toBe(9);
});

test("an exported page searches what it carries", () => {
  const model = new FakeModel();
  model.traits.fields = { columns: [], hover: ["text"], searchable: true, index: true };
  const details = {
    columns: ["text"],
    values: [["Red apple"], ["pear"], [null]],
    index: ["a", "b", "apple tree"],
  };
  model.traits.status = running({ state: "done", n: 3 });
  const store = new Store(model.asModel, true, details);
  store.looking.search("APPLE");
  expect([...store.looking.selection.value]).toEqual([0, 2]);
  expect(store.looking.found.value).toMatchObject({ count: 2, first: 0 });
});

test("a kernel is asked to search", () => {
  const { model, store } = open();
  store.looking.search("apple");
  expect(model.sentOf("search")).toEqual([{ t: "search", text: "apple" }]);
  model.push({ t: "found", text: "apple", count: 2, first: 7 });
  expect(store.looking.found.value?.count).toBe(2);
});

test("an older status does not turn the clock back", () => {
  const { model, store } = open();
  model.push(...frame(1, 10));
  model.change("status", running({ step: 4 }));
  expect(store.status.value.step).toBe(10);
});

test("closing takes every listener off the model", () => {
  const { model, store } = open();
  expect(model.handlerCount).toBeGreaterThan(0);
  store.close();
  expect(model.handlerCount).toBe(0);
});

test("a running kernel that is silent until it is asked is asked from then on", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome());
  vi.advanceTimersByTime(4500);
  expect(model.sentOf("poll")).toEqual([]);
  vi.advanceTimersByTime(1500);
  expect(model.sentOf("poll")).toEqual([{ t: "poll", view: "v", last_seq: -1 }]);
  model.push(...frame(3, 30));
  vi.advanceTimersByTime(460);
  expect(model.sentOf("poll").map((m) => m.last_seq)).toEqual([-1, 3, 3, 3]);
  store.close();
});

test("where buffers get lost, what is selected travels as text", () => {
  const { model, store } = open();
  store.join("v");
  model.push(...welcome([]));
  model.push(...frame(1, 10));
  store.looking.select([1]);
  const packed = model.traits.selection as { data: unknown; kind: string };
  expect(packed).toEqual({ n: 2, kind: "bits", data: btoa("\u0002") });
  store.close();
});
