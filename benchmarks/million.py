"""A million pictures: Fashion-MNIST enlarged by small deformations, on disk, embedded by UMAP.

``python benchmarks/million.py [--rows 1000000] [--data fashion.npy]``

The pictures are float32 in a file that is mapped into memory; it is made if it is not there (3.1 GB for a million) and
kept. Printed are the progress of every stage with what it took in memory, then seconds by stage, the most memory of the
process, and how many of the 15 neighbours the search has found and the map has kept, for 1,000 random rows. "Own"
memory is what no file stands behind: pages of the file that the system keeps while it has room are not part of it.
A line of JSON goes to ``out/million.jsonl``.
"""

import argparse
import json
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from deformed import enlarged
from measuring import HERE, machine

import nbembed as nb
from nbembed.neighbors import nearest_neighbors

SIDE, K, ASKED = 28, 15, 1_000
# What Linux calls the memory of a process.
FIELDS = {"own": "RssAnon", "resident": "VmRSS"}
# How much of a stage goes by before it is spoken of again.
EVERY = 0.1


class Memory:
    """The most memory of this process, own and with mapped files, in GB; looked at by a thread of its own."""

    def __init__(self, every=0.01):
        self.every, self.peak = every, dict.fromkeys(FIELDS, 0.0)
        self._done = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def now(self):
        """Return what is used now."""
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        found = dict(line.split(":", 1) for line in lines)
        used = {name: int(found[field].split()[0]) / 1e6 for name, field in FIELDS.items()}
        self.peak = {name: max(self.peak[name], value) for name, value in used.items()}
        return used

    def _watch(self):
        while not self._done.wait(self.every):
            self.now()

    def __enter__(self):
        self.now()
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._watcher.join()


class Told:
    """Prints how far each stage is, and adds up its seconds."""

    def __init__(self, memory):
        self.memory, self.seconds, self._name, self._next = memory, {}, "", 0.0
        self._last = time.perf_counter()

    def __call__(self, name, share):
        """Take note of the finished share of a stage, None where it is not known."""
        now = time.perf_counter()
        # The time since the last word belongs to the stage that was spoken of then.
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._last
        self._last = now
        begins = name != self._name
        if begins:
            self._name, self._next = name, 0.0
        if begins or (share is not None and share >= self._next):
            done = "" if share is None else f" {share:4.0%}"
            used = ", ".join(f"{key} {value:.2f} GB" for key, value in self.memory.now().items())
            print(f"  {name}{done}: {self.seconds.get(name, 0.0):.0f} s, {used}", flush=True)
            self._next = (share or 0.0) + EVERY


def pictures(path, rows, told, *, originals=60_000):
    """Return a memory map of so many pictures; they are made where the file is not there or holds fewer."""
    if path.exists():
        found = np.load(path, mmap_mode="r")
        if found.shape[1] == SIDE**2 and len(found) >= rows:
            return found[:rows]
    X, _ = nb.datasets.fashion_mnist(originals)
    enlarged(X, (SIDE, SIDE), rows, path=path, told=lambda share: told("pictures", share))
    return np.load(path, mmap_mode="r")


def embedded(X, told, **options):
    """Return a fitted UMAP and its neighbours, telling of every stage."""
    method = nb.UMAP(random_state=0, **options)
    run = method.run(X)
    for frame in run:
        told(frame.phase, frame.progress if frame.is_stage else frame.step / frame.n_steps)
    method.keep(run)
    return method, run.prepared.neighbors


def recalls(X, Y, found, seed=0):
    """Return the share of the true neighbours that the search found, and that the map kept, for some random rows."""
    rows = np.random.default_rng(seed).permutation(len(X))[:ASKED]
    k = found.indices.shape[1]
    true = exact(X, rows, k)
    pairs = {"search": found.indices[rows], "map": exact(Y, rows, k)}
    return {
        name: float(np.mean([np.isin(a, b).mean() for a, b in zip(true, seen, strict=True)]))
        for name, seen in pairs.items()
    }


def exact(X, rows, k, block=20_000):
    """Return the k nearest others of some rows, candidates of one block of all rows after the other."""
    nearest = np.full((len(rows), k), np.inf)
    indices = np.full((len(rows), k), -1)
    asked = np.asarray(X[np.sort(rows)], dtype=np.float64)[np.argsort(np.argsort(rows))]
    for start in range(0, len(X), block):
        part = np.asarray(X[start : start + block], dtype=np.float64)
        squared = (asked**2).sum(axis=1)[:, None] - 2 * asked @ part.T + (part**2).sum(axis=1)
        own = np.flatnonzero((rows >= start) & (rows < start + len(part)))
        squared[own, rows[own] - start] = np.inf
        both = np.hstack([nearest, squared])
        named = np.hstack([indices, np.tile(np.arange(start, start + len(part)), (len(rows), 1))])
        order = np.argpartition(both, k, axis=1)[:, :k]
        nearest, indices = (np.take_along_axis(each, order, axis=1) for each in (both, named))
    return indices


def measured(options):
    """Make the pictures, embed them, and return what was found."""
    with Memory() as memory:
        told = Told(memory)
        X = pictures(options.data, options.rows, told)
        # Compiling and libraries are no part of what the rows take.
        embedded(X[:500], Told(memory), n_epochs=2)
        nearest_neighbors(np.asarray(X[:500]), n_neighbors=5, method="approximate")
        before = memory.now()
        memory.peak = dict(before)
        told = Told(memory)
        method, found = embedded(X, told, n_epochs=options.steps)
        told("recall", None)
        peak = dict(memory.peak)
        recall = recalls(X, method.embedding_, found)
    size = X.size * X.itemsize / 1e9
    return {
        "rows": len(X),
        "columns": X.shape[1],
        "steps": options.steps,
        "data_gb": size,
        "seconds": told.seconds,
        "peak_gb": peak,
        "own_memory_per_data": (peak["own"] - before["own"]) / size,
        "recall": recall,
        "finite": bool(np.isfinite(method.embedding_).all()),
        "machine": machine(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def main():
    """Measure, print, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--data", type=Path, default=HERE / "out" / "fashion-million.npy")
    parser.add_argument("--steps", type=int, help="fewer epochs than UMAP takes; default its own")
    parser.add_argument("--file", type=Path, default=HERE / "out" / "million.jsonl")
    options = parser.parse_args()
    for path in (options.data, options.file):
        path.parent.mkdir(parents=True, exist_ok=True)
    found = measured(options)
    print(json.dumps(found, indent=1))
    with options.file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(found) + os.linesep)


if __name__ == "__main__":
    main()
