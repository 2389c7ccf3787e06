"""New rows on an existing map, ours against the reference implementations: quality, then time, in turn.

``python benchmarks/transform.py [--seeds 5] [--rows 10000]``. Quality: a fifth of the digits is held
out and placed on the map of the rest, once for each seed. Trustworthiness is that of the new rows'
neighbourhoods among the known rows; accuracy is the vote of the 10 nearest known points on the map.
Time: 1,000 new rows on a map of Fashion-MNIST (digits where it is missing), median of three runs
after one that is not counted.
"""

import argparse
import statistics
import time

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

import nbembed as nb
from nbembed.drift.measures import Ground

# Largest loss against the peer that is accepted, in trustworthiness and in accuracy.
MARGIN = 0.01


class Ours:
    """One of our estimators."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X):
        self.estimator.fit(X)
        return self.estimator.embedding_

    def place(self, X):
        return self.estimator.transform(X)


class UMAPLearn:
    """umap-learn; it forgets the embedding that it has seen last, so that nothing is remembered."""

    def __init__(self, seed):
        from umap import UMAP

        self.estimator = UMAP(random_state=seed)

    def fit(self, X):
        return self.estimator.fit(X).embedding_.copy()

    def place(self, X):
        return self.estimator.transform(X)


class OpenTSNE:
    """openTSNE on two threads; its transform moves the whole map to the origin, so it is read anew."""

    def __init__(self, seed):
        from openTSNE import TSNE

        self.estimator = TSNE(random_state=seed, n_jobs=2)

    def fit(self, X):
        self.map = self.estimator.fit(X)
        self.map -= (self.map.max(axis=0) + self.map.min(axis=0)) / 2
        return np.array(self.map)

    def place(self, X):
        return np.array(self.map.transform(X))


def contenders(seed):
    """Return name -> ours and the peer, not fitted."""
    return {
        "t-SNE": (Ours(nb.TSNE(random_state=seed)), OpenTSNE(seed)),
        "UMAP": (Ours(nb.UMAP(random_state=seed)), UMAPLearn(seed)),
    }


def quality(contender, known, new, label, truth):
    """Return trustworthiness and accuracy of new rows on a fresh map."""
    embedding = contender.fit(known).astype(np.float64)
    places = contender.place(new).astype(np.float64)
    ground = Ground(known, embedding, metric="euclidean", n_neighbors=15)
    trust = ground.look(new, places).trust.mean()
    return trust, KNeighborsClassifier(10).fit(embedding, label).score(places, truth)


def compare_quality(n_seeds):
    """Print a line for each method and contender; return what is worse than it may be."""
    X, y = nb.datasets.digits()
    scores = {}
    for seed in range(n_seeds):
        known, new, label, truth = train_test_split(
            X, y, test_size=0.2, random_state=seed, stratify=y
        )
        for name, pair in contenders(seed).items():
            for who, contender in zip(("nbembed", "peer"), pair, strict=True):
                scores.setdefault((name, who), []).append(
                    quality(contender, known, new, label, truth)
                )
    missed = []
    for name in ("t-SNE", "UMAP"):
        means = {}
        for who in ("nbembed", "peer"):
            each = np.array(scores[name, who])
            means[who] = each.mean(axis=0)
            error = each.std(axis=0, ddof=1) / np.sqrt(n_seeds) if n_seeds > 1 else [np.nan] * 2
            print(
                f"{name:6} {who:8} trustworthiness {means[who][0]:.4f} ± {error[0]:.4f},"
                f" accuracy {means[who][1]:.4f} ± {error[1]:.4f}"
            )
        worse = means["peer"] - means["nbembed"]
        if worse.max() > MARGIN:
            missed.append(f"{name}: {worse.max():.4f} below the peer, {MARGIN} is allowed")
    return missed


def measure(function, *arguments):
    """Return the seconds of one call."""
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def compare_time(n_rows):
    """Print the seconds of 1,000 new rows, and of one."""
    if nb.datasets.has_fashion_mnist():
        X, _ = nb.datasets.fashion_mnist(n_rows + 1_000)
    else:
        X, _ = nb.datasets.digits()
    known, new = X[:-1_000], X[-1_000:]
    print(f"1,000 new rows on a map of {len(known):,} x {known.shape[1]}")
    for name, pair in contenders(0).items():
        for contender in pair:
            contender.fit(known)
        first = [measure(contender.place, new) for contender in pair]
        runs = [[measure(contender.place, new) for contender in pair] for _ in range(3)]
        single = [[measure(contender.place, new[:1]) for contender in pair] for _ in range(3)]
        for i, who in enumerate(("nbembed", "peer")):
            many, one = (statistics.median(run[i] for run in each) for each in (runs, single))
            print(
                f"{name:6} {who:8} first {first[i]:6.2f} s, then {many:6.2f} s; one row {one:.3f} s"
            )
        ratio = statistics.median(run[1] / run[0] for run in runs)
        print(f"{name:6} the peer takes {ratio:.1f} times as long")


def main():
    """Print both comparisons; exit with what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rows", type=int, default=10_000)
    options = parser.parse_args()
    print(f"Held-out digits, {options.seeds} seeds, mean ± standard error")
    missed = compare_quality(options.seeds)
    if options.rows:
        compare_time(options.rows)
    if missed:
        raise SystemExit("\n".join(missed))


if __name__ == "__main__":
    main()
