"""Exercises of notebook 00, the quickstart."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed import metrics
from nbembed.lessons.exercise import Exercise, Test, close_to, same

__all__ = ["EXERCISES"]

# So many points are asked for, and so many neighbours are looked at.
WORST, NEIGHBORS = 5, 15


def _lowest(measure: str, sign: int = 1) -> Test:
    """Return a test of whether these are the points where a measure is lowest; ties count as alike."""

    def test(value: Any, X: Any, Y: Any) -> bool:
        rows = np.unique(np.asarray(value, dtype=int))
        each = sign * getattr(metrics.local_scores(X, Y, n_neighbors=NEIGHBORS), measure)
        return len(rows) == WORST and same(np.sort(each[rows]), np.sort(each)[:WORST], 1e-9)

    return test


def _shared(X: Any, Y: Any, row: int, others: int = NEIGHBORS, turn: int = 1) -> int:
    """Return how many of a row's nearest others in the data are among those in the map."""
    near = [_nearest(space, row, turn)[:others] for space in (X, Y)]
    return len(np.intersect1d(*near))


def _nearest(space: Any, row: int, turn: int) -> Any:
    """Return the other rows, the nearest first; of equally far ones the first, or with ``turn`` -1 the last."""
    values = np.asarray(space, dtype=np.float64)
    squared = ((values - values[row]) ** 2).sum(axis=1)
    squared[row] = np.inf
    order = np.arange(len(squared))[::turn]
    return order[np.argsort(squared[order], kind="stable")]


def _is_shared(value: Any, X: Any, Y: Any, row: int) -> bool:
    """Return whether a count is right, whichever of equally far rows were taken."""
    counts = [_shared(X, Y, row, turn=turn) for turn in (1, -1)]
    return float(value) == int(value) and min(counts) <= value <= max(counts)


EXERCISES = {
    "00-a": Exercise(
        right=_lowest("trustworthiness"),
        mistakes={
            "these are the most trustworthy ones: the lowest are asked for": _lowest(
                "trustworthiness", -1
            ),
            "this is continuity: which neighbours in the data were torn away. Trustworthiness asks of "
            "those in the map whether they belong there": _lowest("continuity"),
            "these are scores; the numbers of the rows are asked for": (
                lambda value, **_: bool((np.asarray(value, dtype=float) % 1).any())
            ),
            "five different rows are asked for": (
                lambda value, **_: len(np.unique(np.asarray(value))) != WORST
            ),
        },
        otherwise="score every point with 15 neighbours, sort the scores, and take the rows of the five lowest",
        needs=("X", "Y"),
    ),
    "00-b": Exercise(
        right=_is_shared,
        mistakes={
            "these are the ones that are lost; those that are kept are asked for": close_to(
                lambda X, Y, row: NEIGHBORS - _shared(X, Y, row)
            ),
            "this is a share; a count is asked for": (
                lambda value, X, Y, row: (
                    0 < float(value) < 1 and same(float(value), _shared(X, Y, row) / NEIGHBORS)
                )
            ),
            "the point itself is counted: it is nearest to itself in both": close_to(
                lambda X, Y, row: _shared(X, Y, row, NEIGHBORS - 1) + 1
            ),
            "that is the number of neighbours; how many of them are the same in both?": close_to(
                float(NEIGHBORS)
            ),
        },
        otherwise="take the 15 rows nearest to it in X, those nearest in Y, and count which are in both",
        needs=("X", "Y", "row"),
    ),
}
