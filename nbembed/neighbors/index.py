"""Samples in which rows that are not among them can be looked up."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError
from nbembed.neighbors.euclidean import Rows
from nbembed.neighbors.finding import BLOCK_ENTRIES, EXACT_LIMIT, by_blocks, finished, is_known
from nbembed.neighbors.graph import Neighbors
from nbembed.neighbors.ways import BY_PRODUCT, Descent, Given, Measured, Product, Way, is_metric

__all__ = ["Index", "content_keys"]

# Matrix products search exactly up to this many samples.
PRODUCT_LIMIT = 200_000
# Copies of the samples outlast a rest up to this many bytes.
KEPT_BYTES = 64_000_000
# Rows looked up together, and with a function as metric, which is slow.
BLOCK_ROWS, SLOW_ROWS = 128, 16
# Constants of the hash of a row: those of SplitMix64 (Steele, Lea & Flood 2014, fig. 11).
FIRST, SECOND = np.uint64(0xBF58_476D_1CE4_E5B9), np.uint64(0x94D0_49BB_1331_11EB)
GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
S27, S30, S31 = np.uint64(27), np.uint64(30), np.uint64(31)

Points = NDArray[np.float32]
Keys = NDArray[np.uint64]


class Index:
    """Samples in which new rows can be looked up.

    What is found for a row depends on that row alone, to the bit: not on the rows it comes with,
    nor on the number of threads.

    Parameters
    ----------
    X
        Samples, shape (n, n_features), float32; with ``metric="precomputed"`` anything of n rows.
    metric
        As for :func:`nbembed.neighbors.search`; with "precomputed" a row to look up holds its
        distances to the n samples.
    random_state
        Seed of the approximate search.
    """

    def __init__(self, X: Points, *, metric: Any = "euclidean", random_state: int = 0) -> None:
        self.X, self.metric, self.random_state = X, metric, random_state
        self._way: Way | None = None
        self._table: tuple[Keys, Rows] | None = None

    def nearest(self, rows: Points, n_neighbors: int, *, own: Rows | None = None) -> Neighbors:
        """Return the samples nearest to each of ``rows``, equal distances ordered by index.

        The search is exact up to 200,000 samples for Euclidean and cosine distance, up to 20,000
        for the other metrics, and always for those PyNNDescent does not know. Otherwise
        PyNNDescent's index is built at the first call, which can take as long as a fit.

        Parameters
        ----------
        rows
            Shape (m, n_features), float32.
        n_neighbors
            At most the number of samples, less one with ``own``.
        own
            The sample that each row is, which is then left out; None for new rows.

        Raises
        ------
        InvalidInputError
            If there are fewer samples than ``n_neighbors``.
        """
        most = len(self.X) - (own is not None)
        if not 1 <= n_neighbors <= most:
            raise InvalidInputError(
                f"n_neighbors must be in [1, {most}], the number of other samples, got {n_neighbors}"
            )
        mine = np.full(len(rows), -1, dtype=np.int64) if own is None else own
        way = self._way = self._suitable(n_neighbors)
        limit = BLOCK_ROWS if isinstance(self.metric, str) else SLOW_ROWS
        stage = by_blocks(
            lambda at: way(rows[at], mine[at], n_neighbors),
            np.arange(len(rows)),
            n_neighbors,
            min(limit, BLOCK_ENTRIES // len(self.X)),
        )
        indices, distances = finished(stage)
        return Neighbors(indices, distances, exact=way.exact)

    def equal(self, rows: Points) -> Rows:
        """Return for each row the first sample that equals it, -1 where none does.

        With ``metric="precomputed"`` it is the first sample at distance 0.
        """
        if is_metric(self.metric, "precomputed"):
            at = (rows == 0).argmax(axis=1)
            return np.where(rows[np.arange(len(rows)), at] == 0, at, -1)
        if self._table is None:
            keys = content_keys(self.X)
            order = np.argsort(keys, kind="stable")
            self._table = keys[order], order
        return _equal(self.X, rows, content_keys(rows), *self._table)

    def rest(self) -> None:
        """Drop the copies that were made for the search, if they are large."""
        if isinstance(self._way, Product) and self.X.nbytes > KEPT_BYTES:
            self._way = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: not what can be made again from the samples."""
        return {**self.__dict__, "_way": None, "_table": None}

    def _suitable(self, k: int) -> Way:
        """Return the way that is kept, or a new one."""
        way, n = self._way, len(self.X)
        if way is not None and not (isinstance(way, Descent) and way.k < k):
            return way
        if is_metric(self.metric, "precomputed"):
            return Given()
        by_product = is_metric(self.metric, *BY_PRODUCT)
        if n > (PRODUCT_LIMIT if by_product else EXACT_LIMIT) and is_known(self.metric):
            return Descent(self.X, self.metric, k, self.random_state)
        return Product(self.X, self.metric) if by_product else Measured(self.X, self.metric)


def content_keys(rows: Points) -> Keys:
    """Return a hash of the numbers of each row; 0 and -0 are the same number."""
    return _keys(np.ascontiguousarray(rows))


@numba.njit(nogil=True, cache=True)
def _keys(rows: Points) -> Keys:
    keys = np.empty(len(rows), dtype=np.uint64)
    one = np.empty(1, dtype=np.float32)
    bits = one.view(np.uint32)
    for i in range(len(rows)):
        key = GOLDEN
        for value in rows[i]:
            one[0] = value + np.float32(0.0)
            key = (key ^ np.uint64(bits[0])) * FIRST
            key ^= key >> S31
        key = (key ^ (key >> S30)) * SECOND
        keys[i] = key ^ (key >> S27)
    return keys


@numba.njit(nogil=True, cache=True)
def _equal(X: Points, rows: Points, keys: Keys, table: Keys, order: Rows) -> Rows:
    """Look the keys up in the sorted ``table``, and compare what has the same key number by number."""
    found = np.full(len(rows), -1, dtype=np.int64)
    for i in range(len(rows)):
        place = np.searchsorted(table, keys[i])
        while place < len(table) and table[place] == keys[i]:
            sample = order[place]
            same = True
            for t in range(rows.shape[1]):
                if rows[i, t] != X[sample, t]:
                    same = False
                    break
            if same:
                found[i] = sample
                break
            place += 1
    return found
