"""Fit a map of a memory map of 400 MB and place its rows; print the growth of anonymous memory in MB.

Pages of the file that the system keeps in memory while it has room are not counted: it gives them back.
"""

import sys
import threading
from pathlib import Path

import numpy as np

import nbembed as nb

N, D, K = 50_000, 2_000, 4


def anonymous():
    """Memory of this process that no file stands behind, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1e3


def main():
    file = Path(sys.argv[1])
    X = np.memmap(file, dtype=np.float32, mode="w+", shape=(N, D))
    X[::50] = np.random.default_rng(0).normal(size=(N // 50, D))
    X.flush()
    del X
    options = {"n_neighbors": K + 1, "hidden": (8,), "n_batches": 25, "device": "cpu"}
    small = np.random.default_rng(0).normal(size=(50, 8))
    nb.ParametricUMAP(**options, random_state=0).fit(small)
    # Neighbours on a ring: a search would hold the rows.
    indices = (np.arange(N)[:, None] + [-2, -1, 1, 2]) % N
    graph = (indices, np.ones((N, K)))
    X = np.memmap(file, dtype=np.float32, mode="r", shape=(N, D))
    before = peak = anonymous()
    done = threading.Event()

    def watch():
        nonlocal peak
        while not done.wait(0.005):
            peak = max(peak, anonymous())

    watcher = threading.Thread(target=watch)
    watcher.start()
    fitted = nb.ParametricUMAP(**options, graph=graph, random_state=0).fit(X)
    same = np.array_equal(fitted.transform(X), fitted.embedding_)
    done.set()
    watcher.join()
    print(round(peak - before), same)


if __name__ == "__main__":
    main()
