"""Who is near whom: ranks among Euclidean neighbours, by counting or by sorting."""

import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nbembed._checks import check_data, check_number, check_seed
from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.metrics.budget import block_rows, each_block
from nbembed.metrics.counting import (
    TILE,
    Coarse,
    Fine,
    Targets,
    count_direct,
    count_products,
    count_span,
    prepared,
    sort_targets,
)

__all__ = [
    "SAMPLE_ROWS",
    "Space",
    "as_points",
    "check_neighborhood",
    "rank_dtype",
    "sampled_rows",
]

# Up to this many rows the default is all of them; above, a sample of SAMPLE_ROWS.
MAX_EXACT_ROWS = 10_000
SAMPLE_ROWS = 2_000
# Up to this many rows all distances are sorted, which is as fast, and orders points at exactly the
# same distance as scikit-learn does.
MAX_SORTED_ROWS = 4_096
# Of more neighbours than this the order is found by sorting: a tile of the counting loops has one
# nearest point, and MAX_SORTED_ROWS are as many tiles.
MAX_COUNTED = MAX_SORTED_ROWS // TILE
# Rows and columns of the squares into which all pairs are cut; two of them fit into a cache.
SQUARE = 512
# How many columns of float64 distances one matrix product makes.
COLUMN_BLOCK = 1_024
# Rows sorted at once: their orders take twice the memory of their distances.
SORT_ROWS = 16
# Up to this many features, squared differences are summed directly, which cancels nothing, and a
# k-d tree finds the nearest.
FEW_FEATURES = 4
CENTRE_ROWS = 2_048
# Points beyond this, or all below its inverse, are scaled before their squares are taken.
LARGEST = 2.0**300

# Receives the positions of some rows and, for each, all points from the nearest to itself.
UseOrder = Callable[[slice, NDArray[np.intp]], None]


class Space:
    r"""Points whose neighbours can be ranked by Euclidean distance.

    Up to 4,096 points, distances are float64, from :math:`|x|^2 + |y|^2 - 2 x \cdot y` after a shift
    to the median of the points, so that an offset or an outlier costs no digits, and a scaling by a
    power of two, so that nothing overflows. Points at exactly the same distance are ordered as
    ``numpy.argsort`` leaves them, as in scikit-learn.

    More points are not sorted but counted (:mod:`nbembed.metrics.counting`); of those at exactly
    the same distance, the one of the smaller index is nearer.

    Parameters
    ----------
    points
        Finite numbers, shape (n_samples, n_features).

    Attributes
    ----------
    unit : float
        What the points were divided by, a power of two: 1 unless their squares do not fit float64.
    """

    def __init__(self, points: NDArray[Any]) -> None:
        self.points, self.unit = _within_range(_as_floats(points))
        self.n = len(points)
        step = max(1, self.n // CENTRE_ROWS)
        self.scale = _power_of_two(self.points)
        self._centre = np.zeros(self.points.shape[1])
        self._centre = np.median(self.shifted(self.points[::step]), axis=0)

    def nearest(self, rows: NDArray[np.intp], n_neighbors: int) -> NDArray[np.intp]:
        """Return the nearest other points of ``rows``, shape (len(rows), n_neighbors)."""
        if self.points.shape[1] > FEW_FEATURES:
            return self.rank(rows, n_neighbors)[0]
        shifted = self.shifted(self.points)
        found: Any = KDTree(shifted).query(shifted[rows], k=n_neighbors + 1)[1]
        is_self = found == rows[:, None]
        # Among many copies of one point, the point itself may not be found.
        is_self[~is_self.any(axis=1), -1] = True
        return found[~is_self].reshape(len(rows), n_neighbors)

    def rank(
        self,
        rows: NDArray[np.intp],
        n_neighbors: int,
        targets: NDArray[np.intp] | None = None,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the nearest points of ``rows`` and the ranks of ``targets``, the nearest being 1.

        Parameters
        ----------
        rows
            Which points to look from.
        n_neighbors
            How many nearest points to return.
        targets
            For each of ``rows``, the points to rank. None ranks none.

        Returns
        -------
        nearest : ndarray of shape (len(rows), n_neighbors)
        ranks : ndarray of the shape of ``targets``
        """
        wanted = np.empty((len(rows), 0), dtype=np.intp) if targets is None else targets
        wanted = np.ascontiguousarray(wanted, dtype=np.intp)
        if self.n > MAX_SORTED_ROWS and max(n_neighbors, wanted.shape[1]) <= MAX_COUNTED:
            return self._count(np.ascontiguousarray(rows, dtype=np.intp), n_neighbors, wanted)
        nearest = np.empty((len(rows), n_neighbors), dtype=np.intp)
        ranks = np.empty(wanted.shape, dtype=np.intp)

        def use(part: slice, order: NDArray[np.intp]) -> None:
            nearest[part] = order[:, :n_neighbors]
            if wanted.shape[1]:
                inverse = _inverse(order, np.dtype(np.int64))
                ranks[part] = np.take_along_axis(inverse, wanted[part], axis=1)

        self.each_order(rows, use)
        return nearest, ranks

    def rank_table(self, rows: NDArray[np.intp]) -> NDArray[np.unsignedinteger[Any]]:
        """Return the rank of every point as seen from ``rows``, shape (len(rows), n_samples)."""
        dtype = rank_dtype(self.n)
        table = np.empty((len(rows), self.n), dtype=dtype)

        def use(part: slice, order: NDArray[np.intp]) -> None:
            table[part] = _inverse(order, dtype)

        self.each_order(rows, use)
        return table

    def each_order(self, rows: NDArray[np.intp], use: UseOrder) -> None:
        """Sort all points as seen from each of ``rows``; blocks run side by side."""

        def work(first: int, last: int) -> None:
            place = first
            for order in self.orders(rows[first:last]):
                use(slice(place, place + len(order)), order)
                place += len(order)

        each_block(len(rows), block_rows(8 * self.n), work)

    def orders(self, block: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """Return all points from the nearest to itself, as seen from each of ``block``, some rows at a time."""
        distances = self.squared_distances(block)
        distances[np.arange(len(block)), block] = np.inf
        for start in range(0, len(block), SORT_ROWS):
            yield np.argsort(distances[start : start + SORT_ROWS], axis=1)

    def squared_distances(self, block: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return squared distances times ``scale`` squared, in the points' unit, shape (len(block), n_samples)."""
        seen_from = self.shifted(self.points[block])
        squares = np.einsum("ij,ij->i", seen_from, seen_from)
        distances = np.empty((len(block), self.n))
        for start in range(0, self.n, COLUMN_BLOCK):
            others = self.shifted(self.points[start : start + COLUMN_BLOCK])
            part = distances[:, start : start + COLUMN_BLOCK]
            if others.shape[1] <= FEW_FEATURES:
                part[:] = _sum_of_squares(seen_from, others)
            else:
                np.matmul(seen_from, others.T, out=part)
                part *= -2.0
                part += squares[:, None]
                part += np.einsum("ij,ij->i", others, others)
        return distances

    def _count(
        self, rows: NDArray[np.intp], n_neighbors: int, wanted: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return nearest points and ranks without sorting; blocks run side by side."""
        coarse, fine = self.coarse, Fine(self.points, self.scale**2)
        targets = Targets.room(wanted.shape, coarse.norms.dtype)
        share(len(rows), lambda first, last: sort_targets(first, last, fine, rows, wanted, targets))
        nearest = np.empty((len(rows), n_neighbors), dtype=np.intp)
        counts = np.zeros(wanted.shape, dtype=np.intp)
        few = self.points.shape[1] <= FEW_FEATURES

        def work(first: int, last: int) -> None:
            block = rows[first:last]
            own = targets.part(first, last)
            rest = (coarse, fine, block, own, nearest[first:last], counts[first:last])
            if few:
                count_direct(*rest)
            else:
                count_products(coarse.samples[block] @ coarse.samples.T, *rest)

        if not few and n_neighbors == 0 and np.array_equal(rows, np.arange(self.n)):
            self._count_squares(fine, targets, counts)
        else:
            each_block(len(rows), block_rows(coarse.samples.itemsize * self.n), work)
        ranks = np.empty_like(counts)
        np.put_along_axis(ranks, targets.place, counts + 1, axis=1)
        return nearest, ranks

    def _count_squares(self, fine: Fine, targets: Targets, counts: NDArray[np.intp]) -> None:
        """Count for all points, using that the distance from i to j is that from j to i."""
        coarse = self.coarse
        starts = range(0, self.n, SQUARE)
        pairs = [(one, two) for one in starts for two in starts if one <= two]
        guard = threading.Lock()

        def work(first: int, last: int) -> None:
            for one, two in pairs[first:last]:
                products = coarse.samples[one : one + SQUARE] @ coarse.samples[two : two + SQUARE].T
                spans = [(one, two, products)]
                if one != two:
                    spans.append((two, one, np.ascontiguousarray(products.T)))
                for start, column, part in spans:
                    own = np.zeros((len(part), counts.shape[1]), dtype=np.intp)
                    count_span(part, coarse, fine, start, column, targets, own)
                    # Other threads count other columns of these rows.
                    with guard:
                        counts[start : start + len(part)] += own

        each_block(len(pairs), 1, work)

    @cached_property
    def coarse(self) -> Coarse:
        """The points around their centre: float32 for products, float64 for direct differences."""
        if self.points.shape[1] <= FEW_FEATURES:
            return prepared(self.shifted(self.points))
        samples = np.empty(self.points.shape, dtype=np.float32)
        for start in range(0, self.n, COLUMN_BLOCK):
            part = slice(start, start + COLUMN_BLOCK)
            samples[part] = self.shifted(self.points[part])
        return prepared(samples)

    def shifted(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Return points as float64, scaled below 1 and around the centre."""
        shifted = np.multiply(points, self.scale, dtype=np.float64)
        shifted -= self._centre
        return shifted


def as_points(X: Any) -> NDArray[Any]:
    """Return checked data in the precision it came in, which ``check_data`` reduces to float32."""
    # Only what is certainly fine passes here; everything else gets a message, or is converted.
    if _is_table(X) and (X.dtype.kind != "f" or np.isfinite(X).all()):
        return X
    checked = check_data(X)
    values = X.to_numpy() if hasattr(X, "to_numpy") else X
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return values
    return checked


def check_neighborhood(n_neighbors: Any, n_samples: int) -> None:
    """Raise unless ranks beyond ``n_neighbors`` can be told from those within."""
    check_number("n_neighbors", n_neighbors, low=1, integer=True)
    if not 2 * n_neighbors < n_samples:
        raise InvalidInputError(
            f"n_neighbors must be less than half the rows, {n_samples} / 2, got {n_neighbors}; "
            "take fewer neighbours or more rows"
        )


def sampled_rows(
    n_samples: int, sample: int | None, random_state: Any, *, room: int | None = None
) -> NDArray[np.intp]:
    """Return the rows to look at, ascending, at most ``room``; all where ``sample`` allows."""
    if sample is None:
        sample = n_samples if n_samples <= MAX_EXACT_ROWS else SAMPLE_ROWS
    check_number("sample", sample, low=1, integer=True)
    size = min(int(sample), n_samples, n_samples if room is None else room)
    if size == n_samples:
        return np.arange(n_samples)
    generator = np.random.default_rng(check_seed(random_state))
    return np.sort(generator.choice(n_samples, size=size, replace=False))


def rank_dtype(n_samples: int) -> np.dtype[np.unsignedinteger[Any]]:
    """Return the smallest integers that hold every rank among ``n_samples`` points."""
    return np.dtype(np.uint16 if n_samples <= np.iinfo(np.uint16).max else np.uint32)


def _is_table(X: Any) -> bool:
    shape_is_fine = isinstance(X, np.ndarray) and X.ndim == 2 and len(X) > 1 and X.shape[1] > 0  # noqa: PLR2004
    return shape_is_fine and X.dtype.kind in "iuf"


def _as_floats(points: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Return contiguous float32 that lost nothing, else float64."""
    dtype = np.result_type(points.dtype, np.float16)
    kept = np.float32 if dtype.itemsize <= np.dtype(np.float32).itemsize else np.float64
    return np.ascontiguousarray(points, dtype=kept)


def _within_range(
    points: NDArray[np.floating[Any]],
) -> tuple[NDArray[np.floating[Any]], float]:
    """Return points whose squares neither overflow nor vanish, and what they were divided by."""
    scale = _power_of_two(points)
    if LARGEST**-1 < scale < LARGEST:
        return points, 1.0
    return np.multiply(points, scale, dtype=np.float64), 1.0 / scale


def _power_of_two(points: NDArray[np.floating[Any]]) -> float:
    """Return the factor that brings points below 1 and rounds nothing."""
    largest = max(abs(float(points.max())), abs(float(points.min())))
    # 2**1000 is near what float64 can hold.
    return float(np.ldexp(1.0, min(1000, -int(np.frexp(largest)[1]))))


def _inverse(order: NDArray[np.intp], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the rank of every point, counted from 1, from the points in order."""
    ranks = np.empty(order.shape, dtype=dtype)
    counted = np.arange(1, order.shape[1] + 1, dtype=dtype)
    np.put_along_axis(ranks, order, counted[None], axis=1)
    return ranks


def _sum_of_squares(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return squared distances between the rows of ``a`` and of ``b``."""
    total = np.square(a[:, :1] - b[:, 0])
    for column in range(1, a.shape[1]):
        total += np.square(a[:, column : column + 1] - b[:, column])
    return total
