"""How much of the data's neighbourhoods a map keeps.

Every measure compares, for each point, its order of neighbours in the data X with that in the map
Y, both by Euclidean distance. Up to 10,000 points all of them are looked at; beyond, a fixed random
sample of points, each still ranked against all others, so that the numbers mean the same and
only carry a standard error.

Memory stays bounded: blocks of rows, never an n by n array. Distances are float64, after a shift
to the middle of the data, so an offset costs no digits, and their sums run in fixed blocks, so
the result does not depend on the number of threads.
"""

from typing import Any

from nbembed._checks import check_labels, check_number
from nbembed.labels import classes
from nbembed.metrics.live import LiveQuality
from nbembed.metrics.ranking import Pair, Space, sampled_rows
from nbembed.metrics.scores import label_codes, penalty_score, recall, right_votes, standard_error
from nbembed.metrics.table import Report
from nbembed.transport import check_map

__all__ = [
    "LiveQuality",
    "Report",
    "continuity",
    "knn_accuracy",
    "neighbor_recall",
    "report",
    "trustworthiness",
]


def trustworthiness(
    X: Any, Y: Any, *, n_neighbors: int = 15, sample: int | None = None, random_state: Any = 0
) -> float:
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
        Number of points to average over. None takes all up to 10,000 rows and 2,000 above; a
        number of at least n_samples takes all.
    random_state
        Seed that picks the sample.

    Returns
    -------
    float
        1 if no false neighbour appears; about 0.5 for a random map.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is not less than half the rows, or X and Y do not match.

    References
    ----------
    Venna & Kaski (2001), "Neighborhood preservation in nonlinear projection methods", ICANN, eq. 1.
    Equal to ``sklearn.manifold.trustworthiness``.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state)
    return float(penalty_score(pair.ranks_in_data(), pair.n, n_neighbors).mean())


def continuity(
    X: Any, Y: Any, *, n_neighbors: int = 15, sample: int | None = None, random_state: Any = 0
) -> float:
    r"""Return how far the neighbours of the data stay neighbours in the map, at most 1.

    .. math::

        C(k) = 1 - \frac{2}{n k (2n - 3k - 1)} \sum_{i=1}^{n} \sum_{j \in V_k(i)} (\hat r(i, j) - k)

    where :math:`V_k(i)` are the points among the k nearest of i in the data but not in the map, and
    :math:`\hat r(i, j)` is the rank of j among the neighbours of i **in the map**: trustworthiness
    with the two spaces swapped.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state
        As in :func:`trustworthiness`.

    Returns
    -------
    float
        1 if no neighbourhood is torn.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    References
    ----------
    Venna & Kaski (2001), "Neighborhood preservation in nonlinear projection methods", ICANN, eq. 2.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state)
    return float(penalty_score(pair.ranks_in_map(), pair.n, n_neighbors).mean())


def neighbor_recall(
    X: Any, Y: Any, *, n_neighbors: int = 15, sample: int | None = None, random_state: Any = 0
) -> float:
    """Return the mean fraction of each point's nearest neighbours that the map keeps.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state
        As in :func:`trustworthiness`.

    Returns
    -------
    float
        0 to 1. A random map has about ``n_neighbors / (n_samples - 1)``.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.

    References
    ----------
    Lee & Verleysen (2009), "Quality assessment of dimensionality reduction: rank-based criteria",
    Neurocomputing 72: the fraction is called Q_NX(k) there.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state)
    return float(recall(pair.ranks_in_data(), n_neighbors).mean())


def knn_accuracy(
    Y: Any, labels: Any, n_neighbors: int = 10, *, sample: int | None = None, random_state: Any = 0
) -> float:
    """Return how often the nearest neighbours in the map vote for the right label.

    Each point is left out in turn and gets the most frequent label of its ``n_neighbors`` nearest;
    of labels equally frequent, the first in sorted order.

    Parameters
    ----------
    Y
        The map, or any array of shape (n_samples, n_columns).
    labels
        One value per row.
    n_neighbors
        Voters per point, at least 1 and less than n_samples.
    sample, random_state
        As in :func:`trustworthiness`.

    Returns
    -------
    float
        0 to 1.

    Raises
    ------
    InvalidInputError
        If ``labels`` is not one value per row, or ``n_neighbors`` is too large.

    References
    ----------
    Cover & Hart (1967), "Nearest neighbor pattern classification", IEEE Trans. Inf. Theory 13.
    """
    points = check_map(Y)
    n = len(points)
    check_number("n_neighbors", n_neighbors, low=1, high=n - 1, integer=True)
    rows = sampled_rows(n, sample, random_state)
    nearest = Space(points).nearest(rows, n_neighbors)
    return float(right_votes(label_codes(labels, n), rows, nearest).mean())


def report(
    X: Any,
    Y: Any,
    *,
    labels: Any = None,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
) -> Report:
    """Return every measure of a map at once.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state
        As in :func:`trustworthiness`.
    labels
        One value per row; names of classes add ``knn_accuracy`` with 10 neighbours (fewer if there are not as
        many).

    Returns
    -------
    Report
        ``trustworthiness``, ``continuity``, ``neighbor_recall`` and, with labels,
        ``knn_accuracy``.

    Raises
    ------
    InvalidInputError
        As in :func:`trustworthiness`.
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state)
    codes = label_codes(labels, pair.n) if _are_classes(labels, pair.n) else None
    in_data, in_map = pair.ranks_in_data(), pair.ranks_in_map()
    scores = {
        "trustworthiness": penalty_score(in_data, pair.n, n_neighbors),
        "continuity": penalty_score(in_map, pair.n, n_neighbors),
        "neighbor_recall": recall(in_data, n_neighbors),
    }
    if codes is not None:
        nearest = pair.map.nearest(pair.rows, min(10, pair.n - 1))
        scores["knn_accuracy"] = right_votes(codes, pair.rows, nearest)
    return Report(
        {name: float(score.mean()) for name, score in scores.items()},
        {name: standard_error(score, pair.n) for name, score in scores.items()},
        n_samples=pair.n,
        sample_size=len(pair.rows),
        n_neighbors=int(n_neighbors),
    )


def _are_classes(labels: Any, n_samples: int) -> bool:
    """Return whether there are labels and they name classes: nobody votes on a number."""
    values = check_labels(labels, n_samples)
    return values is not None and classes(values) is not None
