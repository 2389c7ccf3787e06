"""The neighbours and affinities that t-SNE itself works with, for the views."""

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities
from nbembed.neighbors import Graph, Neighbors, nearest_neighbors

__all__ = ["everyone", "joint", "neighbors_for"]

Floats = NDArray[np.float64]


def neighbors_for(points: Floats, perplexity: float) -> Neighbors:
    """Return the neighbours over which t-SNE spreads probability: three times the perplexity."""
    k = max(1, min(len(points) - 1, int(3 * perplexity)))
    return nearest_neighbors(points, n_neighbors=k, method="exact")


def everyone(points: Floats, metric: str = "euclidean") -> Neighbors:
    """Return all other points of each point, the nearest first."""
    return nearest_neighbors(points, n_neighbors=len(points) - 1, metric=metric, method="exact")


def joint(points: Floats, perplexity: float) -> tuple[Graph, Floats]:
    """Return t-SNE's joint probabilities, as a graph and as a full matrix (n, n)."""
    graph = affinities.perplexity(neighbors_for(points, perplexity), perplexity=perplexity)
    P = np.asarray(graph.to_scipy().toarray(), dtype=np.float64)
    # The graph's weights are float32, whose sum is 1 to 7 digits only.
    return graph, P / P.sum()
