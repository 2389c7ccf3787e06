"""Write opentsne_digits.json: the divergence that openTSNE reaches on scikit-learn's digits.

Run from the repository root: python tests/reference/make_opentsne_digits.py (some minutes).
"""

import json
from pathlib import Path

import numpy as np
import openTSNE
from openTSNE.affinity import PerplexityBasedNN
from sklearn.datasets import load_digits
from sklearn.metrics import pairwise_distances

SEEDS = range(5)


def exact_divergence(P, Y):
    """Return the sum of p ln(p/q) in float64 over all entries of P, with the exact Z."""
    kernel = 1.0 / (1.0 + pairwise_distances(Y) ** 2)
    Z = kernel.sum() - len(Y)
    P = P.tocoo()
    return float((P.data * np.log(P.data * Z / kernel[P.row, P.col])).sum())


def main():
    X, _ = load_digits(return_X_y=True)
    affinities = PerplexityBasedNN(X, perplexity=30, method="exact")
    P = affinities.P / affinities.P.sum()
    divergences = []
    for seed in SEEDS:
        start = openTSNE.initialization.pca(X, random_state=seed)
        embedding = openTSNE.TSNE(random_state=seed, n_jobs=2).fit(
            affinities=affinities, initialization=start
        )
        divergences.append(exact_divergence(P, np.asarray(embedding)))
    result = {
        "openTSNE": openTSNE.__version__,
        "n_neighbors": int(np.diff(affinities.P.indptr).min()),
        "perplexity": 30,
        "kl": divergences,
        "median": float(np.median(divergences)),
    }
    path = Path(__file__).with_name("opentsne_digits.json")
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
