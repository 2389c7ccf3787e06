"""One score per point, from ranks and from labels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_labels
from nbembed.errors import InvalidInputError
from nbembed.labels import MISSING, classes

__all__ = ["label_codes", "labelled", "penalty_score", "recall", "right_votes"]


def penalty_score(
    ranks: NDArray[np.integer[Any]], n_samples: int, n_neighbors: int
) -> NDArray[np.float64]:
    """Return 1 minus each row's normalised sum of ranks beyond the neighbourhood.

    The mean over all points is trustworthiness for ranks in the data, continuity for ranks in the
    map: Venna & Kaski (2001), eqs. 1 and 2.
    """
    beyond = np.maximum(ranks.astype(np.int64) - n_neighbors, 0).sum(axis=1)
    return 1.0 - beyond * (2.0 / (n_neighbors * (2 * n_samples - 3 * n_neighbors - 1)))


def recall(ranks: NDArray[np.integer[Any]], n_neighbors: int) -> NDArray[np.float64]:
    """Return the fraction of each row's points that belong to the true neighbourhood."""
    return (ranks <= n_neighbors).mean(axis=1)


def right_votes(
    codes: NDArray[np.intp], rows: NDArray[np.intp], nearest: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return 1.0 for each row whose neighbours vote for its own label, else 0.0."""
    votes = np.sort(codes[nearest], axis=1)
    counts = np.zeros(votes.shape, dtype=np.intp)
    for column in range(votes.shape[1]):
        counts += votes == votes[:, column : column + 1]
    # The votes are sorted, so the first maximum is the smallest label among equals.
    winner = votes[np.arange(len(votes)), counts.argmax(axis=1)]
    return (winner == codes[rows]).astype(np.float64)


def label_codes(labels: Any, n_samples: int) -> NDArray[np.intp]:
    """Return labels as integers from 0 in the order of the labels, -1 for those that are missing."""
    values = check_labels(labels, n_samples)
    if values is None:
        raise InvalidInputError("labels must hold one value per row, got None; pass the classes")
    named = None if values.dtype.kind in "iub" else classes(values)
    if named is not None:
        return named[1].astype(np.intp)
    if values.dtype.kind == "O":
        values = values.astype(np.float64)
    codes = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.intp)
    return np.where(np.isnan(values), MISSING, codes) if values.dtype.kind == "f" else codes


def labelled(
    points: NDArray[np.float64], labels: Any, *, min_classes: int = 1
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the points that have a label, and their classes as integers from 0.

    Raises
    ------
    InvalidInputError
        If there is not one label per point, or there are fewer than ``min_classes``.
    """
    codes = label_codes(labels, len(points))
    kept = codes != MISSING
    n_classes = len(np.unique(codes[kept]))
    if n_classes < min_classes:
        raise InvalidInputError(
            f"labels must name at least {min_classes} class(es), got {n_classes}; "
            "this measure compares classes with each other"
        )
    return (points, codes) if kept.all() else (points[kept], codes[kept])
