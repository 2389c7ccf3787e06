// What is known of the point under the cursor: at once what colours it, then what the kernel says.

import { useEffect, useRef } from "preact/hooks";
import { cardOf } from "../facts";
import { cloudOf, rawPlacement } from "../renderer/cloud";
import type { Screen } from "../screen";
import type { Sight } from "../sight";
import { count } from "../text";

/** Pixels between a point and its card, and between the card and the edge. */
const GAP = 14;
const EDGE = 8;
/** Less room than this beside a point is too little for a card. */
const NARROW = 230;
/** Small pictures are shown in whole multiples of their pixels, up to about this many. */
const PICTURE = 96;

export function PointCard({ store, screen }: { store: Sight; screen: Screen }) {
  const { row } = screen.pointed.value;
  const { details, look } = store.looking;
  const n = store.frame.value?.n ?? 0;
  const isThere = row >= 0 && row < n;
  // Another colouring, or other columns, make what was told before incomplete.
  const [seen, fields] = [look.value, store.looking.fields.value];
  useEffect(() => {
    void [seen, fields];
    if (isThere) details.want(row);
  }, [details, row, isThere, seen, fields]);
  const place = isThere ? pixelOf(store, screen, row) : null;
  if (place === null) return null;
  const known = details.newest.value?.row === row ? details.newest.value : null;
  const index = known?.index;
  return (
    <div class="nbe-tip" style={styleAt(place, screen)} role="tooltip">
      {known?.image !== undefined && <Picture blob={known.image} key={row} />}
      <div class="nbe-tip-text">
        {index !== undefined && <div class="nbe-tip-index">{index}</div>}
        <dl class="nbe-facts-list">
          {cardOf(seen, row, known).map(([name, value], i) => (
            <div class="nbe-fact" key={`${i} ${name}`}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <div class="nbe-muted">row {count(row)}</div>
      </div>
    </div>
  );
}

/** Where the point is on the stage; null when it is out of view. Reads signals: it follows. */
function pixelOf(store: Sight, screen: Screen, row: number): [number, number] | null {
  const frame = store.frame.value;
  if (frame === null) return null;
  const size = screen.size.value;
  const place = rawPlacement(cloudOf(frame), screen.camera.value, size);
  const x = place.ox + place.sx * (frame.xy[2 * row] ?? 0);
  const y = place.oy + place.sy * (frame.xy[2 * row + 1] ?? 0);
  return x >= 0 && y >= 0 && x <= size.width && y <= size.height ? [x, y] : null;
}

/** On the side of the point that has more room, and never larger than that. */
function styleAt([x, y]: [number, number], screen: Screen) {
  const { width, height } = screen.size.value;
  const isRight = x > width / 2;
  const isLow = y > height / 2;
  const beside = (isRight ? x : width - x) - GAP - EDGE;
  if (beside < NARROW) return styleAcross(y, width, height);
  return {
    ...(isRight ? { right: `${width - x + GAP}px` } : { left: `${x + GAP}px` }),
    ...(isLow
      ? { bottom: `${Math.max(EDGE, height - y - GAP)}px` }
      : { top: `${Math.max(EDGE, y - GAP)}px` }),
    maxWidth: `${Math.min(320, beside)}px`,
    maxHeight: `${Math.min(300, (isLow ? y : height - y) + GAP - EDGE)}px`,
  };
}

/** A narrow map has no room beside the point: above or below it, from edge to edge. */
function styleAcross(y: number, width: number, height: number) {
  const isLow = y > height / 2;
  return {
    left: `${EDGE}px`,
    ...(isLow ? { bottom: `${height - y + GAP}px` } : { top: `${y + GAP}px` }),
    maxWidth: `${width - 2 * EDGE}px`,
    maxHeight: `${Math.min(300, (isLow ? y : height - y) - GAP - EDGE)}px`,
  };
}

/** A picture from bytes: decoded and painted, so that nothing in it can run or load anything. */
function Picture({ blob }: { blob: Blob }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isOver = false;
    if (typeof createImageBitmap === "function")
      createImageBitmap(blob).then(
        (bitmap) => {
          if (!isOver && canvas.current !== null) paint(canvas.current, bitmap);
          bitmap.close();
        },
        () => undefined,
      );
    return () => {
      isOver = true;
    };
  }, [blob]);
  return (
    <canvas
      class="nbe-picture"
      ref={canvas}
      width={0}
      height={0}
      role="img"
      aria-label="picture"
    />
  );
}

function paint(canvas: HTMLCanvasElement, bitmap: ImageBitmap): void {
  const { width, height } = bitmap;
  canvas.width = width;
  canvas.height = height;
  const times = Math.max(1, Math.floor(PICTURE / Math.max(width, height)));
  canvas.style.width = `${width * times}px`;
  canvas.classList.toggle("nbe-pixels", times > 1);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
}
