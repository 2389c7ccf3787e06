import { zlibSync } from "fflate";
import { expect, test } from "vitest";
import { bodyOf, bytesOf, inflate, isEcho, u16Of, unpackHistory } from "../src/transport";

test("a view into a larger buffer is read from its own offset, odd ones too", () => {
  const bytes = new Uint8Array([9, 9, 9, 1, 0, 255, 255, 9]);
  const view = new DataView(bytes.buffer, 3, 4);
  expect([...u16Of(bytesOf(view))]).toEqual([1, 65535]);
});

test("numbers are little-endian", () => {
  expect([...u16Of(Uint8Array.of(0x34, 0x12))]).toEqual([0x1234]);
});

test("what zlib made shorter comes back, and damaged bytes come back as nothing", () => {
  const whole = Uint8Array.from({ length: 300 }, (_, i) => i % 7);
  const short = zlibSync(whole);
  expect(inflate(short)).toEqual(whole);
  expect(inflate(short.subarray(0, 9))).toBeUndefined();
  expect(inflate(new Uint8Array(0))).toEqual(new Uint8Array(0));
});

test("base64 text and a buffer with the same bytes give the same body", () => {
  const buffer = new DataView(Uint8Array.of(1, 2, 250, 255).buffer);
  const text = bodyOf({ enc: "base64", data: "AQL6/w==" }, []);
  expect(text).toEqual(bodyOf({ enc: "u16" }, [buffer]));
  expect(text).toEqual(Uint8Array.of(1, 2, 250, 255));
});

test("a lost buffer gives no body", () => {
  expect(bodyOf({ enc: "u16" }, [])).toBeUndefined();
});

test("the echo is intact only when every byte is", () => {
  expect(isEcho(Uint8Array.of(1, 2, 3, 255))).toBe(true);
  expect(isEcho(Uint8Array.of(1, 2, 3, 254))).toBe(false);
  expect(isEcho(undefined)).toBe(false);
});

test("a history pack is cut into its frames in order", () => {
  const bytes = new Uint8Array(Uint16Array.from([1, 2, 3, 4, 5, 6, 7, 8]).buffer);
  const one = { phase: "p", bbox: [0, 0, 1, 1] } as const;
  const info = {
    run: 3,
    n: 2,
    frames: [
      { ...one, step: 1 },
      { ...one, step: 9 },
    ],
  };
  const frames = unpackHistory(info, bytes);
  expect(frames?.map((f) => [f.run, f.step, ...f.xy])).toEqual([
    [3, 1, 1, 2, 3, 4],
    [3, 9, 5, 6, 7, 8],
  ]);
});

test("a history pack whose bytes contradict its header is refused", () => {
  const frames = [{ step: 1, phase: "", bbox: [0, 0, 1, 1] as const }];
  expect(unpackHistory({ run: 1, n: 2, frames }, new Uint8Array(7))).toBeUndefined();
});
