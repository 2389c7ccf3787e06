"""How many points are nearer than a given one, without sorting them: exact, in one pass.

A product of float32 matrices gives every squared distance up to a rounding error that is bounded.
Only where that error leaves open which of two points is nearer, the distance is measured again by
differences in float64; points exactly as far are ordered by their index. So the counts are those
of exact arithmetic, at the price of a float32 product.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "TILE",
    "Coarse",
    "Fine",
    "Targets",
    "count_direct",
    "count_products",
    "count_span",
    "prepared",
    "sort_targets",
]

COMPILED: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}

# Points looked at together; who is nearer than a bound is counted without branches.
TILE = 64

Row = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]


class Coarse(NamedTuple):
    """Points for fast, inexact distances.

    The squared distance of i and j, calculated from ``samples`` or as ``norms[i] + norms[j]`` less
    twice their product, is off by at most ``margins[i] + margins[j]``.
    """

    samples: NDArray[np.floating[Any]]
    norms: Row
    margins: Row


class Fine(NamedTuple):
    """Points as they came, and the square of the factor by which the samples are scaled."""

    points: NDArray[np.floating[Any]]
    factor: float


class Targets(NamedTuple):
    """The points to rank as seen from each of some rows, the nearest first.

    Attributes
    ----------
    which : ndarray of int
        The points.
    place : ndarray of int
        Where each of them stood before it was sorted.
    far : ndarray of float64
        Their exact squared distances.
    above, below : ndarray
        The same in the type of the bounds, rounded away from what must not be counted wrongly.
    """

    which: Indices
    place: Indices
    far: NDArray[np.float64]
    above: NDArray[np.floating[Any]]
    below: NDArray[np.floating[Any]]

    @classmethod
    def room(cls, shape: tuple[int, int], dtype: np.dtype[Any]) -> "Targets":
        """Return room for the targets of some rows."""
        index = np.dtype(np.intp)
        return cls(*(np.empty(shape, kind) for kind in (index, index, np.float64, dtype, dtype)))

    def part(self, first: int, last: int) -> "Targets":
        """Return the targets of some of the rows."""
        every: Any = self
        return Targets(*(array[first:last] for array in every))


def prepared(samples: NDArray[np.floating[Any]]) -> Coarse:
    r"""Return ``samples``, which lie around their centre within [-2, 2], with their margins.

    A product of length D is off by at most :math:`D u |x| |y|`, u being half of the type's epsilon
    (Higham 2002, "Accuracy and Stability of Numerical Algorithms", eq. 3.5); rounding the samples,
    their norms and the sums adds less than :math:`11 u (|x|^2 + |y|^2)`.
    """
    dtype = samples.dtype
    norms = np.einsum("ij,ij->i", samples, samples, dtype=np.float64)
    info = np.finfo(dtype)
    length = samples.shape[1]
    # The last term is what products too small for the type may lose.
    margins = (length / 2 + 8) * float(info.eps) * norms + length * float(info.tiny)
    return Coarse(samples, norms.astype(dtype), margins.astype(dtype))


@numba.njit(**COMPILED)
def sort_targets(
    first: int, last: int, fine: Fine, rows: Indices, given: Indices, targets: Targets
) -> None:
    """Fill ``targets`` from ``first`` to ``last`` with the given points as seen from ``rows``."""
    n_targets = given.shape[1]
    step = 4.0 * np.finfo(targets.above.dtype).eps
    for r in range(first, last):
        far, place = targets.far[r], targets.place[r]
        for m in range(n_targets):
            distance = _exact(fine, rows[r], given[r, m])
            at = m
            while at > 0 and distance < far[at - 1]:
                far[at], place[at] = far[at - 1], place[at - 1]
                at -= 1
            far[at], place[at] = distance, m
        for m in range(n_targets):
            targets.which[r, m] = given[r, place[m]]
            targets.above[r, m] = far[m] * (1.0 + step)
            targets.below[r, m] = far[m] * (1.0 - step)


@numba.njit(**COMPILED)
def count_span(
    products: NDArray[np.floating[Any]],
    coarse: Coarse,
    fine: Fine,
    start: int,
    column: int,
    targets: Targets,
    counts: Indices,
) -> None:
    """Add to ``counts`` how many points of a span of columns are before each target.

    Rows from ``start`` on and columns from ``column`` on, as many as there are products. Row i of
    ``targets`` is that of point i.
    """
    end = column + products.shape[1]
    norms, margins = coarse.norms[column:end], coarse.margins[column:end]
    low, high = _tiles(norms), _tiles(norms)
    for r in range(len(products)):
        i = start + r
        _bound(products[r], coarse.norms[i], norms, low)
        _widen(low, high, coarse.margins[i], margins)
        if column <= i < end:
            low[i - column] = high[i - column] = np.inf
        _count(low, high, column, fine, i, i, targets, counts[r])


@numba.njit(**COMPILED)
def count_products(
    products: NDArray[np.floating[Any]],
    coarse: Coarse,
    fine: Fine,
    rows: Indices,
    targets: Targets,
    nearest: Indices,
    counts: Indices,
) -> None:
    """Find the nearest points of ``rows``, and count how many points are before their targets.

    The products of ``rows`` with all points are given. Row r of ``targets`` is that of ``rows[r]``.
    """
    low, high = _tiles(coarse.norms), _tiles(coarse.norms)
    for r in range(len(rows)):
        i = rows[r]
        _bound(products[r], coarse.norms[i], coarse.norms, low)
        _widen(low, high, coarse.margins[i], coarse.margins)
        low[i] = high[i] = np.inf
        _look(low, high, fine, r, i, targets, nearest[r], counts[r])


@numba.njit(**COMPILED)
def count_direct(
    coarse: Coarse,
    fine: Fine,
    rows: Indices,
    targets: Targets,
    nearest: Indices,
    counts: Indices,
) -> None:
    """Do the same for points of few features, whose distances are summed directly."""
    low, high = _tiles(coarse.norms), _tiles(coarse.norms)
    for r in range(len(rows)):
        i = rows[r]
        squared = low[: len(coarse.norms)]
        squared[:] = 0.0
        for t in range(coarse.samples.shape[1]):
            here, others = coarse.samples[i, t], coarse.samples[:, t]
            for j in range(len(squared)):
                difference = here - others[j]
                squared[j] += difference * difference
        _widen(low, high, coarse.margins[i], coarse.margins)
        low[i] = high[i] = np.inf
        _look(low, high, fine, r, i, targets, nearest[r], counts[r])


@numba.njit(**COMPILED)
def _tiles(like: Row) -> Row:
    """Return room for a row in whole tiles; what is beyond its end is infinitely far."""
    return np.full((len(like) + TILE - 1) // TILE * TILE, np.inf, dtype=like.dtype)


@numba.njit(**COMPILED)
def _bound(products: Row, own: Any, norms: Row, squared: Row) -> None:
    """Fill ``squared`` with inexact squared distances."""
    filled = squared[: len(norms)]
    for j in range(len(norms)):
        filled[j] = (own + norms[j]) - (products[j] + products[j])


@numba.njit(**COMPILED)
def _widen(low: Row, high: Row, own: Any, margins: Row) -> None:
    """Turn the inexact distances in ``low`` into bounds of the exact ones."""
    lower, upper = low[: len(margins)], high[: len(margins)]
    for j in range(len(margins)):
        margin = own + margins[j]
        upper[j] = lower[j] + margin
        lower[j] -= margin


@numba.njit(**COMPILED)
def _look(
    low: Row,
    high: Row,
    fine: Fine,
    r: int,
    i: int,
    targets: Targets,
    nearest: Indices,
    counts: Indices,
) -> None:
    if len(nearest):
        _find(low, high, fine, i, nearest)
    if len(counts):
        _count(low, high, 0, fine, r, i, targets, counts)


@numba.njit(**COMPILED)
def _count(
    low: Row,
    high: Row,
    column: int,
    fine: Fine,
    r: int,
    i: int,
    targets: Targets,
    counts: Indices,
) -> None:
    """Add to ``counts`` how many points of a span are before each target of row r, seen from i."""
    above, below = targets.above[r], targets.below[r]
    for start in range(0, len(low), TILE):
        # Slices, because only of these the compiler knows that no index is negative.
        lower, upper = low[start : start + TILE], high[start : start + TILE]
        # From the farthest target to the nearest: where it has nobody before it, no other has.
        for m in range(len(counts) - 1, -1, -1):
            possible, certain = np.int32(0), np.int32(0)
            out, sure = above[m], below[m]
            for t in range(len(lower)):
                possible += np.int32(lower[t] < out)
                certain += np.int32(upper[t] < sure)
            if possible == 0:
                break
            counts[m] += certain
            if possible > certain:
                for t in range(len(lower)):
                    if lower[t] < out and not upper[t] < sure:
                        j = column + start + t
                        counts[m] += _is_before(fine, i, j, targets.far[r, m], targets.which[r, m])


@numba.njit(**COMPILED)
def _is_before(fine: Fine, i: int, j: int, far: float, target: int) -> bool:
    """Tell whether j is before a target; of points equally far the smaller index is."""
    if j == target:
        return False
    distance = _exact(fine, i, j)
    return distance < far or (distance == far and j < target)


@numba.njit(**COMPILED)
def _find(low: Row, high: Row, fine: Fine, i: int, nearest: Indices) -> None:
    """Fill ``nearest`` with the points nearest to i, in order."""
    limit = _limit(high, len(nearest))
    last = len(nearest) - 1
    best = np.full(len(nearest), np.inf)
    nearest[:] = -1
    for start in range(0, len(low), TILE):
        if _smallest(low[start : start + TILE]) > limit:
            continue
        for j in range(start, min(start + TILE, len(fine.points))):
            if low[j] > limit or j == i:
                continue
            distance = _exact(fine, i, j)
            # Of points equally far the one met first, of the smaller index, stays before.
            if distance < best[last] or nearest[last] < 0:
                place = last
                while place > 0 and (distance < best[place - 1] or nearest[place - 1] < 0):
                    best[place], nearest[place] = best[place - 1], nearest[place - 1]
                    place -= 1
                best[place], nearest[place] = distance, j


@numba.njit(**COMPILED)
def _limit(high: Row, count: int) -> float:
    """Return a bound within which there certainly are ``count`` points, infinity if none is known.

    Every tile has its nearest point, so the ``count``-th smallest of these is such a bound.
    """
    best = np.full(count, np.inf)
    for start in range(0, len(high), TILE):
        value = _smallest(high[start : start + TILE])
        place = count
        while place > 0 and value < best[place - 1]:
            if place < count:
                best[place] = best[place - 1]
            place -= 1
        if place < count:
            best[place] = value
    return best[count - 1]


@numba.njit(**COMPILED, fastmath={"nnan", "nsz"})
def _smallest(values: Row) -> float:
    """Return the smallest value of a tile."""
    smallest = values[0]
    for t in range(len(values)):
        smallest = min(smallest, values[t])
    return smallest


# Part of its callers: a call might reach another copy, with sums in another order, in another process.
@numba.njit(**COMPILED, fastmath={"reassoc", "contract"}, forceinline=True)
def _exact(fine: Fine, i: int, j: int) -> float:
    """Return the squared distance of two points by differences in float64."""
    here, there = fine.points[i], fine.points[j]
    total = 0.0
    for t in range(len(here)):
        difference = np.float64(here[t]) - np.float64(there[t])
        total += difference * difference
    return total * fine.factor
