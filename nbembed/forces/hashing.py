"""Random numbers as a hash of where they are used, so that no order of work changes them.

A number depends on (seed, phase, step, vertex, draw) and on nothing else: not on threads, not on
how many steps one call runs, not on pauses or branches.
"""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["draw", "draws", "mixed", "stream", "substream", "substreams"]

MASK = 0xFFFF_FFFF_FFFF_FFFF
# The odd constants of SplitMix64 (Steele, Lea & Flood 2014, fig. 11 and sec. 5).
GOLDEN = np.uint64(0x9E37_79B9_7F4A_7C15)
FIRST = np.uint64(0xBF58_476D_1CE4_E5B9)
SECOND = np.uint64(0x94D0_49BB_1331_11EB)
S27, S30, S31, S32 = np.uint64(27), np.uint64(30), np.uint64(31), np.uint64(32)


@numba.njit(cache=True)
def mixed(x: np.uint64) -> np.uint64:
    """Return 64 bits that look independent of those of ``x``, an unsigned 64-bit number."""
    x = (x ^ (x >> S30)) * FIRST
    x = (x ^ (x >> S27)) * SECOND
    return x ^ (x >> S31)


@numba.njit(cache=True)
def substream(key: np.uint64, number: int | np.uint64) -> np.uint64:
    """Return the key of the ``number``-th stream below ``key``."""
    return mixed(key + GOLDEN * (np.uint64(number) + np.uint64(1)))


@numba.njit(cache=True)
def draw(key: np.uint64, number: int, n: int) -> np.int64:
    """Return the ``number``-th draw of a stream, uniform in [0, n); n < 2^32."""
    return np.int64(((substream(key, number) >> S32) * np.uint64(n)) >> S32)


def substreams(
    key: np.uint64 | NDArray[np.uint64], numbers: NDArray[np.uint64]
) -> NDArray[np.uint64]:
    """Return the keys of the streams below ``key`` that have the given numbers."""
    return _mixed_by_numpy(np.asarray(key, dtype=np.uint64) + GOLDEN * (numbers + np.uint64(1)))


def draws(key: np.uint64, count: int, n: int) -> NDArray[np.int64]:
    """Return the first ``count`` draws of a stream, uniform in [0, n)."""
    keys = substreams(key, np.arange(count, dtype=np.uint64))
    return (((keys >> S32) * np.uint64(n)) >> S32).astype(np.int64)


def _mixed_by_numpy(x: Any) -> Any:
    """Do what :func:`mixed` does, without a compiler: it is asked for before the first step."""
    rule: Any = mixed
    return rule.py_func(x)


def stream(*numbers: int) -> np.uint64:
    """Return the key of a stream that is named by whole numbers, such as seed, phase and step."""
    key = np.zeros(1, dtype=np.uint64)
    for number in numbers:
        key = substreams(key, np.array([number & MASK], dtype=np.uint64))
    return key[0]
