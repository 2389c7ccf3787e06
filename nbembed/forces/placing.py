"""Places for new points on a map that stays as it is, each point on its own.

Where a point ends depends on its neighbours and weights, the map and, for sampled moves, its key:
not on the points it comes with, nor on the number of threads.
"""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.hashing import draw
from nbembed.forces.repulsion import TILE, faster_repulsion, push_from_all
from nbembed.forces.sampled import pull, push
from nbembed.forces.spline import Potential, in_plane, potential_of, slope_at
from nbembed.forces.stepper import Points
from nbembed.forces.turns import LOW_BITS, Law

__all__ = ["Ties", "settle", "wander"]

# Most steps of a point, and the step in units of the map after which it rests.
MAX_STEPS, REST = 100, np.float32(1e-4)
# A step that helps makes the next one longer, up to this factor; one that does not is halved.
LONGER, LONGEST, SHORTEST = 1.5, 4.0, 1e-3
# Rise of the loss that is rounding.
ROUNDING = 1e-6
# How far beyond the map its potential is on the grid; farther out, sums are exact.
ROOM = 10.0
# Visits of every tie by sampled moves, as umap-learn for up to 10,000 rows; its share of the rate.
VISITS, RATE_SHARE = 100, 0.25


class Ties(NamedTuple):
    """The neighbours of each new point on the map, shape (m, k), and how strongly they pull."""

    indices: NDArray[np.int32]
    weights: NDArray[np.float32]


class Map(NamedTuple):
    """The fixed map by components, and its potential where that is on a grid."""

    columns: Points
    grid: Potential
    has_grid: bool


def settle(embedding: Points, ties: Ties, start: Points, *, exaggeration: float) -> Points:
    r"""Return where new points rest under the forces of t-SNE.

    Each point descends from its start on :math:`-e \sum_j p_j \ln w_j + \ln \sum_j w_j`, its own
    Kullback-Leibler divergence (up to a constant) with exaggeration :math:`e`, where
    :math:`w_j = (1 + |y - y_j|^2)^{-1}` and the second sum is over all points of the map. The
    attraction is bounded by a parabola whose minimum is a step away: no learning rate is needed.
    Only steps that do not raise the loss are made.

    Parameters
    ----------
    embedding
        The map.
    ties
        Neighbours and :math:`p_j`, whose rows sum to 1.
    start
        Shape (m, n_components).
    exaggeration
        Factor of the attraction, above 0.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 2 and 4; Poličar, Stražar & Zupan (2023), Machine
    Learning 112, sec. 3.2, for rows placed on their own; Hunter & Lange (2004), The American
    Statistician 58, for descent by a bound.
    """
    n, n_components = embedding.shape
    has_grid = faster_repulsion(n, n_components) == "fft"
    nothing = Potential(np.zeros((1, 1), np.float32), np.zeros(2, np.float32), np.float32(1.0))
    grid = potential_of(in_plane(embedding), room=ROOM) if has_grid else nothing
    ground = Map(np.ascontiguousarray(embedding.T), grid, has_grid)
    places = np.array(start, dtype=np.float32, order="C")
    given = (embedding, ground, ties, float(exaggeration), places)
    share(CHUNKS, lambda first, last: _settle(first, last, *given))
    return places


def wander(
    embedding: Points, ties: Ties, start: Points, keys: NDArray[np.uint64], law: Law
) -> Points:
    """Return where new points end under the sampled moves of UMAP.

    They move as in a fit, every tie as often as its weight in the strongest of the row says, for
    100 visits, at a quarter of the learning rate, which falls linearly to 0. The map stays.

    Parameters
    ----------
    embedding
        The map.
    ties
        Neighbours and memberships.
    start
        Shape (m, n_components).
    keys
        For each point, the stream of its random draws; equal rows should have equal keys.
    law
        As in a fit; its learning rate is that of the fit's first step.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, algorithm 5; umap-learn's ``transform``.
    """
    places = np.array(start, dtype=np.float32, order="C")
    strongest = ties.weights.max(axis=1, keepdims=True).astype(np.float64)
    relative = ties.weights / np.where(strongest > 0, strongest, 1.0)
    clock = np.minimum(relative * 2.0**32, 2.0**32 - 1.0).astype(np.uint32)
    axes = (0,) * embedding.shape[1]
    given = (embedding, ties.indices, clock, keys, law, axes, places)
    share(CHUNKS, lambda first, last: _wander(first, last, *given))
    return places


@numba.njit(**FAST)
def _settle(
    first: int,
    last: int,
    embedding: Points,
    ground: Map,
    ties: Ties,
    exaggeration: float,
    places: Points,
) -> None:
    m, n_components = places.shape
    for chunk in range(first, last):
        tile = np.empty(TILE, dtype=np.float32)
        shift = np.empty(n_components, dtype=np.float32)
        shift_there = np.empty(n_components, dtype=np.float32)
        there = np.empty(n_components, dtype=np.float32)
        for i in range(m * chunk // CHUNKS, m * (chunk + 1) // CHUNKS):
            here = places[i]
            p, neighbors = ties.weights[i], ties.indices[i]
            loss = _loss_and_step(here, embedding, ground, neighbors, p, exaggeration, tile, shift)
            stride = 1.0
            for _ in range(MAX_STEPS):
                length = np.float32(0.0)
                for d in range(n_components):
                    move = np.float32(stride) * shift[d]
                    there[d] = here[d] + move
                    length += move * move
                loss_there = _loss_and_step(
                    there, embedding, ground, neighbors, p, exaggeration, tile, shift_there
                )
                if loss_there <= loss + ROUNDING:
                    here[:], shift[:] = there, shift_there
                    loss = loss_there
                    stride = min(LONGER * stride, LONGEST)
                else:
                    stride *= 0.5
                if length < REST * REST or stride < SHORTEST:
                    break


@numba.njit(**INLINED)
def _loss_and_step(
    here: Points,
    embedding: Points,
    ground: Map,
    neighbors: NDArray[np.int32],
    p: Points,
    exaggeration: float,
    tile: Points,
    shift: Points,
) -> float:
    """Return the loss of a point and fill ``shift`` with the way to the minimum of the bound."""
    n_components = len(here)
    Z = _push(here, ground, tile, shift)
    cost, mass = 0.0, 0.0
    for d in range(n_components):
        shift[d] /= np.float32(Z * exaggeration)
    for e in range(len(neighbors)):
        j = neighbors[e]
        squared = np.float32(1.0)
        for d in range(n_components):
            difference = here[d] - embedding[j, d]
            squared += difference * difference
        weight = p[e] / squared
        mass += weight
        cost += p[e] * np.log(squared)
        for d in range(n_components):
            shift[d] += weight * (embedding[j, d] - here[d])
    for d in range(n_components):
        shift[d] /= np.float32(mass)
    return exaggeration * cost + np.log(Z)


@numba.njit(**INLINED)
def _push(here: Points, ground: Map, tile: Points, force: Points) -> float:
    """Fill ``force`` with the push of the whole map on a point; return the sum of the kernels."""
    if ground.has_grid:
        grid = ground.grid
        y = here[1] if len(here) > 1 else np.float32(0.0)
        u = (here[0] - grid.origin[0]) * grid.inverse
        v = (y - grid.origin[1]) * grid.inverse
        rows, columns = grid.values.shape
        if 2.0 <= u < rows - 3.0 and 2.0 <= v < columns - 3.0:  # noqa: PLR2004 - reach of a spline
            value, by_row, by_column = slope_at(grid.values, u, v)
            force[0] = np.float32(-0.5) * grid.inverse * by_row
            if len(here) > 1:
                force[1] = np.float32(-0.5) * grid.inverse * by_column
            return float(value)
    return push_from_all(ground.columns, here, tile, force)


@numba.njit(**FAST)
def _wander(
    first: int,
    last: int,
    embedding: Points,
    indices: NDArray[np.int32],
    clock: NDArray[np.uint32],
    keys: NDArray[np.uint64],
    law: Law,
    axes: tuple[int, ...],
    places: Points,
) -> None:
    m, n = len(places), len(embedding)
    for chunk in range(first, last):
        here = np.empty(len(axes), dtype=np.float32)
        difference = np.empty(len(axes), dtype=np.float32)
        for i in range(m * chunk // CHUNKS, m * (chunk + 1) // CHUNKS):
            here[:] = places[i]
            n_drawn = 0
            for visit in range(VISITS):
                left = np.float32(RATE_SHARE * (1.0 - visit / VISITS))
                now = Law(
                    law.a, law.b, law.repulsion_strength, law.learning_rate * left, law.n_negatives
                )
                time = np.uint64(visit + 1)
                for e in range(indices.shape[1]):
                    weight = np.uint64(clock[i, e])
                    if ((weight * time) & LOW_BITS) >= weight:
                        continue
                    near = embedding[indices[i, e]]
                    # Twice, as in a fit, where a point is pulled from both ends of an edge.
                    pull(here, near, now, axes, difference)
                    pull(here, near, now, axes, difference)
                    for _ in range(now.n_negatives):
                        other = embedding[draw(keys[i], n_drawn, n)]
                        n_drawn += 1
                        push(here, other, now, axes, difference)
            places[i] = here
