"""Graphs that several tests work on."""

import numpy as np

from nbembed.neighbors import Graph


def random_graph(n, density):
    """Return random symmetric edges between n points, a share of all pairs, with weights that sum to 1."""
    rng = np.random.default_rng(0)
    weights = np.triu(rng.random((n, n)) * (rng.random((n, n)) < density), 1)
    weights += weights.T
    heads, tails = np.nonzero(weights)
    indptr = np.searchsorted(heads, np.arange(n + 1))
    values = weights[heads, tails] / weights.sum()
    return Graph(indptr.astype(np.int64), tails.astype(np.int32), values.astype(np.float32))
