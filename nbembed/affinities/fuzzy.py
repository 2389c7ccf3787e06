"""Fuzzy memberships, row by row: the affinities of UMAP before they are made symmetric."""

import numba
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


@numba.njit(nogil=True, cache=True, error_model="numpy")
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
    k = distances.shape[1]
    for i in range(first, last):
        row = distances[i]
        nearest = _nearest_apart(row, local_connectivity)
        mean = 0.0
        for j in range(k):
            mean += row[j]
        mean /= k + 1 - skipped
        low, high, at = 0.0, np.inf, mean
        for _ in range(MAX_BISECTIONS):
            total = 0.0
            for j in range(skipped, k):
                excess = row[j] - nearest
                total += np.exp(-excess / at) if excess > 0.0 else 1.0
            if abs(total - target) < SUM_TOLERANCE or at == 0.0:
                break
            if total > target:
                high = at
            else:
                low = at
            at = 2.0 * at if np.isinf(high) else 0.5 * (low + high)
        floor = MIN_BANDWIDTH * (mean if nearest > 0.0 or skipped > 0 else mean_distance)
        found[0, i] = max(at, floor)
        found[1, i] = nearest


@numba.njit(cache=True, error_model="numpy")
def _nearest_apart(row: NDArray[np.float32], local_connectivity: float) -> float:
    """Return the distance to the ``local_connectivity``-th neighbour above distance 0."""
    zeros = 0
    while zeros < len(row) and not row[zeros] > 0.0:
        zeros += 1
    apart = len(row) - zeros
    if apart == 0:
        return 0.0
    if apart < local_connectivity:
        return np.float64(row[len(row) - 1])
    whole = int(np.floor(local_connectivity))
    part = local_connectivity - whole
    first = np.float64(row[zeros + whole - 1]) if whole > 0 else 0.0
    if part > 0.0 and whole < apart:
        return first + part * (np.float64(row[zeros + whole]) - first)
    return first
