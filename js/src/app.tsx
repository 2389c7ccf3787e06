// Puts the views together.

import type { ViewProps } from "./props";
import type { Store } from "./store";
import { Arranging } from "./views/arranging";
import { Caption } from "./views/caption";
import { ColorBy } from "./views/color-by";
import { Controls, Hint } from "./views/controls";
import { GalleryView } from "./views/gallery";
import { GroupsCard } from "./views/groups-card";
import { Header } from "./views/header";
import { Legend } from "./views/legend";
import { MapView } from "./views/map";
import { Marks } from "./views/marks";
import { MeasuredNote } from "./views/measured-note";
import { NeighborKey } from "./views/neighbor-key";
import { Notice } from "./views/notice";
import { Panels } from "./views/panels";
import { Parameters } from "./views/parameters";
import { PointCard } from "./views/point-card";
import { Ramp } from "./views/ramp";
import { Scores } from "./views/scores";
import { Scrubber } from "./views/scrubber";
import { Search } from "./views/search";
import { Shown } from "./views/shown";
import { Changed, Inset, TileMarks } from "./views/tile-marks";
import { Tools } from "./views/tools";

export function App(props: ViewProps) {
  const { fatal } = props.store;
  if (fatal.value !== null)
    return (
      <div class="nbe-card nbe-fatal" role="alert">
        {fatal.value}
      </div>
    );
  const isWide = hasSide(props.store);
  const { value: gallery } = props.store.gallery.info;
  const hasMany = gallery !== null;
  // Maps that are compared stand: nothing is to be paused.
  const isCompared = gallery?.kind === "compare";
  const body = ["nbe-body", isWide && "nbe-with-side", hasMany && "nbe-with-gallery"];
  return (
    <div class="nbe-card">
      <Header {...props} />
      <Notice {...props} />
      <div class={body.filter(Boolean).join(" ")}>
        <div class="nbe-figure">
          {hasMany ? (
            <GalleryView
              {...props}
              head={<Arranging {...props} />}
              marks={(number, tile) => (
                <>
                  <TileMarks {...props} number={number} tile={tile} />
                  <Inset {...props} number={number} tile={tile} />
                </>
              )}
              note={(number) => <Changed {...props} number={number} />}
              card={({ sight, screen }) => <PointCard store={sight} screen={screen} />}
            >
              <Tools {...props} />
            </GalleryView>
          ) : (
            <MapView {...props}>
              <NeighborKey {...props} />
              <PointCard {...props} />
              <Tools {...props} />
            </MapView>
          )}
          <Caption {...props} />
          <GroupsCard {...props} />
        </div>
        {isWide && (
          <section class="nbe-side" aria-label="search and legend">
            <Search {...props} />
            <ColorBy {...props} />
            <Shown {...props} />
            <Legend {...props} />
            <Ramp {...props} />
            <MeasuredNote {...props} />
            <Marks {...props} />
          </section>
        )}
        <Panels {...props}>
          <Scores {...props} />
        </Panels>
      </div>
      {!isCompared && <Parameters {...props} />}
      <footer class="nbe-footer">
        {!isCompared && <Controls {...props} />}
        <Scrubber {...props} />
        <Hint {...props} />
      </footer>
    </div>
  );
}

/** Whether anything stands beside the map. Room for choices is kept before one is made. */
function hasSide({ looking, isPage }: Store): boolean {
  const { color, size, opacity } = looking.look.value;
  const isEncoded = color !== undefined || size !== undefined || opacity !== undefined;
  const hasChoice =
    !isPage &&
    (looking.fields.value.columns.length > 0 || looking.fields.value.measures.length > 0);
  return isEncoded || hasChoice || looking.fields.value.searchable;
}
