"""Data and their map, looked at together."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError
from nbembed.metrics.devices import space_on
from nbembed.metrics.ranking import Space, as_points, check_neighborhood, sampled_rows
from nbembed.transport import check_map

__all__ = ["Pair", "checked_pair"]


class Pair:
    """Data, its map, and the rows to look at.

    Parameters
    ----------
    data, embedding
        The two spaces.
    rows
        The points to look from, ascending.
    n_neighbors
        Size of a neighbourhood.
    """

    def __init__(
        self, data: Space, embedding: Space, rows: NDArray[np.intp], n_neighbors: int
    ) -> None:
        self.data = data
        self.map = embedding
        self.rows = rows
        self.n = data.n
        self.n_neighbors = n_neighbors
        self._near_in_data: NDArray[np.intp] | None = None
        self._near_in_map: NDArray[np.intp] | None = None
        self._ranks_in_data: NDArray[np.intp] | None = None

    @classmethod
    def of(
        cls,
        X: Any,
        Y: Any,
        n_neighbors: int,
        sample: int | None,
        random_state: Any,
        device: str = "cpu",
    ) -> "Pair":
        """Check the arguments of a measure and return what it works on."""
        points, embedding = checked_pair(X, Y)
        check_neighborhood(n_neighbors, len(points))
        rows = sampled_rows(len(points), sample, random_state)
        spaces = space_on(points, device), space_on(embedding, device)
        return cls(*spaces, rows, int(n_neighbors))

    def near_in_data(self) -> NDArray[np.intp]:
        """Return the nearest points in the data; the ranks there come with them."""
        if self._near_in_data is None:
            found = self.data.rank(self.rows, self.n_neighbors, self.near_in_map())
            self._near_in_data, self._ranks_in_data = found
        return self._near_in_data

    def near_in_map(self) -> NDArray[np.intp]:
        """Return the nearest points in the map."""
        if self._near_in_map is None:
            self._near_in_map = self.map.nearest(self.rows, self.n_neighbors)
        return self._near_in_map

    def ranks_in_data(self) -> NDArray[np.intp]:
        """Return, for the nearest points in the map, their ranks in the data."""
        if self._ranks_in_data is None:
            self._ranks_in_data = self.data.rank(self.rows, 0, self.near_in_map())[1]
        return self._ranks_in_data

    def ranks_in_map(self) -> NDArray[np.intp]:
        """Return, for the nearest points in the data, their ranks in the map."""
        return self.map.rank(self.rows, 0, self.near_in_data())[1]


def checked_pair(X: Any, Y: Any) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return checked data and their checked map, of as many rows."""
    points = as_points(X)
    embedding = check_map(Y)
    if len(embedding) != len(points):
        raise InvalidInputError(
            f"Y must have one row per row of X, {len(points)}, got {len(embedding)}; "
            "pass the map of these very rows"
        )
    return points, embedding
