"""The loss that UMAP's sampling of edges and of negatives minimises, in expectation."""

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST
from nbembed.forces.hashing import draws, stream
from nbembed.forces.powers import log2, power
from nbembed.forces.stepper import Points
from nbembed.neighbors import Graph

__all__ = [
    "Pairs",
    "attraction_loss",
    "degrees_of",
    "drawn_pairs",
    "edges_of_some",
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


def edges_of_some(graph: Graph, degrees: NDArray[np.float64], count: int) -> Pairs:
    """Return the edges of ``count`` evenly spaced rows, weighted so that they stand for all."""
    if graph.n <= count:
        return graph.indptr, graph.indices, graph.weights
    rows = np.arange(count) * graph.n // count
    sizes = np.zeros(graph.n, dtype=np.int64)
    sizes[rows] = np.diff(graph.indptr)[rows]
    taken = np.repeat(sizes > 0, np.diff(graph.indptr))
    share = degrees.sum() / degrees[rows].sum()
    weights = (graph.weights[taken] * share).astype(np.float32)
    return np.concatenate([[0], np.cumsum(sizes)]), graph.indices[taken], weights


def attraction_loss(points: Points, edges: Pairs, a: float, b: float) -> float:
    r"""Return :math:`\sum_{ij} -\mu_{ij} \ln w_{ij}`, in nats, over edges of weights :math:`\mu`."""
    return _summed(points, edges, (a, b), pushes=False)


def repulsion_loss(points: Points, pairs: Pairs, a: float, b: float) -> float:
    r"""Return the sum of :math:`-v_{ik} \ln(1 - w_{ik})` over pairs of weights v, in nats.

    Over all pairs, with :math:`v_{ik} = d_i / n`, that is what one negative per acting edge pushes.
    """
    return _summed(points, pairs, (a, b), pushes=True)


def _summed(points: Points, pairs: Pairs, curve: tuple[float, float], *, pushes: bool) -> float:
    r"""Return the sum of :math:`-v \ln w`, or of :math:`-v \ln(1 - w)`; each term to 1e-6."""
    sums = np.empty(CHUNKS)
    # The length of the last argument is known to the compiler, so that loops over it unroll.
    axes = (0,) * points.shape[1]
    given = points, *pairs, np.float32(curve[0]), np.float32(curve[1]), pushes, sums, axes
    share(CHUNKS, lambda first, last: _sum(first, last, *given))
    return float(np.log(2.0) * sums.sum())


@numba.njit(**FAST)
def _sum(
    first: int,
    last: int,
    points: Points,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.float32],
    a: np.float32,
    b: np.float32,
    pushes: bool,  # noqa: FBT001 - compiled code has no keywords
    sums: NDArray[np.float64],
    axes: tuple[int, ...],
) -> None:
    n = len(points)
    one = np.float32(1.0)
    for chunk in range(first, last):
        total = 0.0
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            of_row = np.float32(0.0)
            # Unsigned, or the compiled code asks of each index whether it counts from the end.
            for e in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                j = np.uint32(indices[e])
                squared = np.float32(1e-12)
                for d in range(len(axes)):
                    difference = points[i, d] - points[j, d]
                    squared += difference * difference
                odds = a * (squared if b == one else power(squared, b))
                of_row += weights[e] * log2(one + (one / odds if pushes else odds))
            total += of_row
        sums[chunk] = total


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
    return _by_rows(heads, draws(stream(*name), count, n), degrees[heads] * (n / count), n)


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
