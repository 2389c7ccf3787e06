"""The quality of a map that keeps changing, in milliseconds."""

from typing import Any

import numpy as np

from nbembed.errors import InvalidInputError
from nbembed.metrics.ranking import (
    SAMPLE_ROWS,
    Space,
    as_points,
    check_neighborhood,
    rank_dtype,
    sampled_rows,
)
from nbembed.metrics.scores import penalty_score, recall
from nbembed.transport import check_map

__all__ = ["LiveQuality"]

MAX_BYTES = 32_000_000


class LiveQuality:
    """Trustworthiness and neighbour recall on a fixed sample of points.

    What depends on the data alone, the rank of every point as seen from the sampled ones, is
    computed once. Measuring a map then is a search in the map and a look-up. The sampled
    points are ranked against all points, so the numbers estimate, and for a sample of
    everything equal, :func:`nbembed.metrics.trustworthiness` and
    :func:`nbembed.metrics.neighbor_recall`.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). It is not kept.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than n_samples / 2.
    sample
        Number of points to look from; None takes 2,000. Never more than fit into 32 MB.
    random_state
        Seed that picks the sample.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is not less than half the rows, or X is not usable.
    """

    def __init__(
        self, X: Any, n_neighbors: int = 15, *, sample: int | None = None, random_state: Any = 0
    ) -> None:
        points = as_points(X)
        n = len(points)
        check_neighborhood(n_neighbors, n)
        room = max(1, MAX_BYTES // (n * rank_dtype(n).itemsize))
        self._rows = sampled_rows(
            n, SAMPLE_ROWS if sample is None else sample, random_state, room=room
        )
        self._ranks = Space(points).rank_table(self._rows)
        self._n, self._n_neighbors = n, int(n_neighbors)

    @property
    def sample_size(self) -> int:
        """Number of points looked from."""
        return len(self._rows)

    def measure(self, Y: Any) -> dict[str, float]:
        """Return ``trustworthiness`` and ``neighbor_recall`` of a map of the same rows.

        Raises
        ------
        InvalidInputError
            If Y does not have one row per row of X, or is not finite.
        """
        embedding = check_map(Y)
        if len(embedding) != self._n:
            raise InvalidInputError(
                f"Y must have one row per row of X, {self._n}, got {len(embedding)}"
            )
        nearest = Space(embedding).nearest(self._rows, self._n_neighbors)
        ranks = np.take_along_axis(self._ranks, nearest, axis=1)
        return {
            "trustworthiness": float(penalty_score(ranks, self._n, self._n_neighbors).mean()),
            "neighbor_recall": float(recall(ranks, self._n_neighbors).mean()),
        }
