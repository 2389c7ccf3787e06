import multiprocessing
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from nbembed import _threads


def blas_threads():
    np.ones((2, 2)) @ np.ones((2, 2))
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 7, None, -1])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 64])
def test_every_item_is_worked_on_once(n_jobs, count):
    seen = np.zeros(count, dtype=int)

    def work(first, last):
        seen[first:last] += 1

    with _threads.use_threads(n_jobs):
        _threads.share(count, work)
    assert (seen == 1).all()


def test_parts_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    with _threads.use_threads(2):
        _threads.share(2, lambda first, last: meeting.wait())


def test_an_error_in_any_part_is_raised():
    def work(first, last):
        if last == 4:
            raise ArithmeticError("last part")

    with _threads.use_threads(2), pytest.raises(ArithmeticError, match="last part"):
        _threads.share(4, work)


def test_the_number_of_threads_is_kept_to_the_block_and_the_thread(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert _threads.thread_count() == 1
    with _threads.use_threads(3):
        assert _threads.thread_count() == 3
        other = []
        thread = threading.Thread(target=lambda: other.append(_threads.thread_count()))
        thread.start()
        thread.join()
        assert other == [1]
    assert _threads.thread_count() == 1


def test_blas_gets_its_threads_back_when_the_last_user_leaves():
    before = blas_threads()
    first_in, first_out = threading.Event(), threading.Event()

    def first():
        with _threads.serial_blas():
            first_in.set()
            first_out.wait(10)

    thread = threading.Thread(target=first)
    thread.start()
    first_in.wait(10)
    with _threads.serial_blas():
        first_out.set()
        thread.join()
        assert blas_threads() == {1}
    assert blas_threads() == before


def _work_in_child(answers):
    answers.put(sum(_count_up()))


def _count_up():
    seen = []
    with _threads.use_threads(2):
        _threads.share(4, lambda first, last: seen.append(last - first))
    return seen


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="this system cannot fork"
)
def test_a_forked_child_works_instead_of_hanging():
    _count_up()
    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=_work_in_child, args=(answers,))
    child.start()
    end = time.monotonic() + 20
    while child.is_alive() and time.monotonic() < end:
        time.sleep(0.02)
    child.kill() if child.is_alive() else None
    assert child.exitcode == 0
    assert answers.get(timeout=5) == 4
