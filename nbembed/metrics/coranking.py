"""Neighbourhoods of every size at once: the co-ranking matrix and the curves made of it."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.errors import InvalidInputError
from nbembed.metrics.budget import block_rows, budget, each_block
from nbembed.metrics.devices import space_on
from nbembed.metrics.pair import checked_pair
from nbembed.metrics.ranking import Space, sampled_rows
from nbembed.metrics.score import Score

__all__ = ["Agreement", "agreement", "coranking_matrix", "q_nx", "r_nx", "rnx_auc"]

# R_NX needs a neighbourhood that is not everybody.
MIN_ROWS = 3

Orders = NDArray[np.intp]


def coranking_matrix(
    X: Any, Y: Any, *, max_rank: int | None = None, device: str = "cpu"
) -> NDArray[np.int64]:
    r"""Return how many pairs of points have which rank in the data and which in the map.

    .. math:: Q_{kl} = |\{(i, j) : \rho_{ij} = k \text{ and } r_{ij} = l\}|

    where :math:`\rho_{ij}` is the rank of j seen from i in the data and :math:`r_{ij}` in the map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        The map, shape (n_samples, n_components).
    max_rank
        Ranks up to this one, 1 to n_samples - 1. None takes all of them.
    device
        As in :func:`nbembed.metrics.trustworthiness`.

    Returns
    -------
    ndarray of int64, shape (max_rank, max_rank)
        Entry [k - 1, l - 1] is :math:`Q_{kl}`. With all ranks every row and column sums to
        n_samples; a perfect map has nothing off the diagonal.

    Raises
    ------
    InvalidInputError
        If the matrix does not fit into the memory budget (512 MB hold 8,000 ranks): take fewer
        ranks, raise :func:`nbembed.metrics.memory_budget`, or use :func:`q_nx`, which needs none.

    References
    ----------
    Lee & Verleysen (2009), "Quality assessment of dimensionality reduction: rank-based criteria",
    Neurocomputing 72.
    """
    points, embedding = checked_pair(X, Y)
    n = len(points)
    check_number(
        "max_rank", n - 1 if max_rank is None else max_rank, low=1, high=n - 1, integer=True
    )
    size = n - 1 if max_rank is None else int(max_rank)
    if 8 * size**2 > budget():
        raise InvalidInputError(
            f"max_rank must be at most {int((budget() / 8) ** 0.5):,} to fit into {budget() / 1e6:,.0f} MB, "
            f"got {size:,}; take fewer ranks, or q_nx, which needs no matrix"
        )
    counts = np.zeros((size, size), dtype=np.int64)

    def use(place: slice, in_data: Orders, in_map: Orders) -> None:
        del place
        _count_pairs(in_data, in_map, counts)

    _each_orders(space_on(points, device), space_on(embedding, device), np.arange(n), use)
    return counts


def q_nx(
    X: Any, Y: Any, *, sample: int | None = None, random_state: Any = 0, device: str = "cpu"
) -> NDArray[np.float64]:
    r"""Return the fraction of neighbours that the map keeps, for every size of neighbourhood.

    .. math:: Q_{NX}(K) = \frac{1}{nK} \sum_i |\nu_i^K \cap n_i^K|

    where :math:`\nu_i^K` and :math:`n_i^K` are the K nearest of i in the data and in the map.

    Parameters
    ----------
    X, Y, sample, random_state, device
        As in :func:`nbembed.metrics.trustworthiness`. All 70,000 rows of a large data set are
        sorted in minutes.

    Returns
    -------
    ndarray of float64, shape (n_samples - 1,)
        Entry [K - 1] is :math:`Q_{NX}(K)`; the last is 1.

    Raises
    ------
    InvalidInputError
        If X and Y do not match.

    References
    ----------
    Lee & Verleysen (2009), "Quality assessment of dimensionality reduction: rank-based criteria",
    Neurocomputing 72.
    """
    return agreement(X, Y, sample, random_state, device).q_nx


def r_nx(
    X: Any, Y: Any, *, sample: int | None = None, random_state: Any = 0, device: str = "cpu"
) -> NDArray[np.float64]:
    r"""Return :func:`q_nx` as the share of the way from a random map to a perfect one.

    .. math:: R_{NX}(K) = \frac{(n - 1) Q_{NX}(K) - K}{n - 1 - K}

    Parameters
    ----------
    X, Y, sample, random_state, device
        As in :func:`q_nx`.

    Returns
    -------
    ndarray of float64, shape (n_samples - 2,)
        Entry [K - 1] is :math:`R_{NX}(K)`: 1 where all neighbours are kept, about 0 for chance.

    Raises
    ------
    InvalidInputError
        As :func:`q_nx`, and for fewer than 3 rows.

    References
    ----------
    Lee, Renard, Bernard, Dupont & Verleysen (2013), "Type 1 and 2 mixtures of Kullback-Leibler
    divergences as cost functions in dimensionality reduction", Neurocomputing 112.
    """
    return agreement(X, Y, sample, random_state, device).r_nx


def rnx_auc(
    X: Any, Y: Any, *, sample: int | None = None, random_state: Any = 0, device: str = "cpu"
) -> Score:
    r"""Return the area under :func:`r_nx` over the logarithm of K: small neighbourhoods count most.

    .. math:: \mathrm{AUC} = \sum_{K=1}^{n-2} \frac{R_{NX}(K)}{K} \Big/ \sum_{K=1}^{n-2} \frac{1}{K}

    Parameters
    ----------
    X, Y, sample, random_state, device
        As in :func:`q_nx`.

    Returns
    -------
    Score
        A float: 1 for a perfect map, about 0 for a random one.

    Raises
    ------
    InvalidInputError
        As :func:`r_nx`.

    References
    ----------
    Lee, Peluffo-Ordóñez & Verleysen (2015), "Multi-scale similarities in stochastic neighbour
    embedding", Neurocomputing 169.
    """
    found = agreement(X, Y, sample, random_state, device)
    return Score.of_rows(found.areas, found.n)


class Agreement(NamedTuple):
    """How far the orders of neighbours in the data and in the map agree.

    Attributes
    ----------
    counts : ndarray of int64, shape (n - 1,)
        Entry [K - 1]: pairs of which the larger of both ranks is K.
    areas : ndarray of float64
        The area under R_NX of every row that was looked at.
    n : int
        Rows of the data.
    """

    counts: NDArray[np.int64]
    areas: NDArray[np.float64]
    n: int

    @property
    def q_nx(self) -> NDArray[np.float64]:
        """The fraction of neighbours kept, by the size of the neighbourhood."""
        return np.cumsum(self.counts) / (np.arange(1, self.n) * len(self.areas))

    @property
    def r_nx(self) -> NDArray[np.float64]:
        """The same beyond chance."""
        K = np.arange(1, self.n - 1)
        return ((self.n - 1) * self.q_nx[:-1] - K) / (self.n - 1 - K)


def agreement(
    X: Any, Y: Any, sample: int | None, random_state: Any, device: str = "cpu"
) -> Agreement:
    """Compare the orders of neighbours, which are sorted for each row but never kept."""
    points, embedding = checked_pair(X, Y)
    n = len(points)
    if n < MIN_ROWS:
        raise InvalidInputError(f"X must have at least {MIN_ROWS} rows to compare ranks, got {n}")
    rows = sampled_rows(n, sample, random_state)
    return compare_orders(space_on(points, device), space_on(embedding, device), rows)


def compare_orders(data: Space, embedding: Space, rows: NDArray[np.intp]) -> Agreement:
    """Return the agreement as seen from ``rows``."""
    weights, chance = _area_weights(data.n)
    counts = np.zeros(data.n - 1, dtype=np.int64)
    areas = np.empty(len(rows))

    def use(place: slice, in_data: Orders, in_map: Orders) -> None:
        areas[place] = chance
        _tally(in_data, in_map, weights, counts, areas[place])

    _each_orders(data, embedding, rows, use)
    return Agreement(counts, areas, data.n)


def _area_weights(n: int) -> tuple[NDArray[np.float64], float]:
    r"""Return what a pair adds to its row's area by the larger of its ranks, and the area of none.

    The area is linear in :math:`Q_{NX}`: a pair whose larger rank is m counts in all
    :math:`K \ge m`, each time with :math:`(n - 1) / (K^2 (n - 1 - K))`.
    """
    K = np.arange(1.0, n - 1.0)
    total = (1.0 / K).sum()
    each = (n - 1.0) / (K**2 * (n - 1.0 - K)) / total
    return np.append(np.cumsum(each[::-1])[::-1], 0.0), float(-(1.0 / (n - 1.0 - K)).sum() / total)


def _each_orders(
    data: Space,
    embedding: Space,
    rows: NDArray[np.intp],
    use: Callable[[slice, Orders, Orders], None],
) -> None:
    """Call ``use`` with both orders of some rows at a time, never twice at once."""
    guard = threading.Lock()

    def work(first: int, last: int) -> None:
        block, place = rows[first:last], first
        for in_data, in_map in zip(data.orders(block), embedding.orders(block), strict=True):
            with guard:
                use(slice(place, place + len(in_data)), in_data, in_map)
            place += len(in_data)

    each_block(len(rows), block_rows(16 * data.n), work)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _tally(
    in_data: Orders,
    in_map: Orders,
    weights: NDArray[np.float64],
    counts: NDArray[np.int64],
    areas: NDArray[np.float64],
) -> None:
    """Count pairs by the larger of their ranks, and add up the area of each row."""
    n = in_data.shape[1]
    ranks = np.empty(n, dtype=np.int32)
    for r in range(len(in_data)):
        for place in range(n):
            ranks[in_data[r, place]] = place
        total = 0.0
        # The last is the point itself.
        for place in range(n - 1):
            larger = max(ranks[in_map[r, place]], place)
            counts[larger] += 1
            total += weights[larger]
        areas[r] += total


@numba.njit(nogil=True, cache=True)
def _count_pairs(in_data: Orders, in_map: Orders, counts: NDArray[np.int64]) -> None:
    """Count pairs by both of their ranks."""
    n = in_data.shape[1]
    ranks = np.empty(n, dtype=np.int32)
    for r in range(len(in_data)):
        for place in range(n):
            ranks[in_data[r, place]] = place
        for place in range(min(n - 1, len(counts))):
            rank = ranks[in_map[r, place]]
            if rank < len(counts):
                counts[rank, place] += 1
