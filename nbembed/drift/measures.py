"""How rows that are not on a map stand to the rows that are: one number per row and question."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from nbembed._threads import serial_blas, thread_count

__all__ = ["Ground", "Rows", "reported"]

# Distances one thread holds at once: 32 MB.
BLOCK_ENTRIES = 1 << 22
MAX_BLOCK_ROWS = 128
# A distance below this share of the usual one counts as this share, so that its logarithm is finite.
LEAST_SHARE = 1e-3

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Rows:
    """What was measured of each row.

    Attributes
    ----------
    trust : ndarray
        1 if all the row's neighbours on the map are its neighbours in the data; lower for each that
        is not, the more the farther away it is in the data.
    distance : ndarray
        To the k-th nearest row of the map's data.
    agreement : ndarray or None
        Share of the row's neighbours on the map that have its label; NaN for a row without one.
    """

    trust: Floats
    distance: Floats
    agreement: Floats | None


class Ground:
    """The rows of a map: their data, their places and, where there are any, the codes of their labels.

    Parameters
    ----------
    X
        The data, float32; with ``metric="precomputed"`` anything with as many rows.
    Y
        The map.
    metric
        Of the data: a name of scikit-learn's, or a function of two rows.
    n_neighbors
        Size k of a neighbourhood, less than half the rows.
    codes
        The class of each row, -1 for none.
    """

    def __init__(
        self,
        X: NDArray[np.float32],
        Y: Floats,
        *,
        metric: Any,
        n_neighbors: int,
        codes: Numbers | None = None,
    ) -> None:
        self.X, self.Y, self.metric, self.k, self.codes = X, Y, metric, n_neighbors, codes
        self._tree = KDTree(Y)

    def look(
        self,
        rows: NDArray[np.float32],
        places: Floats,
        *,
        codes: Numbers | None = None,
        own: Numbers | None = None,
    ) -> Rows:
        r"""Measure rows at their places.

        The trust of row i is :math:`1 - \frac{2}{k(2n - 3k - 1)} \sum_{j \in U_k(i)} (r(i, j) - k)`, its
        part of the trustworthiness of a map of the :math:`n - 1` known rows and itself.

        Parameters
        ----------
        rows, places
            The data and the places on the map.
        codes
            The class of each row; -1 for none, -2 for one that no known row has.
        own
            For rows that are known: their numbers, to look from them at the others only.

        References
        ----------
        Venna & Kaski (2001), "Neighborhood preservation in nonlinear projection methods", ICANN, eq. 1.
        """
        near = self._near_on_map(places, own)
        trust, distance = np.empty(len(rows)), np.empty(len(rows))
        size = max(1, min(MAX_BLOCK_ROWS, BLOCK_ENTRIES // len(self.X)))

        def work(start: int) -> None:
            part = slice(start, start + size)
            measured = self._distances(rows[part])
            if own is not None:
                measured[np.arange(len(measured)), own[part]] = np.inf
            distance[part] = np.partition(measured, self.k - 1, axis=1)[:, self.k - 1]
            trust[part] = self._trust(measured, near[part], n=len(self.X) + (own is None))

        with serial_blas(), ThreadPoolExecutor(thread_count()) as pool:
            list(pool.map(work, range(0, len(rows), size)))
        return Rows(trust, distance, self._agreement(near, codes))

    def _near_on_map(self, places: Floats, own: Numbers | None) -> Numbers:
        found: Any = self._tree.query(places, k=self.k + (own is not None))[1]
        found = np.asarray(found, dtype=np.int64).reshape(len(places), -1)
        if own is None:
            return found
        is_own = found == own[:, None]
        # A row that is not among the nearest of its new place: the farthest is one too many.
        is_own[~is_own.any(axis=1), -1] = True
        return found[~is_own].reshape(len(places), self.k)

    def _distances(self, rows: NDArray[np.float32]) -> Floats:
        if isinstance(self.metric, str) and self.metric == "precomputed":
            return rows.astype(np.float64)
        from sklearn.metrics import pairwise_distances

        return np.array(pairwise_distances(rows, self.X, metric=self.metric), dtype=np.float64)

    def _trust(self, measured: Floats, near: Numbers, *, n: int) -> Floats:
        penalty = np.zeros(len(measured))
        for column in near.T:
            own = measured[np.arange(len(measured)), column]
            rank = 1 + (measured < own[:, None]).sum(axis=1)
            penalty += np.maximum(rank - self.k, 0)
        return 1.0 - 2.0 / (self.k * (2 * n - 3 * self.k - 1)) * penalty

    def _agreement(self, near: Numbers, codes: Numbers | None) -> Floats | None:
        if codes is None or self.codes is None:
            return None
        theirs = self.codes[near]
        share = (theirs == codes[:, None]).mean(axis=1)
        return np.where(codes == -1, np.nan, share)


def reported(rows: Rows, *, usual: float, far: float) -> dict[str, Floats]:
    """Return the measures of each row under the names they are reported by.

    Parameters
    ----------
    usual
        Distance to the k-th neighbour that is usual among the known rows.
    far
        Distance beyond which a row counts as far from all known ones.
    """
    share = np.maximum(rows.distance / usual, LEAST_SHARE)
    named = {
        "trust": rows.trust,
        "novelty": np.log(share),
        "beyond": (rows.distance > far).astype(np.float64),
    }
    if rows.agreement is not None:
        named["agreement"] = rows.agreement
    return named
