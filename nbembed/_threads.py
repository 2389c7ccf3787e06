"""How work is shared out among threads, so that no number depends on how many there are.

Compiled loops run without Python's lock on a pool of our own, each on a fixed part of the rows.
numba's own parallel loops are not used: its OpenMP threads spin while they wait, which costs several
times the time where cores are few and busy (a browser next to the kernel), and its ``workqueue``
threads abort the process when two Python threads enter at once.
"""

import os
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar

from nbembed._types import Stage

__all__ = [
    "in_background",
    "lock",
    "process_ends",
    "serial_blas",
    "share",
    "thread_count",
    "use_threads",
]

T = TypeVar("T")
# Seconds between two signs of life of work that cannot report how far it is.
HEARTBEAT = 0.2

# Held round calls into libraries that run numba-parallel code of their own (pynndescent).
lock = threading.RLock()

_chosen = threading.local()


class _Shared:
    """The pool of threads, and the turn to limit BLAS to one of them."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.pool: ThreadPoolExecutor | None = None
        self.blas = threading.RLock()
        self.libraries: Any = None
        self.modules = 0


_shared = _Shared()


def _forget() -> None:
    """Start afresh in a forked child, which has none of its parent's threads."""
    global _shared  # noqa: PLW0603
    _shared = _Shared()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def thread_count() -> int:
    """Return how many threads to use: of :func:`use_threads`, else as many as there are cores.

    ``OMP_NUM_THREADS`` is an upper bound, as it is for other numerical libraries.
    """
    chosen = getattr(_chosen, "count", None)
    if chosen is not None:
        return chosen
    bound = os.environ.get("OMP_NUM_THREADS", "")
    return min(_cores(), int(bound)) if bound.isdigit() and int(bound) > 0 else _cores()


@cache
def _cores() -> int:
    """Return how many cores the process may use; to ask the system takes a tenth of a millisecond."""
    from joblib import cpu_count

    return cpu_count()


@contextmanager
def use_threads(n_jobs: int | None) -> Generator[None]:
    """Use at most ``n_jobs`` threads inside; None and -1 mean all."""
    before = getattr(_chosen, "count", None)
    _chosen.count = None if n_jobs is None or n_jobs < 1 else n_jobs
    try:
        yield
    finally:
        _chosen.count = before


def share(count: int, work: Callable[[int, int], object]) -> None:
    """Call ``work(first, last)`` on contiguous parts of ``range(count)``, one part for each thread.

    ``work`` releases Python's lock (numba's ``nogil``) and writes to places of its own; what it
    computes for an item must not depend on the part the item is in.
    """
    n = min(thread_count(), count)
    if n <= 1:
        work(0, count)
        return
    bounds = [count * i // n for i in range(n + 1)]
    pool = _pool()
    own, *others = list(pairwise(bounds))
    waiting = [pool.submit(work, *part) for part in others]
    work(*own)
    for future in waiting:
        future.result()


def in_background(work: Callable[[], T]) -> Stage[T]:
    """Do work that does not report in a thread of its own, and yield 0 until it is done."""
    count = getattr(_chosen, "count", None)

    def counted() -> T:
        with use_threads(count):
            return work()

    pool = ThreadPoolExecutor(1)
    future: Future[T] = pool.submit(counted)
    pool.shutdown(wait=False)
    while not wait([future], timeout=HEARTBEAT).done:
        yield 0.0
    return future.result()


def _pool() -> ThreadPoolExecutor:
    with _shared.guard:
        if _shared.pool is None:
            _shared.pool = ThreadPoolExecutor(
                max_workers=max(1, (os.cpu_count() or 1)), thread_name_prefix="nbembed"
            )
        return _shared.pool


@contextmanager
def serial_blas() -> Generator[None]:
    """Run BLAS on one thread inside, so that its sums do not depend on the thread count.

    Parallelism comes from calling several fixed blocks at once instead. The limit belongs to the
    process, and threadpoolctl lets one thread at a time set it: others wait for their turn.
    """
    with _shared.blas, _blas_libraries().limit(limits=1, user_api="blas"):
        yield


def _blas_libraries() -> Any:
    """Return what limits BLAS; called with the turn. To look for libraries takes milliseconds."""
    # Modules bring libraries with them: without a new one there is no new library.
    if _shared.libraries is None or _shared.modules != len(sys.modules):
        from threadpoolctl import ThreadpoolController

        _shared.libraries = ThreadpoolController()
        _shared.modules = len(sys.modules)
    return _shared.libraries


def process_ends(error: BaseException) -> bool:
    """Return whether thread pools refuse work because the process ends: no fault of what was at work."""
    refused = "interpreter shutdown", "cannot schedule new futures after shutdown"
    return not threading.main_thread().is_alive() or any(words in str(error) for words in refused)
