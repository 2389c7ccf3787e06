// Which curves stand in one panel: those of one kind, or of several maps those of one name. Pure.

import type { Curve } from "./state";
import type { Store } from "./store";

type Kind = Curve["kind"];

export interface Group {
  name: string;
  kind: Kind;
  title: string;
  curves: Curve[];
}

const TITLES: Record<Kind, string> = {
  loss: "Loss",
  quality: "Quality",
  schedule: "Schedule",
};
/** Of several maps only what is minimised is drawn, not what it is the sum of. */
const WHOLE = ["kl", "loss"];

/** Reads signals. */
export function groupsOf(store: Store): Group[] {
  const info = store.gallery.info.value;
  const curves = store.curves.value;
  if (info?.kind === "compare")
    return byName(
      curves,
      info.maps.map(({ name }) => name),
    );
  const kinds: Kind[] = ["loss", "quality", "schedule"];
  const groups = kinds.map((kind) => ({
    name: kind,
    kind,
    title: TITLES[kind],
    curves: Object.values(curves).filter((curve) => curve.kind === kind),
  }));
  // Room is kept for the schedule until it is known that there is none.
  const isUnknown = Object.keys(curves).length === 0;
  return groups.filter((g) => isUnknown || g.kind !== "schedule" || g.curves.length > 0);
}

function byName(curves: Record<string, Curve>, names: readonly string[]): Group[] {
  const groups = new Map<string, Group>();
  for (const [key, curve] of Object.entries(curves)) {
    const name = key.slice(key.indexOf("/") + 1);
    const isSeen = curve.kind === "quality" || WHOLE.includes(name);
    if (!isSeen || curve.map === undefined) continue;
    const { kind, label: title } = curve;
    const group = groups.get(name) ?? { name, kind, title, curves: [] };
    group.curves.push({ ...curve, label: names[curve.map] ?? title });
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => b.kind.localeCompare(a.kind));
}
