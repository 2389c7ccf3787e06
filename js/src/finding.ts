// Search in an exported page, by the rules of the kernel's own search. Pure.

import type { Encoding } from "./encodings";
import type { PageDetails } from "./state";

/**
 * Rows in which a text occurs, whatever its case: in the names of the colour's categories, in the
 * columns of the card that hold text, in the row's name. "#12" is row 12, and so is "12".
 */
export function findRows(
  text: string,
  n: number,
  color: Encoding | undefined,
  page: PageDetails | undefined,
): number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return [];
  const digits = wanted.replace(/^#/, "");
  const row = /^\d{1,15}$/.test(digits) ? Number(digits) : -1;
  if (row >= 0 && digits !== wanted) return row < n ? [row] : [];
  const tests = [...inCategories(wanted, color), ...inCards(wanted, page)];
  return Array.from({ length: n }, (_, i) => i).filter(
    (i) => i === row || tests.some((test) => test(i)),
  );
}

type Test = (row: number) => boolean;

function inCategories(wanted: string, color: Encoding | undefined): Test[] {
  if (color?.spec.kind !== "category") return [];
  const hits = color.spec.categories.map((name) => name.toLowerCase().includes(wanted));
  return [(row) => hits[color.codes[row] ?? -1] === true];
}

function inCards(wanted: string, page: PageDetails | undefined): Test[] {
  if (page === undefined) return [];
  const holds = (cell: string | null | undefined) =>
    isThere(cell) && cell.toLowerCase().includes(wanted);
  const columns = page.columns.map((_, k) => k).filter((k) => isText(page, k));
  return [
    (row) => columns.some((k) => holds(page.values[row]?.[k])),
    (row) => holds(page.index?.[row]),
  ];
}

/** A column of numbers is no place to look for text: "12" is in 0.1287, and nobody means that. */
function isText({ values }: PageDetails, column: number): boolean {
  return values.some((cells) => {
    const cell = cells[column];
    return isThere(cell) && Number.isNaN(Number(cell));
  });
}

/** A card's word for no value is not a text of the data. */
function isThere(cell: string | null | undefined): cell is string {
  return cell !== null && cell !== undefined && cell !== "missing";
}
