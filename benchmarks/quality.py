"""Quality measures: time and memory against scikit-learn, and whether a sample's interval holds.

``python benchmarks/quality.py [--only 10k|70k|sample]``, on Fashion-MNIST, which has to be on this
machine. The map is that of PCA: it is bad, so that false neighbours are far and take longest.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import nbembed as nb
from nbembed import metrics

SEEDS = range(20)


def pictures(n):
    """Return data, a map and classes."""
    X, y = nb.datasets.fashion_mnist(n)
    return X, PCA(2, random_state=0).fit_transform(X).astype(np.float64), y


def timed(function):
    """Return the seconds of a call, and what it returned."""
    began = time.perf_counter()
    result = function()
    return time.perf_counter() - began, result


def against_scikit_learn(repeat):
    """10,000 rows: both in turn, after a first call that compiles."""
    X, Y, _ = pictures(10_000)
    metrics.trustworthiness(X[:5000], Y[:5000])
    ours, theirs = [], []
    for _ in range(repeat):
        ours.append(timed(lambda: metrics.trustworthiness(X, Y)))
        theirs.append(timed(lambda: trustworthiness(X, Y, n_neighbors=15)))
    ratio = statistics.median(b[0] / a[0] for a, b in zip(ours, theirs, strict=True))
    print(f"10,000 x 784, exact, median of {repeat}")
    print(f"  nbembed      {statistics.median(a[0] for a in ours):6.2f} s  {ours[0][1]:.9f}")
    print(f"  scikit-learn {statistics.median(b[0] for b in theirs):6.2f} s  {theirs[0][1]:.9f}")
    print(f"  scikit-learn takes {ratio:.1f} times as long")


def exact_at_70k():
    """All rows, in a process of its own for its peak memory."""
    X, Y, _ = pictures(70_000)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    for measure in (metrics.trustworthiness, metrics.continuity):
        seconds, value = timed(lambda: measure(X, Y, sample=len(X)))  # noqa: B023
        print(f"70,000 x 784, exact {measure.__name__} {value:.6f}: {seconds:.0f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"  peak memory of the process {peak:.2f} GB, of which {before:.2f} GB before measuring")


def sampled_at_70k():
    """Samples of 2,000 rows: time, and how often the interval covers the exact value."""
    X, Y, y = pictures(70_000)
    metrics.trustworthiness(X[:5000], Y[:5000])
    exact = metrics.trustworthiness(X, Y, sample=len(X))
    found = [timed(lambda: metrics.trustworthiness(X, Y, random_state=s)) for s in SEEDS]  # noqa: B023
    covered = sum(low <= exact <= high for low, high in (score.interval for _, score in found))
    seconds = statistics.median(second for second, _ in found)
    print(f"70,000 x 784, sampled: {seconds:.2f} s, for example {found[0][1]!r}")
    print(f"  the exact value {exact:.6f} is in {covered} of {len(SEEDS)} intervals of 95 %")
    first, report = timed(lambda: metrics.report(X, Y, labels=y))
    again, _ = timed(lambda: metrics.report(X, Y, labels=y))
    print(f"  report: {first:.1f} s, again {again:.1f} s\n{report}")
    X, y = nb.datasets.digits()
    Y = PCA(2, random_state=0).fit_transform(X)
    seconds = min(timed(lambda: metrics.report(X, Y, labels=y))[0] for _ in range(3))
    print(f"digits: report {seconds:.2f} s")


def main():
    """Run one part, or each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("10k", "70k", "sample"))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    if not nb.datasets.has_fashion_mnist():
        print("skipped: Fashion-MNIST is not on this machine, see nbembed.datasets.fashion_mnist")
    elif options.only == "10k":
        against_scikit_learn(options.repeat)
    elif options.only == "70k":
        exact_at_70k()
    elif options.only == "sample":
        sampled_at_70k()
    else:
        for part in ("10k", "70k", "sample"):
            subprocess.run([sys.executable, __file__, "--only", part], check=True)


if __name__ == "__main__":
    main()
