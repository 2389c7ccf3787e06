"""The quality of every single point of a map that keeps changing: what a map is coloured by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice
from nbembed.errors import InvalidInputError
from nbembed.metrics.ranking import Space, as_points, check_neighborhood, sampled_rows
from nbembed.metrics.scores import penalty_score
from nbembed.metrics.stability import neighbor_jaccard
from nbembed.transport import check_map

__all__ = ["POINT_MEASURES", "PointQuality"]

POINT_MEASURES = ("trustworthiness", "continuity", "kept", "false", "missing")
# A neighbour in one space that is not among this many times as many in the other one is far there.
FAR = 3


class PointQuality:
    r"""What each point of a map contributes to the local measures, for one map after the other.

    What depends on the data alone, their neighbours, is computed once, when it is first needed.

    ``"trustworthiness"`` and ``"continuity"``
        1 without a fault, about 0.5 by chance; their means are
        :func:`nbembed.metrics.trustworthiness` and :func:`nbembed.metrics.continuity`.
    ``"kept"``
        Fraction of the point's neighbours in the data that are its neighbours in the map.
    ``"false"``
        Fraction of its k neighbours in the map that are not among its 3 k nearest in the data.
    ``"missing"``
        Fraction of its k neighbours in the data that are not among its 3 k nearest in the map.

    With one size of neighbourhood on both sides as many neighbours are false as are missing. The
    factor 3 leaves out those that are missed by a little, and so tells intruders from tears.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    n_neighbors
        Size k of a neighbourhood, at least 1 and less than n_samples / 2. Default 15.
    sample
        Number of points to measure; None takes all up to 10,000, above 2,000 at random. Each
        is compared with all points.
    random_state
        Seed that picks the sample.

    Attributes
    ----------
    rows : ndarray of int
        The points that are measured, ascending.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is not less than half the rows, or X is not usable.

    References
    ----------
    Venna & Kaski (2001), ICANN, eqs. 1 and 2; Lespinats & Aupetit (2011), "CheckViz", Computer
    Graphics Forum 30, for the difference between false neighbourhoods and tears.

    Examples
    --------
    >>> line = np.arange(8.0)[:, None] ** 1.5
    >>> torn = line.copy()
    >>> torn[7] = -9.0
    >>> quality = PointQuality(line, n_neighbors=1)
    >>> quality.values(torn, "kept").tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0]
    """

    def __init__(
        self, X: Any, n_neighbors: int = 15, *, sample: int | None = None, random_state: Any = 0
    ) -> None:
        points = as_points(X)
        check_neighborhood(n_neighbors, len(points))
        self.n, self.n_neighbors = len(points), int(n_neighbors)
        self.rows = sampled_rows(self.n, sample, random_state)
        self._data = Space(points)
        self._far = min(FAR * self.n_neighbors, self.n - 1)
        self._near: NDArray[np.intp] | None = None

    def values(self, Y: Any, measure: str) -> NDArray[np.float64]:
        """Return a measure of each point of the map Y, shape (n_samples,), NaN where not measured.

        Raises
        ------
        InvalidInputError
            If there is no such measure, or Y is not a finite map of the same rows.
        """
        check_choice("measure", measure, POINT_MEASURES)
        embedding = check_map(Y)
        if len(embedding) != self.n:
            raise InvalidInputError(
                f"Y must have one row per row of X, {self.n}, got {len(embedding)}"
            )
        space, k = Space(embedding), self.n_neighbors
        if measure == "trustworthiness":
            ranks = self._data.rank(self.rows, 0, space.nearest(self.rows, k))[1]
            found = penalty_score(ranks, self.n, k)
        elif measure == "continuity":
            ranks = space.rank(self.rows, 0, self.near_in_data()[:, :k])[1]
            found = penalty_score(ranks, self.n, k)
        elif measure == "kept":
            found = _share_within(self.near_in_data()[:, :k], space.nearest(self.rows, k))
        elif measure == "false":
            found = 1.0 - _share_within(space.nearest(self.rows, k), self.near_in_data())
        else:
            near = space.nearest(self.rows, self._far)
            found = 1.0 - _share_within(self.near_in_data()[:, :k], near)
        return self._spread(found)

    def stability(self, maps: Any) -> NDArray[np.float64]:
        """Return :func:`nbembed.metrics.neighbor_jaccard` of several maps, shape (n_samples,)."""
        return neighbor_jaccard(maps, n_neighbors=self.n_neighbors)

    def near_in_data(self) -> NDArray[np.intp]:
        """Return the 3 k nearest points in the data of each of ``rows``, the nearest first."""
        if self._near is None:
            self._near = self._data.nearest(self.rows, self._far)
        return self._near

    def nearest(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the k nearest points in the data of ``rows``, shape (len(rows), k)."""
        return self._data.nearest(rows, self.n_neighbors)

    def neighbors_of(self, row: int) -> NDArray[np.intp]:
        """Return the k nearest points in the data of one point, whether it is in ``rows`` or not."""
        # Not Space.nearest, which prepares a copy of all data for the search from many points.
        distances = self._data.squared_distances(np.array([row]))[0]
        distances[row] = np.inf
        near = np.argpartition(distances, self.n_neighbors - 1)[: self.n_neighbors]
        return near[np.lexsort((near, distances[near]))]

    def _spread(self, found: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.full(self.n, np.nan)
        values[self.rows] = found
        return values


def _share_within(some: NDArray[np.intp], others: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return for each row the fraction of ``some`` that are among ``others``."""
    # One column of ``some`` at a time: no table of all pairs is held.
    hits = [(others == column[:, None]).any(axis=1) for column in some.T]
    return np.mean(hits, axis=0)
