import os
import subprocess
import sys
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


def test_blas_is_limited_in_any_thread_and_gets_its_threads_back():
    before = blas_threads()
    seen = []

    def limited():
        with _threads.serial_blas(), _threads.serial_blas():
            seen.append(blas_threads())

    for _ in range(2):
        limited()
        thread = threading.Thread(target=limited)
        thread.start()
        thread.join()
    assert seen == [{1}] * 4
    assert blas_threads() == before


def test_two_threads_never_lift_each_others_limit():
    inside, seen = threading.Event(), []

    def first():
        with _threads.serial_blas():
            inside.set()
            time.sleep(0.1)

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(10)
    with _threads.serial_blas():
        thread.join()
        seen.append(blas_threads())
    assert seen == [{1}]


def test_work_in_the_background_shows_signs_of_life_and_keeps_the_thread_count():
    def work():
        time.sleep(0.5)
        return _threads.thread_count()

    with _threads.use_threads(3):
        stage = _threads.in_background(work)
        assert next(stage) == 0.0
        answer, beats = None, 1
        while answer is None:
            try:
                next(stage)
                beats += 1
            except StopIteration as end:
                answer = end.value
    assert answer == 3
    assert beats >= 2


FORK = """
import os, signal
from nbembed import _threads

def count_up():
    seen = []
    with _threads.use_threads(2):
        _threads.share(4, lambda first, last: seen.append(last - first))
    return sum(seen)

count_up()
child = os.fork()
if child == 0:
    signal.alarm(20)
    os._exit(count_up())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_works_instead_of_hanging():
    # In a process of its own: a fork leaves its mark on the parent's BLAS too.
    done = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"
