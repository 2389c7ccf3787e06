"""Approximate Euclidean neighbours: cells of like samples, then neighbours of neighbours.

An inverted file as in Jégou, Douze & Schmid, "Product quantization for nearest neighbor search" (2011), whose cells
are searched by matrix products, and passes of neighbour descent (Dong, Moses & Li, "Efficient k-nearest neighbor
graph construction for generic similarity measures", 2011) on top. Everything is drawn from the seed and shared out
among threads in fixed blocks, so that the result depends on neither their number nor their speed.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import in_background, serial_blas, share, thread_count
from nbembed._types import Stage
from nbembed.neighbors.cells import Cells, sort_into_cells
from nbembed.neighbors.euclidean import Rows
from nbembed.neighbors.lists import improve, measure, nearest_by_product

__all__ = ["Lists", "inverted_search"]

# Cells that are searched for the samples of one.
PROBES = 32
# Candidates that are measured: half as many again as are asked for, and so many more.
EXTRA = 20
# Rows of one matrix product, cells between two signs of life, and rows of one pass between them.
PRODUCT_ROWS, CELLS_AT_ONCE, PASS_ROWS = 128, 32, 8_192
# Passes of neighbour descent: at least one, then as long as recall is below this and still grows by that much.
PASSES, ENOUGH, GROWTH = 6, 0.97, 0.01
# Neighbours of a sample that are asked for theirs.
ASKED = 10
# Shares of the time: the cells are found, they are searched, and each pass takes half of what is left.
SORTED, SEARCHED = 0.15, 0.6

Points = NDArray[np.float32]
Lists = tuple[NDArray[np.int32], Points]


def inverted_search(
    X: Points, k: int, random_state: int, recall: Callable[[Lists], float]
) -> Stage[Lists]:
    """Search neighbours, yielding the finished fraction.

    Parameters
    ----------
    X
        Samples, float32, shape (n, n_features); squared distances must be finite in float32.
    k
        Neighbours per sample.
    random_state
        Seed of the sample that the cells are made from.
    recall
        Tells which share of the nearest is in given lists. It is asked after each pass, whether
        another is worth while.

    Returns
    -------
    tuple of ndarray of int32 and ndarray of float32, both of shape (n, k)
        Neighbours, nearest first, without the sample itself, and their squared distances; -1 and
        infinity where there were not enough.
    """
    cells = yield from in_background(lambda: sort_into_cells(X, random_state))
    lists = yield from _search_cells(X, cells, k, k + k // 2 + EXTRA)
    done, before = SEARCHED, 0.0
    for _ in range(PASSES):
        lists = yield from _one_pass(X, cells, lists, done, (1.0 - done) / 2.0)
        done = (1.0 + done) / 2.0
        now = recall(lists)
        if now >= ENOUGH or now < before + GROWTH:
            break
        before = now
    return lists


def _search_cells(X: Points, cells: Cells, length: int, many: int) -> Stage[Lists]:
    """Fill lists with the nearest of ``many`` candidates, which a product chose from the cells near by."""
    indices = np.full((len(X), length), -1, dtype=np.int32)
    squared = np.full((len(X), length), np.inf, dtype=np.float32)
    in_order = cells.reduced[cells.order]
    norms = cells.norms[cells.order]
    near = cells.near(PROBES).tolist()
    starts: list[int] = cells.starts.tolist()

    def search(cell: int) -> None:
        first, last = starts[cell], starts[cell + 1]
        at = np.concatenate([np.arange(starts[c], starts[c + 1]) for c in near[cell]])
        others, names, sizes = in_order[at], cells.order[at], norms[at]
        for start in range(first, last, PRODUCT_ROWS):
            rows = slice(start, min(last, start + PRODUCT_ROWS))
            own = cells.order[rows]
            chosen = np.empty((len(own), many), dtype=np.int32)
            nearest_by_product(in_order[rows] @ others.T, sizes, names, own, chosen)
            measure(X, own, chosen, indices, squared)

    with ThreadPoolExecutor(thread_count()) as pool:
        for first in range(0, len(cells), CELLS_AT_ONCE):
            batch = range(first, min(len(cells), first + CELLS_AT_ONCE))
            # The limit on BLAS is global to the process, so it never spans a yield.
            with serial_blas():
                for _ in pool.map(search, batch):
                    pass
            yield SORTED + (SEARCHED - SORTED) * batch.stop / len(cells)
    return indices, squared


def _one_pass(X: Points, cells: Cells, before: Lists, done: float, part: float) -> Stage[Lists]:
    """Ask the neighbours of each sample for theirs."""
    after = np.empty_like(before[0]), np.empty_like(before[1])
    length = before[0].shape[1]
    asked, answers = min(ASKED, length), min(length, max(ASKED, length // 3))
    backward = _backward(before[0][:, :asked])
    for start in range(0, len(X), PASS_ROWS):
        rows = cells.order[start : start + PASS_ROWS]

        def work(first: int, last: int, rows: NDArray[np.int32] = rows) -> None:
            improve(X, cells.reduced, rows[first:last], before, after, backward, (asked, answers))

        share(len(rows), work)
        yield done + part * min(1.0, (start + PASS_ROWS) / len(X))
    return after


def _backward(nearest: NDArray[np.int32]) -> tuple[Rows, NDArray[np.int32]]:
    """Return, in compressed rows, for each sample those that have it among their nearest."""
    n, asked = nearest.shape
    targets = nearest.ravel()
    known = np.flatnonzero(targets >= 0)
    order = known[np.argsort(targets[known], kind="stable")]
    pointers = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(targets[known], minlength=n), out=pointers[1:])
    return pointers, (order // asked).astype(np.int32)
