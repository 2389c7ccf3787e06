"""The repulsion of t-SNE between all points, on a device."""

from functools import lru_cache

import torch
from torch import Tensor

from nbembed.forces.repulsion import faster_repulsion
from nbembed.forces.spline import STUDENT, grid_of, kernel_transform, padded
from nbembed.tensor_forces.sums import add_at, total

__all__ = ["exact_repulsion", "grid_repulsion", "repulsion_on"]

# Pairs worked on at once: some arrays of 64 MB.
PAIRS = 2**24
# Grid points of a spline along an axis, counted from the one below the point.
REACH = (-2, -1, 0, 1, 2, 3)


def repulsion_on(name: str, points: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return :math:`\sum_j w_{ij}^2 (y_i - y_j)` for every point, and :math:`Z = \sum_{i \ne j} w_{ij}`.

    ``name`` is "exact", "fft" or "auto", which takes the faster one.
    """
    if name == "auto":
        name = faster_repulsion(*points.shape)
    return grid_repulsion(points) if name == "fft" else exact_repulsion(points)


def exact_repulsion(points: Tensor) -> tuple[Tensor, Tensor]:
    """Sum over all pairs, some rows at once."""
    push = torch.empty_like(points)
    sums = torch.empty(len(points), dtype=points.dtype, device=points.device)
    rows = max(1, PAIRS // len(points))
    for first in range(0, len(points), rows):
        part = slice(first, first + rows)
        # One component after the other: products of differences lose fewer digits than those of places.
        apart = [own[part, None] - own for own in points.T]
        kernel = torch.ones_like(apart[0])
        for difference in apart:
            kernel.addcmul_(difference, difference)
        kernel.reciprocal_()
        sums[part] = kernel.sum(1) - 1.0
        kernel *= kernel
        push[part] = torch.stack([(kernel * difference).sum(1) for difference in apart], 1)
    return push, total(sums)


def grid_repulsion(points: Tensor) -> tuple[Tensor, Tensor]:
    """Interpolate the potential of all points on a grid, in one or two dimensions.

    See :mod:`nbembed.forces.spline`, whose grid and kernel these are.
    """
    plane = torch.nn.functional.pad(points, (0, 2 - points.shape[1]))
    grid = grid_of(plane.amin(0).tolist(), plane.amax(0).tolist())
    origin = torch.tensor(grid.origin.tolist(), dtype=plane.dtype, device=plane.device)
    cell = (plane - origin) * float(grid.inverse)
    corner = cell.floor().long()
    # (n, 2, 6): weights of the six grid points that each point touches along each axis.
    weights, slopes = _splines(cell - corner)
    places = corner[:, :, None] + torch.tensor(REACH, device=plane.device)
    cells = places[:, 0, :, None] * grid.cells[1] + places[:, 1, None, :]
    charge = add_at(
        cells.reshape(-1), _outer_product(weights[:, 0], weights[:, 1]).reshape(-1), grid.size
    ).reshape(grid.cells)
    around = _convolved(charge, grid.spacing).reshape(-1)[cells]
    value = (around * _outer_product(weights[:, 0], weights[:, 1])).sum((1, 2))
    by_row = (around * _outer_product(slopes[:, 0], weights[:, 1])).sum((1, 2))
    by_column = (around * _outer_product(weights[:, 0], slopes[:, 1])).sum((1, 2))
    push = -0.5 * float(grid.inverse) * torch.stack([by_row, by_column], 1)
    return push[:, : points.shape[1]], total(value) - len(points)


def _outer_product(down: Tensor, across: Tensor) -> Tensor:
    return down[:, :, None] * across[:, None, :]


def _convolved(charge: Tensor, spacing: float) -> Tensor:
    shape = padded(charge.shape)
    kernel = _transform_on(charge.device, shape, spacing)
    transformed = torch.fft.rfft2(charge.to(kernel.dtype), s=shape)
    transformed *= kernel
    potential = torch.fft.irfft2(transformed, s=shape)
    return potential[: charge.shape[0], : charge.shape[1]].to(charge.dtype)


@lru_cache(maxsize=2)
def _transform_on(device: torch.device, shape: tuple[int, int], spacing: float) -> Tensor:
    """Return the kernel's transform on a device, in the precision that the processor would take if the device can."""
    transform = torch.from_numpy(kernel_transform(shape, spacing, STUDENT))
    return (transform.float() if device.type == "mps" else transform).to(device)


def _splines(t: Tensor) -> tuple[Tensor, Tensor]:
    """Return the six quintic B-spline weights at the fractions ``t`` of a cell, and their derivatives."""
    s = 1.0 - t
    weights = [_outer(s), _middle(t), _inner(t), _inner(s), _middle(s), _outer(t)]
    slopes = [
        -(s**4) / 24.0, _middle_slope(t), _inner_slope(t),
        -_inner_slope(s), -_middle_slope(s), t**4 / 24.0,
    ]  # fmt: skip
    return torch.stack(weights, -1), torch.stack(slopes, -1)


def _outer(t: Tensor) -> Tensor:
    return t**5 / 120.0


def _middle(t: Tensor) -> Tensor:
    return (26.0 + t * (-50.0 + t * (20.0 + t * (20.0 + t * (-20.0 + t * 5.0))))) / 120.0


def _inner(t: Tensor) -> Tensor:
    squared = t * t
    return (66.0 + squared * (-60.0 + squared * (30.0 - 10.0 * t))) / 120.0


def _middle_slope(t: Tensor) -> Tensor:
    return (-50.0 + t * (40.0 + t * (60.0 + t * (-80.0 + t * 25.0)))) / 120.0


def _inner_slope(t: Tensor) -> Tensor:
    squared = t * t
    return t * (-120.0 + squared * (120.0 - 50.0 * t)) / 120.0
