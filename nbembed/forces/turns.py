"""One turn of UMAP's epoch, compiled: the edges that act now pull, then random vertices push.

Rows are worked on in blocks. The differences that a block needs are gathered first, so that the forces, the dear part,
are computed in loops over many of them that compile to vector code.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed.forces.attraction import CHUNKS, FAST, INLINED
from nbembed.forces.hashing import draw, substream
from nbembed.forces.powers import power
from nbembed.forces.stepper import Points

__all__ = [
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
    "take_turn",
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
# Rows of a block, and differences that are gathered before their forces are computed.
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


class Gathered(NamedTuple):
    """Room for differences of points by component, moves along them, and forces.

    ``names`` are the edges that act, or for each run of vertices that push the row and where it ends.
    """

    differences: Points
    moves: Points
    forces: Points
    names: NDArray[np.int64]


@numba.njit(**FAST)
def take_turn(
    first: int,
    last: int,
    points: Points,
    moved: Points,
    edges: Edges,
    pool: Pool,
    law: Law,
    time: np.uint64,
    key: np.uint64,
    turn: int,
    axes: tuple[int, ...],
) -> None:
    """Write to ``moved`` where the points of some chunks are after a turn.

    ``key`` names the stream of the turn, and ``time`` counts the epochs from 1.
    """
    n = len(points)
    gathered = Gathered(
        np.empty((len(axes), ROOM), dtype=np.float32),
        np.empty((len(axes), ROOM), dtype=np.float32),
        np.empty(ROOM, dtype=np.float32),
        np.empty(2 * ROOM, dtype=np.int64),
    )
    acting = np.empty(BLOCK, dtype=np.int64)
    pushed = np.empty((len(axes), BLOCK), dtype=np.float32)
    for chunk in range(first, last):
        bound = n * (chunk + 1) // CHUNKS
        for start in range(n * chunk // CHUNKS, bound, BLOCK):
            stop = min(start + BLOCK, bound)
            for i in range(start, stop):
                acting[i - start] = 0
                for d in range(len(axes)):
                    moved[i, d] = points[i, d]
                    pushed[d, i - start] = np.float32(0.0)
            place = n * turn + start
            end = edges.indptr[place + stop - start]
            for e in range(edges.indptr[place], end, ROOM):
                some = e, min(e + ROOM, end)
                _pull_twice(some, start, points, moved, edges, law, time, axes, gathered, acting)
            _push_block(start, stop, moved, pool, law, key, axes, gathered, acting, pushed)
            for i in range(start, stop):
                for d in range(len(axes)):
                    moved[i, d] += pushed[d, i - start]


@numba.njit(**INLINED)
def _pull_twice(
    some: tuple[int, int],
    start: int,
    points: Points,
    moved: Points,
    edges: Edges,
    law: Law,
    time: np.uint64,
    axes: tuple[int, ...],
    gathered: Gathered,
    acting: NDArray[np.int64],
) -> None:
    """Pull the heads of those edges that act, once for each direction of the edge, and count them."""
    differences, moves, forces, names = gathered
    m = 0
    for e in range(some[0], some[1]):
        # The product passes a whole number of 2^32 when its low bits fall back.
        weight = np.uint64(edges.clock[e])
        names[m] = e
        m += ((weight * time) & LOW_BITS) < weight
    for t in range(m):
        i, j = edges.heads[names[t]], edges.indices[names[t]]
        acting[i - start] += 1
        for d in range(len(axes)):
            differences[d, t] = points[i, d] - points[j, d]
            moves[d, t] = np.float32(0.0)
    for _ in range(2):
        for t in range(m):
            squared = _squared(differences, t, axes)
            raised = power(squared, law.b)
            forces[t] = -TWO * law.a * law.b * raised / (squared * (ONE + law.a * raised))
        for d in range(len(axes)):
            for t in range(m):
                move = law.learning_rate * clipped(forces[t] * differences[d, t])
                moves[d, t] += move
                differences[d, t] += move
    for t in range(m):
        i = edges.heads[names[t]]
        for d in range(len(axes)):
            moved[i, d] += moves[d, t]


@numba.njit(**INLINED)
def _push_block(
    start: int,
    stop: int,
    moved: Points,
    pool: Pool,
    law: Law,
    key: np.uint64,
    axes: tuple[int, ...],
    gathered: Gathered,
    acting: NDArray[np.int64],
    pushed: Points,
) -> None:
    """Add up how far some rows, from where they have been pulled to, are pushed by runs of the pool."""
    n, m, runs = len(pool.order), 0, 0
    for i in range(start, stop):
        count = acting[i - start] * law.n_negatives
        if count == 0:
            continue
        own = substream(key, i)
        for run in range(0, count, RUN):
            length = min(RUN, count - run)
            if m + length > ROOM:
                _push(runs, law, axes, gathered, pushed)
                m, runs = 0, 0
            place = draw(own, run // RUN, n)
            for t in range(length):
                for d in range(len(axes)):
                    gathered.differences[d, m + t] = moved[i, d] - pool.places[d, place + t]
            # A vertex does not push itself.
            itself = pool.inverse[i] - place
            for t in range(itself if itself >= 0 else itself + n, length, n):
                for d in range(len(axes)):
                    gathered.differences[d, m + t] = np.float32(0.0)
            gathered.names[2 * runs] = i - start
            gathered.names[2 * runs + 1] = m + length
            m, runs = m + length, runs + 1
    _push(runs, law, axes, gathered, pushed)


@numba.njit(**INLINED)
def _push(runs: int, law: Law, axes: tuple[int, ...], gathered: Gathered, pushed: Points) -> None:
    """Compute the forces of gathered runs, and add up their moves by rows."""
    differences, moves, forces, names = gathered
    m = names[2 * runs - 1] if runs else 0
    for t in range(m):
        squared = _squared(differences, t, axes)
        softened = (SOFTENING + squared) * (ONE + law.a * power(squared, law.b))
        forces[t] = TWO * law.repulsion_strength * law.b / softened
    for d in range(len(axes)):
        for t in range(m):
            moves[d, t] = law.learning_rate * clipped(forces[t] * differences[d, t])
        first = 0
        for run in range(runs):
            total = np.float32(0.0)
            for t in range(first, names[2 * run + 1]):
                total += moves[d, t]
            pushed[d, names[2 * run]] += total
            first = names[2 * run + 1]


@numba.njit(**INLINED)
def _squared(differences: Points, e: int, axes: tuple[int, ...]) -> np.float32:
    squared = TINY
    for d in range(len(axes)):
        squared += differences[d, e] * differences[d, e]
    return squared


@numba.njit(**INLINED)
def clipped(force: np.float32) -> np.float32:
    """Return a force along one coordinate, at most MAX_FORCE in size."""
    return max(min(force, MAX_FORCE), -MAX_FORCE)
