"""Affinities: how strongly each sample wants each of its neighbours near.

Two ways: probabilities of a given perplexity (t-SNE) and fuzzy memberships (UMAP).
"""

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, Neighbors

__all__ = ["conditional", "fuzzy_union", "memberships", "perplexity", "smooth_distances"]

# Halvings and doublings of a bandwidth before its search ends.
MAX_BISECTIONS = 200
# Largest accepted error of an entropy, in nats.
ENTROPY_TOLERANCE = 1e-9
# Largest accepted error of a sum of memberships.
SUM_TOLERANCE = 1e-7
# Smallest bandwidth, as a share of the mean distance; umap-learn's MIN_K_DIST_SCALE.
MIN_BANDWIDTH = 1e-3


def conditional(
    neighbors: Neighbors, *, perplexity: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Return Gaussian probabilities whose entropy matches ``perplexity`` in each row.

    Finds, for every sample :math:`i`, the precision :math:`\beta_i = 1/2\sigma_i^2` with
    :math:`H(P_{\cdot|i}) = \ln \mathrm{perplexity}`, where
    :math:`p_{j|i} \propto \exp(-\beta_i d_{ij}^2)` over its k neighbours.

    A row of equal distances is uniform, with :math:`\beta_i = 0`. A row with more equal nearest
    distances than ``perplexity`` is uniform over these.

    Parameters
    ----------
    neighbors
        The k nearest neighbours; k should be about three times ``perplexity``.
    perplexity
        Effective number of neighbours, in [1, k].

    Returns
    -------
    probabilities : ndarray, shape (n, k)
        Each row sums to 1.
    precisions : ndarray, shape (n,)
        The :math:`\beta_i`, in units of one over the squared distance.

    Raises
    ------
    InvalidInputError
        If ``perplexity`` is not in [1, k].

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 1 and sec. 2.

    Examples
    --------
    >>> found = Neighbors(np.array([[1, 2, 3]]), np.array([[1.0, 2.0, 3.0]]), exact=True)
    >>> P, beta = conditional(found, perplexity=2.0)
    >>> P.round(3).tolist(), beta.round(3).tolist()
    ([[0.727, 0.236, 0.036]], [0.374])
    """
    k = neighbors.distances.shape[1]
    if not 1 <= perplexity <= k:
        raise InvalidInputError(
            f"perplexity must be in [1, {k}], the number of neighbours, got {perplexity}"
        )
    probabilities = np.empty(neighbors.distances.shape, dtype=np.float64)
    precisions = np.empty(len(probabilities), dtype=np.float64)
    given = (neighbors.distances, float(np.log(perplexity)), probabilities, precisions)
    share(len(precisions), lambda first, last: _calibrate(first, last, *given))
    return probabilities, precisions


def perplexity(neighbors: Neighbors, *, perplexity: float) -> Graph:
    r"""Return the joint probabilities :math:`p_{ij} = (p_{j|i} + p_{i|j})/2n` of t-SNE.

    Parameters
    ----------
    neighbors, perplexity
        As for :func:`conditional`.

    Returns
    -------
    Graph
        Symmetric, without loops; the weights sum to 1.

    Raises
    ------
    InvalidInputError
        If ``perplexity`` is not in [1, k].

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, sec. 3.1.
    """
    probabilities, _ = conditional(neighbors, perplexity=perplexity)
    directed = _matrix(neighbors, probabilities)
    joint = directed + directed.T
    joint.data /= joint.data.sum()
    return Graph.from_scipy(joint)


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
    return _fall(distances, found[0], found[1])


def fuzzy_union(
    neighbors: Neighbors, *, local_connectivity: float = 1.0, set_op_mix_ratio: float = 1.0
) -> Graph:
    r"""Return UMAP's memberships, made symmetric.

    :math:`\mu_{j|i} = \exp(-\max(0, d_{ij} - \rho_i)/\sigma_i)`, and with
    :math:`A = (\mu_{j|i})` the union is :math:`A + A^T - A \circ A^T`, the intersection
    :math:`A \circ A^T`.

    Parameters
    ----------
    neighbors, local_connectivity
        As for :func:`smooth_distances`.
    set_op_mix_ratio
        1 is the union, 0 the intersection, between them the mixture; in [0, 1].

    Returns
    -------
    Graph
        Symmetric, without loops, weights in (0, 1].

    Raises
    ------
    InvalidInputError
        If ``set_op_mix_ratio`` is not in [0, 1].

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, sec. 3.1.
    """
    if not 0 <= set_op_mix_ratio <= 1:
        raise InvalidInputError(f"set_op_mix_ratio must be in [0, 1], got {set_op_mix_ratio}")
    sigma, rho = smooth_distances(neighbors, local_connectivity=local_connectivity)
    directed = _matrix(neighbors, _fall(neighbors.distances, sigma, rho))
    both = directed.multiply(directed.T)
    union = directed + directed.T - both
    return Graph.from_scipy(set_op_mix_ratio * union + (1.0 - set_op_mix_ratio) * both)


def _fall(
    distances: NDArray[np.float32], sigma: NDArray[np.float64], rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return memberships, which fall exponentially beyond ``rho``."""
    excess = np.maximum(distances - rho[:, None], 0.0)
    # A sample that lies on all its neighbours has no bandwidth; the excess is 0 there.
    return np.exp(-excess / np.where(sigma > 0, sigma, 1.0)[:, None])


def _matrix(neighbors: Neighbors, weights: NDArray[np.float64]) -> sparse.csr_matrix:
    n, k = weights.shape
    return sparse.csr_matrix(
        (weights.ravel(), neighbors.indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _calibrate(
    first: int,
    last: int,
    distances: NDArray[np.float32],
    target: float,
    probabilities: NDArray[np.float64],
    precisions: NDArray[np.float64],
) -> None:
    """Bisect the precision of each row, in logarithm, until its entropy is ``target``."""
    k = distances.shape[1]
    for i in range(first, last):
        row = probabilities[i]
        # Subtracting the nearest leaves the probabilities as they are and keeps exp() from
        # vanishing; dividing by the farthest makes the search the same at every scale.
        nearest = np.float64(distances[i, 0])
        extent = np.float64(distances[i, k - 1]) ** 2 - nearest**2
        if not extent > 0.0:
            row[:] = 1.0 / k
            precisions[i] = 0.0
            continue
        low, high, at = -np.inf, np.inf, 0.0
        step = 1.0
        for _ in range(MAX_BISECTIONS):
            excess = _gaussian_row(distances[i], nearest, np.exp(at) / extent, row) - target
            if abs(excess) < ENTROPY_TOLERANCE:
                break
            if excess > 0.0:
                low = at
            else:
                high = at
            if np.isinf(low) or np.isinf(high):
                at += step if excess > 0.0 else -step
                step *= 2.0
                # Beyond this the row is uniform, or uniform over its nearest.
                at = min(max(at, -60.0), 300.0)
            else:
                at = 0.5 * (low + high)
        precisions[i] = np.exp(at) / extent


@numba.njit(cache=True, error_model="numpy")
def _gaussian_row(
    distances: NDArray[np.float32], nearest: float, precision: float, row: NDArray[np.float64]
) -> float:
    """Fill ``row`` with normalised Gaussian weights and return their entropy in nats."""
    total = 0.0
    moment = 0.0
    for j in range(len(row)):
        d = np.float64(distances[j])
        exponent = precision * (d - nearest) * (d + nearest)
        weight = np.exp(-exponent)
        row[j] = weight
        total += weight
        moment += weight * exponent
    for j in range(len(row)):
        row[j] /= total
    return np.log(total) + moment / total


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
