"""The exercise of the walkthrough in a browser: a table of the learner's own."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise

__all__ = ["EXERCISES"]

FEW_ROWS = 30
WIDE = 100.0
DIMENSIONS = 2


def _numbers(value: Any) -> np.ndarray | None:
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _widths(value: Any) -> float:
    """Return how many times as wide the widest column is as the narrowest that has any width."""
    wide = np.asarray(value, dtype=np.float64).std(axis=0)
    return float(wide.max() / wide[wide > 0].min())


MISTAKES = {
    "a column holds words: keep the columns of numbers, and give the words as labels=": (
        lambda value, **_: _numbers(value) is None
    ),
    "a table has rows and columns: this has another number of dimensions": (
        lambda value, **_: np.ndim(value) != DIMENSIONS
    ),
    "numbers are missing: leave out their rows or columns, or fill them in, and say so": (
        lambda value, **_: not np.isfinite(np.asarray(value, dtype=np.float64)).all()
    ),
    "fewer than 30 rows: a table of that size is better read than mapped": (
        lambda value, **_: len(value) < FEW_ROWS
    ),
    "one column is more than 100 times as wide as another and would decide alone: divide each by its spread": (
        lambda value, **_: _widths(value) > WIDE
    ),
}  # fmt: skip

EXERCISES = {
    "C-a": Exercise(
        right=lambda value, **_: not any(test(value) for test in MISTAKES.values()),
        mistakes=MISTAKES,
        otherwise="an array or a data frame of numbers is asked for",
    )
}
