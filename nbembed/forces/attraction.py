"""Sums over the edges of a graph, gathered row by row: no two threads write to one point.

The arguments of all kernels have fixed types: float32 points and weights, int64 ``indptr``,
int32 ``indices``.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.compiling import FAST
from nbembed.forces.stepper import Points
from nbembed.neighbors import Graph

__all__ = ["CHUNKS", "attract", "log_sums"]

# Rows are worked on in this many fixed pieces, whatever the number of threads.
CHUNKS = 64
# Components of nearly all maps.
PLANE = 2


def attract(graph: Graph, points: Points, forces: Points) -> None:
    r"""Fill ``forces`` with :math:`\sum_j p_{ij} (1 + |y_i - y_j|^2)^{-1} (y_i - y_j)`."""
    given = points, graph.indptr, graph.indices, graph.weights
    if points.shape[1] == PLANE:
        share(CHUNKS, lambda first, last: _attract_in_plane(first, last, *given, forces))
        return
    # The length of the last argument is known to the compiler, so that loops over it unroll.
    axes = (0,) * points.shape[1]
    share(CHUNKS, lambda first, last: _attract(first, last, *given, axes, forces))


@numba.njit(**FAST)
def _attract_in_plane(
    first: int,
    last: int,
    points: Points,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.float32],
    forces: Points,
) -> None:
    """Sum over edges with the components in variables of their own: loops become vector code."""
    n = len(points)
    one = np.float32(1.0)
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        x, y = points[i, 0], points[i, 1]
        along, across = np.float32(0.0), np.float32(0.0)
        for e in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
            # Unsigned, or the compiled code asks of each index whether it counts from the end.
            j = np.uint32(indices[e])
            dx, dy = x - points[j, 0], y - points[j, 1]
            pull = weights[e] / (one + dx * dx + dy * dy)
            along += pull * dx
            across += pull * dy
        forces[i, 0] = along
        forces[i, 1] = across


@numba.njit(**FAST)
def _attract(
    first: int,
    last: int,
    points: Points,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.float32],
    axes: tuple[int, ...],
    forces: Points,
) -> None:
    n = len(points)
    for chunk in range(first, last):
        difference = np.empty(len(axes), dtype=np.float32)
        force = np.empty(len(axes), dtype=np.float32)
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            force[:] = np.float32(0.0)
            for e in range(np.uint64(indptr[i]), np.uint64(indptr[i + 1])):
                j = np.uint32(indices[e])
                squared = np.float32(1.0)
                for d in range(len(axes)):
                    difference[d] = points[i, d] - points[j, d]
                    squared += difference[d] * difference[d]
                pull = weights[e] / squared
                for d in range(len(axes)):
                    force[d] += pull * difference[d]
            for d in range(len(axes)):
                forces[i, d] = force[d]


def log_sums(
    points: NDArray[np.floating[Any]],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.floating[Any]],
    a: float,
    b: float,
) -> tuple[float, float]:
    r"""Return the sums of :math:`v \ln(1 + a d^{2b})` and :math:`v \ln(a d^{2b})` over edges.

    With :math:`w = (1 + a d^{2b})^{-1}` the first is the sum of :math:`-v \ln w`, and the first
    less the second that of :math:`-v \ln(1 - w)`. In float64, in fixed pieces.
    """
    sums = np.empty((CHUNKS, 2))
    share(
        CHUNKS,
        lambda first, last: _log_sums(first, last, points, indptr, indices, weights, (a, b), sums),
    )
    plus_one, plain = sums.sum(axis=0)
    return float(plus_one), float(plain)


@numba.njit(**FAST)
def _log_sums(
    first: int,
    last: int,
    points: NDArray[np.floating[Any]],
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    weights: NDArray[np.floating[Any]],
    curve: tuple[float, float],
    sums: NDArray[np.float64],
) -> None:
    n, n_components = points.shape
    a, b = curve
    for chunk in range(first, last):
        plus_one, plain = 0.0, 0.0
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            for e in range(indptr[i], indptr[i + 1]):
                squared = 0.0
                for d in range(n_components):
                    difference = np.float64(points[i, d]) - np.float64(points[indices[e], d])
                    squared += difference * difference
                scaled = a * max(squared, 1e-12) ** b
                plus_one += weights[e] * np.log1p(scaled)
                plain += weights[e] * np.log(scaled)
        sums[chunk, 0] = plus_one
        sums[chunk, 1] = plain
