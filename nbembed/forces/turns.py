"""The turns of UMAP's epoch, compiled: the edges that act now pull, then random vertices push.

Rows are worked on in blocks. The differences that a block needs are gathered first, so that the forces, the dear part,
are computed in loops over many of them that compile to vector code.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed.forces.attraction import STRICT, STRICT_INLINED
from nbembed.forces.hashing import draw, substream
from nbembed.forces.powers import power
from nbembed.forces.stepper import Points

__all__ = [
    "BLOCK",
    "LOW_BITS",
    "MAX_FORCE",
    "ONE",
    "RUN",
    "SOFTENING",
    "TINY",
    "TURNS",
    "TWO",
    "Edges",
    "Law",
    "Pool",
    "clipped",
    "take_turns",
]

# Largest force along one coordinate before the learning rate; umap-learn's.
MAX_FORCE = np.float32(4.0)
# Keeps the repulsion of points that coincide finite; umap-learn's.
SOFTENING = np.float32(1e-3)
TINY = np.float32(1e-12)
ONE, TWO = np.float32(1.0), np.float32(2.0)
# Parts of an epoch, to which the edges of each vertex are dealt out.
TURNS = 8
LOW_BITS = np.uint64(0xFFFF_FFFF)
# Rows of a block, and edges that there is room for at first.
BLOCK, ROOM = 128, 512
# Most vertices that are drawn in one go.
RUN = 64


class Edges(NamedTuple):
    """The edges that act at least once, by turns and within these by rows.

    Those of turn t and row i of n stand from ``indptr[n * t + i]`` to the next entry; ``heads`` are
    their rows, ``indices`` their other ends, and ``clock`` is their weight in 2^-32.
    """

    indptr: NDArray[np.int64]
    heads: NDArray[np.int32]
    indices: NDArray[np.int32]
    clock: NDArray[np.uint32]


class Law(NamedTuple):
    """The numbers an epoch depends on; float32 but for the count."""

    a: np.float32
    b: np.float32
    repulsion_strength: np.float32
    learning_rate: np.float32
    n_negatives: int


class Pool(NamedTuple):
    """The vertices in random order, of which runs are drawn.

    ``order`` holds the vertices and ``inverse`` the place of each; ``places`` are their coordinates
    by component, with the first ``RUN`` behind the last once more. Runs are read in one go, where
    vertices that are drawn one by one are looked for all over the map.
    """

    order: NDArray[np.int32]
    inverse: NDArray[np.int32]
    places: Points


class Room(NamedTuple):
    """Room for a block: differences of points by component, moves along them, forces, edges."""

    differences: Points
    moves: Points
    forces: Points
    edges: NDArray[np.int64]


@numba.njit(**STRICT)
def take_turns(
    blocks: tuple[int, int],
    turns: tuple[int, int],
    points: Points,
    moved: Points,
    edges: Edges,
    pool: Pool,
    law: Law,
    time: np.uint64,
    key: np.uint64,
    axes: tuple[int, ...],
) -> None:
    """Write to ``moved`` where the points of some blocks are after a turn.

    Parameters
    ----------
    blocks, turns
        Ranges of both; a block has ``BLOCK`` rows. Who works on all blocks can take several turns: each goes from the
        one array to the other, so that after an even number ``points`` holds the result.
    points, moved
        Where the points are, and where to write to.
    time
        Counts the epochs from 1.
    key
        Names the stream of the epoch.
    axes
        As many numbers as components.
    """
    n = len(points)
    acting = np.empty(BLOCK, dtype=np.int64)
    room = _room(ROOM, axes)
    for turn in range(turns[0], turns[1]):
        own = substream(key, turn)
        for block in range(blocks[0], blocks[1]):
            start, stop = block * BLOCK, min(block * BLOCK + BLOCK, n)
            first, last = edges.indptr[n * turn + start], edges.indptr[n * turn + stop]
            if last - first > len(room.forces):
                room = _room(2 * (last - first), axes)
            count = _pull(
                start, stop, first, last, points, moved, edges, law, time, axes, room, acting
            )
            if count * law.n_negatives > len(room.forces):
                room = _room(2 * count * law.n_negatives, axes)
            _push(start, stop, moved, pool, law, own, axes, room, acting)
        points, moved = moved, points


@numba.njit(**STRICT_INLINED)
def _room(count: int, axes: tuple[int, ...]) -> Room:
    return Room(
        np.empty((len(axes), count), dtype=np.float32),
        np.empty((len(axes), count), dtype=np.float32),
        np.empty(count, dtype=np.float32),
        np.empty(count, dtype=np.int64),
    )


@numba.njit(**STRICT_INLINED)
def _pull(
    start: int,
    stop: int,
    first: int,
    last: int,
    points: Points,
    moved: Points,
    edges: Edges,
    law: Law,
    time: np.uint64,
    axes: tuple[int, ...],
    room: Room,
    acting: NDArray[np.int64],
) -> int:
    """Pull rows along those of their edges that act, and count these for each row and in all."""
    differences, moves, names = room.differences, room.moves, room.edges
    heads, tails, clock = edges.heads, edges.indices, edges.clock
    for i in range(start, stop):
        acting[i - start] = 0
        for d in range(len(axes)):
            moved[i, d] = points[i, d]
    m: Any = 0
    for edge in range(first, last):
        # The product passes a whole number of 2^32 when its low bits fall back.
        weight = np.uint64(clock[edge])
        names[m] = edge
        m += ((weight * time) & LOW_BITS) < weight
    for t in range(m):
        i, j = heads[names[t]], tails[names[t]]
        acting[i - start] += 1
        for d in range(len(axes)):
            differences[d, t] = points[i, d] - points[j, d]
            moves[d, t] = np.float32(0.0)
    _pull_twice(m, law, axes, differences, moves, room.forces)
    for t in range(m):
        for d in range(len(axes)):
            moved[heads[names[t]], d] += moves[d, t]
    return m


@numba.njit(**STRICT_INLINED)
def _pull_twice(
    m: int, law: Law, axes: tuple[int, ...], differences: Points, moves: Points, forces: Points
) -> None:
    """Add up the moves along edges, one for each direction of an edge."""
    a, b, learning_rate = law.a, law.b, law.learning_rate
    for _ in range(2):
        for t in range(m):
            squared = TINY
            for d in range(len(axes)):
                squared += differences[d, t] * differences[d, t]
            raised = power(squared, b)
            forces[t] = -TWO * a * b * raised / (squared * (ONE + a * raised))
        for d in range(len(axes)):
            for t in range(m):
                move = learning_rate * clipped(forces[t] * differences[d, t])
                moves[d, t] += move
                differences[d, t] += move


@numba.njit(**STRICT_INLINED)
def _push(
    start: int,
    stop: int,
    moved: Points,
    pool: Pool,
    law: Law,
    key: np.uint64,
    axes: tuple[int, ...],
    room: Room,
    acting: NDArray[np.int64],
) -> None:
    """Push rows, from where they have been pulled to, away from runs of the pool."""
    differences, forces = room.differences, room.forces
    m = 0
    for i in range(start, stop):
        m = _look_around(i, m, acting[i - start] * law.n_negatives, moved, pool, key, axes, room)
    strength = TWO * law.repulsion_strength * law.b
    for t in range(m):
        squared = TINY
        for d in range(len(axes)):
            squared += differences[d, t] * differences[d, t]
        forces[t] = strength / ((SOFTENING + squared) * (ONE + law.a * power(squared, law.b)))
        for d in range(len(axes)):
            room.moves[d, t] = law.learning_rate * clipped(forces[t] * differences[d, t])
    t = 0
    for i in range(start, stop):
        for _ in range(acting[i - start] * law.n_negatives):
            for d in range(len(axes)):
                moved[i, d] += room.moves[d, t]
            t += 1


@numba.njit(**STRICT_INLINED)
def _look_around(
    i: int,
    m: int,
    count: int,
    moved: Points,
    pool: Pool,
    key: np.uint64,
    axes: tuple[int, ...],
    room: Room,
) -> int:
    """Gather the differences of row i from ``count`` vertices, and return where the next ones go."""
    n = len(pool.order)
    for run in range(0, count, RUN):
        length = min(RUN, count - run)
        place = draw(substream(key, i), run // RUN, n)
        for t in range(length):
            for d in range(len(axes)):
                room.differences[d, m + t] = moved[i, d] - pool.places[d, place + t]
        # A vertex does not push itself.
        itself = pool.inverse[i] - place
        for t in range(itself if itself >= 0 else itself + n, length, n):
            for d in range(len(axes)):
                room.differences[d, m + t] = np.float32(0.0)
        m += length
    return m


@numba.njit(**STRICT_INLINED)
def clipped(force: np.float32) -> np.float32:
    """Return a force along one coordinate, at most MAX_FORCE in size."""
    return max(min(force, MAX_FORCE), -MAX_FORCE)
