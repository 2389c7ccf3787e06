r"""The repulsion of t-SNE in one and two dimensions, by one potential on a grid.

With :math:`\Phi(y) = \sum_j w(|y - y_j|)`, the sum of all kernels is
:math:`Z = \sum_i (\Phi(y_i) - 1)` and the repulsion, with :math:`g = -\partial \ln w/\partial d^2`,
:math:`\sum_j w_{ij} g_{ij} (y_i - y_j) = -\tfrac{1}{2} \nabla \Phi(y_i)`, whatever the kernel. For that of
t-SNE, :math:`w = (1 + d^2)^{-1}`, g is w too. Points are spread to a grid by
quintic B-splines, the grid is convolved with the kernel by FFT, and potential and gradient are read
off by the same splines: one transform forth and one back, where interpolating the force itself
(Linderman et al. 2019, Nature Methods 16) takes four of each. The smoothing of the splines is
divided out in frequency, as in smooth particle-mesh Ewald summation (Essmann et al. 1995,
J. Chem. Phys. 103, eq. 4.7).
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.stepper import Points
from nbembed.kernels import Kernel, kernel_named

__all__ = [
    "STUDENT",
    "Grid",
    "Potential",
    "SplineRepulsion",
    "grid_of",
    "in_plane",
    "kernel_transform",
    "padded",
    "potential_of",
    "slope_at",
]

STUDENT = kernel_named("student_t")
# Distance of grid points, in units of the kernel's width; the error falls with its sixth power.
SPACING = 0.4
# A narrow embedding gets a finer grid, down to where rounding in float32 would be the larger error.
FINEST_SPACING = 0.05
MIN_CELLS = 64
# Most grid points along an axis; wider embeddings get a coarser grid.
MAX_CELLS = 1_400
# Grid points around the outermost points, for the reach of the splines.
BORDER = 8
# Further room for the kernel, whose bend where it wraps around is felt some cells away, because
# dividing the splines out sharpens it.
GUARD = 32
# Points are spread in this many fixed pieces, whose grids are summed in order.
PIECES = 8
# Fixed, because the result may depend on how the transforms are shared out.
FFT_WORKERS = 4


# Coefficients of the quintic B-spline: 1, 26, 50, 20, 5, 66, 60, 30 and 10 over 120.
C = tuple(np.float32(number / 120.0) for number in (1, 26, 50, 20, 5, 66, 60, 30, 10))
ONE, TWO, THREE, FOUR, FIVE = (np.float32(number) for number in range(1, 6))


class Grid(NamedTuple):
    """Where the first point of a grid stands, the distance of its points, their inverse distance, and how many."""

    origin: Points
    spacing: float
    inverse: np.float32
    cells: tuple[int, int]

    @property
    def size(self) -> int:
        """Number of grid points."""
        return self.cells[0] * self.cells[1]


class Potential(NamedTuple):
    """Values at the points of a grid, where its first point stands, and grid points per unit."""

    values: Points
    origin: Points
    inverse: np.float32


class SplineRepulsion:
    """Interpolates the potential of all points on a grid.

    Parameters
    ----------
    kernel
        Similarity of two points, smooth at distance 0, so with b = 1. Default that of t-SNE.
    """

    def __init__(self, kernel: Kernel = STUDENT) -> None:
        self.kernel = kernel

    def __call__(self, points: NDArray[np.float32], forces: NDArray[np.float32]) -> float:
        r"""Fill ``forces`` with :math:`\sum_j w_{ij} g_{ij} (y_i - y_j)`, return :math:`Z`.

        Everything is a function of ``points`` alone, so that a restored run goes on bit by bit.
        """
        plane = in_plane(points)
        pushed = np.empty_like(plane)
        grid = potential_of(plane, kernel=self.kernel)
        sums = np.empty(CHUNKS, dtype=np.float64)
        share(CHUNKS, lambda first, last: _read(first, last, plane, grid, pushed, sums))
        forces[...] = pushed[:, : points.shape[1]]
        return float(sums.sum()) - len(points)


def in_plane(points: Points) -> Points:
    """Return points with two components: a line is a plane without height."""
    return np.pad(points, ((0, 0), (0, 1))) if points.shape[1] == 1 else points


def potential_of(plane: Points, *, room: float = 0.0, kernel: Kernel = STUDENT) -> Potential:
    """Return the potential of points in a plane, on a grid that reaches ``room`` beyond them."""
    # numpy is ten times faster along rows than down columns.
    columns = np.ascontiguousarray(plane.T)
    grid = grid_of(columns.min(axis=1) - room, columns.max(axis=1) + room, kernel)
    grids = np.zeros((PIECES, *grid.cells), dtype=np.float32)
    placed = plane, grid.origin, grid.inverse, grids
    share(PIECES, lambda first, last: _spread(first, last, *placed))
    values = _convolved(grids.sum(axis=0), grid.spacing, kernel)
    return Potential(values, grid.origin, grid.inverse)


def grid_of(lowest: ArrayLike, highest: ArrayLike, kernel: Kernel = STUDENT) -> Grid:
    """Return the grid for points of a plane between two corners."""
    corner = np.asarray(lowest, dtype=np.float64)
    extent = np.asarray(highest, dtype=np.float64) - corner
    spacing = _spacing(float(extent.max()), kernel)
    rows, columns = (_rounded(width / spacing + BORDER) for width in extent)
    origin = (corner - 3.0 * spacing).astype(np.float32)
    return Grid(origin, spacing, np.float32(1.0 / spacing), (rows, columns))


def _spacing(extent: float, kernel: Kernel) -> float:
    # A kernel's nearest singularity in the complex plane is as far as this; nearer ones need a finer grid.
    width = 1.0 if math.isinf(kernel.c) else min(1.0, 1.0 / math.sqrt(kernel.a))
    fine = min(max(extent / MIN_CELLS, FINEST_SPACING), SPACING * width)
    return max(fine, extent / MAX_CELLS)


def _rounded(size: float) -> int:
    """Round up to one of eight sizes per octave, so that kernels can be kept."""
    return math.ceil(2.0 ** (math.ceil(8.0 * math.log2(size)) / 8.0))


def _convolved(charge: NDArray[np.float32], spacing: float, kernel: Kernel) -> NDArray[np.float32]:
    rows, columns = charge.shape
    shape = padded((rows, columns))
    transform = kernel_transform(shape, spacing, kernel)
    transformed: NDArray[Any] = np.asarray(
        fft.rfft2(charge.astype(transform.dtype), s=shape, workers=FFT_WORKERS)
    )
    transformed *= transform
    potential = fft.irfft2(transformed, s=shape, workers=FFT_WORKERS, overwrite_x=True)
    return np.ascontiguousarray(np.asarray(potential)[:rows, :columns], dtype=np.float32)


def padded(cells: tuple[int, ...]) -> tuple[int, int]:
    """Return the size of a transform: twice the grid's, so that what wraps around stays out of what is read."""
    rows: Any = fft.next_fast_len(2 * cells[0] + GUARD)
    columns: Any = fft.next_fast_len(2 * cells[1] + GUARD, real=True)
    return rows, columns


@lru_cache(maxsize=4)
def kernel_transform(
    shape: tuple[int, int], spacing: float, kernel: Kernel
) -> NDArray[np.floating]:
    """Return the transform of the kernel over that of the two splines, in the precision that a grid needs."""
    # Where all points are close, forces are small differences of a large potential.
    dtype = "float64" if spacing < SPACING else "float32"
    rows, columns = (np.arange(size) for size in shape)
    row_distance = spacing * np.minimum(rows, shape[0] - rows)
    column_distance = spacing * np.minimum(columns, shape[1] - columns)
    values = kernel.values(row_distance[:, None] ** 2 + column_distance**2)
    transformed = np.real(np.asarray(fft.rfft2(values, workers=FFT_WORKERS)))
    row_spline = _symbol(2.0 * np.pi * rows / shape[0])
    column_spline = _symbol(2.0 * np.pi * columns / shape[1])
    smoothing = (row_spline[:, None] * column_spline[: shape[1] // 2 + 1]) ** 2
    return (transformed / smoothing).astype(dtype)


def _symbol(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the transform of a quintic B-spline at the grid points."""
    return (33.0 + 26.0 * np.cos(angle) + np.cos(2.0 * angle)) / 60.0


@numba.njit(**INLINED)
def _weights(t: np.float32) -> tuple[np.float32, ...]:
    """Return the six quintic B-spline weights at the fraction ``t`` of a cell."""
    s = ONE - t
    return _outer(s), _middle(t), _inner(t), _inner(s), _middle(s), _outer(t)


@numba.njit(**INLINED)
def _slopes(t: np.float32) -> tuple[np.float32, ...]:
    """Return the derivatives of the six weights by ``t``."""
    s = ONE - t
    return (
        -_outer_slope(s),
        _middle_slope(t),
        _inner_slope(t),
        -_inner_slope(s),
        -_middle_slope(s),
        _outer_slope(t),
    )


# The pieces of the quintic B-spline, in Horner's form.
@numba.njit(**INLINED)
def _outer(t: np.float32) -> np.float32:
    return t * t * t * t * t * C[0]


@numba.njit(**INLINED)
def _middle(t: np.float32) -> np.float32:
    return C[1] + t * (-C[2] + t * (C[3] + t * (C[3] + t * (-C[3] + t * C[4]))))


@numba.njit(**INLINED)
def _inner(t: np.float32) -> np.float32:
    squared = t * t
    return C[5] + squared * (-C[6] + squared * (C[7] - C[8] * t))


@numba.njit(**INLINED)
def _outer_slope(t: np.float32) -> np.float32:
    return t * t * t * t * C[4]


@numba.njit(**INLINED)
def _middle_slope(t: np.float32) -> np.float32:
    return -C[2] + t * (TWO * C[3] + t * (THREE * C[3] + t * (-FOUR * C[3] + t * FIVE * C[4])))


@numba.njit(**INLINED)
def _inner_slope(t: np.float32) -> np.float32:
    squared = t * t
    return t * (-TWO * C[6] + squared * (FOUR * C[7] - FIVE * C[8] * t))


@numba.njit(**FAST)
def _spread(
    first: int, last: int, points: Points, origin: Points, inverse: np.float32, grids: Points
) -> None:
    n = len(points)
    for piece in range(first, last):
        grid = grids[piece]
        for i in range(n * piece // PIECES, n * (piece + 1) // PIECES):
            u = (points[i, 0] - origin[0]) * inverse
            v = (points[i, 1] - origin[1]) * inverse
            row, column = np.int64(u), np.int64(v)
            across = _weights(v - np.float32(column))
            down = _weights(u - np.float32(row))
            for k in range(6):
                line = grid[row - 2 + k]
                for m in range(6):
                    line[column - 2 + m] += down[k] * across[m]


@numba.njit(**FAST)
def _read(
    first: int,
    last: int,
    points: Points,
    grid: Potential,
    forces: Points,
    sums: NDArray[np.float64],
) -> None:
    n = len(points)
    values, inverse = grid.values, grid.inverse
    x, y = grid.origin[0], grid.origin[1]
    for chunk in range(first, last):
        total = 0.0
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            u, v = (points[i, 0] - x) * inverse, (points[i, 1] - y) * inverse
            value, by_row, by_column = slope_at(values, u, v)
            total += value
            forces[i, 0] = np.float32(-0.5) * inverse * by_row
            forces[i, 1] = np.float32(-0.5) * inverse * by_column
        sums[chunk] = total


@numba.njit(**INLINED)
def slope_at(
    values: Points, u: np.float32, v: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    """Return the potential at row ``u`` and column ``v``, and its slopes along both."""
    row, column = np.int64(u), np.int64(v)
    t, s = u - np.float32(row), v - np.float32(column)
    down, down_slope = _weights(t), _slopes(t)
    across, across_slope = _weights(s), _slopes(s)
    value, by_row, by_column = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    for k in range(6):
        line = values[row - 2 + k]
        along, slope = np.float32(0.0), np.float32(0.0)
        for m in range(6):
            along += line[column - 2 + m] * across[m]
            slope += line[column - 2 + m] * across_slope[m]
        value += down[k] * along
        by_row += down_slope[k] * along
        by_column += down[k] * slope
    return value, by_row, by_column
