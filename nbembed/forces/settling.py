"""Places for new points under the forces of t-SNE with any kernel, each point on its own."""

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.pairs import TINY, kernel_at
from nbembed.forces.placing import (
    LONGER,
    LONGEST,
    MAX_STEPS,
    REST,
    ROUNDING,
    SHORTEST,
    Ties,
)
from nbembed.forces.stepper import Points
from nbembed.kernels import Kernel

__all__ = ["settle_under"]

Room = NDArray[np.float64]


def settle_under(
    kernel: Kernel, embedding: Points, ties: Ties, start: Points, *, exaggeration: float
) -> Points:
    r"""Return where new points rest, as :func:`nbembed.forces.settle` does, under any kernel.

    With :math:`g_j = -\partial \ln w_j/\partial d^2` the way of a step is
    :math:`[\sum_j p_j g_j (y_j - y) + \frac{1}{eZ} \sum_j w_j g_j (y - y_j)] / \sum_j p_j g_j`, where Z is the sum
    of the kernels of the whole map; only steps that do not raise the loss are made. All sums are exact.

    Parameters
    ----------
    kernel
        Similarity in the map.
    embedding, ties, start, exaggeration
        As for :func:`nbembed.forces.settle`.
    """
    places = np.array(start, dtype=np.float32, order="C")
    given = (embedding, kernel, ties, float(exaggeration), places)
    share(CHUNKS, lambda first, last: _settle_under(first, last, *given))
    return places


@numba.njit(**FAST)
def _settle_under(
    first: int,
    last: int,
    embedding: Points,
    kernel: Kernel,
    ties: Ties,
    exaggeration: float,
    places: Points,
) -> None:
    m, n_components = places.shape
    shift, shift_there = np.empty(n_components), np.empty(n_components)
    there, here = np.empty(n_components), np.empty(n_components)
    for i in range(m * first // CHUNKS, m * last // CHUNKS):
        here[:] = places[i]
        p, neighbors = ties.weights[i], ties.indices[i]
        loss = _way(here, embedding, kernel, neighbors, p, exaggeration, shift)
        stride = 1.0
        for _ in range(MAX_STEPS):
            length = 0.0
            for d in range(n_components):
                move = stride * shift[d]
                there[d] = here[d] + move
                length += move * move
            loss_there = _way(there, embedding, kernel, neighbors, p, exaggeration, shift_there)
            if loss_there <= loss + ROUNDING:
                here[:], shift[:] = there, shift_there
                loss = loss_there
                stride = min(LONGER * stride, LONGEST)
            else:
                stride *= 0.5
            if length < REST * REST or stride < SHORTEST:
                break
        places[i] = here


@numba.njit(**INLINED)
def _way(
    here: Room,
    embedding: Points,
    kernel: Kernel,
    neighbors: NDArray[np.int32],
    p: Points,
    exaggeration: float,
    shift: Room,
) -> float:
    """Return the loss of a place and fill ``shift`` with the way to the minimum of the bound."""
    Z, cost, mass = 0.0, 0.0, 0.0
    shift[:] = 0.0
    for j in range(len(embedding)):
        squared = _squared(here, embedding, j)
        w, slope, _ = kernel_at(squared, kernel)
        Z += w
        for d in range(len(here)):
            shift[d] += w * slope * (here[d] - embedding[j, d])
    for d in range(len(here)):
        shift[d] /= Z * exaggeration
    for e in range(len(neighbors)):
        j = neighbors[e]
        squared = _squared(here, embedding, j)
        _, slope, odds = kernel_at(squared, kernel)
        mass += p[e] * slope
        cost += p[e] * (squared if np.isinf(kernel.c) else np.log1p(odds))
        for d in range(len(here)):
            shift[d] += p[e] * slope * (embedding[j, d] - here[d])
    for d in range(len(here)):
        shift[d] /= mass
    return exaggeration * cost + np.log(Z)


@numba.njit(**INLINED)
def _squared(here: Room, embedding: Points, j: int) -> float:
    squared = 0.0
    for d in range(len(here)):
        difference = here[d] - embedding[j, d]
        squared += difference * difference
    return max(squared, TINY)
