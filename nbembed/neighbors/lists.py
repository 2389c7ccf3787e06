"""Compiled loops of the approximate search: short lists of the nearest, one for each sample.

A list holds the indices of samples and their squared distances, ascending. What a loop does for a sample reads
only what was there before the loop began, so that the samples can be shared out in any way.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["improve", "measure", "nearest_by_product"]

# No infinities are ruled out: an empty place is infinitely far.
FAST: dict[str, Any] = {
    "nogil": True,
    "cache": True,
    "fastmath": {"reassoc", "contract", "nsz", "nnan"},
}
INLINED: dict[str, Any] = {**FAST, "forceinline": True}
# Products looked at together: as soon as none of them is near enough, all are passed over.
STRIDE = 16

Points = NDArray[np.float32]
Indices = NDArray[np.int32]


@numba.njit(**INLINED)
def _squared_distance(a: Points, b: Points) -> Any:
    total = np.float32(0.0)
    for t in range(len(a)):
        difference = a[t] - b[t]
        total += difference * difference
    return total


@numba.njit(**INLINED)
def _insert(indices: Indices, squared: Points, j: Any, distance: Any) -> None:
    """Put ``j``, nearer than the last, into its place; the last falls off."""
    place = len(indices) - 1
    while place > 0 and squared[place - 1] > distance:
        indices[place] = indices[place - 1]
        squared[place] = squared[place - 1]
        place -= 1
    indices[place] = j
    squared[place] = distance


@numba.njit(**INLINED)
def _rise(values: Points, names: Indices, place: Any, value: Any, name: Any) -> None:
    """Add to a heap, whose largest value comes first, at its end."""
    while place > 0:
        parent = (place - 1) // 2
        if values[parent] >= value:
            break
        values[place], names[place] = values[parent], names[parent]
        place = parent
    values[place], names[place] = value, name


@numba.njit(**INLINED)
def _sink(values: Points, names: Indices, value: Any, name: Any) -> None:
    """Put a value into a full heap in the place of the largest."""
    place, child = 0, 1
    while child < len(values):
        if child + 1 < len(values) and values[child + 1] > values[child]:
            child += 1
        if values[child] <= value:
            break
        values[place], names[place] = values[child], names[child]
        place, child = child, 2 * child + 1
    values[place], names[place] = value, name


@numba.njit(**INLINED)
def _least(row: Points, norms: Points, start: int, stop: int) -> Any:
    least = np.float32(np.inf)
    for c in range(start, stop):
        least = min(least, norms[c] - np.float32(2.0) * row[c])
    return least


@numba.njit(**FAST)
def nearest_by_product(
    products: Points, norms: Points, names: Indices, own: Indices, chosen: Indices
) -> None:
    """Choose for each row the candidates whose ``norms - 2 products`` are the smallest.

    Parameters
    ----------
    products
        Inner products of the rows with the candidates, shape (rows, candidates).
    norms, names
        Squared norms and indices of the candidates.
    own
        Index of each row, which is not chosen for itself.
    chosen
        Written to: the indices chosen, in no order; -1 where there are not enough.
    """
    many = chosen.shape[1]
    values = np.empty(many, dtype=np.float32)
    two = np.float32(2.0)
    for r in range(len(products)):
        row = products[r]
        chosen[r] = -1
        count, worst = 0, np.float32(np.inf)
        for start in range(0, len(row), STRIDE):
            stop = min(len(row), start + STRIDE)
            if _least(row, norms, start, stop) >= worst:
                continue
            for c in range(start, stop):
                value = norms[c] - two * row[c]
                if value >= worst or names[c] == own[r]:
                    continue
                if count < many:
                    _rise(values, chosen[r], count, value, names[c])
                    count += 1
                else:
                    _sink(values, chosen[r], value, names[c])
                if count == many:
                    worst = values[0]


@numba.njit(**FAST)
def measure(
    X: Points, rows: Indices, candidates: Indices, indices: Indices, squared: Points
) -> None:
    """Fill the empty lists of ``rows`` with the nearest of their candidates, all different or -1."""
    last = indices.shape[1] - 1
    for r in range(len(rows)):
        i = rows[r]
        for j in candidates[r]:
            if j < 0:
                continue
            distance = _squared_distance(X[i], X[j])
            if distance < squared[i, last]:
                _insert(indices[i], squared[i], j, distance)


@numba.njit(**FAST)
def improve(
    X: Points,
    reduced: Points,
    rows: Indices,
    before: tuple[Indices, Points],
    after: tuple[Indices, Points],
    backward: tuple[NDArray[np.int64], Indices],
    reach: tuple[int, int],
) -> None:
    """Write lists that know the neighbours of neighbours, by one pass of neighbour descent.

    Parameters
    ----------
    X, reduced
        Samples, and their projection: no farther from each other there than in ``X``.
    rows
        Samples to work on.
    before, after
        Lists as they are, and to write to.
    backward
        In compressed rows, for each sample those whose nearest it is among.
    reach
        How many neighbours of a sample (and as many that it is a neighbour of) are asked, and for
        how many of theirs.
    """
    old_indices, old_squared = before
    new_indices, new_squared = after
    pointers, sources = backward
    asked, answers = reach
    last = old_indices.shape[1] - 1
    seen = np.full(len(X), -1, dtype=np.int32)
    for i in rows:
        indices, squared = new_indices[i], new_squared[i]
        seen[i] = i
        for t in range(last + 1):
            indices[t] = old_indices[i, t]
            squared[t] = old_squared[i, t]
            if indices[t] >= 0:
                seen[indices[t]] = i
        known_backward = min(asked, pointers[i + 1] - pointers[i])
        for u in range(asked + known_backward):
            between = old_indices[i, u] if u < asked else sources[pointers[i] + u - asked]
            if between < 0:
                continue
            for v in range(-1, answers):
                j = between if v < 0 else old_indices[between, v]
                if j >= 0 and seen[j] != i:
                    seen[j] = i
                    _consider(X, reduced, i, j, indices, squared)


@numba.njit(**INLINED)
def _consider(
    X: Points, reduced: Points, i: Any, j: Any, indices: Indices, squared: Points
) -> None:
    """Put ``j`` into the list of ``i`` if it is near enough; the projection tells most of those that are not."""
    last = len(squared) - 1
    if _squared_distance(reduced[i], reduced[j]) >= squared[last]:
        return
    distance = _squared_distance(X[i], X[j])
    if distance < squared[last]:
        _insert(indices, squared, j, distance)
