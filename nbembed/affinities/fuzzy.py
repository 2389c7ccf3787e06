"""Fuzzy memberships, row by row: the affinities of UMAP before they are made symmetric."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.affinities.calibration import MAX_BISECTIONS
from nbembed.neighbors import Neighbors

__all__ = ["falling", "memberships", "smooth_distances"]

# Largest accepted error of a sum of memberships.
SUM_TOLERANCE = 1e-7
# Smallest bandwidth, as a share of the mean distance; umap-learn's MIN_K_DIST_SCALE.
MIN_BANDWIDTH = 1e-3
# Rows that are worked on together, so that they stay in a cache.
BLOCK_ROWS = 1_024
TINY = float(np.finfo(np.float64).tiny)


def smooth_distances(
    neighbors: Neighbors, *, local_connectivity: float = 1.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return UMAP's bandwidth and distance to the nearest neighbour of each sample.

    :math:`\rho_i` is the distance to the ``local_connectivity``-th neighbour at a distance above
    0 (interpolated between neighbours), and :math:`\sigma_i` solves
    :math:`\sum_j \exp(-\max(0, d_{ij} - \rho_i)/\sigma_i) = \log_2(k + 1)`.

    Parameters
    ----------
    neighbors
        The k nearest neighbours without the sample itself. umap-learn counts it: its
        ``n_neighbors=15`` are 14 here, and :math:`\log_2(k + 1)` is its :math:`\log_2 15`.
    local_connectivity
        Number of neighbours each sample is fully connected to; >= 0.

    Returns
    -------
    sigma, rho : ndarray, shape (n,)
        In units of the distances.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, algorithm 3; umap-learn's
    ``smooth_knn_dist`` for the floor of the bandwidth.
    """
    distances = neighbors.distances
    found = np.empty((2, len(distances)))
    k = distances.shape[1]
    mean = float(distances.mean(dtype=np.float64)) * k / (k + 1)
    given = (distances, 0, float(np.log2(k + 1)), float(local_connectivity), mean, found)
    share(len(distances), lambda first, last: _smooth(first, last, *given))
    return found[0], found[1]


def memberships(neighbors: Neighbors, *, local_connectivity: float = 1.0) -> NDArray[np.float64]:
    r"""Return how strongly new rows belong to their neighbours, as umap-learn's ``transform`` does.

    :math:`\mu_j = \exp(-\max(0, d_j - \rho)/\sigma)` with
    :math:`\sum_{j > 1} \mu_j = \log_2 k`. A new row is not its own neighbour, so one neighbour less is
    assumed to be fully connected; with ``local_connectivity=1`` none is, and :math:`\rho = 0`. Each
    row is weighed on its own: the floor of :math:`\sigma` is a share of the row's own mean distance.

    Parameters
    ----------
    neighbors
        The k nearest samples of the new rows, k at least 2.
    local_connectivity
        As for :func:`smooth_distances`.

    Returns
    -------
    ndarray, shape (m, k)
        In [0, 1].

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, algorithm 3; umap-learn's ``transform``.
    """
    distances = neighbors.distances
    found = np.empty((2, len(distances)))
    target = float(np.log2(distances.shape[1]))
    given = (distances, 1, target, max(0.0, local_connectivity - 1.0), 0.0, found)
    share(len(distances), lambda first, last: _smooth(first, last, *given))
    return falling(distances, found[0], found[1])


def falling(
    distances: NDArray[np.float32], sigma: NDArray[np.float64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return memberships, which fall exponentially beyond ``rho``."""
    excess = np.maximum(distances - rho[:, None], 0.0)
    # A sample that lies on all its neighbours has no bandwidth; the excess is 0 there.
    return np.exp(-excess / np.where(sigma > 0, sigma, 1.0)[:, None])


def _smooth(
    first: int,
    last: int,
    distances: NDArray[np.float32],
    skipped: int,
    target: float,
    local_connectivity: float,
    mean_distance: float,
    found: NDArray[np.float64],
) -> None:
    """Bisect the bandwidth of each row until its memberships sum to ``target``.

    ``found`` takes the bandwidths and the distances from which memberships fall. The nearest
    ``skipped`` neighbours do not count; rows that skip some are weighed on their own, whatever
    ``mean_distance``.
    """
    for start in range(first, last, BLOCK_ROWS):
        block = slice(start, min(start + BLOCK_ROWS, last))
        rows = distances[block].astype(np.float64)
        nearest = _nearest_apart(rows, local_connectivity)
        mean = rows.sum(axis=1) / (rows.shape[1] + 1 - skipped)
        excess = np.maximum(rows[:, skipped:] - nearest[:, None], 0.0)
        floor = np.where((nearest > 0.0) | (skipped > 0), mean, mean_distance)
        found[0, block] = np.maximum(_bisected(excess, mean, target), MIN_BANDWIDTH * floor)
        found[1, block] = nearest


def _bisected(
    excess: NDArray[np.float64], start: NDArray[np.float64], target: float
) -> NDArray[np.float64]:
    """Return the bandwidth of each row, looked for from ``start``; those that are 0 remain."""
    bandwidths = start.copy()
    left: Any = np.flatnonzero(start > 0.0)
    excess, at = excess[left], start[left]
    low, high = np.zeros(len(left)), np.full(len(left), np.inf)
    for _ in range(MAX_BISECTIONS):
        total = np.exp(excess / -at[:, None]).sum(axis=1)
        go_on = np.abs(total - target) >= SUM_TOLERANCE
        if not go_on.all():
            bandwidths[left] = at
            left, total = left[go_on], total[go_on]
            excess, at, low, high = (values[go_on] for values in (excess, at, low, high))
        if not len(left):
            break
        low, high = np.where(total > target, low, at), np.where(total > target, at, high)
        # Above 0 whatever happens: what has fallen below the smallest number stays there.
        at = np.maximum(np.where(np.isinf(high), 2.0 * at, 0.5 * (low + high)), TINY)
    bandwidths[left] = at
    return bandwidths


def _nearest_apart(rows: NDArray[np.float64], local_connectivity: float) -> NDArray[np.float64]:
    """Return the distance of each row to its ``local_connectivity``-th neighbour above distance 0."""
    k = rows.shape[1]
    zeros = (~(rows > 0.0)).sum(axis=1)
    apart, whole = k - zeros, int(local_connectivity)
    part = local_connectivity - whole

    def neighbor(number: int) -> NDArray[np.float64]:
        """Return the distances to one of those above 0, counted from 1."""
        places = np.minimum(zeros + number - 1, k - 1)
        return np.take_along_axis(rows, places[:, None], axis=1)[:, 0]

    first = neighbor(whole) if whole > 0 else np.zeros(len(rows))
    if part > 0.0:
        first = np.where(whole < apart, first + part * (neighbor(whole + 1) - first), first)
    return np.where(apart == 0, 0.0, np.where(apart < local_connectivity, rows[:, -1], first))
