"""The lengths of the edges of a graph."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["edge_lengths"]

# Edges measured at once.
BLOCK = 65_536


def edge_lengths(
    X: Any, heads: NDArray[Any], tails: NDArray[Any], metric: Any
) -> NDArray[np.float64]:
    """Return the distance between the two ends of each edge.

    Parameters
    ----------
    X
        Samples, shape (n, n_features); with ``metric="precomputed"`` their distances, (n, n).
    heads, tails
        Numbers of samples.
    metric
        Any metric name of scikit-learn, or a function of two rows.
    """
    from sklearn.metrics.pairwise import paired_distances

    if isinstance(metric, str) and metric == "precomputed":
        return np.asarray(X[heads, tails], dtype=np.float64)
    lengths, named = np.empty(len(heads)), str(metric)
    known = named in ("euclidean", "cosine", "manhattan", "l1", "l2")
    for start in range(0, len(heads), BLOCK):
        part = slice(start, start + BLOCK)
        one, other = (X[ends[part]].astype(np.float64) for ends in (heads, tails))
        if known:
            lengths[part] = paired_distances(one, other, metric=named)
        else:
            lengths[part] = [_between(a, b, metric) for a, b in zip(one, other, strict=True)]
    return lengths


def _between(one: NDArray[Any], other: NDArray[Any], metric: Any) -> float:
    from sklearn.metrics import pairwise_distances

    if callable(metric):
        return float(metric(one, other))  # pyright: ignore[reportArgumentType]
    return float(pairwise_distances(one[None], other[None], metric=metric)[0, 0])
