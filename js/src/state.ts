// The contract with the Python widget: names and types of what travels. The keys are the
// names of the traits, letter for letter; there is no table that renames them.

export const PROTOCOL = 1;

/** Bytes that each side sends to learn whether binary buffers survive the way. */
export const ECHO = [1, 2, 3, 255] as const;

export type RunState = "idle" | "running" | "paused" | "done" | "stopped" | "error";

export interface Status {
  run: number;
  state: RunState;
  mode: "fit" | "start" | null;
  title: string;
  n: number;
  d: number;
  device: string;
  phase: string;
  /** True before the first map exists. */
  stage: boolean;
  /** Finished fraction of a stage, 0 to 1; null where it cannot be known. */
  progress: number | null;
  step: number;
  n_steps: number;
  /** Seconds since the start. */
  elapsed: number;
  seconds_left: number | null;
  /** An error or advice, plain text. */
  message: string | null;
  /** The host shows nothing that is pushed: ask for frames. */
  pull: boolean;
}

export interface CategoryColor {
  kind: "category";
  name: string;
  categories: string[];
  counts: number[];
}

export interface NumberColor {
  kind: "number";
  name: string;
  min: number;
  max: number;
}

export type NoColor = { kind?: undefined };
export type Color = CategoryColor | NumberColor | NoColor;

/** Left, bottom, right, top in the coordinates of the map. */
export type Box = readonly [number, number, number, number];

export interface PackedFrame {
  step: number;
  phase: string;
  bbox: Box;
}

export interface PackInfo {
  run: number;
  n: number;
  frames: PackedFrame[];
}

export interface Curve {
  label: string;
  kind: "loss" | "quality" | "schedule";
  steps: number[];
  /** null where the value was not a finite number. */
  values: (number | null)[];
  note?: string;
}

export type Curves = Record<string, Curve>;

/** Bytes as a host may hand them over: a view into a larger buffer, or base64 text. */
export type Bytes = ArrayBuffer | ArrayBufferView | string;

export interface Traits {
  protocol: number;
  height: number;
  status: Status;
  color_spec: Color;
  color_values: Bytes;
  snapshot_info: PackInfo | Record<string, never>;
  snapshot: Bytes;
  curves: Curves;
}

export type Encoding = "u16" | "base64";

export interface WelcomeMessage {
  t: "welcome";
  view: string;
  protocol: number;
  controls: boolean;
  echo_ok: boolean;
  pull: boolean;
}

export interface FrameMessage {
  t: "frame";
  run: number;
  seq: number;
  step: number;
  phase: string;
  n: number;
  bbox: Box;
  enc: Encoding;
  data?: string;
  status: Status;
  curves?: Curves;
}

export interface StatusMessage {
  t: "status";
  status: Status;
  curves?: Curves;
}

export interface HistoryMessage {
  t: "history";
  info: PackInfo;
  enc: Encoding;
  data?: string;
  replay?: boolean;
}

export type FromKernel = WelcomeMessage | FrameMessage | StatusMessage | HistoryMessage;

export type CommandName = "pause" | "resume" | "step" | "stop";

export type ToKernel =
  | { t: "hello"; view: string; protocol: number; last_seq: number }
  | { t: "ack"; view: string; seq: number }
  | { t: "encoding"; base64: true }
  | { t: "poll"; view: string; last_seq: number }
  | { t: "command"; name: CommandName; n?: number };

export const IDLE: Status = {
  run: 0,
  state: "idle",
  mode: null,
  title: "",
  n: 0,
  d: 0,
  device: "",
  phase: "",
  stage: false,
  progress: null,
  step: 0,
  n_steps: 0,
  elapsed: 0,
  seconds_left: null,
  message: null,
  pull: false,
};
