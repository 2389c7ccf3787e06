"""EmbedWidget(X, labels=y).fit() on all of Fashion-MNIST: wall time, peak memory, quality.

``python benchmarks/fashion.py [--rows 70000] [--method umap]``
"""

import argparse
import resource
import time

import nbembed as nb


def main():
    """Print one line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--method", default="umap")
    options = parser.parse_args()
    X, y = nb.datasets.fashion_mnist(options.rows)
    began = time.perf_counter()
    widget = nb.EmbedWidget(X, labels=y, method=options.method, random_state=0).fit()
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{widget!r}: {seconds:.0f} s, peak memory {peak:.2f} GB")
    print(widget.metrics())


if __name__ == "__main__":
    main()
