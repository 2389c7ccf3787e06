// Puts the views together.

import { LessonSide } from "./lesson-side";
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
import { SignsView } from "./views/signs";
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
  const taught = isTaught(props.store);
  const isProjected = taught && props.store.lesson.isProjected.value;
  const isWide = hasSide(props.store, isProjected);
  const { value: gallery } = props.store.gallery.info;
  const hasMany = gallery !== null;
  // Maps that are compared stand: nothing is to be paused.
  const isCompared = gallery?.kind === "compare";
  const body = [
    "nbe-body",
    isWide && "nbe-with-side",
    hasMany && "nbe-with-gallery",
    taught && "nbe-with-lesson",
  ];
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
          <SignsView {...props} />
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
        <Beside {...props} />
      </div>
      {!(isCompared || isProjected) && <Parameters {...props} />}
      <footer class="nbe-footer">
        {!isCompared && <Controls {...props} />}
        <Scrubber {...props} />
        <Hint {...props} />
      </footer>
    </div>
  );
}

function Beside(props: ViewProps) {
  if (isTaught(props.store)) return <LessonSide {...props} />;
  return (
    <Panels {...props}>
      <Scores {...props} />
    </Panels>
  );
}

/** Whether internals stand beside the map, in place of the curves. */
export function isTaught({ lesson }: Store): boolean {
  return lesson.isOpen.value && lesson.offer.value !== null;
}

/** Whether anything stands beside the map. Room for choices is kept before one is made. */
function hasSide({ looking, isPage }: Store, isProjected: boolean): boolean {
  // A colour that is taught has its key beside what is said of it.
  if (isProjected || looking.over.value !== undefined) return false;
  const { color, size, opacity } = looking.look.value;
  const isEncoded = color !== undefined || size !== undefined || opacity !== undefined;
  const hasChoice =
    !isPage &&
    (looking.fields.value.columns.length > 0 || looking.fields.value.measures.length > 0);
  return isEncoded || hasChoice || looking.fields.value.searchable;
}
