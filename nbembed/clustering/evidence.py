"""How good clusters of a map are, and what labels and data say of them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.labels import MISSING

__all__ = ["Agreement", "Support", "agreement_of", "silhouette_of", "support_of"]

# Silhouettes and neighbours are measured on at most so many rows.
SAMPLE = 2_000
N_NEIGHBORS = 15
# The data support a cluster that keeps this share of what the map shows.
MIN_KEPT = 0.5
# A cluster that is nearly everything is purer than chance by too little to say what is kept.
MIN_BEYOND_CHANCE = 0.05


@dataclass(frozen=True)
class Agreement:
    """How far clusters agree with given labels; noise counts as a group of its own.

    Attributes
    ----------
    nmi : float
        Normalised mutual information, 0 to 1, by the arithmetic mean of the entropies.
    v_measure : float
        Harmonic mean of homogeneity and completeness, 0 to 1 (Rosenberg & Hirschberg 2007).
    ari : float
        Adjusted Rand index: 1 for the same groups, about 0 by chance (Hubert & Arabie 1985).
    """

    nmi: float
    v_measure: float
    ari: float


@dataclass(frozen=True, eq=False)
class Support:
    """The clusters of the map, measured in the data; points that are noise are left out.

    Attributes
    ----------
    silhouette : float
        Mean silhouette in the data (Rousseeuw 1987), -1 to 1; NaN for less than two clusters.
    purity : float
        Mean share of a point's nearest neighbours **in the data** that are in its cluster.
    map_purity : float
        The same of its nearest neighbours in the map.
    chance : float
        The purity of clusters that have nothing to do with the data.
    kept : ndarray of shape (n_clusters,)
        How much of each cluster's purity in the map, beyond chance, the data have too: 1 all, 0 none. NaN
        for a cluster that holds nearly all points.
    unsupported : tuple of int
        The clusters that keep less than half.
    """

    silhouette: float
    purity: float
    map_purity: float
    chance: float
    kept: NDArray[np.float64]
    unsupported: tuple[int, ...]


def silhouette_of(points: NDArray[Any], found: NDArray[Any], seed: int) -> float:
    """Return the mean silhouette of the points in clusters; NaN where there are not two of them."""
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(found >= 0)
    if len(inside) > SAMPLE:
        inside = np.sort(np.random.default_rng(seed).choice(inside, SAMPLE, replace=False))
    if not 1 < len(np.unique(found[inside])) < len(inside):
        return math.nan
    return float(silhouette_score(points[inside], found[inside]))


def agreement_of(found: NDArray[np.int64], codes: NDArray[np.int64]) -> Agreement:
    """Return how far clusters and labels are the same groups, on the points that have labels."""
    from sklearn import metrics

    labelled = codes != MISSING
    pair = (codes[labelled], found[labelled])
    return Agreement(
        float(metrics.normalized_mutual_info_score(*pair)),
        float(metrics.v_measure_score(*pair)),
        float(metrics.adjusted_rand_score(*pair)),
    )


def support_of(
    data: NDArray[np.float32], points: NDArray[np.float64], found: NDArray[np.int64], seed: int
) -> Support:
    """Return what the data say of the clusters."""
    inside = np.flatnonzero(found >= 0)
    if not len(inside):
        return Support(math.nan, math.nan, math.nan, math.nan, np.empty(0), ())
    if len(inside) > SAMPLE:
        inside = np.sort(np.random.default_rng(seed).choice(inside, SAMPLE, replace=False))
    in_data, in_map = _purity(data, found, inside), _purity(points, found, inside)
    counts = np.bincount(found[found >= 0])
    # A neighbour is another point: one of the own cluster is already taken.
    by_chance = (counts - 1) / (len(found) - 1)
    kept = np.full(len(counts), np.nan)
    for place in range(len(counts)):
        own = found[inside] == place
        beyond = in_map[own].mean() - by_chance[place] if own.any() else 0.0
        if beyond >= MIN_BEYOND_CHANCE:
            kept[place] = (in_data[own].mean() - by_chance[place]) / beyond
    return Support(
        silhouette_of(data, found, seed),
        float(in_data.mean()),
        float(in_map.mean()),
        float(by_chance[found[inside]].mean()),
        kept,
        tuple(np.flatnonzero(kept < MIN_KEPT).tolist()),
    )


def _purity(
    points: NDArray[Any], found: NDArray[np.int64], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the share of the nearest neighbours of each row that are in its cluster."""
    from sklearn.neighbors import NearestNeighbors

    k = min(N_NEIGHBORS, len(points) - 1)
    search = NearestNeighbors(n_neighbors=k + 1).fit(points)
    nearest = search.kneighbors(points[rows], return_distance=False)
    # Among equal points the row itself may stand anywhere, or nowhere.
    others = nearest != rows[:, None]
    others[others.all(axis=1), -1] = False
    same = found[nearest[others].reshape(len(rows), k)] == found[rows][:, None]
    return same.mean(axis=1)
