"""One score per point, from ranks and from labels."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_labels
from nbembed.errors import InvalidInputError

__all__ = ["label_codes", "penalty_score", "recall", "right_votes", "standard_error"]


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
    """Return labels as integers from 0, in the sorted order of the labels."""
    values = check_labels(labels, n_samples)
    if values is None:
        raise InvalidInputError("labels must hold one value per row, got None")
    if values.dtype.kind == "O":
        values = values.astype(str)
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def standard_error(scores: NDArray[np.float64], n_samples: int) -> float:
    """Return the standard error of the mean of a sample drawn without replacement.

    Cochran (1977), "Sampling Techniques", eq. 2.20: 0 once everything is sampled.
    """
    size = len(scores)
    if size == 1:
        return 0.0
    return float(scores.std(ddof=1) * np.sqrt((1.0 - size / n_samples) / size))
