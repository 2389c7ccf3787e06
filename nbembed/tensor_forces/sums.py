"""Sums whose order does not matter, so that a graphics card gives the same bits every time.

Floating-point numbers that many threads add to one place come in any order, and the order shows in the
last bits. Whole numbers do not mind: what is added is rounded to a fixed point first.
"""

import math

import torch
from torch import Tensor

__all__ = ["add_at", "total"]

# Bits of the fixed point below the largest number; 2^18 of these fill the rest of 63 bits.
BITS = 44


def add_at(places: Tensor, values: Tensor, n: int) -> Tensor:
    """Return the sums of the rows of ``values`` that go to the same place, shape (n, …).

    Parameters
    ----------
    places
        Where each row goes, in [0, n), int64, shape (m,).
    values
        Float32 or float64, shape (m, …); the sums have 44 bits below the largest of them.
    n
        Number of places.
    """
    out = (n, *values.shape[1:])
    if values.device.type == "mps":
        # It adds no 64-bit numbers; there the last bits may differ from run to run.
        return torch.zeros(out, device=values.device).index_add_(0, places, values)
    largest = float(values.abs().max()) if values.numel() else 0.0
    if not math.isfinite(largest) or largest == 0.0:
        return torch.full(out, largest, dtype=values.dtype, device=values.device)
    # A power of two, so that scaling rounds nothing.
    scale = 2.0 ** (BITS - math.frexp(largest)[1])
    whole = torch.zeros(out, dtype=torch.int64, device=values.device)
    whole.index_add_(0, places, (values.double() * scale).round_().long())
    return (whole.double() / scale).to(values.dtype)


def total(values: Tensor) -> Tensor:
    """Return the sum of all numbers, in float64 where the device has it."""
    return values.sum() if values.device.type == "mps" else values.sum(dtype=torch.float64)
