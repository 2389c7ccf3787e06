// Bytes to typed arrays, and nothing else.

import { unzlibSync } from "fflate";
import { type Box, type Bytes, ECHO, type Encoding, type PackInfo } from "./state";

export type BytesOf = Uint8Array<ArrayBuffer>;

/** One map: for each point x and y as 16-bit fractions of the bounding box. */
export interface Frame {
  run: number;
  step: number;
  phase: string;
  n: number;
  bbox: Box;
  xy: Uint16Array<ArrayBuffer>;
  /** Number of the message that brought it; -1 when it came out of a history. */
  seq: number;
  /** Which of several maps it is. */
  map?: number;
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** The bytes behind any value a host may hand over. Views into larger buffers keep their offset. */
export function bytesOf(value: Bytes | null | undefined): Uint8Array<ArrayBuffer> {
  if (value === null || value === undefined) return new Uint8Array(0);
  if (typeof value === "string") return fromBase64(value);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}

/** What zlib made shorter, in full; undefined when it is damaged. */
export function inflate(bytes: Uint8Array): BytesOf | undefined {
  if (bytes.byteLength === 0) return new Uint8Array(0);
  try {
    return new Uint8Array(unzlibSync(bytes));
  } catch {
    return undefined;
  }
}

/** Little-endian 16-bit numbers. A copy, because the offset of a view may be odd. */
export function u16Of(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const n = bytes.byteLength >> 1;
  const out = new Uint16Array(n);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (LITTLE_ENDIAN) new Uint8Array(out.buffer).set(bytes.subarray(0, 2 * n));
  else for (let i = 0; i < n; i++) out[i] = view.getUint16(2 * i, true);
  return out;
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The same with every view into a buffer as base64 text, for hosts that lose buffers. */
export function asText<T>(value: T): T {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    ArrayBuffer.isView(item) ? toBase64(bytesOf(item)) : item,
  ]);
  return Object.fromEntries(entries) as T;
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function echoBytes(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(ECHO);
}

export function isEcho(value: Bytes | undefined): boolean {
  const bytes = bytesOf(value);
  return bytes.length === ECHO.length && ECHO.every((byte, i) => bytes[i] === byte);
}

/** The body of a message, from its buffer or its base64 text; undefined when it got lost. */
export function bodyOf(
  message: { enc: Encoding; data?: string },
  buffers: readonly Bytes[],
): Uint8Array<ArrayBuffer> | undefined {
  const body = message.enc === "base64" ? message.data : buffers[0];
  return body === undefined ? undefined : bytesOf(body);
}

/** The frames of a history pack; undefined when the number of bytes contradicts the header. */
export function unpackHistory(info: PackInfo, bytes: Uint8Array): Frame[] | undefined {
  const size = 4 * info.n;
  if (bytes.byteLength !== size * info.frames.length) return undefined;
  return info.frames.map((frame, i) => ({
    ...frame,
    run: info.run,
    n: info.n,
    xy: u16Of(bytes.subarray(i * size, (i + 1) * size)),
    seq: -1,
  }));
}
