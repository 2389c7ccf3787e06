"""The search: neighbours of every sample among the others."""

import warnings
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import in_background, lock, serial_blas, thread_count
from nbembed._types import Stage
from nbembed.errors import InvalidInputError
from nbembed.neighbors.euclidean import Euclidean, Found, Rows, refine, unit_rows
from nbembed.neighbors.graph import Neighbors
from nbembed.neighbors.inverted import Lists, inverted_search

__all__ = ["by_blocks", "descent", "finished", "is_known", "nearest_neighbors", "ordered", "search"]

# "auto" searches exactly up to this many rows. Beyond it PyNNDescent takes half a minute to compile.
EXACT_LIMIT = 20_000
# The same where matrix products search: our own approximate search has little to compile.
PRODUCT_EXACT_LIMIT = 10_000
# Metrics that it knows, of dense samples.
BY_CELLS = ("euclidean", "l2", "sqeuclidean", "cosine")
# Rows that recall is estimated on: its standard error is below 0.01. Slow metrics have fewer.
RECALL_ROWS, SLOW_RECALL_ROWS = 128, 64
# Below this recall the user is told.
LOW_RECALL = 0.9
# Entries of one block of distances: 32 MB in float64.
BLOCK_ENTRIES = 1 << 22
# Share of an approximate search after which distances are measured anew.
SEARCH_SHARE = 0.9

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
        "exact"; "approximate": for dense samples and Euclidean or cosine distance
        :func:`~nbembed.neighbors.inverted.inverted_search`, else PyNNDescent on one thread where it
        knows the metric; "auto" is exact up to 10,000 and 20,000 rows respectively.
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
    by_cells = metric if metric in BY_CELLS and not sparse.issparse(X) else None
    limit = PRODUCT_EXACT_LIMIT if by_cells else EXACT_LIMIT
    if method == "approximate" or (method == "auto" and n > limit):
        if isinstance(by_cells, str):
            return (yield from _by_cells(X, n_neighbors, by_cells, random_state))
        named = yield from in_background(lambda: is_known(metric))
        if named:
            return (yield from _by_descent(X, n_neighbors, metric, random_state, find))
    size = BLOCK_ENTRIES // n if isinstance(metric, str) else 16
    indices, distances = yield from by_blocks(find, np.arange(n), n_neighbors, size)
    return Neighbors(indices, distances, exact=True, recall=1.0)


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


def _by_cells(X: Any, k: int, metric: str, random_state: int) -> Stage[Neighbors]:
    """Search by Euclidean distance, which the other metrics follow from."""
    find = Euclidean(unit_rows(X) if metric == "cosine" else X, k)
    sample = _sample(len(X), RECALL_ROWS, random_state)
    found = yield from _within(
        by_blocks(find, sample, k, BLOCK_ENTRIES // len(X)), 0.0, 1.0 - SEARCH_SHARE
    )
    farthest = found[1][:, -1:] * np.float32(1 + 1e-5)
    moderate = find.moderate
    # The search works on the samples themselves: no copy of a million rows is held beside them.
    find.rest()

    def measured(rows: Rows) -> Found:
        # Differences of float32 numbers are exact enough; those of rounded ones are not.
        if moderate is find.X:
            return lists[0][rows], np.sqrt(lists[1][rows])
        indices, squared = refine(find.X, find.X[rows], rows, lists[0][rows], k)
        return indices, np.sqrt(squared)

    def recall(now: Lists) -> float:
        nonlocal lists
        lists = now
        return float((measured(sample)[1] <= farthest).mean())

    lists: Lists
    searching = inverted_search(moderate, k, random_state, recall)
    lists = yield from _within(searching, 1.0 - SEARCH_SHARE, SEARCH_SHARE)
    indices, distances = yield from _completed(measured, find, len(X), k)
    share = float((distances[sample] <= farthest).mean())
    _warn_of(share, n_neighbors=k)
    if metric == "sqeuclidean":
        distances = distances**2
    elif metric == "cosine":
        distances = np.float32(0.5) * distances**2
    return Neighbors(indices, distances, exact=False, recall=share)


def _by_descent(X: Any, k: int, metric: Any, random_state: int, find: Find) -> Stage[Neighbors]:
    candidates, measured = yield from in_background(lambda: _descend(X, k, metric, random_state))

    def measure(rows: Rows) -> Found:
        strange = (candidates[rows] < 0) | (candidates[rows] == rows[:, None])
        indices, distances = ordered(
            np.where(strange, -1, candidates[rows]), np.where(strange, np.inf, measured[rows])
        )
        return indices[:, :k], distances[:, :k]

    indices, distances = yield from _completed(measure, find, X.shape[0], k)
    sample = _sample(X.shape[0], SLOW_RECALL_ROWS, random_state)
    farthest = find(sample)[1][:, -1:]
    found = float((distances[sample] <= farthest * (1 + 1e-5)).mean())
    _warn_of(found, n_neighbors=k)
    return Neighbors(indices, distances, exact=False, recall=found)


def _completed(
    measure: Find, find: Find, n: int, k: int
) -> Stage[tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Measure all rows, and search exactly for those that have too few candidates."""
    indices, distances = yield from _within(
        by_blocks(measure, np.arange(n), k, size=512), SEARCH_SHARE, 1.0
    )
    missing = np.flatnonzero((indices < 0).any(axis=1))
    if len(missing):
        indices[missing], distances[missing] = yield from _within(
            by_blocks(find, missing, k, BLOCK_ENTRIES // n), 1.0, 1.0
        )
    return indices, distances


def _sample(n: int, most: int, random_state: int) -> Rows:
    return np.sort(np.random.default_rng(random_state).choice(n, min(n, most), replace=False))


def _warn_of(recall: float, *, n_neighbors: int) -> None:
    if recall < LOW_RECALL:
        warnings.warn(
            f"the approximate search found {recall:.0%} of the {n_neighbors} nearest neighbours: these data have "
            "more dimensions than it can follow; reduce them first (pca=50) or search exactly",
            stacklevel=2,
        )


def _descend(X: Any, k: int, metric: Any, random_state: int) -> tuple[Any, Any]:
    with lock:
        return cast("tuple[Any, Any]", descent(X, k, metric, random_state).neighbor_graph)


def descent(X: Any, k: int, metric: Any, random_state: int) -> Any:
    """Return PyNNDescent's index of ``X``; call it, and use the index, while holding ``lock``."""
    from pynndescent import NNDescent

    # Its result depends on the number of threads, so that is pinned.
    return NNDescent(X, n_neighbors=k + 1, metric=metric, random_state=random_state, n_jobs=1)


def _within(stage: Stage[T], first: float, last: float) -> Generator[float, None, T]:
    """Pass on a stage whose fractions fill [first, last]."""
    while True:
        try:
            fraction = next(stage)
        except StopIteration as end:
            return end.value
        yield first + (last - first) * fraction
