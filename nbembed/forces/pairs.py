"""Sums over pairs of points for any kernel, gathered row by row: no two threads write to one point.

Arithmetic is in float64: these sums are what the fast paths are checked against.
"""

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.hashing import draw, substream
from nbembed.forces.stepper import Points
from nbembed.kernels import Kernel
from nbembed.neighbors import Graph

__all__ = ["ALL_OTHERS", "CROSS", "PLAIN", "SIMILAR", "kernel_at", "pull_edges", "push_pairs"]

# What a pair is multiplied with, beside the slope of the kernel and the difference of the points:
# 1, the kernel w, or w/(1 - w).
PLAIN, SIMILAR, CROSS = 0, 1, 2
# Squared distances below this count as this.
TINY = 1e-12
# In the place of a number of draws: all other points, each once.
ALL_OTHERS = -1

Sums = NDArray[np.float64]


def pull_edges(
    graph: Graph,
    points: Points,
    kernel: Kernel,
    factor: int,
    softening: float,
    *,
    logarithms: bool = True,
) -> tuple[Sums, Sums]:
    r"""Return :math:`\sum_j p_{ij} f_{ij} g_{ij} (y_i - y_j)` and sums over each row's edges.

    Here :math:`g = -\partial \ln w/\partial d^2`, and f is 1, the kernel w or w/(1 - w) by ``factor``.

    Returns
    -------
    forces : ndarray, shape (n, n_components)
    sums : ndarray, shape (n, 3)
        Of :math:`p w`, :math:`-p \ln w` and :math:`-p \ln(1 - w)`; the last two, which take longer than all
        else, are 0 without ``logarithms``.
    """
    forces, sums = np.empty(points.shape), np.empty((len(points), 3))
    edges = graph.indptr, graph.indices, graph.weights
    given = (
        points,
        edges,
        kernel,
        (factor, softening, logarithms),
        (0,) * points.shape[1],
        forces,
        sums,
    )
    share(CHUNKS, lambda first, last: _pull(first, last, *given))
    return forces, sums


def push_pairs(
    points: Points,
    counts: NDArray[np.int64],
    key: np.uint64,
    kernel: Kernel,
    factor: int,
    softening: float,
    *,
    logarithms: bool = True,
) -> tuple[Sums, Sums, Sums]:
    r"""Return :math:`\sum_k f_{ik} g_{ik} (y_i - y_k)`, the same with f w, and sums over the pairs.

    Parameters
    ----------
    counts
        How many other points each row draws, uniformly and with repetition; ALL_OTHERS for every
        one, once.
    key
        The stream of the draws; that of row i has the number i.

    Returns
    -------
    forces, squared_forces : ndarray, shape (n, n_components)
        With the factor f, and with the factor f w.
    sums : ndarray, shape (n, 3)
        Of w, of w² and of :math:`-\ln(1 - w)`; the last only for the factor CROSS and with ``logarithms``.
    """
    forces, more = np.empty(points.shape), np.empty(points.shape)
    sums = np.empty((len(points), 3))
    axes = (0,) * points.shape[1]
    given = (points, counts, key, kernel, (factor, softening, logarithms), axes, forces, more, sums)
    share(CHUNKS, lambda first, last: _push(first, last, *given))
    return forces, more, sums


@numba.njit(**INLINED)
def kernel_at(squared: float, kernel: Kernel) -> tuple[float, float, float]:
    """Return the kernel, its logarithmic slope (above 0), and 1/w - 1 without cancellation."""
    if np.isinf(kernel.c):
        return np.exp(-squared), 1.0, np.expm1(squared)
    grown = kernel.a * (squared if kernel.b == 1.0 else squared**kernel.b)
    slope = kernel.b * kernel.c * grown / (squared * (1.0 + grown))
    if kernel.c == 1.0:
        return 1.0 / (1.0 + grown), slope, grown
    odds = np.expm1(kernel.c * np.log1p(grown))
    return 1.0 / (1.0 + odds), slope, odds


@numba.njit(**INLINED)
def _factor(kind: tuple[int, float, bool], squared: float, w: float, odds: float) -> float:
    factor, softening, _ = kind
    if factor == PLAIN:
        return 1.0
    if factor == SIMILAR:
        return w
    return squared / ((squared + softening) * odds)


@numba.njit(**INLINED)
def _difference(
    points: Points,
    i: int,
    j: int | np.int64,
    axes: tuple[int, ...],
    difference: NDArray[np.float64],
) -> float:
    squared = 0.0
    for d in range(len(axes)):
        difference[d] = np.float64(points[i, d]) - np.float64(points[j, d])
        squared += difference[d] * difference[d]
    return max(squared, TINY)


@numba.njit(**FAST)
def _pull(
    first: int,
    last: int,
    points: Points,
    edges: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    kernel: Kernel,
    kind: tuple[int, float, bool],
    axes: tuple[int, ...],
    forces: Sums,
    sums: Sums,
) -> None:
    n = len(points)
    indptr, indices, weights = edges
    difference = np.empty(len(axes))
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        forces[i] = 0.0
        sums[i] = 0.0
        for e in range(indptr[i], indptr[i + 1]):
            p = np.float64(weights[e])
            if p == 0.0:
                continue
            squared = _difference(points, i, indices[e], axes, difference)
            w, slope, odds = kernel_at(squared, kernel)
            pull = p * slope * _factor(kind, squared, w, odds)
            for d in range(len(axes)):
                forces[i, d] += pull * difference[d]
            sums[i, 0] += p * w
            if kind[2]:
                sums[i, 1] += p * (squared if np.isinf(kernel.c) else np.log1p(odds))
                sums[i, 2] += p * np.log1p(1.0 / odds)


@numba.njit(**FAST)
def _push(
    first: int,
    last: int,
    points: Points,
    counts: NDArray[np.int64],
    key: np.uint64,
    kernel: Kernel,
    kind: tuple[int, float, bool],
    axes: tuple[int, ...],
    forces: Sums,
    more: Sums,
    sums: Sums,
) -> None:
    n = len(points)
    difference = np.empty(len(axes))
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        forces[i] = 0.0
        more[i] = 0.0
        sums[i] = 0.0
        own = substream(key, i)
        count = n - 1 if counts[i] == ALL_OTHERS else counts[i]
        for number in range(count):
            k = number if counts[i] == ALL_OTHERS else draw(own, number, n - 1)
            # The numbers of the others, without a gap at the point itself.
            if k >= i:
                k += 1
            squared = _difference(points, i, k, axes, difference)
            w, slope, odds = kernel_at(squared, kernel)
            push = slope * _factor(kind, squared, w, odds)
            for d in range(len(axes)):
                forces[i, d] += push * difference[d]
                more[i, d] += push * w * difference[d]
            sums[i, 0] += w
            sums[i, 1] += w * w
            if kind[0] == CROSS and kind[2]:
                sums[i, 2] += np.log1p(1.0 / odds)
