"""From distances to the places of rows that were not in a scaling."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities, neighbors
from nbembed.neighbors import Graph, Index
from nbembed.phases import Phase

__all__ = ["placed_by_scaling"]

Points = NDArray[np.float32]
Table = NDArray[np.float64]
# Neighbours on the map between which a new point starts.
START = 3


def placed_by_scaling(
    phase: Phase,
    index: Index,
    graph: Graph | None,
    rows: Points,
    embedding: Points,
    own: NDArray[np.int64] | None,
) -> Points:
    """Return the place of each row by its distances to all rows of the fit, on its own.

    Parameters
    ----------
    phase
        That of the fit.
    index
        Where its rows are looked up.
    graph
        All distances between them, where they are still there.
    rows
        Shape (m, n_features).
    embedding
        The map.
    own
        The row of the fit that each row is, which then has no say; None for new rows.
    """
    from nbembed.forces import nearest_to_strain, rest_by_stress, squares_of

    geodesic = phase.neighbors.get("geodesic")
    strain = phase.loss["name"] == "strain"
    squares: Any = None
    if strain or geodesic is not None:
        squares = squares_of(graph or _all_distances(index.X, phase))
    lengths = _straight(index, rows, own)
    if geodesic is not None:
        lengths = _along(lengths, np.sqrt(squares), int(geodesic))
    places = np.empty((len(rows), embedding.shape[1]), dtype=np.float32)
    for i, wanted in enumerate(lengths):
        there = np.flatnonzero(np.isfinite(wanted))
        if strain:
            known = squares[there], embedding[there], wanted[None, there]
            places[i] = nearest_to_strain(known[0], known[1], known[2])[0]
        else:
            near = there[np.argsort(wanted[there], kind="stable")[:START]]
            start = embedding[near].mean(axis=0, keepdims=True)
            places[i] = rest_by_stress(embedding[there], wanted[None, there], start)[0]
    return places


def _straight(index: Index, rows: Points, own: NDArray[np.int64] | None) -> Table:
    """Return the distance of each row to every row of the fit, infinite to itself."""
    n = len(index.X)
    found = index.nearest(rows, n - (own is not None), own=own)
    lengths = np.full((len(rows), n), np.inf)
    np.put_along_axis(lengths, found.indices.astype(np.int64), found.distances, axis=1)
    return lengths


def _along(straight: Table, paths: Table, n_neighbors: int) -> Table:
    """Return the lengths of the shortest paths that begin at one of the nearest neighbours."""
    lengths = np.full(straight.shape, np.inf)
    for i, row in enumerate(straight):
        near = np.argsort(row, kind="stable")[:n_neighbors]
        lengths[i] = (row[near, None] + paths[near]).min(axis=0)
    lengths[~np.isfinite(straight)] = np.inf
    return lengths


def _all_distances(X: Points, phase: Phase) -> Graph:
    """Return what the fit was made of once more: files do not hold it."""
    part = phase.neighbors
    near = part.get("geodesic")
    found = neighbors.nearest_neighbors(
        X, n_neighbors=near or part["n_neighbors"], metric=part["metric"], method=part["method"]
    )
    if near is not None:
        found = affinities.geodesic_neighbors(
            found, n_neighbors=part["n_neighbors"], X=X, metric=part["metric"]
        )
    return affinities.distances(found)
