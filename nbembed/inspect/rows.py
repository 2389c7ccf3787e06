"""Which rows a view is computed on: all of few, a fixed sample of many, always with the chosen points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.metrics.ranking import as_points

__all__ = ["MAX_ROWS", "Rows", "chosen"]

# Every pair of so many points is looked at without waiting.
MAX_ROWS = 500


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of the data, ascending.

    Attributes
    ----------
    indices : ndarray of int, shape (m,)
    n : int
        Number of rows there are.
    """

    indices: NDArray[np.intp]
    n: int

    @property
    def sample(self) -> str | None:
        """What is said where these are not all rows."""
        m = len(self.indices)
        return None if m == self.n else f"computed on {m:,} of {self.n:,} rows"

    def at(self, row: int) -> int:
        """Return the place of a row among these."""
        return int(np.searchsorted(self.indices, row))

    def of(self, array: Any) -> NDArray[np.float64]:
        """Return these rows of a table, in float64."""
        return np.asarray(array, dtype=np.float64)[self.indices]

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return one value per row there is, NaN for those that are not among these."""
        every = np.full(self.n, np.nan)
        every[self.indices] = values
        return every


def chosen(X: Any, *keep: int, most: int = MAX_ROWS) -> tuple[Rows, NDArray[np.float64]]:
    """Return the rows to look at and the data there.

    Parameters
    ----------
    X
        The data, shape (n, n_features).
    keep
        Rows that must be among them.
    most
        Largest number of rows; of more, a sample that is always the same.

    Raises
    ------
    InvalidInputError
        If a row to keep is not one of X.
    """
    points = as_points(X)
    n = len(points)
    for row in keep:
        check_number("the row", row, low=0, high=n - 1, integer=True)
    indices = np.arange(n)
    if n > most:
        order = np.random.default_rng(0).permutation(n)
        first = np.isin(order, keep)
        indices = np.sort(np.concatenate([order[first], order[~first]])[:most])
    rows = Rows(indices, n)
    return rows, rows.of(points)
