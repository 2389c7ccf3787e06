// What clicks, outlines and keys do to the selection and to the point under the cursor.

import { nextInReading, rowsInside, rowsInView } from "./lasso";
import { type Change, Rows } from "./rows";
import { placeOf, pointAt, type Screen } from "./screen";
import type { Sight } from "./sight";
import type { Store } from "./store";
import { count } from "./text";

/** Selects one point alone, or adds or takes it away. */
export function selectRow(
  store: Sight,
  screen: Screen,
  row: number,
  isToggle: boolean,
): void {
  if (row >= 0) select(store, screen, [row], isToggle ? "toggle" : "replace");
}

/** Keeps what is selected as group A; what is selected next is compared with it. */
export function keepGroup(store: Store, screen: Screen): boolean {
  const { groups, selection } = store.looking;
  const rows = selection.peek();
  if (store.isPage || rows.count === 0) return false;
  groups.keep(rows);
  store.looking.clearSelection();
  screen.spoken.value = `${count(rows.count)} points are group A. Select a second group.`;
  return true;
}

/** Ends the comparison; what is selected stays so. */
export function dropGroup(store: Store, screen: Screen): boolean {
  const { groups } = store.looking;
  if (groups.kept.peek().count === 0) return false;
  groups.keep(Rows.none);
  screen.spoken.value = "No groups are compared.";
  return true;
}

export function clearSelection(store: Sight, screen: Screen): boolean {
  if (store.looking.selection.peek().count === 0) return false;
  store.looking.clearSelection();
  screen.spoken.value = "Nothing selected.";
  return true;
}

export function selectInside(
  store: Sight,
  screen: Screen,
  outline: readonly number[],
  how: Change,
): void {
  const [frame, place] = [store.frame.peek(), placeOf(screen, store)];
  if (frame === null || place === null) return;
  const isShown = store.looking.isShown.peek();
  select(store, screen, rowsInside(frame.xy, place, outline, isShown), how);
}

/** Selects all that is shown and in view. */
export function selectInView(store: Sight, screen: Screen): void {
  const [frame, place] = [store.frame.peek(), placeOf(screen, store)];
  if (frame === null || place === null) return;
  const isShown = store.looking.isShown.peek();
  const rows = rowsInView(frame.xy, place, screen.size.peek(), isShown);
  select(store, screen, rows, "replace");
}

/** Goes to the next point in reading order, or to the one before. */
export function goTo(store: Sight, screen: Screen, direction: 1 | -1): void {
  const [frame, place] = [store.frame.peek(), placeOf(screen, store)];
  if (frame === null || place === null) return;
  const isShown = store.looking.isShown.peek();
  const from = screen.pointed.peek().row;
  const size = screen.size.peek();
  pointAt(screen, nextInReading(frame.xy, place, size, isShown, from, direction), true);
}

function select(store: Sight, screen: Screen, rows: Iterable<number>, how: Change): void {
  store.looking.select(rows, how);
  screen.spoken.value = `${count(store.looking.selection.peek().count)} selected.`;
}
