"""The turns of UMAP's epoch, compiled: the edges that act now pull, then random vertices push.

Rows are worked on in blocks. What a block needs is gathered first, so that the forces, the dear part,
are computed in loops over many of them that compile to vector code. Indices are unsigned, or the compiled code
asks of each one whether it counts from the end.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed.forces.compiling import STRICT, STRICT_INLINED
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
    "most_edges",
    "room_for",
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
# Rows of a block.
BLOCK = 512
# Edges of a block that draw vertices together, and so the most vertices that are drawn in one go.
RUN = 129


class Edges(NamedTuple):
    """The edges that act at least once, by turns and within these by rows.

    Those of turn t and row i of n stand from ``indptr[n * t + i]`` to the next entry; ``heads`` are
    their rows, ``indices`` their other ends, and ``clock`` is their weight in 2^-32.
    """

    indptr: NDArray[np.int64]
    heads: NDArray[np.uint32]
    indices: NDArray[np.uint32]
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

    ``order`` holds the vertices and ``places`` their coordinates by component, both with the first
    ``RUN`` behind the last once more. A run is read in one go and gives one vertex to each of ``RUN``
    edges, where vertices that are drawn one by one are looked for all over the map.
    """

    order: NDArray[np.uint32]
    places: Points


class Room(NamedTuple):
    """Room for the edges of a block: differences of points or points by component, moves, rows, other ends."""

    differences: Points
    moves: Points
    heads: NDArray[np.uint32]
    tails: NDArray[np.uint32]


def most_edges(edges: Edges, n: int) -> int:
    """Return how many edges a block of n rows has at most in a turn."""
    starts = np.append(np.arange(0, n, BLOCK), n)
    ends = edges.indptr[n * np.arange(TURNS)[:, None] + starts]
    return int(np.diff(ends, axis=1).max(initial=0))


def room_for(count: int, n_components: int) -> Room:
    """Return room for as many edges."""
    shape = n_components, count
    differences, moves = np.empty(shape, dtype=np.float32), np.empty(shape, dtype=np.float32)
    return Room(differences, moves, np.empty(count, np.uint32), np.empty(count, np.uint32))


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
    room: Room,
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
    room
        For the edges of a block; nobody else's.
    """
    n = len(points)
    for turn in range(turns[0], turns[1]):
        own = substream(key, turn)
        for block in range(blocks[0], blocks[1]):
            start, stop = block * BLOCK, min(block * BLOCK + BLOCK, n)
            first, last = edges.indptr[n * turn + start], edges.indptr[n * turn + stop]
            for i in range(start, stop):
                for d in range(len(axes)):
                    moved[i, d] = points[i, d]
            m = _acting(first, last, edges, time, room)
            _pull(m, points, moved, law, axes, room)
            _push(m, n, moved, pool, law, substream(own, block), axes, room)
        points, moved = moved, points


@numba.njit(**STRICT_INLINED)
def _acting(first: int, last: int, edges: Edges, time: np.uint64, room: Room) -> Any:
    """Gather the ends of the edges that act now, and return how many there are."""
    m: Any = np.uint64(0)
    for edge in range(np.uint64(first), np.uint64(last)):
        # The product passes a whole number of 2^32 when its low bits fall back.
        weight = np.uint64(edges.clock[edge])
        room.heads[m] = edges.heads[edge]
        room.tails[m] = edges.indices[edge]
        m += np.uint64(((weight * time) & LOW_BITS) < weight)
    return np.int64(m)


@numba.njit(**STRICT_INLINED)
def _pull(
    m: int, points: Points, moved: Points, law: Law, axes: tuple[int, ...], room: Room
) -> None:
    """Pull rows along their edges, once for each direction of an edge."""
    a, b, learning_rate = law.a, law.b, law.learning_rate
    differences, moves = room.differences, room.moves
    for t in range(m):
        for d in range(len(axes)):
            differences[d, t] = points[room.heads[t], d] - points[room.tails[t], d]
            moves[d, t] = np.float32(0.0)
    for _ in range(2):
        for t in range(m):
            squared = TINY
            for d in range(len(axes)):
                squared += differences[d, t] * differences[d, t]
            raised = power(squared, b)
            force = -TWO * a * b * raised / (squared * (ONE + a * raised))
            for d in range(len(axes)):
                move = learning_rate * clipped(force * differences[d, t])
                moves[d, t] += move
                differences[d, t] += move
    _add(m, moves, room.heads, moved, axes)


@numba.njit(**STRICT_INLINED)
def _push(
    m: int,
    n: int,
    moved: Points,
    pool: Pool,
    law: Law,
    key: np.uint64,
    axes: tuple[int, ...],
    room: Room,
) -> None:
    """Push rows, from where they have been pulled to, away from random vertices: some for each edge."""
    here, moves, heads = room.differences, room.moves, room.heads
    for t in range(m):
        for d in range(len(axes)):
            here[d, t] = moved[heads[t], d]
            moves[d, t] = np.float32(0.0)
    strength = TWO * law.repulsion_strength * law.b
    for run in range(0, m, RUN):
        first, last = np.uint64(run), np.uint64(min(run + RUN, m))
        for number in range(law.n_negatives):
            place = np.uint64(draw(key, run // RUN * law.n_negatives + number, n)) - first
            for t in range(first, last):
                squared = TINY
                for d in range(len(axes)):
                    difference = here[d, t] - pool.places[d, place + t]
                    squared += difference * difference
                force = strength / ((SOFTENING + squared) * (ONE + law.a * power(squared, law.b)))
                # A vertex does not push itself.
                force = force if pool.order[place + t] != heads[t] else np.float32(0.0)
                for d in range(len(axes)):
                    difference = here[d, t] - pool.places[d, place + t]
                    moves[d, t] += law.learning_rate * clipped(force * difference)
    _add(m, moves, heads, moved, axes)


@numba.njit(**STRICT_INLINED)
def _add(
    m: int, moves: Points, heads: NDArray[np.uint32], moved: Points, axes: tuple[int, ...]
) -> None:
    """Move rows."""
    for t in range(m):
        for d in range(len(axes)):
            moved[heads[t], d] += moves[d, t]


@numba.njit(**STRICT_INLINED)
def clipped(force: np.float32) -> np.float32:
    """Return a force along one coordinate, at most MAX_FORCE in size."""
    return max(min(force, MAX_FORCE), -MAX_FORCE)
