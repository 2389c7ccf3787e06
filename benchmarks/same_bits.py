"""The same seed gives the same bits: on 1 and 2 threads, in one call or step by step, compiled before or now.

``python benchmarks/same_bits.py [--rows 1797 20000 70000] [--steps 20]``

Every way is a process of its own. It prints a fingerprint of the affinities and of the map, and exits with 1 if any
two ways of the same method and rows differ. ``--steps`` takes fewer steps than a fit has.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time

import numpy as np
from measuring import data_of, environment, folder_of

import nbembed as nb

# Threads, whether each step is pulled and looked at, whether the compile cache is empty.
WAYS = (
    (1, False, False),
    (2, False, False),
    (1, True, False),
    (2, True, False),
    (2, False, True),
    (1, True, True),
)
METHODS = ("UMAP", "TSNE")


def fitted(method, X, seed, steps, threads, *, stepwise):
    """Return affinities and map of a fit, made in one call or by pulling and looking at every frame."""
    fewer = {}
    if steps:
        fewer = (
            {"n_epochs": steps}
            if method == "UMAP"
            else {"n_iter": steps, "early_exaggeration_iter": steps}
        )
    estimator = getattr(nb, method)(random_state=seed, n_jobs=threads, **fewer)
    if stepwise:
        run = estimator.run(X)
        for frame in run:
            if not frame.is_stage:
                _ = frame.embedding, frame.losses
        estimator.keep(run)
    else:
        estimator.fit(X)
    graph = estimator.graph_ if method == "UMAP" else estimator.affinities_
    return graph, estimator.embedding_


def fingerprint(*arrays):
    """Return a short hash of the bits of arrays."""
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:16]


def one(job):
    """Do one fit and print the fingerprints of its affinities and of its map."""
    X = np.load(job.pop("X"))
    graph, embedding = fitted(job.pop("method"), X, 0, job.pop("steps"), **job)
    graph = graph.tocsr()
    graph.sort_indices()
    edges = fingerprint(graph.indptr.astype(np.int64), graph.indices.astype(np.int64), graph.data)
    print(json.dumps([edges, fingerprint(embedding)]))


def in_a_process(job, threads, cache=None):
    """Return the fingerprints of a fit in a process of its own."""
    command = [sys.executable, "-W", "ignore", __file__, "--one", json.dumps(job)]
    done = subprocess.run(
        command, env=environment(threads, cache), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return tuple(json.loads(done.stdout.splitlines()[-1]))


def compare(method, X, steps):
    """Print the fingerprints of all ways; return whether they are equal."""
    found = set()
    with folder_of(X) as folder:
        for threads, stepwise, cold in WAYS:
            job = {
                "method": method,
                "X": str(folder / "X.npy"),
                "steps": steps,
                "threads": threads,
                "stepwise": stepwise,
            }
            began = time.perf_counter()
            with tempfile.TemporaryDirectory() as empty:
                bits = in_a_process(job, threads, empty if cold else None)
            found.add(bits)
            way = "step by step" if stepwise else "in one call"
            how = f"{threads} thread{'s' * (threads > 1)}, {way}, {'empty' if cold else 'usual'} cache"
            seconds = time.perf_counter() - began
            print(
                f"{method:5} {len(X):6,} {how:40} affinities {bits[0]}, map {bits[1]} ({seconds:.0f} s)",
                flush=True,
            )
    return len(found) == 1


def main():
    """Compare all ways; exit with 1 if bits differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_797, 20_000, 70_000])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one)
        return
    data = [found for found in map(data_of, options.rows) if found]
    differ = [
        f"{method} of {name}"
        for name, X, _ in data
        for method in options.methods
        if not compare(method, X, options.steps)
    ]
    if differ:
        sys.exit(f"the bits differ: {', '.join(differ)}")
    print("the same bits everywhere")


if __name__ == "__main__":
    main()
