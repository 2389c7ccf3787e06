// What is known of a row without asking the kernel. Pure.

import type { Details } from "./details";
import { type Encoding, innerClassOf, type Look, MISSING, numberAt } from "./encodings";
import { count, figure } from "./text";

export type Fact = readonly [name: string, value: string];

/** Values of the columns that colour, size or fade the points. */
export function factsOf(look: Look, row: number): Fact[] {
  const facts = new Map<string, string>();
  for (const encoding of [look.color, look.size, look.opacity])
    if (encoding !== undefined) {
      facts.set(encoding.spec.name, textOf(encoding, row));
      const { spec } = encoding;
      const inner = spec.kind === "category" ? spec.shades : undefined;
      if (inner !== undefined)
        facts.set(inner.name, innerClassOf(encoding, row) || "missing");
    }
  return [...facts];
}

function textOf({ spec, codes }: Encoding, row: number): string {
  const code = codes[row] ?? MISSING;
  if (code === MISSING) return "missing";
  if (spec.kind === "category") return spec.categories[code] ?? "missing";
  return figure(numberAt(spec, code));
}

/** What a card says: the kernel's words where there are some, with what colours the points. */
export function cardOf(look: Look, row: number, details: Details | null): Fact[] {
  const card = new Map(factsOf(look, row));
  // The kernel knows the value itself, not only its place on a scale. What stood there stays in place.
  if (details?.row === row)
    for (const [name, value] of details.values) card.set(name, value);
  return [...card];
}

/** The same for a screen reader. */
export function spokenOf(
  look: Look,
  row: number,
  details: Details | null,
  isSelected: boolean,
): string {
  const index = details?.row === row ? details.index : undefined;
  return [
    `row ${count(row)}`,
    ...(index === undefined ? [] : [index]),
    ...(isSelected ? ["selected"] : []),
    ...cardOf(look, row, details).map(([name, value]) => `${name} ${value}`),
  ].join(", ");
}
