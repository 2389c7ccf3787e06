"""Neighbours and affinities that the caller brings, measured on whatever the caller likes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors.finding import ordered
from nbembed.neighbors.graph import Graph, Neighbors

__all__ = ["Given", "check_given"]

# Affinities, nearest neighbours, or all distances.
Given = Graph | Neighbors | NDArray[np.float32]
# The largest difference of p_ij and p_ji that counts as rounding, as a share of the largest.
ASYMMETRY = 1e-4


def check_given(graph: Any, n: int, metric: Any) -> Given | None:
    """Return what the argument ``graph`` of an estimator holds, checked.

    Parameters
    ----------
    graph
        None; a scipy sparse matrix (n, n) of affinities, symmetric and not negative; a tuple
        ``(indices, distances)`` of nearest neighbours, each (n, k), the row itself among them or not; or, with
        ``metric="precomputed"``, the distances between all rows, an array (n, n) or a sparse matrix.
    n
        Rows of the data.
    metric
        The estimator's.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Naming ``graph``.
    """
    if graph is None:
        return None
    if isinstance(graph, (tuple, list)) and len(graph) == 2:  # noqa: PLR2004
        return _neighbors(graph[0], graph[1], n)
    if isinstance(metric, str) and metric == "precomputed":
        return _distances(graph, n)
    if sparse.issparse(graph):
        return _affinities(graph, n)
    raise InvalidTypeError(
        "graph must be a scipy sparse matrix of affinities, a tuple (indices, distances) of nearest neighbours, or, "
        f'with metric="precomputed", all distances, got {type(graph).__name__}'
    )


def _affinities(matrix: Any, n: int) -> Graph:
    _check_square(matrix, n)
    graph = Graph.from_scipy(matrix)
    if not np.isfinite(graph.weights).all() or (graph.weights < 0).any():
        raise InvalidInputError(
            f"graph must hold finite affinities of at least 0, got {_worst(graph.weights)}; distances need "
            'metric="precomputed"'
        )
    found = graph.to_scipy()
    if found.diagonal().any():
        found = sparse.csr_matrix(found - sparse.diags(found.diagonal()))
    if found.nnz == 0 or not found.data.any():
        raise InvalidInputError("graph must hold affinities above 0, got none beside the diagonal")
    apart = abs(found - found.T).max()
    if apart > ASYMMETRY * found.data.max():
        raise InvalidInputError(
            f"graph must be symmetric, got entries that differ from their mirror image by up to {apart:.3g}; "
            "use (graph + graph.T) / 2"
        )
    return Graph.from_scipy(found)


def _neighbors(indices: Any, distances: Any, n: int) -> Neighbors:
    found, lengths = np.asarray(indices), np.asarray(distances, dtype=np.float64)
    if found.ndim != 2 or found.shape != lengths.shape or len(found) != n:  # noqa: PLR2004
        raise InvalidInputError(
            f"graph must hold indices and distances of shape ({n}, k), one row per row of X, got {found.shape} and "
            f"{lengths.shape}"
        )
    if found.dtype.kind not in "iu":
        raise InvalidTypeError(f"graph must hold whole numbers as indices, got {found.dtype}")
    own = found == np.arange(n)[:, None]
    if own.any():
        if not (own.sum(axis=1) == 1).all():
            raise InvalidInputError(
                "graph must name each row once among its own neighbours, or never, got both"
            )
        found, lengths = (a[~own].reshape(n, -1) for a in (found, lengths))
    if found.size == 0 or found.min() < 0 or found.max() >= n:
        raise InvalidInputError(
            f"graph must name neighbours by the numbers of rows, 0 to {n - 1}, beside the row itself; missing ones, "
            "such as -1, are not taken"
        )
    if not np.isfinite(lengths).all() or (lengths < 0).any():
        raise InvalidInputError(
            f"graph must hold finite distances of at least 0, got {_worst(lengths)}"
        )
    _refuse_repeated(found)
    nearest, sorted_lengths = ordered(found, lengths)
    return Neighbors(nearest, sorted_lengths.astype(np.float32), exact=False)


def _distances(matrix: Any, n: int) -> NDArray[np.float32]:
    table = matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix)
    _check_square(table, n)
    if table.dtype.kind not in "biuf":
        raise InvalidTypeError(f"graph must hold numbers, got dtype {table.dtype}")
    if not np.isfinite(table).all() or (table < 0).any():
        raise InvalidInputError(
            f"graph must hold finite distances of at least 0, got {_worst(table)}"
        )
    return table.astype(np.float32)


def _check_square(matrix: Any, n: int) -> None:
    if matrix.shape != (n, n):
        raise InvalidInputError(
            f"graph must have shape ({n}, {n}), a row and a column per row of X, got {matrix.shape}"
        )


def _refuse_repeated(found: NDArray[Any]) -> None:
    ascending = np.sort(found, axis=1)
    twice = np.flatnonzero((ascending[:, 1:] == ascending[:, :-1]).any(axis=1))
    if len(twice):
        raise InvalidInputError(
            f"graph must name each neighbour of a row once, got one twice in row {twice[0]}"
        )


def _worst(values: NDArray[Any]) -> str:
    strange = values[~np.isfinite(values)]
    return str(strange[0]) if len(strange) else f"{values.min():.3g}"
