// What columns of values look like, as Python describes it: see nbembed/encodings.py.

import type { Bytes } from "./bytes";

/** One value per row as two bytes each, compressed with zlib. */
interface Valued {
  name: string;
  values: Bytes;
  /** Where values lead: factors of the diameter, or opacities. Absent for colours. */
  range?: [number, number];
}

/** Classes within categories, in shades of their colours. */
export interface Shades {
  name: string;
  /** Of each category. */
  categories: string[][];
  counts: number[][];
  /** Codes among the classes of the row's category; 65535 is missing. */
  values: Bytes;
}

/** Codes of categories; 65535 is missing. */
export interface CategorySpec extends Valued {
  kind: "category";
  categories: string[];
  counts: number[];
  /** Classes within the categories. */
  shades?: Shades;
  /** "#rrggbb" for each category; absent for the palette. */
  colors?: string[];
}

export type RampName = "viridis" | "cividis" | "magma" | "rdbu";

/** Fractions of the way from `min` to `max`, in 65534 steps; 65535 is missing. */
export interface NumberSpec extends Valued {
  kind: "number";
  min: number;
  max: number;
  scale: "linear" | "log";
  map: RampName;
  measured?: Measured;
}

/** What a colour was measured on. */
export interface Measured {
  key: string;
  /** The step of the map it was measured on; -1 for what does not change from map to map. */
  step: number;
  note: string;
}

export type Spec = CategorySpec | NumberSpec;
export type Channel = "color" | "size" | "opacity";
export type Encodings = Partial<Record<Channel, Spec>>;
