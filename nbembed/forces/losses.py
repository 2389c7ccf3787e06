"""The loss that UMAP's sampling of edges and of negatives minimises, in expectation."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed.forces.attraction import log_sums
from nbembed.forces.hashing import draw, stream
from nbembed.neighbors import Graph

__all__ = [
    "Pairs",
    "attraction_loss",
    "degrees_of",
    "drawn",
    "drawn_pairs",
    "every_pair",
    "repulsion_loss",
]

# Pairs as compressed rows: where each row starts, the other ends, and the weight of each pair.
Pairs = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]


def degrees_of(graph: Graph) -> NDArray[np.float64]:
    r"""Return the sum :math:`d_i` of the weights of each vertex."""
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    weights = graph.weights.astype(np.float64)
    return np.bincount(rows, weights, minlength=graph.n).astype(np.float64)


def attraction_loss(points: NDArray[np.floating[Any]], graph: Graph, a: float, b: float) -> float:
    r"""Return :math:`\sum_{ij} -\mu_{ij} \ln w_{ij}`, in nats."""
    return log_sums(points, graph.indptr, graph.indices, graph.weights, a, b)[0]


def repulsion_loss(points: NDArray[np.floating[Any]], pairs: Pairs, a: float, b: float) -> float:
    r"""Return the sum of :math:`-v_{ik} \ln(1 - w_{ik})` over pairs of weights v, in nats.

    Over all pairs, with :math:`v_{ik} = d_i / n`, that is what one negative per acting edge pushes.
    """
    plus_one, plain = log_sums(points, *pairs, a, b)
    return plus_one - plain


def every_pair(degrees: NDArray[np.float64], first: int, last: int) -> Pairs:
    """Return all pairs whose heads are from ``first`` to ``last``, with the weight d_i/n."""
    n = len(degrees)
    heads = np.repeat(np.arange(first, last), n)
    tails = np.tile(np.arange(n), last - first)
    return _by_rows(heads, tails, degrees[heads] / n, n)


def drawn_pairs(degrees: NDArray[np.float64], count: int, *name: int) -> Pairs:
    """Return ``count`` pairs that stand for all: heads in turn, tails by a hash of the name."""
    n = len(degrees)
    heads = np.arange(count) * n // count
    return _by_rows(heads, drawn(stream(*name), count, n), degrees[heads] * (n / count), n)


@numba.njit(cache=True)
def drawn(key: np.uint64, count: int, n: int) -> NDArray[np.int64]:
    """Return ``count`` draws of a stream, uniform in [0, n)."""
    numbers = np.empty(count, dtype=np.int64)
    for number in range(count):
        numbers[number] = draw(key, number, n)
    return numbers


def _by_rows(
    heads: NDArray[np.int64], tails: NDArray[np.int64], weights: NDArray[np.float64], n: int
) -> Pairs:
    """Return pairs of different points, whose heads ascend, as compressed rows."""
    apart = heads != tails
    indptr = np.searchsorted(heads[apart], np.arange(n + 1))
    return (
        indptr.astype(np.int64),
        tails[apart].astype(np.int32),
        weights[apart].astype(np.float32),
    )
