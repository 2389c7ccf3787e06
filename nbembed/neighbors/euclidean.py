"""Exact Euclidean neighbours: proposed by a matrix product, measured by differences in float64."""

from functools import cached_property
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share

__all__ = ["Euclidean", "Found", "Rows", "refine", "unit_rows"]

# Candidates beyond k, so that rounding rarely leaves a doubt about the last ones.
MARGIN = 16
# Rows converted together.
BLOCK_ROWS = 256
# Largest coordinates whose squares are sums of float32's range, whatever the number of features.
MODERATE = (1e-12, 1e12)
# Numbers of data that are measured by numpy: to compile takes longer, the first time.
FEW_NUMBERS = 1 << 18

Rows = NDArray[np.int64]
Found = tuple[NDArray[np.int32], NDArray[np.float64]]
Prepared = tuple[NDArray[Any], NDArray[Any]]
Attempt = tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]


class Euclidean:
    """Exact Euclidean neighbours of a block of rows.

    A matrix product proposes candidates, ``refine`` measures them by differences in float64, and
    an error bound of the product tells whether a neighbour can be missing. Rows where it can are
    searched again with a product in float64, and, where that is still too coarse, by differences
    to all samples.
    """

    def __init__(self, X: NDArray[Any], k: int) -> None:
        self.X, self.k = X, k
        self.everyone = np.arange(len(X))[None]
        self.mean = X.mean(axis=0, dtype=np.float64)
        reach = np.maximum(X.max(axis=0) - self.mean, self.mean - X.min(axis=0))
        self.scale = float(reach.max(initial=0.0)) or 1.0

    def __call__(self, rows: Rows) -> Found:
        """Return the neighbours of ``rows`` of X, themselves excluded, and their distances."""
        return self.near(self.X[rows], rows, self.k)

    def near(self, points: NDArray[Any], own: Rows, k: int, *, to_the_bit: bool = False) -> Found:
        """Return the k samples nearest to ``points`` and their distances.

        Parameters
        ----------
        points
            Of the type of X.
        own
            The sample that each point is, which is no neighbour of it; -1 for none.
        k
            At most the number of samples, less one where ``own`` names any.
        to_the_bit
            Make sure that equal distances are ordered by index, so that the neighbours of a point
            do not depend on the points that are asked for with it.
        """
        if to_the_bit and len(self.X) <= k + MARGIN:
            everyone = np.tile(self.everyone, (len(points), 1))
            indices, squared = refine(self.X, points, own, everyone, k)
            return indices, np.sqrt(squared)
        indices, squared, settled = self._attempt(points, own, k, self.coarse, strict=to_the_bit)
        again = np.flatnonzero(~settled)
        if len(again):
            indices[again], squared[again], settled = self._attempt(
                points[again], own[again], k, self.fine, strict=to_the_bit
            )
            for at in again[~settled]:
                one = slice(at, at + 1)
                found = refine(self.X, points[one], own[one], self.everyone, k)
                indices[at], squared[at] = found[0][0], found[1][0]
        return indices, np.sqrt(squared)

    @cached_property
    def coarse(self) -> Prepared:
        """The samples in float32, within [-1, 1], and their squared norms."""
        return self._prepared(self.X, np.float32)

    @cached_property
    def fine(self) -> Prepared:
        """The samples in float64, within [-1, 1], and their squared norms."""
        return self._prepared(self.X, np.float64)

    @property
    def moderate(self) -> NDArray[np.float32]:
        """The samples in float32, so that squared distances neither overflow nor vanish.

        They are those of the caller where these do.
        """
        if self.X.dtype == np.float32 and MODERATE[0] < self.scale < MODERATE[1]:
            return self.X
        return self.coarse[0]

    def rest(self) -> None:
        """Let go of copies of the samples; what needs one makes it again."""
        for name in ("coarse", "fine"):
            self.__dict__.pop(name, None)

    def _prepared(self, points: NDArray[Any], dtype: type[np.floating[Any]]) -> Prepared:
        """Return the centred points in units of the largest sample, and their squared norms."""
        samples = np.empty(points.shape, dtype=dtype)

        def convert(first: int, last: int) -> None:
            # In blocks that fit in a cache: the differences are in float64.
            for start in range(first, last, BLOCK_ROWS):
                block = slice(start, min(last, start + BLOCK_ROWS))
                samples[block] = (points[block] - self.mean) / self.scale

        if len(points) <= BLOCK_ROWS:
            convert(0, len(points))
        else:
            share(len(points), convert)
        return samples, np.einsum("ij,ij->i", samples, samples)

    def _attempt(
        self, points: NDArray[Any], own: Rows, k: int, prepared: Prepared, *, strict: bool
    ) -> Attempt:
        samples, norms = prepared
        seen, own_norms = self._prepared(points, samples.dtype.type)
        squared = seen @ samples.T
        squared *= -2
        squared += norms
        squared += own_norms[:, None]
        known = np.flatnonzero(own >= 0)
        squared[known, own[known]] = np.inf
        count = min(len(samples) - 1, k + MARGIN)
        order = np.argpartition(squared, count, axis=1)
        left_out = squared[np.arange(len(points)), order[:, count]].astype(np.float64)
        candidates = np.ascontiguousarray(order[:, :count])
        indices, exact = refine(self.X, points, own, candidates, k)
        farthest = exact[:, -1] / self.scale**2
        # Rounding of a product of length D: D eps |x||y| (Higham 2002, eq. 3.5), and the norms'.
        unit = float(np.finfo(samples.dtype).eps)
        bound = (samples.shape[1] + 8) * unit * (own_norms + norms.max())
        if strict:
            return indices, exact, farthest < left_out - bound
        settled = (farthest == 0) | (farthest <= left_out - bound)
        if samples.dtype == np.float64:
            # Neighbours that differ by less than this are ties.
            settled |= bound <= 1e-9 * farthest
        return indices, exact, settled


def refine(
    X: NDArray[Any], points: NDArray[Any], own: Rows, candidates: NDArray[Any], k: int
) -> Found:
    """Return the k nearest candidates of each point and their squared distances.

    Nearer ones come first, and of equally near ones those of smaller index. Candidates that are -1 or the
    point itself are passed over; places left free hold -1.
    """
    if X.size > FEW_NUMBERS:
        return _refine_many(X, points, own, candidates, k)
    indices = np.full((len(points), k), -1, dtype=np.int32)
    squared = np.full((len(points), k), np.inf)
    for start in range(0, len(points), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        near = candidates[block]
        differences = points[block][:, None].astype(np.float64) - X[near]
        distances = np.square(differences, out=differences).sum(axis=-1)
        passed = (near < 0) | (near == own[block, None])
        distances[passed] = np.inf
        order = np.lexsort((near, passed, distances))[:, :k]
        width = order.shape[1]
        squared[block, :width] = np.take_along_axis(distances, order, axis=1)
        named = np.where(passed, -1, near)
        indices[block, :width] = np.take_along_axis(named, order, axis=1)
    return indices, squared


@numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def _refine_many(
    X: NDArray[Any], points: NDArray[Any], own: Rows, candidates: NDArray[Any], k: int
) -> Found:
    """Do what :func:`refine` says, compiled."""
    indices = np.full((len(points), k), -1, dtype=np.int32)
    squared = np.full((len(points), k), np.inf)
    for r in range(len(points)):
        x = points[r]
        for j in candidates[r]:
            if j < 0 or j == own[r]:
                continue
            y = X[j]
            total = 0.0
            for t in range(len(x)):
                difference = np.float64(x[t]) - np.float64(y[t])
                total += difference * difference
            # Insertion into the sorted list of the k best so far, by distance and then by index.
            place = k
            while place > 0 and (
                total < squared[r, place - 1]
                or indices[r, place - 1] < 0
                or (total == squared[r, place - 1] and j < indices[r, place - 1])
            ):
                place -= 1
                if place + 1 < k:
                    squared[r, place + 1] = squared[r, place]
                    indices[r, place + 1] = indices[r, place]
            if place < k:
                squared[r, place] = total
                indices[r, place] = j
    return indices, squared


@numba.njit(nogil=True, cache=True)
def unit_rows(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return rows of length 1; one of zeros points along an axis of its own, the last.

    Half their squared Euclidean distance is the cosine distance.
    """
    n, d = rows.shape
    unit = np.zeros((n, d + 1), dtype=np.float32)
    for i in range(n):
        squared = 0.0
        for t in range(d):
            squared += np.float64(rows[i, t]) * np.float64(rows[i, t])
        if squared == 0.0:
            unit[i, d] = 1.0
            continue
        inverse = 1.0 / np.sqrt(squared)
        for t in range(d):
            unit[i, t] = rows[i, t] * inverse
    return unit
