// The contract with the Python widget: names and types of what travels. The keys are the
// names of the traits, letter for letter; there is no table that renames them.

import type { Bytes } from "./bytes";
import type { Lesson, PagePlates, PlateMessage, PlateQuestion } from "./plates";
import type { Signs, SignsMessage } from "./signals";
import type { Encodings } from "./specs";

export type { Bytes } from "./bytes";
export type {
  CategorySpec,
  Channel,
  Encodings,
  Measured,
  NumberSpec,
  RampName,
  Shades,
  Spec,
} from "./specs";

export const PROTOCOL = 2;

/** Bytes that each side sends to learn whether binary buffers survive the way. */
export const ECHO = [1, 2, 3, 255] as const;

export type RunState = "idle" | "running" | "paused" | "done" | "stopped" | "error";

export type SetEvent = [step: number, name: string, value: number];

export interface Status {
  run: number;
  state: RunState;
  mode: "fit" | "start" | null;
  title: string;
  /** Which distances of the map mean something; pages of an older version do not say it. */
  to_scale?: string;
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
  /** What was set in mid-run: after which step, what, and to which value. */
  events?: SetEvent[];
  /** What can be changed now, with the values in force. */
  live?: Record<string, number>;
}

interface Offered {
  name: string;
  /** Whether it can change in mid-run, in some phase. */
  live: boolean;
  /** Whether a new run can be begun with another value. */
  restart: boolean;
}

export interface NumberParameter extends Offered {
  kind: "number";
  /** null where the method chooses it. */
  value: number | null;
  low: number;
  high: number;
  integer: boolean;
  log: boolean;
  /** Values that have a meaning of their own. */
  marks?: [number, string][];
}

export interface ChoiceParameter extends Offered {
  kind: "choice";
  value: string;
  choices: string[];
}

export type Parameter = NumberParameter | ChoiceParameter;

/** Row positions: little-endian 32-bit numbers, or one bit for each row, lowest bit first. */
export interface PackedSelection {
  n: number;
  kind: "rows" | "bits";
  data: Bytes;
}

/** What is shown of the colours' categories or numbers; {} is all. */
export interface Filter {
  categories?: string[];
  range?: [number, number];
}

/** What the data offers beside the map. */
export interface Fields {
  /** Columns that can colour. */
  columns: string[];
  /** Measures of quality that can colour: their keys, and what they are called. */
  measures: [string, string][];
  /** Columns that stand on a point's card. */
  hover: string[];
  images: boolean;
  searchable: boolean;
  /** Rows have names of their own. */
  index: boolean;
}

/** What an exported page knows of its rows. */
export interface PageDetails {
  columns: string[];
  values: (string | null)[][];
  index: string[] | null;
}

/** What an exported page knows of changed affinities, of neighbours and of measured colours; bytes as base64, see page.ts. */
export interface PageQuality {
  /** Of no points where there were too many. */
  neighbors?: { k: number; n: number };
  measured?: { steps: number[]; of: number };
  affinities?: AffinityChange[];
  plates?: PagePlates;
  signs?: Signs;
  buffers?: { neighbors?: string; measured?: string; plates?: string };
}

/** Left, bottom, right, top in the coordinates of the map. */
export type Box = readonly [number, number, number, number];

export interface PackedFrame {
  /** Which of several maps it is. */
  map?: number;
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
  /** Which of several maps it belongs to. */
  map?: number;
}

export type Curves = Record<string, Curve>;

/** One of several maps. */
export interface GalleryMap {
  name: string;
  /** Steps that lead to it. */
  step: number;
  scores: Record<string, number>;
  /** What was set in mid-run, see Status. */
  events?: SetEvent[];
}

export interface Measure {
  name: string;
  label: string;
  /** Whether less of it is better; null where neither is. */
  lower: boolean | null;
}

/** Several maps of the same rows. */
export interface GalleryInfo {
  kind: "compare" | "moments";
  maps: GalleryMap[];
  measures: Measure[];
  /** What the scores stand for. */
  note: string;
  /** What the maps are called together. */
  title?: string;
}

/** What a widget is opened for. */
export type View = "map" | "recursions";
export type Mode = "beside" | "large" | "over" | "flicker";
/** By what maps are laid onto each other. */
export type Align = "all" | "selection" | "none";

export interface Arrangement {
  mode: Mode;
  align: Align;
  /** The map that the others are laid onto. */
  onto: number;
}

export interface Traits {
  protocol: number;
  height: number;
  status: Status;
  encodings: Encodings;
  selection: PackedSelection;
  /** The rows kept as group A, to compare the selection with. */
  group: PackedSelection;
  filter: Filter;
  /** The step on show; -1 follows the newest. */
  moment: number;
  fields: Fields;
  snapshot_info: PackInfo | Record<string, never>;
  snapshot: Bytes;
  curves: Curves;
  gallery: GalleryInfo | Record<string, never>;
  arrangement: Arrangement;
  view: View;
  lesson: Lesson | Record<string, never>;
}

export type Encoding = "u16" | "base64";

export interface WelcomeMessage {
  t: "welcome";
  view: string;
  protocol: number;
  controls: boolean;
  echo_ok: boolean;
  pull: boolean;
  /** What of the run can be changed. */
  parameters?: Parameter[];
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

/** What stands on a point's card; its picture is the message's body. */
export interface DetailsMessage {
  t: "details";
  id: number;
  row: number;
  values: [string, string][];
  index?: string;
  enc?: Encoding;
  data?: string;
}

/** The rows nearest to a row in the data, the nearest first; none where distances are unknown. */
export interface NeighborsMessage {
  t: "neighbors";
  id: number;
  row: number;
  rows: number[];
}

/** How group A and the selection compare; `error` in place of all else where they cannot. */
export interface GroupsMessage {
  t: "groups";
  id: number;
  error?: string;
  n: [number, number];
  /** The step of the first map. */
  step: number;
  /** Part of all pairs of points that lie closer together, in the data and in each map. */
  data: number;
  maps: number[];
  /** Other pairs of classes, and how many are closer together in the data and in the map. */
  classes: [number, number, number];
  /** Part of the `k` neighbours that lie in the other group, in the data and in the map. */
  across: [number, number];
  k: number;
  /** Name, difference in standard deviations (null: without end), means of A and B. */
  columns: [string, number | null, number, number][];
}

/** How the affinities of one map differ from those of the map before. */
export interface AffinityChange {
  /** Number of the map. */
  map: number;
  /** Pairs of rows, one after the other, the greatest change first. */
  gained: number[];
  lost: number[];
  /** Pairs that are new, are gone, and stayed. */
  counts: [fresh: number, gone: number, kept: number];
}

export interface AffinitiesMessage {
  t: "affinities";
  id: number;
  changes: AffinityChange[];
}

export interface FoundMessage {
  t: "found";
  text: string;
  count: number;
  /** The first row found, -1 for none. */
  first: number;
}

/** Why a wish was not fulfilled. */
export interface RefusedMessage {
  t: "refused";
  text: string;
}

export type FromKernel =
  | WelcomeMessage
  | FrameMessage
  | StatusMessage
  | HistoryMessage
  | DetailsMessage
  | NeighborsMessage
  | GroupsMessage
  | AffinitiesMessage
  | FoundMessage
  | PlateMessage
  | SignsMessage
  | RefusedMessage;

export type CommandName = "pause" | "resume" | "step" | "stop";

export type ToKernel =
  | { t: "hello"; view: string; protocol: number; last_seq: number }
  | { t: "ack"; view: string; seq: number }
  | { t: "encoding"; base64: true }
  | { t: "poll"; view: string; last_seq: number }
  | { t: "command"; name: CommandName; n?: number }
  | { t: "details"; id: number; row: number }
  | { t: "neighbors"; id: number; row: number }
  | { t: "groups"; id: number }
  | { t: "affinities"; id: number }
  | PlateQuestion
  | { t: "signals"; id: number; step: number }
  | { t: "search"; text: string }
  | { t: "color"; by: string | null }
  | { t: "set"; name: string; value: number }
  | { t: "restart"; parameters: Record<string, number | string> };

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
