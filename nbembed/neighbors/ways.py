"""Ways to look up rows among samples, each row on its own, to the bit.

Every way is called with rows, for each the sample that it is and that is to be left out (-1: none),
and k, and returns the k nearest samples and their distances, equal distances ordered by index.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import lock
from nbembed.neighbors.euclidean import Euclidean, Found, Rows, refine, unit_rows
from nbembed.neighbors.finding import descent, ordered

__all__ = ["BY_PRODUCT", "Descent", "Given", "Measured", "Product", "Way", "is_metric"]

Points = NDArray[np.float32]
# Metrics that a matrix product can search.
BY_PRODUCT = ("euclidean", "l2", "nan_euclidean", "sqeuclidean", "cosine")
# How far PyNNDescent looks beyond the best; umap-learn's.
EPSILON = 0.12


class Way(Protocol):
    """A way to look up rows."""

    exact: bool

    def __call__(self, rows: Points, own: Rows, k: int) -> Found:
        """Return the samples nearest to each row and their distances."""
        ...


def is_metric(metric: Any, *names: str) -> bool:
    """Tell whether ``metric``, which may be a function, has one of ``names``."""
    return isinstance(metric, str) and metric in names


class Given:
    """The rows are themselves distances to the samples."""

    exact = True

    def __call__(self, rows: Points, own: Rows, k: int) -> Found:
        """Sort the distances."""
        return _smallest(rows.astype(np.float64), own, k)


class Measured:
    """All distances are measured by scikit-learn."""

    exact = True

    def __init__(self, X: Points, metric: Any) -> None:
        self.X, self.metric = X, metric

    def __call__(self, rows: Points, own: Rows, k: int) -> Found:
        """Measure and sort."""
        from sklearn.metrics import pairwise_distances

        measured: Any = pairwise_distances(rows, self.X, metric=self.metric)
        return _smallest(np.array(measured, dtype=np.float64), own, k)


class Product:
    r"""Euclidean distance and what follows from it, by matrix products and an exact measurement.

    Cosine distance is half the squared Euclidean distance of the unit vectors. A row of zeros has
    no direction: its distance from all others is 1, and from another row of zeros 0.
    """

    exact = True

    def __init__(self, X: Points, metric: str) -> None:
        self.metric = metric
        self.euclidean = Euclidean(unit_rows(X) if metric == "cosine" else X, 1)
        _ = self.euclidean.coarse  # here, and not in several threads at once

    def __call__(self, rows: Points, own: Rows, k: int) -> Found:
        """Search, and turn the distances into those of the metric."""
        with np.errstate(over="ignore", invalid="ignore"):
            indices, distances = self.euclidean.near(
                unit_rows(rows) if self.metric == "cosine" else rows, own, k, to_the_bit=True
            )
        if self.metric == "cosine":
            return indices, 0.5 * distances**2
        return indices, distances**2 if self.metric == "sqeuclidean" else distances


class Descent:
    """PyNNDescent's index, asked for one row at a time: its random draws go on from row to row."""

    exact = False

    def __init__(self, X: Points, metric: str, k: int, random_state: int) -> None:
        self.X, self.metric, self.k = X, metric, k
        self.is_euclidean = metric in ("euclidean", "l2")
        # The library calculates in float32, where an offset of the data would cost digits.
        self.centre = X.mean(axis=0, dtype=np.float64) if self.is_euclidean else np.zeros(1)
        with lock:
            self.index = descent(self._centred(X), k, metric, random_state)
            self.index.prepare()

    def __call__(self, rows: Points, own: Rows, k: int) -> Found:
        """Ask the index; where it finds too few, measure all."""
        with lock:
            found = [
                self.index.query(row[None], k + 1, epsilon=EPSILON) for row in self._centred(rows)
            ]
        candidates = np.concatenate([one[0] for one in found]).astype(np.int64)
        if self.is_euclidean:
            indices, squared = refine(self.X, rows, own, candidates, k)
            distances = np.sqrt(squared)
        else:
            measured = np.concatenate([one[1] for one in found]).astype(np.float64)
            strange = (candidates < 0) | (candidates == own[:, None])
            indices, distances = ordered(
                np.where(strange, -1, candidates), np.where(strange, np.inf, measured)
            )
            indices, distances = indices[:, :k], distances[:, :k]
        missing = np.flatnonzero((indices < 0).any(axis=1))
        if len(missing):
            everything = Measured(self.X, self.metric)
            indices[missing], distances[missing] = everything(rows[missing], own[missing], k)
        return indices, distances

    def _centred(self, rows: Points) -> Points:
        return (rows - self.centre).astype(np.float32)


def _smallest(distances: NDArray[np.float64], own: Rows, k: int) -> Found:
    """Return the k smallest of each row, equal ones by index."""
    known = np.flatnonzero(own >= 0)
    distances[known, own[known]] = np.inf
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return order.astype(np.int32), np.take_along_axis(distances, order, axis=1)
