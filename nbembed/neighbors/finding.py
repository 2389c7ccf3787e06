"""The search: neighbours of every sample among the others."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import in_background, lock, serial_blas, thread_count
from nbembed._types import Stage
from nbembed.errors import InvalidInputError
from nbembed.neighbors.euclidean import Euclidean, Found, Rows, centred, refine
from nbembed.neighbors.graph import Neighbors

__all__ = ["by_blocks", "descent", "finished", "is_known", "nearest_neighbors", "ordered", "search"]

# "auto" searches exactly up to this many rows: sooner done than loading a search library.
EXACT_LIMIT = 20_000
# Entries of one block of distances: 32 MB in float64.
BLOCK_ENTRIES = 1 << 22
# Share of an approximate search that is its library's; the rest measures distances anew.
DESCENT_SHARE = 0.8

T = TypeVar("T")
Find = Callable[[Rows], Found]


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
    return finished(
        search(X, n_neighbors=n_neighbors, metric=metric, method=method, random_state=random_state)
    )


def finished(stage: Stage[T]) -> T:
    """Run a stage to its end and return its result."""
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
        named = yield from in_background(lambda: is_known(metric))
        if named:
            return (yield from _approximate(X, n_neighbors, metric, random_state, find))
    size = BLOCK_ENTRIES // n if isinstance(metric, str) else 16
    indices, distances = yield from by_blocks(find, np.arange(n), n_neighbors, size)
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


def by_blocks(
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
        return Euclidean(X, k)

    def find(rows: Rows) -> Found:
        distances = _metric_rows(X, rows, metric)
        distances[np.arange(len(rows)), rows] = np.inf
        nearest = np.argpartition(distances, k - 1, axis=1)[:, :k]
        return ordered(nearest, np.take_along_axis(distances, nearest, axis=1))

    return find


def _metric_rows(X: Any, rows: Rows, metric: Any) -> NDArray[np.float64]:
    from sklearn.metrics import pairwise_distances

    if isinstance(metric, str) and metric == "precomputed":
        block = X[rows]
        return np.array(block.toarray() if sparse.issparse(block) else block, dtype=np.float64)
    return np.array(pairwise_distances(X[rows], X, metric=metric), dtype=np.float64)


def ordered(indices: NDArray[Any], distances: NDArray[np.float64]) -> Found:
    """Sort each row by distance, equal distances by index."""
    order = np.lexsort((indices, distances), axis=1)
    indices = np.take_along_axis(indices, order, axis=1).astype(np.int32)
    return indices, np.take_along_axis(distances, order, axis=1)


# --------------------------------------------------------------------- approximate search


def is_known(metric: Any) -> bool:
    """Tell whether PyNNDescent has the metric; its import takes a second."""
    from pynndescent.distances import named_distances

    return isinstance(metric, str) and metric in named_distances


def _approximate(X: Any, k: int, metric: Any, random_state: int, find: Find) -> Stage[Neighbors]:
    candidates, measured = yield from in_background(lambda: _descend(X, k, metric, random_state))

    def measure(rows: Rows) -> Found:
        if isinstance(find, Euclidean):
            indices, squared = refine(X, X[rows], rows, candidates[rows], k)
            return indices, np.sqrt(squared)
        strange = (candidates[rows] < 0) | (candidates[rows] == rows[:, None])
        indices, distances = ordered(
            np.where(strange, -1, candidates[rows]), np.where(strange, np.inf, measured[rows])
        )
        return indices[:, :k], distances[:, :k]

    indices, distances = yield from _rescaled(
        by_blocks(measure, np.arange(X.shape[0]), k, size=512), DESCENT_SHARE
    )
    missing = np.flatnonzero((indices < 0).any(axis=1))
    if len(missing):
        indices[missing], distances[missing] = yield from _rescaled(
            by_blocks(find, missing, k, BLOCK_ENTRIES // X.shape[0]), 1.0
        )
    return Neighbors(indices, distances, exact=False)


def _descend(X: Any, k: int, metric: Any, random_state: int) -> tuple[Any, Any]:
    if metric == "euclidean" and not sparse.issparse(X):
        # The library calculates in float32, where an offset of the data would cost digits.
        X = centred(X, X.mean(axis=0, dtype=np.float64), 1.0, np.float32)
    with lock:
        return cast("tuple[Any, Any]", descent(X, k, metric, random_state).neighbor_graph)


def descent(X: Any, k: int, metric: Any, random_state: int) -> Any:
    """Return PyNNDescent's index of ``X``; call it, and use the index, while holding ``lock``."""
    from pynndescent import NNDescent

    # Its result depends on the number of threads, so that is pinned.
    return NNDescent(X, n_neighbors=k + 1, metric=metric, random_state=random_state, n_jobs=1)


def _rescaled(stage: Stage[T], first: float) -> Generator[float, None, T]:
    """Pass on a stage whose fractions fill [first, 1]."""
    while True:
        try:
            fraction = next(stage)
        except StopIteration as end:
            return end.value
        yield first + (1.0 - first) * fraction
