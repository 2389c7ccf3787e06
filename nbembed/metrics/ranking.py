"""Orders of neighbours in the data and in the map, block by block."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nbembed._checks import check_data, check_number, check_seed
from nbembed._threads import serial_blas, thread_count
from nbembed.errors import InvalidInputError
from nbembed.transport import check_map

__all__ = ["SAMPLE_ROWS", "Pair", "Space", "sampled_rows"]

# Up to this many rows the default is all of them; above, a sample of SAMPLE_ROWS.
MAX_EXACT_ROWS = 10_000
SAMPLE_ROWS = 2_000
# Distances one thread holds at once (64 MB), and how many columns one matrix product makes.
BLOCK_SIZE = 8_388_608
COLUMN_BLOCK = 1_024
# Rows sorted at once: their orders take twice the memory of their distances.
SORT_ROWS = 16
MAX_WORKERS = 4
# Up to this many features, squared differences are summed directly, which cancels nothing, and a
# k-d tree finds the nearest.
FEW_FEATURES = 4
CENTRE_ROWS = 2_048

# Receives the positions of some rows and, for each, all points from the nearest to itself.
UseOrder = Callable[[slice, NDArray[np.intp]], None]


class Space:
    r"""Points whose neighbours can be ranked by Euclidean distance.

    Distances are float64, from :math:`|x|^2 + |y|^2 - 2 x \cdot y` after a shift to the median of
    the points, so that an offset or an outlier costs no digits, and a scaling by a power of two,
    so that nothing overflows. Points at exactly the same distance are ordered as ``numpy.argsort``
    leaves them, as in scikit-learn.

    Parameters
    ----------
    points
        Finite numbers, shape (n_samples, n_features).
    """

    def __init__(self, points: NDArray[Any]) -> None:
        self.points = points
        self.n = len(points)
        step = max(1, self.n // CENTRE_ROWS)
        largest = max(abs(float(points.max())), abs(float(points.min())))
        # A power of two, so that scaling rounds nothing; 2**1000 is near what float64 can hold.
        self._scale = float(np.ldexp(1.0, min(1000, -int(np.frexp(largest)[1]))))
        self._centre = np.zeros(points.shape[1])
        self._centre = np.median(self._shifted(points[::step]), axis=0)

    def nearest(self, rows: NDArray[np.intp], n_neighbors: int) -> NDArray[np.intp]:
        """Return the nearest other points of ``rows``, shape (len(rows), n_neighbors)."""
        if self.points.shape[1] > FEW_FEATURES:
            return self.rank(rows, n_neighbors)[0]
        shifted = self._shifted(self.points)
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
        nearest = np.empty((len(rows), n_neighbors), dtype=np.intp)
        ranks = np.empty(wanted.shape, dtype=np.intp)

        def use(part: slice, order: NDArray[np.intp]) -> None:
            nearest[part] = order[:, :n_neighbors]
            if wanted.shape[1]:
                inverse = _inverse(order, np.dtype(np.int64))
                ranks[part] = np.take_along_axis(inverse, wanted[part], axis=1)

        self._each_order(rows, use)
        return nearest, ranks

    def rank_table(self, rows: NDArray[np.intp]) -> NDArray[np.unsignedinteger[Any]]:
        """Return the rank of every point as seen from ``rows``, shape (len(rows), n_samples)."""
        dtype = rank_dtype(self.n)
        table = np.empty((len(rows), self.n), dtype=dtype)

        def use(part: slice, order: NDArray[np.intp]) -> None:
            table[part] = _inverse(order, dtype)

        self._each_order(rows, use)
        return table

    def _each_order(self, rows: NDArray[np.intp], use: UseOrder) -> None:
        """Sort all points as seen from each of ``rows``; blocks run side by side."""
        height = max(1, min(256, BLOCK_SIZE // self.n))

        def work(start: int) -> None:
            block = rows[start : start + height]
            distances = self._squared_distances(block)
            distances[np.arange(len(block)), block] = np.inf
            for i in range(0, len(block), SORT_ROWS):
                order = np.argsort(distances[i : i + SORT_ROWS], axis=1)
                use(slice(start + i, start + i + len(order)), order)

        workers = min(MAX_WORKERS, thread_count())
        with serial_blas(), ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(0, len(rows), height)))

    def _squared_distances(self, block: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return squared distances, up to one common factor, shape (len(block), n_samples)."""
        seen_from = self._shifted(self.points[block])
        squares = np.einsum("ij,ij->i", seen_from, seen_from)
        distances = np.empty((len(block), self.n))
        for start in range(0, self.n, COLUMN_BLOCK):
            others = self._shifted(self.points[start : start + COLUMN_BLOCK])
            part = distances[:, start : start + COLUMN_BLOCK]
            if others.shape[1] <= FEW_FEATURES:
                part[:] = _sum_of_squares(seen_from, others)
            else:
                np.matmul(seen_from, others.T, out=part)
                part *= -2.0
                part += squares[:, None]
                part += np.einsum("ij,ij->i", others, others)
        return distances

    def _shifted(self, points: NDArray[Any]) -> NDArray[np.float64]:
        """Return points as float64, scaled below 1 and around the centre."""
        shifted = np.multiply(points, self._scale, dtype=np.float64)
        shifted -= self._centre
        return shifted


class Pair:
    """Data, its map, and the rows to look at.

    Parameters
    ----------
    data, embedding
        The two spaces.
    rows
        The points to look from, ascending.
    n_neighbors
        Size of a neighbourhood.
    """

    def __init__(
        self, data: Space, embedding: Space, rows: NDArray[np.intp], n_neighbors: int
    ) -> None:
        self.data = data
        self.map = embedding
        self.rows = rows
        self.n = data.n
        self.n_neighbors = n_neighbors
        self._in_data: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None

    @classmethod
    def of(cls, X: Any, Y: Any, n_neighbors: int, sample: int | None, random_state: Any) -> "Pair":
        """Check the arguments of a measure and return what it works on."""
        points = as_points(X)
        embedding = check_map(Y)
        if len(embedding) != len(points):
            raise InvalidInputError(
                f"Y must have one row per row of X, {len(points)}, got {len(embedding)}; "
                "pass the map of these very rows"
            )
        check_neighborhood(n_neighbors, len(points))
        rows = sampled_rows(len(points), sample, random_state)
        return cls(Space(points), Space(embedding), rows, int(n_neighbors))

    def ranks_in_data(self) -> NDArray[np.intp]:
        """Return, for the nearest points in the map, their ranks in the data."""
        return self._look_at_data()[1]

    def ranks_in_map(self) -> NDArray[np.intp]:
        """Return, for the nearest points in the data, their ranks in the map."""
        return self.map.rank(self.rows, 0, self._look_at_data()[0])[1]

    def _look_at_data(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        if self._in_data is None:
            targets = self.map.nearest(self.rows, self.n_neighbors)
            self._in_data = self.data.rank(self.rows, self.n_neighbors, targets)
        return self._in_data


def as_points(X: Any) -> NDArray[Any]:
    """Return checked data in the precision it came in, which ``check_data`` reduces to float32."""
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
