"""Whether neighbours in the data are neighbours in the map, for all points and for each."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.errors import InvalidInputError
from nbembed.metrics.pair import Pair
from nbembed.metrics.score import Score
from nbembed.metrics.scores import penalty_score, recall

__all__ = [
    "LocalScores",
    "NeighborErrors",
    "continuity",
    "lcmc",
    "local_scores",
    "neighbor_errors",
    "neighbor_recall",
    "trustworthiness",
]


def trustworthiness(
    X: Any,
    Y: Any,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    r"""Return how far the neighbours seen in the map are neighbours in the data, at most 1.

    .. math::

        T(k) = 1 - \frac{2}{n k (2n - 3k - 1)} \sum_{i=1}^{n} \sum_{j \in U_k(i)} (r(i, j) - k)

    where :math:`U_k(i)` are the points among the k nearest of i in the map but not in the data, and
    :math:`r(i, j)` is the rank of j among the neighbours of i **in the data**.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        The map, shape (n_samples, n_components).
    n_neighbors
        Size k of a neighbourhood, at least 1 and less than n_samples / 2.
    sample
        Number of points to average over; each is still ranked against all others, so the number
        means the same and only carries a standard error. None takes all up to 10,000 rows and
        2,000 above; a number of at least n_samples takes all.
    random_state
        Seed that picks the sample.
    device
        "cpu", which takes all cores, or a device of torch such as "cuda", which has to know float64.

    Returns
    -------
    Score
        A float: 1 if no false neighbour appears, about 0.5 for a random map. Of a map without
        extent all points are equally far, and the number says nothing.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is not less than half the rows, or X and Y do not match.

    Notes
    -----
    Equal to ``sklearn.manifold.trustworthiness`` to 1e-6: up to 4,096 rows also in the order of
    points at exactly the same distance, of which above the one of the smaller index is nearer.

    References
    ----------
    Venna & Kaski (2001), "Neighborhood preservation in nonlinear projection methods", ICANN, eq. 1.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state, device)
    return Score.of_rows(penalty_score(pair.ranks_in_data(), pair.n, n_neighbors), pair.n)


def continuity(
    X: Any,
    Y: Any,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    r"""Return how far the neighbours of the data stay neighbours in the map, at most 1.

    .. math::

        C(k) = 1 - \frac{2}{n k (2n - 3k - 1)} \sum_{i=1}^{n} \sum_{j \in V_k(i)} (\hat r(i, j) - k)

    where :math:`V_k(i)` are the points among the k nearest of i in the data but not in the map, and
    :math:`\hat r(i, j)` is the rank of j among the neighbours of i **in the map**: trustworthiness
    with the two spaces swapped.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state, device
        As in :func:`trustworthiness`.

    Returns
    -------
    Score
        A float: 1 if no neighbourhood is torn.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    References
    ----------
    Venna & Kaski (2001), "Neighborhood preservation in nonlinear projection methods", ICANN, eq. 2.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state, device)
    return Score.of_rows(penalty_score(pair.ranks_in_map(), pair.n, n_neighbors), pair.n)


def neighbor_recall(
    X: Any,
    Y: Any,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    """Return the mean fraction of each point's nearest neighbours that the map keeps.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state, device
        As in :func:`trustworthiness`.

    Returns
    -------
    Score
        A float, 0 to 1. A random map has about ``n_neighbors / (n_samples - 1)``.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    References
    ----------
    Lee & Verleysen (2009), "Quality assessment of dimensionality reduction: rank-based criteria",
    Neurocomputing 72: the fraction is called Q_NX(k) there.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state, device)
    return Score.of_rows(recall(pair.ranks_in_data(), n_neighbors), pair.n)


def lcmc(
    X: Any,
    Y: Any,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Score:
    r"""Return the local continuity meta-criterion: the neighbour recall beyond that of chance.

    .. math:: \mathrm{LCMC}(k) = Q_{NX}(k) - \frac{k}{n - 1}

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state, device
        As in :func:`trustworthiness`.

    Returns
    -------
    Score
        A float: about 0 for a random map, :math:`1 - k/(n - 1)` for a perfect one.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    References
    ----------
    Chen & Buja (2009), "Local multidimensional scaling for nonlinear dimension reduction, graph
    drawing, and proximity analysis", JASA 104.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state, device)
    by_chance = n_neighbors / (pair.n - 1)
    return Score.of_rows(recall(pair.ranks_in_data(), n_neighbors) - by_chance, pair.n)


class LocalScores(NamedTuple):
    """What every single point contributes to the local measures; their means are the measures.

    Attributes
    ----------
    trustworthiness : ndarray of float64
        1 if no neighbour of the point in the map is a false one.
    continuity : ndarray of float64
        1 if no neighbour of the point in the data is missing in the map.
    kept : ndarray of float64
        Fraction of the point's neighbours that the map keeps, 0 to 1.
    rows : ndarray of int
        Which points these are.
    """

    trustworthiness: NDArray[np.float64]
    continuity: NDArray[np.float64]
    kept: NDArray[np.float64]
    rows: NDArray[np.intp]


def local_scores(
    X: Any,
    Y: Any,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> LocalScores:
    """Return trustworthiness, continuity and neighbour recall of each point.

    Parameters
    ----------
    X, Y, n_neighbors, random_state, device
        As in :func:`trustworthiness`.
    sample
        Number of points. None takes all, however many: a map is coloured by them.

    Returns
    -------
    LocalScores

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    Examples
    --------
    >>> line = np.arange(6.0)[:, None]
    >>> torn = line.copy()
    >>> torn[5] = -9.0
    >>> local_scores(line, torn, n_neighbors=1).kept
    array([1., 1., 1., 1., 1., 0.])
    """
    everything = np.iinfo(np.intp).max if sample is None else sample
    pair = Pair.of(X, Y, n_neighbors, everything, random_state, device)
    in_map, in_data = pair.ranks_in_map(), pair.ranks_in_data()
    return LocalScores(
        penalty_score(in_data, pair.n, n_neighbors),
        penalty_score(in_map, pair.n, n_neighbors),
        recall(in_data, n_neighbors),
        pair.rows,
    )


class NeighborErrors(NamedTuple):
    """The neighbours of one point, by what the map did to them; the nearest first.

    Attributes
    ----------
    kept : ndarray of int
        Neighbours in the data and in the map.
    false : ndarray of int
        Neighbours in the map only.
    missing : ndarray of int
        Neighbours in the data only.
    """

    kept: NDArray[np.intp]
    false: NDArray[np.intp]
    missing: NDArray[np.intp]


def neighbor_errors(
    X: Any, Y: Any, rows: Any, *, n_neighbors: int = 15
) -> NeighborErrors | list[NeighborErrors]:
    """Return the kept, the false and the missing neighbours of points.

    Parameters
    ----------
    X, Y, n_neighbors
        As in :func:`trustworthiness`.
    rows
        The number of a point, or several; negative numbers count from the end.

    Returns
    -------
    NeighborErrors or list of NeighborErrors
        One for each of ``rows``. As many neighbours are false as are missing.

    Raises
    ------
    InvalidInputError
        If a point does not exist; and as in :func:`trustworthiness`.

    Examples
    --------
    >>> line = np.arange(6.0)[:, None]
    >>> torn = line.copy()
    >>> torn[5] = -9.0
    >>> errors = neighbor_errors(line, torn, 5, n_neighbors=1)
    >>> errors.false.tolist(), errors.missing.tolist()
    ([0], [4])
    """
    pair = Pair.of(X, Y, n_neighbors, 1, 0)
    chosen = np.atleast_1d(np.asarray(rows))
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise InvalidInputError(
            f"rows must be the number of a point, or a list of them, got {rows!r}"
        )
    for row in chosen.tolist():
        check_number("rows", row, low=-pair.n, high=pair.n - 1, integer=True)
    pair.rows = chosen % pair.n
    found = [
        NeighborErrors(
            in_map[np.isin(in_map, in_data)],
            in_map[~np.isin(in_map, in_data)],
            in_data[~np.isin(in_data, in_map)],
        )
        for in_data, in_map in zip(pair.near_in_data(), pair.near_in_map(), strict=True)
    ]
    return found[0] if np.ndim(rows) == 0 else found
