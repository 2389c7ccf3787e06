"""ParametricUMAP on 10,000 pictures of Fashion-MNIST: seconds of training, trustworthiness, speed of transform.

``python benchmarks/networks.py [--seeds 3] [--n-batches N] [--set name=value …]``

Training rows are 10,000 random ones of the 60,000, held-out rows the 10,000 of the official test set. Trustworthiness
(K = 15) is exact, of all 10,000 rows among themselves; beside it, as the prototypes measured, among 5,000 of them.
"""

import argparse
import ast
import json
import os
import time

import numpy as np

import nbembed as nb

TRAIN, ALL = 60_000, 70_000
WANTED_TRAIN, WANTED_HELD_OUT, WANTED_SECONDS = 0.975, 0.967, 60.0


def pictures(n_rows=10_000):
    """Return training rows, always the same, and held-out rows."""
    X, _ = nb.datasets.fashion_mnist(ALL)
    chosen = np.random.default_rng(0).permutation(TRAIN)[:n_rows]
    return X[chosen], X[TRAIN:]


def trust(X, Y):
    """Return trustworthiness of all rows (of more than 10,000, estimated on 2,000), and among 5,000 of them."""
    part = np.random.default_rng(1).permutation(len(X))[:5_000]
    found = (
        nb.metrics.trustworthiness(*pair, n_neighbors=15) for pair in ((X, Y), (X[part], Y[part]))
    )
    return [round(float(value), 4) for value in found]


def timed(estimator, X):
    """Fit, and return the seconds before the first map and from it to the end, wall and CPU."""
    began, prepared = time.perf_counter(), None
    cpu = 0.0
    run = estimator.run(X)
    for frame in run:
        if not frame.is_stage and prepared is None:
            prepared, cpu = time.perf_counter(), time.process_time()
    ended = time.perf_counter()
    estimator.keep(run)
    return prepared - began, ended - prepared, time.process_time() - cpu


def measure(seed, X, held_out, options):
    """Return what one seed gives."""
    estimator = nb.ParametricUMAP(device="cpu", n_jobs=1, random_state=seed, **options)
    preparing, training, cpu = timed(estimator, X)
    began = time.perf_counter()
    places = estimator.transform(held_out)
    placing = time.perf_counter() - began
    singles = []
    for row in held_out[:50]:
        began = time.perf_counter()
        estimator.transform(row[None])
        singles.append(time.perf_counter() - began)
    return {
        "seed": seed,
        "preparing_s": round(preparing, 1),
        "training_s": round(training, 1),
        "training_cpu_s": round(cpu, 1),
        "train": trust(X, estimator.embedding_),
        "held_out": trust(held_out, places),
        "transform_10k_s": round(placing, 3),
        "transform_one_ms": round(1e3 * float(np.median(singles)), 2),
        "loss": round(estimator.loss_, 4),
    }


def main():
    """Print one line for each seed, and whether the goal is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--set", action="append", default=[], metavar="name=value")
    arguments = parser.parse_args()
    options = {}
    for pair in arguments.set:
        name, _, value = pair.partition("=")
        try:
            options[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            options[name] = value
    X, held_out = pictures()
    print(json.dumps({"cores": len(os.sched_getaffinity(0)), **options}), flush=True)
    for seed in range(arguments.first, arguments.first + arguments.seeds):
        found = measure(seed, X, held_out, options)
        reached = (
            found["train"][0] >= WANTED_TRAIN
            and found["held_out"][0] >= WANTED_HELD_OUT
            and found["training_s"] <= WANTED_SECONDS
        )
        print(json.dumps(found | {"reached": reached}), flush=True)


if __name__ == "__main__":
    main()
