import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPlayer, LOOP_REST, lengthOf } from "../src/player";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A reel of frames; `at` is the one on show, null for the newest. */
function open(frames: number) {
  const reel = { frames, shown: null as number | null, seen: [] as (number | null)[] };
  const abort = new AbortController();
  const player = createPlayer(
    {
      length: () => reel.frames,
      at: () => reel.shown,
      show(index) {
        reel.shown = index;
        if (reel.seen.at(-1) !== index) reel.seen.push(index);
      },
    },
    abort.signal,
  );
  return { reel, player, abort };
}

test("every frame is shown in order, then the newest, and it stops", () => {
  const { reel, player } = open(5);
  player.play(4);
  vi.advanceTimersByTime(4100);
  expect(reel.seen).toEqual([0, 1, 2, 3, null]);
  expect(player.playing.value).toBe(false);
});

test("it goes on from the frame on show, in its share of the time", () => {
  const { reel, player } = open(5);
  reel.shown = 2;
  player.play(4);
  vi.advanceTimersByTime(1900);
  expect(player.playing.value).toBe(true);
  vi.advanceTimersByTime(200);
  expect(reel.seen).toEqual([2, 3, null]);
  expect(player.playing.value).toBe(false);
});

test("pausing stays at the frame on show", () => {
  const { reel, player } = open(5);
  player.play(4);
  vi.advanceTimersByTime(1500);
  player.pause();
  vi.advanceTimersByTime(5000);
  expect(reel.shown).toBe(1);
});

test.each([0.5, 1, 2, 4])("at speed %f the time is divided by it", (speed) => {
  const { reel, player } = open(11);
  player.speed.value = speed;
  player.play(4);
  vi.advanceTimersByTime(2000 / speed + 66);
  expect(reel.shown).toBe(5);
});

test("a speed that changes on the way goes on from the same place", () => {
  const { reel, player } = open(11);
  player.play(10);
  vi.advanceTimersByTime(5020);
  expect(reel.shown).toBe(5);
  player.speed.value = 4;
  vi.advanceTimersByTime(66);
  expect(reel.shown).toBe(5);
  vi.advanceTimersByTime(500);
  expect(reel.shown).toBe(7);
});

test("a loop rests on the last frame, begins again, and goes on until it is paused", () => {
  const { reel, player } = open(4);
  player.looping.value = true;
  player.play(3);
  vi.advanceTimersByTime(3100);
  expect(reel.shown).toBe(3);
  vi.advanceTimersByTime(LOOP_REST + 66);
  expect(reel.shown).toBe(0);
  vi.advanceTimersByTime(20_000);
  expect(player.playing.value).toBe(true);
  expect(reel.seen.slice(0, 9)).toEqual([0, 1, 2, 3, 0, 1, 2, 3, 0]);
  player.pause();
  const before = reel.shown;
  vi.advanceTimersByTime(5000);
  expect(reel.shown).toBe(before);
});

test("however late the clock ticks, a loop shows its last frame", () => {
  const { reel, player } = open(4);
  player.looping.value = true;
  player.speed.value = 4;
  player.play(3);
  for (let i = 0; i < 8; i++) {
    // A browser that is busy: the next tick comes half a second later.
    vi.setSystemTime(Date.now() + 500);
    vi.advanceTimersByTime(33);
  }
  expect(reel.seen.filter((index) => index === 3).length).toBeGreaterThan(1);
  expect(reel.seen.filter((index) => index === 0).length).toBeGreaterThan(1);
});

test("a loop that is switched off ends at the newest", () => {
  const { reel, player } = open(4);
  player.looping.value = true;
  player.play(3);
  vi.advanceTimersByTime(4500);
  player.looping.value = false;
  vi.advanceTimersByTime(4000);
  expect(reel.shown).toBeNull();
  expect(player.playing.value).toBe(false);
});

test("frames that come while it plays are played as well, and the end is live", () => {
  const { reel, player } = open(4);
  player.play(3);
  vi.advanceTimersByTime(1500);
  reel.frames = 8;
  vi.advanceTimersByTime(3000);
  expect(reel.seen).toEqual([0, 1, 2, 3, 4, 5, 6, null]);
});

test("frames that are put in before the one on show do not make it jump", () => {
  const { reel, player } = open(4);
  player.play(3);
  vi.advanceTimersByTime(1500);
  reel.frames = 14;
  // The same frame has another place now.
  reel.shown = 11;
  vi.advanceTimersByTime(66);
  expect(reel.shown).toBe(11);
});

test("a history that is gone stops it, a loop too", () => {
  const { reel, player } = open(4);
  player.looping.value = true;
  player.play(3);
  reel.frames = 0;
  vi.advanceTimersByTime(66);
  expect(player.playing.value).toBe(false);
});

test("one frame is not played", () => {
  const { player } = open(1);
  player.play();
  expect(player.playing.value).toBe(false);
});

test("closing ends the timer", () => {
  const { player, abort } = open(5);
  player.play(4);
  abort.abort();
  expect(vi.getTimerCount()).toBe(0);
});

test("short histories are not stretched and long ones not rushed", () => {
  expect([lengthOf(2), lengthOf(100), lengthOf(5000)]).toEqual([3, 5, 8]);
});
