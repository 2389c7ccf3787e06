// The comparison of two groups: how far apart, in the data and in maps; what lies across; what differs.

import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { ViewProps } from "../props";
import { dropGroup } from "../selecting";
import type { GroupsMessage } from "../state";
import { count, figure } from "../text";

export function GroupsCard({ store, screen }: ViewProps) {
  const { groups } = store.looking;
  useSignalEffect(() => {
    const found = groups.answer.value;
    if (found !== null) screen.spoken.value = found.error ?? spokenOf(found);
  });
  const moment = useRef(store.cursor.peek());
  useSignalEffect(() => {
    if (store.cursor.value === moment.current) return;
    moment.current = store.cursor.value;
    groups.again();
  });
  const found = groups.answer.value;
  const kept = groups.kept.value.count;
  if (kept === 0) return null;
  return (
    <section
      class="nbe-groups"
      aria-label="comparison of two groups"
      data-nbembed="groups"
    >
      <header>
        <b>{found?.n === undefined ? `A: ${count(kept)}` : titleOf(found)}</b>
        <button
          type="button"
          class="nbe-link"
          data-cmd="drop-group"
          title="Close (Escape, twice)"
          aria-label="close the comparison"
          onClick={() => dropGroup(store, screen)}
        >
          ×
        </button>
      </header>
      {found === null ? (
        <p class="nbe-muted">
          {groups.isAsking.value
            ? "Comparing …"
            : "Now select a second group: draw around it (Shift and drag), or use the legend or search."}
        </p>
      ) : found.error !== undefined ? (
        <p role="alert">{found.error}</p>
      ) : (
        <Found found={found} />
      )}
    </section>
  );
}

function titleOf({ n: [a, b] }: GroupsMessage): string {
  return `A: ${count(a)} and B: ${count(b)} points`;
}

function Found({ found }: { found: GroupsMessage }) {
  const [map = 0, ...others] = found.maps;
  const [pairs, inData, inMap] = found.classes;
  return (
    <div class="nbe-groups-body">
      <div class="nbe-groups-part">
        <p>Farther apart than … of all pairs of points:</p>
        <Bar label="in the data" values={[found.data]} kind="data" />
        <Bar label={`in the map, step ${count(found.step)}`} values={[map]} kind="map" />
        {others.length > 0 ? (
          <Bar label={`${count(others.length)} other runs`} values={others} kind="map" />
        ) : (
          <p class="nbe-muted">
            One run: another seed may say something else, see add_seeds().
          </p>
        )}
        {pairs > 0 && (
          <p>
            Farther than <b>{inData}</b> of {pairs} other pairs of classes in the data,{" "}
            <b>{inMap}</b> here.
          </p>
        )}
        <p>
          Of their {found.k} neighbours, <b>{percent(found.across[0])}</b> lie in the
          other group in the data, <b>{percent(found.across[1])}</b> here.
        </p>
      </div>
      <div class="nbe-groups-part">
        <Columns found={found} />
      </div>
    </div>
  );
}

interface BarProps {
  label: string;
  values: number[];
  kind: "data" | "map";
}

/** A scale from 0 to 100 percent with a mark for each value. */
function Bar({ label, values, kind }: BarProps) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const text = low === high ? percent(low) : `${Math.round(100 * low)}–${percent(high)}`;
  return (
    <div class={`nbe-scale nbe-scale-${kind}`} data-kind={kind}>
      <span>{label}</span>
      <span class="nbe-track" aria-hidden="true">
        {values.map((value, i) => (
          <i key={i} style={{ left: `${100 * value}%` }} />
        ))}
      </span>
      <b>{text}</b>
    </div>
  );
}

function Columns({ found }: { found: GroupsMessage }) {
  if (found.columns.length === 0) return <p>No column differs between them.</p>;
  return (
    <>
      <table class="nbe-table">
        <thead>
          <tr>
            <th scope="col">What differs most</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
            <th
              scope="col"
              title="difference of the means in standard deviations within the groups"
            >
              SD
            </th>
          </tr>
        </thead>
        <tbody>
          {found.columns.map(([name, size, a, b]) => (
            <tr key={name}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td>{figure(a)}</td>
              <td>{figure(b)}</td>
              <td>{sizeOf(size, a, b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="nbe-muted">
        Means, and their difference in standard deviations. It describes groups chosen by
        eye; it tests nothing.
      </p>
    </>
  );
}

function sizeOf(size: number | null, a: number, b: number): string {
  const sign = a > b ? "+" : "−";
  return size === null ? `${sign}∞` : `${sign}${Math.abs(size).toFixed(1)}`;
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`;
}

function spokenOf(found: GroupsMessage): string {
  return (
    `A and B are farther apart than ${percent(found.data)} of all pairs in the data, ` +
    `${percent(found.maps[0] ?? 0)} in this map.`
  );
}
