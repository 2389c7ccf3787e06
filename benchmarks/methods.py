"""Ours against the reference implementations: time and quality, in turn, in one run.

``python benchmarks/methods.py [--rows 1797]`` uses the digits; with more rows Fashion-MNIST.
Every figure is the median of three runs after one that is not counted (compilation).
"""

import argparse
import statistics
import time

import numpy as np

import nbembed as nb


def peers():
    """Return name -> function from data to map, ours next to the peer it is compared with."""
    from openTSNE import TSNE
    from umap import UMAP

    return {
        "UMAP": (
            lambda X: nb.UMAP(random_state=0).fit_transform(X),
            lambda X: UMAP(random_state=0).fit_transform(X),
        ),
        "t-SNE": (
            lambda X: nb.TSNE(random_state=0).fit_transform(X),
            lambda X: np.asarray(TSNE(random_state=0, n_jobs=2).fit(X)),
        ),
    }


def measure(function, X):
    """Return the seconds of one call and its map."""
    began = time.perf_counter()
    embedding = function(X)
    return time.perf_counter() - began, np.asarray(embedding)


def main():
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1797)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    X, y = nb.datasets.digits() if options.rows <= 1797 else nb.datasets.fashion_mnist(options.rows)
    print(f"{len(X):,} x {X.shape[1]}, median of {options.repeat} after a first run")
    for name, pair in peers().items():
        first = [measure(function, X)[0] for function in pair]
        runs = [[measure(function, X) for function in pair] for _ in range(options.repeat)]
        for i, who in enumerate(("nbembed", "peer")):
            seconds = statistics.median(run[i][0] for run in runs)
            report = nb.metrics.report(X, runs[-1][i][1], labels=y)
            quality = ", ".join(f"{key} {value:.4f}" for key, value in report.items())
            print(f"{name:6} {who:8} first {first[i]:6.1f} s, then {seconds:6.2f} s | {quality}")
        ratio = statistics.median(run[1][0] / run[0][0] for run in runs)
        print(f"{name:6} the peer takes {ratio:.1f} times as long")


if __name__ == "__main__":
    main()
