"""How much memory the measures may take, and how rows become blocks of that size."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from nbembed._checks import check_number
from nbembed._threads import serial_blas, thread_count

__all__ = ["block_rows", "budget", "each_block", "memory_budget"]

T = TypeVar("T")

# Working memory of one call in bytes, data and maps not counted.
DEFAULT_BUDGET = 512_000_000
# So many blocks are worked on at once, whatever the number of cores; the budget is theirs together.
MAX_WORKERS = 8
# Higher blocks make a product of matrices no faster.
MAX_ROWS = 256

_chosen = threading.local()


@contextmanager
def memory_budget(n_bytes: float) -> Generator[None]:
    """Let the measures inside use at most about ``n_bytes`` of working memory.

    The default is 512 MB. It bounds blocks of distances, tables of ranks and lists of pairs, all
    threads together; the data, one copy of them in float32, and what is returned come on top. Less
    memory takes longer, and what cannot be done with it raises an error.

    Parameters
    ----------
    n_bytes
        Bytes, at least 1. A block never has less than one row.

    Examples
    --------
    >>> from nbembed import metrics
    >>> with metrics.memory_budget(100e6):
    ...     score = metrics.trustworthiness([[0.0], [1.0], [3.0]], [[0.0], [1.0], [3.0]], n_neighbors=1)
    >>> score
    1.0
    """
    check_number("n_bytes", n_bytes, low=1)
    before = budget()
    _chosen.n_bytes = int(n_bytes)
    try:
        yield
    finally:
        _chosen.n_bytes = before


def budget() -> int:
    """Return the bytes that the present thread may use."""
    return getattr(_chosen, "n_bytes", DEFAULT_BUDGET)


def block_rows(bytes_per_row: int) -> int:
    """Return how many rows of this size one block may have, the same on any number of cores."""
    return max(1, min(MAX_ROWS, budget() // (MAX_WORKERS * max(1, bytes_per_row))))


def each_block(count: int, size: int, work: Callable[[int, int], T]) -> list[T]:
    """Return ``work(first, last)`` of every block of ``size`` numbers below ``count``, in order.

    Several blocks run at once, with BLAS on one thread in each, so that no number depends on how
    many cores there are.
    """

    def block(first: int) -> T:
        return work(first, min(first + size, count))

    starts = range(0, count, size)
    with (
        serial_blas(),
        ThreadPoolExecutor(max(1, min(MAX_WORKERS, thread_count(), len(starts)))) as pool,
    ):
        return list(pool.map(block, starts))
