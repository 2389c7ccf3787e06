"""The neighbours and affinities that t-SNE itself works with, for the views."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities
from nbembed.neighbors import Graph, Neighbors, nearest_neighbors

__all__ = ["KEPT", "everyone", "joint", "neighbors_for"]

Floats = NDArray[np.float64]


# Views of point after point ask for the same again: the newest are kept, found by the data's own bytes.
KEPT = 8


def neighbors_for(points: Floats, perplexity: float) -> Neighbors:
    """Return the neighbours over which t-SNE spreads probability: three times the perplexity."""
    k = max(1, min(len(points) - 1, int(3 * perplexity)))
    every = everyone(points)
    # The nearest of all are the nearest: another perplexity needs no search.
    indices, distances = every.indices[:, :k].copy(), every.distances[:, :k].copy()
    return Neighbors(indices, distances, exact=True, recall=1.0)


def everyone(points: Floats, metric: str = "euclidean") -> Neighbors:
    """Return all other points of each point, the nearest first; read-only."""
    return _everyone(points.tobytes(), points.shape, points.dtype.str, metric)


@lru_cache(maxsize=KEPT)
def _everyone(data: bytes, shape: tuple[int, ...], kind: str, metric: str) -> Neighbors:
    points = np.frombuffer(data, dtype=kind).reshape(shape)
    found = nearest_neighbors(points, n_neighbors=len(points) - 1, metric=metric, method="exact")
    for array in (found.indices, found.distances):
        array.setflags(write=False)
    return found


def joint(points: Floats, perplexity: float) -> tuple[Graph, Floats]:
    """Return t-SNE's joint probabilities, as a graph and as a full matrix (n, n), read-only."""
    return _joint(points.tobytes(), points.shape, points.dtype.str, float(perplexity))


@lru_cache(maxsize=KEPT)
def _joint(
    data: bytes, shape: tuple[int, ...], kind: str, perplexity: float
) -> tuple[Graph, Floats]:
    points = np.frombuffer(data, dtype=kind).reshape(shape)
    graph = affinities.perplexity(neighbors_for(points, perplexity), perplexity=perplexity)
    P = np.asarray(graph.to_scipy().toarray(), dtype=np.float64)
    # The graph's weights are float32, whose sum is 1 to 7 digits only.
    P /= P.sum()
    P.setflags(write=False)
    return graph, P
