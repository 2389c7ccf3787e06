"""Whether neighbours in the map have the same label."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_labels, check_number
from nbembed.errors import InvalidInputError
from nbembed.labels import MISSING
from nbembed.metrics.ranking import Space, sampled_rows
from nbembed.metrics.score import Score
from nbembed.metrics.scores import label_codes, labelled, right_votes
from nbembed.transport import check_map

__all__ = ["knn_accuracy", "neighborhood_hit"]


def neighborhood_hit(
    Y: Any, labels: Any, *, n_neighbors: int = 7, sample: int | None = None, random_state: Any = 0
) -> Score:
    r"""Return the mean fraction of each point's nearest neighbours that have its label.

    .. math:: \frac{1}{n k} \sum_i |\{j \in N_k(i) : l_j = l_i\}|

    Parameters
    ----------
    Y
        The map, or any array of shape (n_samples, n_columns).
    labels
        One class per row. Rows without a label (None, NaN) are left out.
    n_neighbors
        Neighbours per point, at least 1 and less than the number of rows; Espadoto et al. take 7.
    sample, random_state
        As in :func:`nbembed.metrics.trustworthiness`.

    Returns
    -------
    Score
        A float, 0 to 1. Shuffled labels have about the sum of the squared shares of the classes.

    Raises
    ------
    InvalidInputError
        If ``labels`` is not one value per row, or ``n_neighbors`` is too large.

    References
    ----------
    Paulovich et al. (2008), "Least square projection", IEEE TVCG 14; Espadoto et al. (2021),
    "Toward a quantitative survey of dimension reduction techniques", IEEE TVCG 27.
    """
    points, codes = labelled(check_map(Y), labels)
    check_number("n_neighbors", n_neighbors, low=1, high=len(points) - 1, integer=True)
    rows = sampled_rows(len(points), sample, random_state)
    nearest = Space(points).nearest(rows, int(n_neighbors))
    hits = (codes[nearest] == codes[rows, None]).mean(axis=1)
    return Score.of_rows(hits, len(points))


def knn_accuracy(
    Y: Any,
    labels: Any,
    n_neighbors: int = 10,
    *,
    cv: Any = None,
    Y_test: Any = None,
    labels_test: Any = None,
    sample: int | None = None,
    random_state: Any = 0,
) -> Score:
    """Return how often the nearest neighbours in the map vote for the right label.

    Without ``cv`` and ``Y_test`` each point is left out in turn. The label that is most frequent
    among the ``n_neighbors`` nearest wins; of labels equally frequent, the first in sorted order.
    ``n_neighbors=1`` is the 1-NN accuracy.

    Parameters
    ----------
    Y
        The map, or any array of shape (n_samples, n_columns).
    labels
        One class per row. Rows without a label (None, NaN) are left out.
    n_neighbors
        Voters per point, at least 1 and less than n_samples.
    cv
        Number of folds, or a splitter of scikit-learn: each fold is judged by the others, and the
        mean over the folds returned. A number stands for stratified folds in the order of the rows.
    Y_test, labels_test
        Other points of the same map and their classes, to be judged by Y.
    sample, random_state
        As in :func:`nbembed.metrics.trustworthiness`; only when points are left out in turn.

    Returns
    -------
    Score
        A float, 0 to 1.

    Raises
    ------
    InvalidInputError
        If ``labels`` is not one value per row, ``n_neighbors`` is too large, only one of ``Y_test``
        and ``labels_test`` is given, or ``cv`` with them.

    References
    ----------
    Cover & Hart (1967), "Nearest neighbor pattern classification", IEEE Trans. Inf. Theory 13.
    """
    if (Y_test is None) != (labels_test is None) or (cv is not None and Y_test is not None):
        given = {"Y_test": Y_test, "labels_test": labels_test, "cv": cv}
        names = [name for name, value in given.items() if value is not None]
        raise InvalidInputError(
            f"Y_test and labels_test must be given together and without cv, got {' and '.join(names)}; "
            "leave the others out"
        )
    if Y_test is not None:
        return _on_others(check_map(Y), labels, n_neighbors, Y_test, labels_test)
    points, codes = labelled(check_map(Y), labels)
    check_number("n_neighbors", n_neighbors, low=1, high=len(points) - 1, integer=True)
    if cv is not None:
        return _cross_validated(points, codes, int(n_neighbors), cv)
    rows = sampled_rows(len(points), sample, random_state)
    nearest = Space(points).nearest(rows, int(n_neighbors))
    return Score.of_rows(right_votes(codes, rows, nearest), len(points))


def _cross_validated(
    points: NDArray[np.float64], codes: NDArray[np.intp], n_neighbors: int, cv: Any
) -> Score:
    from sklearn.model_selection import cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    model, judge = KNeighborsClassifier(n_neighbors), cast("Any", cross_val_score)
    try:
        folds = judge(model, points, codes, cv=cv, error_score="raise")
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"cv must be a number of folds that fits the classes, or a splitter of scikit-learn, got "
            f"{cv!r}: {error}"
        ) from None
    return Score(float(folds.mean()))


def _on_others(
    points: NDArray[np.float64], labels: Any, n_neighbors: int, Y_test: Any, labels_test: Any
) -> Score:
    """Return the accuracy on other points of the same map."""
    from sklearn.neighbors import KNeighborsClassifier

    others = check_map(Y_test, name="Y_test")
    if others.shape[1] != points.shape[1]:
        raise InvalidInputError(
            f"Y_test must have as many columns as Y, {points.shape[1]}, got {others.shape[1]}; "
            "pass points of the same map"
        )
    names: list[Any] = [
        check_labels(labels, len(points)),
        check_labels(labels_test, len(others), name="labels_test"),
    ]
    if names[0] is None:
        raise InvalidInputError("labels must hold one value per row, got None; pass the classes")
    # One numbering for both, so that a class keeps its number.
    together, codes = labelled(np.vstack([points, others]), np.concatenate(names))
    kept = label_codes(labels, len(points)) != MISSING
    n_train = int(kept.sum())
    check_number("n_neighbors", n_neighbors, low=1, high=n_train, integer=True)
    if len(together) == n_train:
        raise InvalidInputError("labels_test must hold at least one label, got only missing ones")
    model = KNeighborsClassifier(n_neighbors).fit(together[:n_train], codes[:n_train])
    return Score(float(model.score(together[n_train:], codes[n_train:])))
