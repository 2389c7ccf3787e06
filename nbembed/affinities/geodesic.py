"""Distances along the data: the lengths of shortest paths in the neighbour graph."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from nbembed.affinities.symmetry import directed
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, Neighbors

__all__ = ["distances", "geodesic_distances", "geodesic_neighbors"]

# Rows of which all path lengths are held at once.
BLOCK = 256
# Stands for the length of an edge between equal samples: a sparse matrix cannot hold an edge of 0.
SHORTEST = 1e-30


def distances(neighbors: Neighbors) -> Graph:
    """Return the distances themselves, as a graph whose rows are sorted by column.

    Parameters
    ----------
    neighbors
        The k nearest neighbours; with k = n - 1 the graph is complete, as scaling needs it.

    Returns
    -------
    Graph
        It holds an edge of length 0 too, between equal samples. 8 n k bytes.
    """
    n, k = neighbors.indices.shape
    order = np.argsort(neighbors.indices, axis=1, kind="stable")
    return Graph(
        np.arange(0, n * k + 1, k, dtype=np.int64),
        np.take_along_axis(neighbors.indices, order, axis=1).ravel().astype(np.int32),
        np.take_along_axis(neighbors.distances, order, axis=1).ravel().astype(np.float32),
    )


def geodesic_distances(neighbors: Neighbors) -> NDArray[np.float64]:
    """Return the length of the shortest path between any two samples, as Isomap uses it.

    Parameters
    ----------
    neighbors
        The k nearest neighbours. An edge joins two samples where one is a neighbour of the other.

    Returns
    -------
    ndarray, shape (n, n)
        In units of the distances; symmetric, infinite where no path leads. 8 n² bytes: for more
        than some 10,000 samples see :func:`geodesic_neighbors`.

    References
    ----------
    Tenenbaum, de Silva & Langford (2000), Science 290, Table 1.
    """
    return np.asarray(dijkstra(_edges(neighbors), directed=False))


def geodesic_neighbors(neighbors: Neighbors, *, n_neighbors: int) -> Neighbors:
    """Return the nearest samples along the graph: neighbours by path length.

    Every affinity of neighbours becomes geodesic with them.

    Parameters
    ----------
    neighbors
        The k nearest neighbours, which are the graph.
    n_neighbors
        Neighbours to return, 1 to n - 1; it may be above k.

    Returns
    -------
    Neighbors
        Distances are path lengths, ascending along each row.

    Raises
    ------
    InvalidInputError
        If ``n_neighbors`` is out of its range, or fewer samples than that can be reached from one.

    References
    ----------
    Tenenbaum, de Silva & Langford (2000), Science 290, Table 1.
    """
    n = len(neighbors.indices)
    if not 1 <= n_neighbors <= n - 1:
        raise InvalidInputError(f"n_neighbors must be in [1, {n - 1}], got {n_neighbors}")
    edges = _edges(neighbors)
    indices = np.empty((n, n_neighbors), dtype=np.int32)
    distances = np.empty((n, n_neighbors), dtype=np.float32)
    for start in range(0, n, BLOCK):
        rows = np.arange(start, min(start + BLOCK, n))
        lengths = np.asarray(dijkstra(edges, directed=False, indices=rows))
        lengths[rows - start, rows] = np.inf
        # A stable order: of equal lengths the sample that comes first.
        nearest = np.argsort(lengths, axis=1, kind="stable")[:, :n_neighbors]
        indices[rows] = nearest
        distances[rows] = np.take_along_axis(lengths, nearest, axis=1)
    if not np.isfinite(distances).all():
        raise InvalidInputError(
            f"n_neighbors must be at most what paths reach from every sample, got {n_neighbors}; "
            "the graph is in parts: join them with more neighbours, or ask for fewer"
        )
    return Neighbors(indices, distances, neighbors.exact)


def _edges(neighbors: Neighbors) -> Any:
    lengths = np.maximum(neighbors.distances.astype(np.float64), SHORTEST)
    return directed(neighbors, lengths)
