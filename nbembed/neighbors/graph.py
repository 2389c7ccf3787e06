"""What a search returns: neighbours, and sparse graphs of them."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Graph", "Neighbors"]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The k nearest neighbours of n samples, the sample itself excluded.

    Attributes
    ----------
    indices : ndarray of int32, shape (n, k)
    distances : ndarray of float32, shape (n, k)
        Ascending along each row, in the units of the metric.
    exact : bool
        Whether every neighbour is certainly among the k nearest.
    recall : float or None
        Share of the k nearest that was found, in [0, 1]: 1 where the search was exact, else estimated on a sample of
        rows; None where it is not known, as of neighbours that the caller gave.
    """

    indices: NDArray[np.int32]
    distances: NDArray[np.float32]
    exact: bool
    recall: float | None = None


@dataclass(frozen=True, eq=False)
class Graph:
    """A weighted graph in compressed sparse rows, each row sorted by column.

    Symmetric graphs store both directions of an edge.
    """

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    weights: NDArray[np.float32]

    @property
    def n(self) -> int:
        """Number of vertices."""
        return len(self.indptr) - 1

    def to_scipy(self) -> sparse.csr_matrix:
        """Return the graph as a scipy matrix that shares the weights."""
        return sparse.csr_matrix((self.weights, self.indices, self.indptr), shape=(self.n, self.n))

    @classmethod
    def from_scipy(cls, matrix: Any) -> Self:
        """Make a graph of a square scipy matrix; zeros and double entries are resolved."""
        rows = sparse.csr_matrix(matrix, copy=True)
        rows.sum_duplicates()
        rows.data = rows.data.astype(np.float32)
        # float32 numbers this small are slow to calculate with, and weigh nothing.
        rows.data[np.abs(rows.data) < np.float32(1e-30)] = 0.0
        rows.eliminate_zeros()
        rows.sort_indices()
        return cls(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data)
