"""The repulsion of t-SNE, every point from every other."""

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.spline import SplineRepulsion
from nbembed.forces.stepper import Points
from nbembed.kernels import MAX_GRID_COMPONENTS

__all__ = ["TILE", "ExactRepulsion", "faster_repulsion", "push_from_all", "repulsion_named"]

# "auto" sums over all pairs up to this many points; the grid is faster above.
EXACT_LIMIT = 4_000
# Points worked on together: their distances stay in the first-level cache.
TILE = 512


def repulsion_named(name: str, n: int, n_components: int) -> "ExactRepulsion | SplineRepulsion":
    """Return "exact" or "fft" repulsion, or with "auto" the faster one.

    Raises
    ------
    InvalidInputError
        If the name is another one, or "fft" is asked for in three or more dimensions.
    """
    if name not in ("auto", "exact", "fft"):
        raise InvalidInputError(f'repulsion must be "auto", "exact" or "fft", got {name!r}')
    if name == "fft" and n_components > MAX_GRID_COMPONENTS:
        raise InvalidInputError(
            f'repulsion="fft" needs n_components of 1 or 2, got {n_components}; use "exact"'
        )
    chosen = faster_repulsion(n, n_components) if name == "auto" else name
    return SplineRepulsion() if chosen == "fft" else ExactRepulsion()


def faster_repulsion(n: int, n_components: int) -> str:
    """Return the name that "auto" stands for."""
    return "fft" if n > EXACT_LIMIT and n_components <= MAX_GRID_COMPONENTS else "exact"


class ExactRepulsion:
    """Sums over all pairs."""

    def __call__(self, points: NDArray[np.float32], forces: NDArray[np.float32]) -> float:
        r"""Fill ``forces`` with :math:`\sum_j w_{ij}^2 (y_i - y_j)`, return :math:`Z`.

        Here :math:`w_{ij} = (1 + |y_i - y_j|^2)^{-1}`, and :math:`Z` is the sum of :math:`w_{ij}`
        over all ordered pairs.
        """
        sums = np.empty(len(points), dtype=np.float64)
        columns = np.ascontiguousarray(points.T)
        share(CHUNKS, lambda first, last: _repel(first, last, columns, forces, sums))
        return float(sums.sum())


@numba.njit(**FAST)
def _repel(
    first: int, last: int, columns: Points, forces: Points, sums: NDArray[np.float64]
) -> None:
    n_components, n = columns.shape
    for chunk in range(first, last):
        tile = np.empty(TILE, dtype=np.float32)
        here = np.empty(n_components, dtype=np.float32)
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            for d in range(n_components):
                here[d] = columns[d, i]
            # The point itself counts 1.
            sums[i] = push_from_all(columns, here, tile, forces[i]) - 1.0


@numba.njit(**INLINED)
def push_from_all(columns: Points, here: Points, tile: Points, force: Points) -> float:
    """Fill ``force`` with the push of all points on a place; return the sum of their kernels.

    ``columns`` holds the points by components, ``tile`` is room for TILE numbers.
    """
    force[:] = np.float32(0.0)
    total = 0.0
    for start in range(0, columns.shape[1], TILE):
        total += float(_add_push(columns, here, start, tile, force))
    return total


@numba.njit(**INLINED)
def _add_push(
    columns: Points, place: Points, start: int, tile: Points, force: Points
) -> np.float32:
    """Add the push of one tile of points on a place, and return the sum of their kernels."""
    n_components, n = columns.shape
    size = min(TILE, n - start)
    tile[:size] = np.float32(1.0)
    for d in range(n_components):
        # Scalars and contiguous rows: only so do the inner loops become vector instructions.
        here, others = place[d], columns[d, start : start + size]
        for t in range(size):
            difference = here - others[t]
            tile[t] += difference * difference
    total = np.float32(0.0)
    for t in range(size):
        kernel = np.float32(1.0) / tile[t]
        tile[t] = kernel * kernel
        total += kernel
    for d in range(n_components):
        here, others = place[d], columns[d, start : start + size]
        push = np.float32(0.0)
        for t in range(size):
            push += tile[t] * (here - others[t])
        force[d] += push
    return total
