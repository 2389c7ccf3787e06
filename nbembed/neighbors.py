"""The k nearest neighbours of every sample, exact or approximate, and sparse graphs of them."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import in_background, lock, serial_blas, thread_count
from nbembed._types import Stage
from nbembed.errors import InvalidInputError

__all__ = ["Graph", "Neighbors", "nearest_neighbors", "search"]

# "auto" searches exactly up to this many rows: sooner done than loading a search library.
EXACT_LIMIT = 20_000
# Entries of one block of distances: 32 MB in float64.
BLOCK_ENTRIES = 1 << 22
# Candidates beyond k, so that rounding rarely leaves a doubt about the last ones.
MARGIN = 16
# Share of an approximate search that is its library's; the rest measures distances anew.
DESCENT_SHARE = 0.8

T = TypeVar("T")
Rows = NDArray[np.int64]
Found = tuple[NDArray[np.int32], NDArray[np.float64]]
Find = Callable[[Rows], Found]
Prepared = tuple[NDArray[Any], NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest neighbours of n samples, the sample itself excluded.

    Attributes
    ----------
    indices : ndarray of int32, shape (n, k)
    distances : ndarray of float32, shape (n, k)
        Ascending along each row, in the units of the metric.
    exact : bool
        Whether every neighbour is certainly among the k nearest.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    exact: bool


@dataclass(frozen=True, eq=False)
class Graph:
    """A weighted graph in compressed sparse rows, each row sorted by column.

    Symmetric graphs store both directions of an edge.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float32]

    @property
    def n(self) -> int:
        """Number of vertices."""
        return len(self.indptr) - 1

    def to_scipy(self) -> sparse.csr_matrix:
        """Return the graph as a scipy matrix that shares the weights."""
        return sparse.csr_matrix((self.weights, self.indices, self.indptr), shape=(self.n, self.n))

    @classmethod
    def from_scipy(cls, matrix: Any) -> Self:
        """Make a graph of a square scipy matrix; zeros and double entries are resolved."""
        rows = sparse.csr_matrix(matrix, copy=True)
        rows.sum_duplicates()
        rows.data = rows.data.astype(np.float32)
        # float32 numbers this small are slow to calculate with, and weigh nothing.
        rows.data[np.abs(rows.data) < np.float32(1e-30)] = 0.0
        rows.eliminate_zeros()
        rows.sort_indices()
        return cls(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data)


def nearest_neighbors(
    X: Any,
    *,
    n_neighbors: int,
    metric: str | Callable[..., float] = "euclidean",
    method: str = "auto",
    random_state: int = 0,
) -> Neighbors:
    """Return the nearest neighbours; :func:`search` to its end, with the same parameters.

    Examples
    --------
    >>> found = nearest_neighbors(np.array([[0.0], [1.0], [3.0]]), n_neighbors=1)
    >>> found.indices.ravel().tolist(), found.distances.ravel().tolist()
    ([1, 0, 1], [1.0, 1.0, 2.0])
    """
    stage = search(
        X, n_neighbors=n_neighbors, metric=metric, method=method, random_state=random_state
    )
    while True:
        try:
            next(stage)
        except StopIteration as end:
            return end.value


def search(
    X: Any,
    *,
    n_neighbors: int,
    metric: str | Callable[..., float] = "euclidean",
    method: str = "auto",
    random_state: int = 0,
) -> Stage[Neighbors]:
    """Search the nearest neighbours, yielding the finished fraction after each block of rows.

    Neither the neighbours nor a bit of their distances depend on the number of threads.

    Parameters
    ----------
    X
        Samples, dense or sparse; with ``metric="precomputed"`` their square distance matrix.
    n_neighbors
        Neighbours per sample, the sample itself not counted; in [1, n - 1].
    metric
        Any name that :func:`sklearn.metrics.pairwise_distances` knows, a function of two
        samples, or "precomputed".
    method
        "exact"; "approximate" (PyNNDescent on one thread, for the metrics it knows); "auto" is
        exact up to 20,000 rows.
    random_state
        Seed of the approximate search.

    Returns
    -------
    Neighbors
        As the value of the exhausted generator.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` or ``method`` is out of range, or a distance matrix is not square.
    """
    n = X.shape[0]
    _check(X, n_neighbors, metric, method)
    if sparse.issparse(X):
        X = sparse.csr_matrix(X)
    elif X.dtype != np.float64 or not X.flags.c_contiguous:
        X = np.ascontiguousarray(X, dtype=np.float64 if X.dtype == np.float64 else np.float32)
    find = _finder(X, n_neighbors, metric)
    if method == "approximate" or (method == "auto" and n > EXACT_LIMIT):
        named = yield from in_background(lambda: _is_known(metric))
        if named:
            return (yield from _approximate(X, n_neighbors, metric, random_state, find))
    size = BLOCK_ENTRIES // n if isinstance(metric, str) else 16
    indices, distances = yield from _by_blocks(find, np.arange(n), n_neighbors, size)
    return Neighbors(indices, distances, exact=True)


def _check(X: Any, n_neighbors: int, metric: Any, method: str) -> None:
    if not 1 <= n_neighbors < X.shape[0]:
        raise InvalidInputError(
            f"n_neighbors must be in [1, n - 1] = [1, {X.shape[0] - 1}], got {n_neighbors}; "
            "ask for fewer neighbours or give more rows"
        )
    if method not in ("auto", "exact", "approximate"):
        raise InvalidInputError(f'method must be "auto", "exact" or "approximate", got {method!r}')
    if isinstance(metric, str) and metric == "precomputed" and X.shape[0] != X.shape[1]:
        raise InvalidInputError(
            f'with metric="precomputed" X must be a square matrix of distances, got {X.shape}'
        )


# --------------------------------------------------------------------------- exact search


def _by_blocks(
    find: Find, rows: Rows, k: int, size: int
) -> Stage[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Apply ``find`` to fixed blocks of rows, several at once."""
    indices = np.empty((len(rows), k), dtype=np.int32)
    distances = np.empty((len(rows), k), dtype=np.float32)
    size = min(max(size, 16), 512)
    starts = range(0, len(rows), size)
    workers = thread_count()
    with ThreadPoolExecutor(workers) as pool:
        for first in range(0, len(starts), 2 * workers):
            batch = starts[first : first + 2 * workers]
            # The limit on BLAS is global to the process, so it never spans a yield.
            with serial_blas():
                results = pool.map(find, [rows[start : start + size] for start in batch])
                for start, (index, distance) in zip(batch, results, strict=True):
                    indices[start : start + size] = index
                    distances[start : start + size] = distance
            yield min(1.0, (batch[-1] + size) / len(rows))
    return indices, distances


def _finder(X: Any, k: int, metric: Any) -> Find:
    if isinstance(metric, str) and metric in ("euclidean", "l2") and not sparse.issparse(X):
        return _Euclidean(X, k)

    def find(rows: Rows) -> Found:
        distances = _metric_rows(X, rows, metric)
        distances[np.arange(len(rows)), rows] = np.inf
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        return _sorted(nearest, np.take_along_axis(distances, nearest, axis=1))

    return find


def _metric_rows(X: Any, rows: Rows, metric: Any) -> NDArray[np.float64]:
    from sklearn.metrics import pairwise_distances

    if isinstance(metric, str) and metric == "precomputed":
        block = X[rows]
        return np.array(block.toarray() if sparse.issparse(block) else block, dtype=np.float64)
    return np.array(pairwise_distances(X[rows], X, metric=metric), dtype=np.float64)


def _sorted(indices: NDArray[Any], distances: NDArray[np.float64]) -> Found:
    """Sort each row by distance, equal distances by index."""
    order = np.lexsort((indices, distances), axis=1)
    indices = np.take_along_axis(indices, order, axis=1).astype(np.int32)
    return indices, np.take_along_axis(distances, order, axis=1)


class _Euclidean:
    """Exact Euclidean neighbours of a block of rows.

    A matrix product proposes candidates, ``refine`` measures them by differences in float64, and
    an error bound of the product tells whether a neighbour can be missing. Rows where it can are
    searched again with a product in float64, and, where that is still too coarse, by differences
    to all samples.
    """

    def __init__(self, X: NDArray[Any], k: int) -> None:
        self.X, self.k = X, k
        self.n_candidates = min(len(X) - 1, k + MARGIN)
        self.everyone = np.arange(len(X))[None]
        self.mean = X.mean(axis=0, dtype=np.float64)
        reach = np.maximum(X.max(axis=0) - self.mean, self.mean - X.min(axis=0))
        self.scale = float(reach.max(initial=0.0)) or 1.0

    def __call__(self, rows: Rows) -> Found:
        indices, squared, settled = self._attempt(rows, self.coarse)
        again = np.flatnonzero(~settled)
        if len(again):
            indices[again], squared[again], settled = self._attempt(rows[again], self.fine)
            for at in again[~settled]:
                found = refine(self.X, rows[at : at + 1], self.everyone, self.k)
                indices[at], squared[at] = found[0][0], found[1][0]
        return indices, np.sqrt(squared)

    @cached_property
    def coarse(self) -> Prepared:
        return self._prepared(np.float32)

    @cached_property
    def fine(self) -> Prepared:
        return self._prepared(np.float64)

    def _prepared(self, dtype: type[np.floating[Any]]) -> Prepared:
        """Return the centred samples within [-1, 1], and their squared norms."""
        samples = ((self.X - self.mean) / self.scale).astype(dtype)
        return samples, np.einsum("ij,ij->i", samples, samples)

    def _attempt(
        self, rows: Rows, prepared: Prepared
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
        samples, norms = prepared
        squared = samples[rows] @ samples.T
        squared *= -2
        squared += norms
        squared += norms[rows, None]
        squared[np.arange(len(rows)), rows] = np.inf
        count = self.n_candidates
        order = np.argpartition(squared, count, axis=1)
        left_out = squared[np.arange(len(rows)), order[:, count]].astype(np.float64)
        indices, exact = refine(self.X, rows, order[:, :count], self.k)
        farthest = exact[:, -1] / self.scale**2
        # Rounding of a product of length D: D eps |x||y| (Higham 2002, eq. 3.5), and the norms'.
        unit = float(np.finfo(samples.dtype).eps)
        bound = (samples.shape[1] + 8) * unit * (norms[rows] + norms.max())
        settled = (farthest == 0) | (farthest <= left_out - bound)
        if samples.dtype == np.float64:
            # Neighbours that differ by less than this are ties.
            settled |= bound <= 1e-9 * farthest
        return indices, exact, settled


@numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract"})
def refine(X: NDArray[Any], rows: Rows, candidates: NDArray[Any], k: int) -> Found:
    """Return the k nearest candidates of each row and their squared distances.

    Candidates that are -1 or the row itself are passed over; places left free hold -1.
    """
    indices = np.full((len(rows), k), -1, dtype=np.int32)
    squared = np.full((len(rows), k), np.inf)
    for r in range(len(rows)):
        x = X[rows[r]]
        for j in candidates[r]:
            if j < 0 or j == rows[r]:
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


# --------------------------------------------------------------------- approximate search


def _is_known(metric: Any) -> bool:
    """Tell whether PyNNDescent has the metric; its import takes a second."""
    from pynndescent.distances import named_distances

    return isinstance(metric, str) and metric in named_distances


def _approximate(X: Any, k: int, metric: Any, random_state: int, find: Find) -> Stage[Neighbors]:
    candidates, measured = yield from in_background(lambda: _descend(X, k, metric, random_state))

    def measure(rows: Rows) -> Found:
        if isinstance(find, _Euclidean):
            indices, squared = refine(X, rows, candidates[rows], k)
            return indices, np.sqrt(squared)
        strange = (candidates[rows] < 0) | (candidates[rows] == rows[:, None])
        indices, distances = _sorted(
            np.where(strange, -1, candidates[rows]), np.where(strange, np.inf, measured[rows])
        )
        return indices[:, :k], distances[:, :k]

    indices, distances = yield from _rescaled(
        _by_blocks(measure, np.arange(X.shape[0]), k, size=512), DESCENT_SHARE
    )
    missing = np.flatnonzero((indices < 0).any(axis=1))
    if len(missing):
        indices[missing], distances[missing] = yield from _rescaled(
            _by_blocks(find, missing, k, BLOCK_ENTRIES // X.shape[0]), 1.0
        )
    return Neighbors(indices, distances, exact=False)


def _descend(X: Any, k: int, metric: Any, random_state: int) -> tuple[Any, Any]:
    from pynndescent import NNDescent

    if metric == "euclidean" and not sparse.issparse(X):
        # The library calculates in float32, where an offset of the data would cost digits.
        X = (X - X.mean(axis=0, dtype=np.float64)).astype(np.float32)
    with lock:
        # Its result depends on the number of threads, so that is pinned.
        index = NNDescent(X, n_neighbors=k + 1, metric=metric, random_state=random_state, n_jobs=1)
        indices, distances = cast("tuple[Any, Any]", index.neighbor_graph)
        return indices, distances


def _rescaled(stage: Stage[T], first: float) -> Generator[float, None, T]:
    """Pass on a stage whose fractions fill [first, 1]."""
    while True:
        try:
            fraction = next(stage)
        except StopIteration as end:
            return end.value
        yield first + (1.0 - first) * fraction
