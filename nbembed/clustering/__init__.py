"""Clusters of a map, and how far the data agree with them.

A map is made to be looked at: t-SNE and UMAP tear continuous data apart, and draw dense and sparse
groups alike. So clusters of a map come with what belongs to them: the same clusters measured in
the data.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.clustering.evidence import (
    Agreement,
    Support,
    agreement_of,
    silhouette_of,
    support_of,
)
from nbembed.clustering.methods import KNOWN, STARTS, TITLES, found_by
from nbembed.clustering.result import Clustering, unsupported
from nbembed.errors import InvalidInputError
from nbembed.labels import MISSING, classes
from nbembed.transport import check_map

__all__ = ["Agreement", "Clustering", "Support", "cluster"]


def cluster(  # noqa: PLR0913  (one argument per parameter of the methods)
    Y: Any,
    method: str = "kmeans",
    *,
    n_clusters: int | None = None,
    eps: float | None = None,
    min_samples: int | None = None,
    min_cluster_size: int | None = None,
    labels: Any = None,
    X: Any = None,
    random_state: Any = 0,
) -> Clustering:
    """Return clusters of a map, with what the data and given labels say of them.

    Parameters
    ----------
    Y
        The map, shape (n_samples, n_components).
    method
        ``"kmeans"`` (default), ``"dbscan"``, ``"hdbscan"`` or ``"gaussian"`` (mixture with full
        covariances), of scikit-learn.
    n_clusters
        For k-means and mixtures: at least 1. None (default) takes the number of different labels,
        else from 2 to 10 the best: by the silhouette for k-means, by BIC for mixtures.
    eps
        For DBSCAN: reach, in units of the map, above 0. None (default) takes the shortest that
        makes 90 % of the points core points.
    min_samples
        For DBSCAN and HDBSCAN: points that make a point a core point, itself included, at least 1.
        None (default) is scikit-learn's: 5 for DBSCAN, ``min_cluster_size`` for HDBSCAN.
    min_cluster_size
        For HDBSCAN: at least 2. None (default) is 1 % of the rows, at least 5.
    labels
        Classes to compare with, one value per row; rows without one are left out of the comparison.
    X
        The data, shape (n_samples, n_features), to measure the clusters there.
    random_state
        Seed of the starts and of the sample of rows that is measured beyond 2,000.

    Returns
    -------
    Clustering
        ``clustering.labels`` and ``clustering.names`` may be used as colours.

    Warns
    -----
    UserWarning
        If X is given and does not support some of the clusters.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If an argument cannot be used, or belongs to another method.

    References
    ----------
    MacQueen (1967), k-means; Ester et al. (1996), DBSCAN; Campello, Moulavi & Sander (2013),
    HDBSCAN; Dempster, Laird & Rubin (1977), mixtures by EM; Jeon et al. (2025), arXiv:2506.08725, on
    what people read into the clusters of maps.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, species = nb.datasets.iris()
    >>> Y = nb.baselines.PCA().fit_transform(X)
    >>> found = nb.clustering.cluster(Y, n_clusters=3, labels=species, X=X)
    >>> found.n_clusters, found.support.unsupported
    (3, ())
    """
    points = check_map(Y)
    _checks.check_choice("method", method, TITLES)
    given = {
        "n_clusters": n_clusters,
        "eps": eps,
        "min_samples": min_samples,
        "min_cluster_size": min_cluster_size,
    }
    _check_given(given, method, len(points))
    seed = _checks.check_seed(random_state)
    codes = _codes(labels, len(points))
    data = None if X is None else _data(X, len(points))
    if method in STARTS and n_clusters is None and codes is not None:
        given["n_clusters"] = len(np.unique(codes[codes != MISSING]))
    found, parameters = found_by(method, points, given, seed)
    clustering = Clustering(
        found,
        method,
        parameters,
        silhouette_of(points, found, seed),
        None if codes is None else agreement_of(found, codes),
        None if data is None else support_of(data, points, found, seed),
    )
    if clustering.support is not None and clustering.support.unsupported:
        said = unsupported(clustering.support, clustering.n_clusters)
        warnings.warn(said, UserWarning, stacklevel=2)
    return clustering


def _check_given(given: Mapping[str, Any], method: str, n: int) -> None:
    """Raise for a parameter of another method, and for a value that cannot be."""
    for name, value in given.items():
        if value is None:
            continue
        if name not in KNOWN[method]:
            owners = " and ".join(repr(m) for m in KNOWN if name in KNOWN[m])
            raise InvalidInputError(
                f"{name} must be left out for method {method!r}, got {value!r}; it belongs to {owners}"
            )
        if name == "eps":
            _checks.check_number(name, value, low=0, above=True)
        else:
            low = 2 if name == "min_cluster_size" else 1
            _checks.check_number(name, value, low=low, high=n, integer=True)


def _codes(labels: Any, n: int) -> NDArray[np.int64] | None:
    values = _checks.check_labels(labels, n)
    if values is None:
        return None
    named = classes(values)
    if named is None or not len(named[0]):
        raise InvalidInputError(
            "labels must be names of classes, got numbers or nothing but gaps; make them text or few integers"
        )
    return named[1]


def _data(X: Any, n: int) -> NDArray[np.float32]:
    data = _checks.check_data(X)
    if len(data) != n:
        raise InvalidInputError(
            f"X must have the rows of the map, {n:,} in number, got {len(data):,}; check that both are of the same data"
        )
    return data
