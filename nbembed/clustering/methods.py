"""The clusters themselves, by scikit-learn's estimators."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.clustering.evidence import silhouette_of

__all__ = ["CHOSEN", "KNOWN", "NOISE", "STARTS", "TITLES", "found_by"]

TITLES = {
    "kmeans": "k-means",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
    "gaussian": "Gaussian mixture",
}
# Which of the parameters each method knows.
KNOWN = {
    "kmeans": {"n_clusters"},
    "dbscan": {"eps", "min_samples"},
    "hdbscan": {"min_cluster_size", "min_samples"},
    "gaussian": {"n_clusters"},
}
# Random starts of the methods that divide into a given number, of which the best is kept.
STARTS = {"kmeans": 10, "gaussian": 3}
NOISE = -1
# Among the parameters: how what nobody said was chosen.
CHOSEN = "chosen"
# Numbers of clusters that are tried where none is given.
MOST_TRIED = 10
# DBSCAN's reach where none is given: this share of the points has min_samples points within it.
CORE_SHARE = 0.9


def found_by(
    method: str, points: NDArray[np.float64], given: Mapping[str, Any], seed: int
) -> tuple[NDArray[np.int64], dict[str, Any]]:
    """Return the clusters of a map, the largest as 0 and noise as -1, and what scikit-learn was given."""
    found, parameters = _found(points, method, given, seed)
    return _by_size(found), parameters


def _found(
    points: NDArray[np.float64], method: str, given: Mapping[str, Any], seed: int
) -> tuple[NDArray[Any], dict[str, Any]]:
    if method == "dbscan":
        return _dbscan(points, given["eps"], given["min_samples"] or 5)
    if method == "hdbscan":
        return _hdbscan(points, given["min_cluster_size"], given["min_samples"])
    if given["n_clusters"] is not None:
        return _divided(points, method, given["n_clusters"], seed)[:2]
    most = min(MOST_TRIED, len(points) - 1)
    tried = [_divided(points, method, k, seed) for k in range(2, most + 1)]
    if not tried:
        return _divided(points, method, 1, seed)[:2]
    labels, parameters, _ = max(tried, key=lambda item: item[2])
    how = "silhouette" if method == "kmeans" else "BIC"
    return labels, {**parameters, CHOSEN: f"n_clusters: best {how} of 2 to {most}"}


def _divided(
    points: NDArray[np.float64], method: str, k: int, seed: int
) -> tuple[NDArray[Any], dict[str, Any], float]:
    """Return k clusters, what scikit-learn was given, and how good they are: more is better."""
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture

    settings: dict[str, Any] = {"n_init": STARTS[method], "random_state": seed}
    if method == "kmeans":
        found = KMeans(n_clusters=k, **settings).fit_predict(points)
        return found, {"n_clusters": k, **settings}, silhouette_of(points, found, seed)
    mixture = GaussianMixture(n_components=k, **settings).fit(points)
    return (
        mixture.predict(points),
        {"n_components": k, **settings},
        -float(mixture.bic(points)),
    )


def _dbscan(
    points: NDArray[np.float64], eps: float | None, min_samples: int
) -> tuple[NDArray[Any], dict[str, Any]]:
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    chosen = {}
    if eps is None:
        reach = NearestNeighbors(n_neighbors=min(min_samples, len(points))).fit(points)
        farthest = reach.kneighbors(points)[0][:, -1]
        # Points that all lie in one place reach each other at any distance.
        eps = float(np.quantile(farthest, CORE_SHARE, method="higher")) or 1.0
        chosen = {CHOSEN: f"eps: makes {CORE_SHARE:.0%} of the points core points"}
    settings: dict[str, Any] = {"eps": eps, "min_samples": min_samples}
    return DBSCAN(**settings).fit_predict(points), settings | chosen


def _hdbscan(
    points: NDArray[np.float64], min_cluster_size: int | None, min_samples: int | None
) -> tuple[NDArray[Any], dict[str, Any]]:
    from sklearn.cluster import HDBSCAN

    n = len(points)
    size = min(n, max(5, n // 100)) if min_cluster_size is None else min_cluster_size
    settings: dict[str, Any] = {"min_cluster_size": max(2, size), "min_samples": min_samples}
    chosen = (
        {CHOSEN: "min_cluster_size: 1 % of the rows, at least 5"}
        if min_cluster_size is None
        else {}
    )
    arguments: dict[str, Any] = {**settings, "copy": True}
    return HDBSCAN(**arguments).fit_predict(points), settings | chosen


def _by_size(found: NDArray[Any]) -> NDArray[np.int64]:
    """Return clusters numbered from the largest, of equals by their first point; noise is -1."""
    names, first, counts = np.unique(found[found >= 0], return_index=True, return_counts=True)
    renamed = np.full(len(found), NOISE, dtype=np.int64)
    for place, which in enumerate(np.lexsort((first, -counts))):
        renamed[found == names[which]] = place
    return renamed
