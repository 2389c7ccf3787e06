"""Maps of a run packed for the places that keep them: a saved notebook, a page, a view that came late."""

import zlib
from typing import Any

import numpy as np

from nbembed import transport
from nbembed.training import Run

__all__ = [
    "Moment", "Pack", "coarse", "compressed", "moments", "pack", "page_pack", "replay_pack", "snapshot_pack",
    "stage_pack",    "story_pack",
]  # fmt: skip

# A saved notebook holds the last map, and older ones while all together stay within this.
SNAPSHOT_BYTES, SNAPSHOT_FRAMES = 28_800, 24
# Of more points than this it holds the coordinates to 12 bits, a quarter of a pixel in a map a thousand
# pixels wide, so that compressed and as text they take some 4.5 bytes a point.
FINE_POINTS, COARSE = 15_000, 16
# An exported page, a view that came late, and a run that was too short to be seen.
PAGE_BYTES, PAGE_FRAMES = 20_000_000, 120
# What the maps of an exported page may take when compressed, as long as so many of them remain. With what
# else is in a page of 10,000 points (the program, neighbours, colours) it stays below 3 MB.
PAGE_PACKED, PAGE_FEWEST = 1_600_000, 24
STORY_BYTES, STORY_FRAMES = 8_000_000, 120
REPLAY_BYTES, REPLAY_FRAMES = 2_000_000, 64

BYTES = transport.BYTES_PER_POINT

# Step, phase, map.
Moment = tuple[int, str, Any]
Pack = tuple[dict[str, Any], bytes]


def moments(run: Run) -> list[Moment]:
    """Return the stored maps of a run that rests, and its present one last."""
    kept = [(f.step, f.phase, f.embedding) for f in run.history.frames if f.step < run.step]
    embedding = run.embedding
    return kept if embedding is None else [*kept, (run.step, run.phase.name, embedding)]


def snapshot_pack(kept: list[Moment], *, number: int) -> Pack:
    """Return what a saved notebook keeps of the maps: a description, and compressed bytes."""
    each = _bytes_of_one(kept)
    info, body = pack(kept, number, max(each, SNAPSHOT_BYTES), SNAPSHOT_FRAMES)
    for frame in info.get("frames", ()):
        # All digits a float32 has, in half the characters.
        frame["bbox"] = [float(f"{end:.9g}") for end in frame["bbox"]]
    return info, compressed(coarse(body) if each > BYTES * FINE_POINTS else body)


def page_pack(kept: list[Moment], *, number: int) -> Pack:
    """Return what an exported page keeps of the maps: a description, and compressed bytes."""
    info, body = pack(kept, number, PAGE_BYTES, PAGE_FRAMES)
    packed = compressed(body)
    if len(packed) <= PAGE_PACKED:
        return info, packed
    packed = compressed(coarse(body))
    frames = len(info["frames"])
    room = max(PAGE_FEWEST, frames * PAGE_PACKED // len(packed))
    if room >= frames:
        return info, packed
    info, body = pack(kept, number, PAGE_BYTES, room)
    return info, compressed(coarse(body))


def replay_pack(kept: list[Moment], *, number: int) -> Pack:
    """Return enough maps to play a short run again."""
    return pack(kept, number, REPLAY_BYTES, REPLAY_FRAMES)


def stage_pack(kept: list[Moment], *, number: int) -> Pack:
    """Return maps that must not be missed, all of them."""
    return pack(kept, number, len(kept) * _bytes_of_one(kept), len(kept))


def story_pack(run: Run, *, number: int) -> Pack | None:
    """Return the maps so far for a view that has none; None where one map is all there is.

    Stored maps never change, so this may be called from any thread while the run goes on.
    """
    kept: list[Moment] = [(f.step, f.phase, f.embedding) for f in list(run.history.frames)]
    if len(kept) < 2 or STORY_BYTES // _bytes_of_one(kept) < 2:  # noqa: PLR2004 - first and last
        return None
    return pack(kept, number, STORY_BYTES, STORY_FRAMES)


def pack(kept: list[Moment], number: int, max_bytes: int, max_frames: int) -> Pack:
    """Return maps within so many bytes and frames, the last one in any case."""
    each = _bytes_of_one(kept)
    room = min(max_bytes // each, max_frames)
    # Two are the fewest that can be spread over a run; of one, it is the last.
    info, body = transport.pack_history(kept if room > 1 else kept[-1:], max_bytes=room * each)
    return {"run": number, **info}, body


def compressed(body: bytes) -> bytes:
    """Return bytes as the browser inflates them."""
    return zlib.compress(body)


def _bytes_of_one(kept: list[Moment]) -> int:
    return BYTES * (len(kept[-1][2]) if kept else 1)


def coarse(body: bytes) -> bytes:
    """Return codes rounded to multiples of COARSE, which compress well."""
    codes = np.frombuffer(body, dtype=transport.CODE)
    highest = np.iinfo(codes.dtype).max + 1 - COARSE
    rounded = np.minimum(codes, highest) + COARSE // 2
    return (rounded // COARSE * COARSE).astype(codes.dtype).tobytes()
