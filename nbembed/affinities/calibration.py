"""Gaussian probabilities of a given perplexity, row by row: the affinities of SNE and t-SNE."""

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Neighbors

__all__ = ["bisections", "conditional"]

# Halvings and doublings of a bandwidth before its search ends.
MAX_BISECTIONS = 200
# Largest accepted error of an entropy, in nats.
ENTROPY_TOLERANCE = 1e-9


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


def bisections(distances: NDArray[np.float32], *, perplexity: float) -> NDArray[np.float64]:
    r"""Return every guess of the search that :func:`conditional` makes for one row.

    Parameters
    ----------
    distances
        Distances to the k nearest neighbours, ascending, shape (k,).
    perplexity
        Effective number of neighbours, in [1, k].

    Returns
    -------
    ndarray, shape (steps, 4)
        Of each guess: the precision, the entropy it gives in nats, and the bracket of precisions known
        before it, 0 and infinity where there is none. Empty for a row of equal distances.

    Examples
    --------
    >>> guesses = bisections(np.array([1.0, 2.0, 3.0], dtype=np.float32), perplexity=2.0)
    >>> round(float(guesses[-1, 0]), 3), round(float(np.exp(guesses[-1, 1])), 6)
    (0.374, 2.0)
    """
    nearest = np.float64(distances[0])
    extent = np.float64(distances[-1]) ** 2 - nearest**2
    guesses: list[tuple[float, float, float, float]] = []
    if not extent > 0.0:
        return np.empty((0, 4))
    row, target = np.empty(len(distances)), float(np.log(perplexity))
    low, high, at, step = -np.inf, np.inf, 0.0, 1.0
    for _ in range(MAX_BISECTIONS):
        entropy = _gaussian_row(distances, nearest, np.exp(at) / extent, row)
        guesses.append((np.exp(at), entropy, np.exp(low), np.exp(high)))
        if abs(entropy - target) < ENTROPY_TOLERANCE:
            break
        low, high, at, step = _narrowed(entropy - target, low, high, at, step)
    return np.array(guesses) / [extent, 1.0, extent, extent]


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
            low, high, at, step = _narrowed(excess, low, high, at, step)
        precisions[i] = np.exp(at) / extent


@numba.njit(cache=True, error_model="numpy")
def _narrowed(
    excess: float, low: float, high: float, at: float, step: float
) -> tuple[float, float, float, float]:
    """Return the bracket after one look at an entropy, the next guess, and its next stride."""
    if excess > 0.0:
        low = at
    else:
        high = at
    if np.isinf(low) or np.isinf(high):
        at += step if excess > 0.0 else -step
        # Beyond this the row is uniform, or uniform over its nearest.
        return low, high, min(max(at, -60.0), 300.0), 2.0 * step
    return low, high, 0.5 * (low + high), step


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
