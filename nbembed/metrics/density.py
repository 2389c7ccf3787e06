"""Whether dense places in the data are dense in the map."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.affinities import fuzzy_union
from nbembed.metrics.distances import lengths_between
from nbembed.metrics.pair import checked_pair
from nbembed.metrics.ranking import Space
from nbembed.metrics.score import Score
from nbembed.neighbors import nearest_neighbors

__all__ = ["density_preservation", "log_radii"]

# Fewer points have no correlation.
MIN_POINTS = 3


def density_preservation(X: Any, Y: Any, *, n_neighbors: int = 15, random_state: Any = 0) -> Score:
    r"""Return the correlation of the logarithms of local radii in the data and in the map.

    .. math:: r_i = \ln \frac{\sum_j \mu_{ij} |x_i - x_j|^2}{\sum_j \mu_{ij}}

    where :math:`\mu` are the fuzzy memberships of UMAP, calculated in each space for itself. t-SNE
    and UMAP equalise densities, so that the size of a group in the map says little; this number
    says how little.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        The map, shape (n_samples, n_components).
    n_neighbors
        Neighbours of each point, itself not counted, 2 to n_samples - 1. umap-learn counts it: its
        ``n_neighbors=15`` is 14 here.
    random_state
        Seed of the approximate search for neighbours, which is used above 10,000 rows.

    Returns
    -------
    Score
        A float, -1 to 1. Points that coincide with all their neighbours have no radius and are left
        out; NaN if all radii of one space are the same.

    Raises
    ------
    InvalidInputError
        If X and Y do not match, or ``n_neighbors`` is out of range.

    References
    ----------
    Narayan, Berger & Cho (2021), "Assessing single-cell transcriptomic variability through
    density-preserving data visualization", Nature Biotechnology 39; the radii are umap-learn's
    ``rad_orig_`` and ``rad_emb_``.
    """
    points, embedding = checked_pair(X, Y)
    check_number("n_neighbors", n_neighbors, low=2, high=len(points) - 1, integer=True)
    radii = [log_radii(Space(part), int(n_neighbors), random_state) for part in (points, embedding)]
    return Score(correlation(*radii))


def log_radii(space: Space, n_neighbors: int, random_state: Any = 0) -> NDArray[np.float64]:
    """Return the logarithm of the local radius of every point, -inf where it is 0."""
    found = nearest_neighbors(
        space.coarse.samples, n_neighbors=n_neighbors, random_state=random_state
    )
    graph = fuzzy_union(found)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    weights = graph.weights.astype(np.float64)
    squared = np.square(lengths_between(space, rows, graph.indices.astype(np.intp)))
    total = np.bincount(rows, weights * squared, minlength=graph.n)
    mass = np.bincount(rows, weights, minlength=graph.n)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(total / mass)


def correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return Pearson's correlation where both are finite, NaN where one of them does not vary."""
    kept = np.isfinite(one) & np.isfinite(other)
    if kept.sum() < MIN_POINTS:
        return float("nan")
    deviations = [values[kept] - values[kept].mean() for values in (one, other)]
    lengths = [float(np.sqrt(np.square(values).sum())) for values in deviations]
    if min(lengths) <= 1e-10 * np.sqrt(kept.sum()):
        return float("nan")
    return float(deviations[0] @ deviations[1] / (lengths[0] * lengths[1]))
