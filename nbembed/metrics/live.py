"""The quality of a map that keeps changing, in milliseconds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import serial_blas, share, thread_count
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
# While the ranks are made ready bit by bit: distances held at once, products of coordinates and
# distances sorted in one piece of the work, and the most columns of a piece.
HELD, PRODUCTS, SORTED, COLUMNS = 4_194_304, 33_554_432, 150_000, 4_096
CENTRE_ROWS = 256


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
    is_ready
        False leaves the ranks to :meth:`prepare`, which must be exhausted before the first measurement,
        and takes X unchecked, as float32.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is not less than half the rows, or X is not usable.
    """

    def __init__(
        self,
        X: Any,
        n_neighbors: int = 15,
        *,
        sample: int | None = None,
        random_state: Any = 0,
        is_ready: bool = True,
    ) -> None:
        points: NDArray[Any] = as_points(X) if is_ready else X
        n = len(points)
        check_neighborhood(n_neighbors, n)
        room = max(1, MAX_BYTES // (n * rank_dtype(n).itemsize))
        self._rows = sampled_rows(
            n, SAMPLE_ROWS if sample is None else sample, random_state, room=room
        )
        self._n, self._n_neighbors = n, int(n_neighbors)
        self.is_ready = is_ready
        if is_ready:
            self._ranks = Space(points).rank_table(self._rows)
        else:
            self._points = points
            self._ranks = np.empty((len(self._rows), n), dtype=rank_dtype(n))

    def prepare(self) -> Iterator[None]:
        """Get ready to measure: some milliseconds of work with every pull."""
        points = self._points
        centre = np.median(points[:: max(1, len(points) // CENTRE_ROWS)], axis=0).astype(np.float64)
        height = max(1, min(256, HELD // len(points)))
        for start in range(0, len(self._rows), height):
            block = self._rows[start : start + height]
            distances = np.empty((len(block), len(points)))
            yield from _fill(distances, points, block, centre)
            distances[np.arange(len(block)), block] = np.inf
            yield from _rank(distances, self._ranks[start : start + height])
        del self._points
        self.is_ready = True

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


def _fill(
    distances: NDArray[np.float64],
    points: NDArray[np.float32],
    block: NDArray[np.intp],
    centre: NDArray[np.float64],
) -> Iterator[None]:
    """Write squared distances from the rows of ``block``, less one number a row, some columns a pull.

    Threads of BLAS would spin after each piece, for longer than it took, on the cores of the next step:
    each of our own calls it for columns of its own, always as many at once.
    """
    seen_from = points[block] - centre
    width = max(1, min(COLUMNS, PRODUCTS // seen_from.size))

    def work(first: int, last: int) -> None:
        for at in range(first * width, min(last * width, len(points)), width):
            others = points[at : at + width] - centre
            part = distances[:, at : at + width]
            np.matmul(seen_from, others.T, out=part)
            part *= -2.0
            part += np.einsum("ij,ij->i", others, others)

    pieces, few = -(-len(points) // width), thread_count()
    for start in range(0, pieces, few):
        with serial_blas():
            share(min(few, pieces - start), lambda a, b, start=start: work(start + a, start + b))
        yield


def _rank(
    distances: NDArray[np.float64], ranks: NDArray[np.unsignedinteger[Any]]
) -> Iterator[None]:
    """Write the rank of every distance within its row, some rows a pull."""
    count, n = distances.shape
    counted = np.arange(1, n + 1, dtype=ranks.dtype)
    few = max(1, SORTED // n) * thread_count()

    def work(first: int, last: int) -> None:
        order = np.argsort(distances[first:last], axis=1)
        np.put_along_axis(ranks[first:last], order, counted[None], axis=1)

    for start in range(0, count, few):
        share(min(few, count - start), lambda a, b, start=start: work(start + a, start + b))
        yield
