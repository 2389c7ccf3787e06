"""One lock and one thread limit for all native code.

numba's ``workqueue`` layer, the only one that is always there, aborts the process when two
Python threads enter parallel code at once; a notebook kernel has several threads. So every
call of a numba-parallel function happens under :data:`lock`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

__all__ = ["lock", "serial_blas", "use_threads"]

lock = threading.RLock()


@contextmanager
def serial_blas() -> Iterator[None]:
    """Run BLAS and OpenMP on one thread, so that sums do not depend on the thread count.

    Parallelism comes from calling several fixed blocks at once instead.
    """
    with threadpool_limits(limits=1):
        yield


@contextmanager
def use_threads(n_jobs: int | None) -> Iterator[None]:
    """Let numba use at most ``n_jobs`` threads inside; None and -1 mean all it has."""
    if n_jobs is None or n_jobs < 1:
        yield
        return
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(min(n_jobs, numba.config.NUMBA_NUM_THREADS))
    try:
        yield
    finally:
        numba.set_num_threads(before)
