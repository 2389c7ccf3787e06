"""The draws of :mod:`nbembed.forces.hashing` for whole tensors of streams, bit by bit the same.

torch multiplies 64-bit numbers modulo 2^64 as the processor does, but knows them with a sign only.
"""

import numpy as np
import torch
from torch import Tensor

from nbembed.forces.hashing import FIRST, GOLDEN, SECOND

__all__ = ["draws", "substreams"]


def _signed(number: np.uint64) -> int:
    return int(np.asarray(number).astype(np.int64))


def _shifted(x: Tensor, bits: int) -> Tensor:
    """Shift to the right and fill with zeros."""
    return (x >> bits) & (2 ** (64 - bits) - 1)


def _mixed(x: Tensor) -> Tensor:
    x = (x ^ _shifted(x, 30)) * _signed(FIRST)
    x = (x ^ _shifted(x, 27)) * _signed(SECOND)
    return x ^ _shifted(x, 31)


def substreams(key: np.uint64 | Tensor, numbers: Tensor) -> Tensor:
    """Return the keys of the streams below ``key`` (or below each of several) that have these numbers."""
    below = key if isinstance(key, torch.Tensor) else _signed(key)
    return _mixed(below + _signed(GOLDEN) * (numbers + 1))


def draws(keys: Tensor, numbers: Tensor, n: int) -> Tensor:
    """Return the draw of each number from the stream of each key, uniform in [0, n); n < 2^31."""
    return (_shifted(substreams(keys, numbers), 32) * n) >> 32
