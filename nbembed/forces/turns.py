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
    "SOFTENING",
    "TINY",
    "TURNS",
    "TWO",
    "Edges",
    "Law",
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
BLOCK, ROOM = 128, 1_024


class Edges(NamedTuple):
    """The edges that act at least once, by rows and within these by turns.

    Those of row i and turn t stand from ``indptr[TURNS * i + t]`` to the next entry; ``clock`` is
    their weight in 2^-32.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    clock: NDArray[np.uint32]


class Law(NamedTuple):
    """The numbers an epoch depends on; float32 but for the count."""

    a: np.float32
    b: np.float32
    repulsion_strength: np.float32
    learning_rate: np.float32
    n_negatives: int


class Gathered(NamedTuple):
    """Room for differences of points by component, their forces, and the rows that they move."""

    differences: Points
    forces: Points
    rows: NDArray[np.int32]


@numba.njit(**FAST)
def take_turn(
    first: int,
    last: int,
    points: Points,
    moved: Points,
    edges: Edges,
    law: Law,
    time: np.uint64,
    key: np.uint64,
    turn: int,
    axes: tuple[int, ...],
) -> None:
    """Write to ``moved`` where the points of some chunks are after a turn."""
    n = len(points)
    gathered = Gathered(
        np.empty((len(axes), ROOM), dtype=np.float32),
        np.empty(ROOM, dtype=np.float32),
        np.empty(ROOM, dtype=np.int32),
    )
    acting = np.empty(BLOCK, dtype=np.int64)
    here = np.empty(len(axes), dtype=np.float32)
    for start in range(n * first // CHUNKS, n * last // CHUNKS, BLOCK):
        stop = min(start + BLOCK, n * last // CHUNKS)
        _pull_block(start, stop, points, moved, edges, law, time, turn, axes, gathered, acting)
        _push_block(start, stop, points, moved, law, key, axes, gathered, acting, here)


@numba.njit(**INLINED)
def _pull_block(
    start: int,
    stop: int,
    points: Points,
    moved: Points,
    edges: Edges,
    law: Law,
    time: np.uint64,
    turn: int,
    axes: tuple[int, ...],
    gathered: Gathered,
    acting: NDArray[np.int64],
) -> None:
    """Pull some rows along the edges that act, and count these."""
    m = 0
    for i in range(start, stop):
        for d in range(len(axes)):
            moved[i, d] = points[i, d]
        place = TURNS * i + turn
        acting[i - start] = 0
        for e in range(edges.indptr[place], edges.indptr[place + 1]):
            # The product passes a whole number of 2^32 when its low bits fall back.
            weight = np.uint64(edges.clock[e])
            if ((weight * time) & LOW_BITS) >= weight:
                continue
            j = edges.indices[e]
            for d in range(len(axes)):
                gathered.differences[d, m] = points[i, d] - points[j, d]
            gathered.rows[m] = i
            acting[i - start] += 1
            m += 1
            if m == ROOM:
                _pull_twice(m, moved, law, axes, gathered)
                m = 0
    _pull_twice(m, moved, law, axes, gathered)


@numba.njit(**INLINED)
def _pull_twice(m: int, moved: Points, law: Law, axes: tuple[int, ...], gathered: Gathered) -> None:
    """Move the heads of edges along them, once for each direction of the edge."""
    for _ in range(2):
        for e in range(m):
            squared = _squared(gathered.differences, e, axes)
            raised = power(squared, law.b)
            gathered.forces[e] = -TWO * law.a * law.b * raised / (squared * (ONE + law.a * raised))
        _move(m, moved, law.learning_rate, axes, gathered)


@numba.njit(**INLINED)
def _push_block(
    start: int,
    stop: int,
    points: Points,
    moved: Points,
    law: Law,
    key: np.uint64,
    axes: tuple[int, ...],
    gathered: Gathered,
    acting: NDArray[np.int64],
    here: Points,
) -> None:
    """Push some rows, from where they have been pulled to, away from random vertices."""
    m = 0
    for i in range(start, stop):
        own = substream(key, i)
        for d in range(len(axes)):
            here[d] = moved[i, d]
        for number in range(acting[i - start] * law.n_negatives):
            k = draw(own, number, len(points))
            if k == i:
                continue
            for d in range(len(axes)):
                gathered.differences[d, m] = here[d] - points[k, d]
            gathered.rows[m] = i
            m += 1
            if m == ROOM:
                _push(m, moved, law, axes, gathered)
                m = 0
    _push(m, moved, law, axes, gathered)


@numba.njit(**INLINED)
def _push(m: int, moved: Points, law: Law, axes: tuple[int, ...], gathered: Gathered) -> None:
    for e in range(m):
        squared = _squared(gathered.differences, e, axes)
        softened = (SOFTENING + squared) * (ONE + law.a * power(squared, law.b))
        gathered.forces[e] = TWO * law.repulsion_strength * law.b / softened
    _move(m, moved, law.learning_rate, axes, gathered)


@numba.njit(**INLINED)
def _squared(differences: Points, e: int, axes: tuple[int, ...]) -> np.float32:
    squared = TINY
    for d in range(len(axes)):
        squared += differences[d, e] * differences[d, e]
    return squared


@numba.njit(**INLINED)
def _move(
    m: int, moved: Points, learning_rate: np.float32, axes: tuple[int, ...], gathered: Gathered
) -> None:
    """Move rows by the forces on them, and bring the differences up to date."""
    for e in range(m):
        for d in range(len(axes)):
            move = learning_rate * clipped(gathered.forces[e] * gathered.differences[d, e])
            gathered.differences[d, e] += move
            moved[gathered.rows[e], d] += move


@numba.njit(**INLINED)
def clipped(force: np.float32) -> np.float32:
    """Return a force along one coordinate, at most MAX_FORCE in size."""
    return max(min(force, MAX_FORCE), -MAX_FORCE)
