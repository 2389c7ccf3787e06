"""Distances along the data: the lengths of shortest paths in the neighbour graph."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

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


def geodesic_neighbors(
    neighbors: Neighbors, *, n_neighbors: int, X: Any = None, metric: Any = "euclidean"
) -> Neighbors:
    """Return the nearest samples along the graph: neighbours by path length.

    Every affinity of neighbours becomes geodesic with them.

    Parameters
    ----------
    neighbors
        The k nearest neighbours, which are the graph.
    n_neighbors
        Neighbours to return, 1 to n - 1; it may be above k.
    X, metric
        The samples, shape (n, n_features), and how distances between them are measured. With them, a graph in
        parts that are too small is joined by the shortest edge of each part to the larger ones, with a warning;
        scikit-learn's ``Isomap`` joins each pair of parts. Default None: such a graph is refused.

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
    found = _nearest_by_path(edges, n_neighbors)
    if X is not None and not np.isfinite(found[1]).all():
        edges = _in_one_piece(edges, X, metric, neighbors.indices.shape[1])
        found = _nearest_by_path(edges, n_neighbors)
    if not np.isfinite(found[1]).all():
        raise InvalidInputError(
            f"n_neighbors must be at most what paths reach from every sample, got {n_neighbors}; "
            "the graph is in parts: join them with more neighbours, or ask for fewer"
        )
    return Neighbors(*found, neighbors.exact)


def _nearest_by_path(edges: Any, n_neighbors: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the nearest samples by path length, infinitely far where no path leads, and the lengths."""
    n = edges.shape[0]
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
    return indices, distances


def _in_one_piece(edges: Any, X: Any, metric: Any, k: int) -> Any:
    """Return a graph with an edge from each of its parts to the nearest sample of the parts that are larger."""
    count, part = connected_components(edges, directed=False)
    if count == 1:
        return edges
    warnings.warn(
        f"the graph of the {k} nearest neighbours is in {count} parts; each is joined to the larger ones by its "
        "shortest edge. With more neighbours paths join them",
        UserWarning,
        stacklevel=2,
    )
    first, *smaller = np.argsort(-np.bincount(part), kind="stable")
    joined, bridges = np.flatnonzero(part == first), []
    for number in smaller:
        own = np.flatnonzero(part == number)
        bridges.append(_shortest(X, own, joined, metric))
        joined = np.concatenate([joined, own])
    heads, tails, lengths = zip(*bridges, strict=True)
    return edges + sparse.csr_matrix((lengths, (heads, tails)), shape=edges.shape)


def _shortest(
    X: Any, ones: NDArray[np.int64], others: NDArray[np.int64], metric: Any
) -> tuple[int, int, float]:
    """Return the nearest two samples, one of each kind, and their distance."""
    if isinstance(metric, str) and metric == "precomputed":
        table = np.asarray(X[np.ix_(ones, others)], dtype=np.float64)
        nearest, lengths = table.argmin(axis=1), table.min(axis=1)
    else:
        from sklearn.metrics import pairwise_distances_argmin_min

        found: Any = pairwise_distances_argmin_min(
            X[ones].astype(np.float64), X[others].astype(np.float64), metric=metric
        )
        nearest, lengths = found
    one = int(np.argmin(lengths))
    return int(ones[one]), int(others[nearest[one]]), max(float(lengths[one]), SHORTEST)


def _edges(neighbors: Neighbors) -> Any:
    lengths = np.maximum(neighbors.distances.astype(np.float64), SHORTEST)
    return directed(neighbors, lengths)
