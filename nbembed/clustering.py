"""Clusters of a map, and how far the data agree with them.

A map is made to be looked at: t-SNE and UMAP tear continuous data apart and draw dense and sparse groups
alike. So a clustering of a map comes with what belongs to it: the same clusters measured in the
data.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.transport import check_map

__all__ = ["Agreement", "Clustering", "Support", "cluster"]

METHODS = {
    "kmeans": "k-means",
    "dbscan": "DBSCAN",
    "hdbscan": "HDBSCAN",
    "gaussian": "Gaussian mixture",
}
# Which parameters a method knows.
PARAMETERS = {
    "kmeans": {"n_clusters"},
    "dbscan": {"eps", "min_samples"},
    "hdbscan": {"min_cluster_size", "min_samples"},
    "gaussian": {"n_clusters"},
}
NOISE = -1
# Numbers of clusters that are tried where none is given.
TRIED = range(2, 11)
# DBSCAN's default reach: that share of the points has min_samples points within it.
CORE_SHARE = 0.9
# Silhouettes and neighbours are measured on at most as many rows.
SAMPLE = 2_000
N_NEIGHBORS = 15
# Below this share of what the map shows, the data do not support a cluster.
MIN_KEPT = 0.5
MAX_NAMED = 5
WARNING = (
    "Clusters of a map may be made by the map: their sizes, densities and gaps are not to scale, and "
    "t-SNE and UMAP can tear continuous data apart."
)


@dataclass(frozen=True)
class Agreement:
    """How far clusters agree with given labels; noise counts as a group of its own.

    Attributes
    ----------
    nmi : float
        Normalised mutual information, 0 to 1; its arithmetic mean form.
    v_measure : float
        Harmonic mean of homogeneity and completeness, 0 to 1 (Rosenberg & Hirschberg 2007).
    ari : float
        Adjusted Rand index; 0 by chance, 1 for the same groups (Hubert & Arabie 1985).
    """

    nmi: float
    v_measure: float
    ari: float


@dataclass(frozen=True)
class Support:
    """The clusters of the map, measured in the data.

    Attributes
    ----------
    silhouette : float
        Mean silhouette of the points in the data (Rousseeuw 1987); NaN with less than two clusters.
    purity : float
        Mean share of a point's 15 nearest neighbours **in the data** that are in its cluster.
    map_purity : float
        The same share for the neighbours in the map.
    chance : float
        The purity of clusters that have nothing to do with the data: the sum of their squared shares.
    kept : ndarray of shape (n_clusters,)
        For each cluster, how much of its purity in the map, beyond chance, the data have too:
        1 all, 0 none.
    unsupported : tuple of int
        Clusters that keep less than half.
    """

    silhouette: float
    purity: float
    map_purity: float
    chance: float
    kept: NDArray[np.float64]
    unsupported: tuple[int, ...]
