"""Make quality_maps.npz and quality.json: maps of the digits by other libraries, and their quality.

``python tests/reference/make_quality.py`` needs openTSNE and umap-learn and takes a minute or two.
No number here comes from nbembed: they are of scikit-learn and scipy where these have the measure,
else written out from its definition.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import openTSNE
import umap
from openTSNE.affinity import PerplexityBasedNN
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

K = 7
HERE = Path(__file__).parent


def maps(X):
    """Return maps with the defaults of each library and seed 0, as float32."""
    made = {
        "pca": PCA(2, random_state=0).fit_transform(X),
        "sklearn_tsne": TSNE(random_state=0).fit_transform(X),
        "opentsne": openTSNE.TSNE(random_state=0, negative_gradient_method="bh", n_jobs=2).fit(X),
        "umap_learn": umap.UMAP(random_state=0).fit_transform(X),
    }
    return {name: np.asarray(Y, dtype=np.float32) for name, Y in made.items()}


def neighborhood_hit(Y, y):
    """Return the share of the K nearest neighbours that have a point's own class."""
    near = NearestNeighbors(n_neighbors=K).fit(Y).kneighbors(return_distance=False)
    return (y[near] == y[:, None]).mean()


def rnx_auc(X, Y):
    """Return the area under R_NX over log K, from the ranks of all pairs."""
    n = len(X)
    ranks = []
    for space in (X, Y):
        distances = pairwise_distances(space)
        np.fill_diagonal(distances, np.inf)
        ranks.append(np.argsort(np.argsort(distances, axis=1, kind="stable"), axis=1) + 1)
    larger = np.maximum(*ranks)
    kept = np.bincount(larger[larger < n], minlength=n)[1:]
    size = np.arange(1, n)
    q = np.cumsum(kept) / (size * n)
    r = (((n - 1) * q - size)[:-1]) / (n - 1 - size[:-1])
    return (r / size[:-1]).sum() / (1 / size[:-1]).sum()


def divergence(P, Y):
    """Return the sum of p ln(p/q) over the entries of P."""
    kernel = 1.0 / (1.0 + pairwise_distances(Y) ** 2)
    Z = kernel.sum() - len(Y)
    P = P.tocoo()
    return (P.data * np.log(P.data * Z / kernel[P.row, P.col])).sum()


def measures(X, Y, y, P):
    """Return the numbers of one line of the table."""
    a, b = pdist(X), pdist(Y)
    found = {
        "trustworthiness": trustworthiness(X, Y, n_neighbors=K),
        "continuity": trustworthiness(Y, X, n_neighbors=K),
        "neighborhood_hit": neighborhood_hit(Y, y),
        "1nn_10fold": cross_val_score(KNeighborsClassifier(1), Y, y, cv=10).mean(),
        "rnx_auc": rnx_auc(X, Y),
        "normalized_stress": ((a - b) ** 2).sum() / (a**2).sum(),
        "scaled_stress": 1 - (a @ b) ** 2 / ((a @ a) * (b @ b)),
        "shepard_goodness": spearmanr(a, b).statistic,
    }
    if P is not None:
        found["kl_divergence"] = divergence(P, Y)
    return {name: round(float(value), 6) for name, value in found.items()}


def main():
    """Write the maps and the numbers."""
    X, y = load_digits(return_X_y=True)
    affinities = PerplexityBasedNN(X, perplexity=30, method="exact").P
    P = affinities / affinities.sum()
    made = maps(X)
    np.savez_compressed(HERE / "quality_maps.npz", **made)
    table = {"identity": measures(X, X, y, None)}
    for name, Y in made.items():
        has_kl = "tsne" in name
        table[name] = measures(X, Y.astype(np.float64), y, P if has_kl else None)
    packages = ("numpy", "scikit-learn", "scipy", "openTSNE", "umap-learn")
    numbers = {
        "n_neighbors": K,
        "versions": {name: version(name) for name in packages},
        "table": table,
    }
    (HERE / "quality.json").write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
