"""Random numbers as a hash of where they are used, so that no order of work changes them.

A number depends on (seed, phase, step, vertex, draw) and on nothing else: not on threads, not on
how many steps one call runs, not on pauses or branches.
"""

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["draw", "mixed", "stream", "substream", "substreams"]

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


@numba.njit(cache=True)
def substreams(key: np.uint64, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the keys of the streams below ``key`` that have the given numbers."""
    keys = np.empty(len(numbers), dtype=np.uint64)
    for i in range(len(numbers)):
        keys[i] = substream(key, numbers[i])
    return keys


def stream(*numbers: int) -> np.uint64:
    """Return the key of a stream that is named by whole numbers, such as seed, phase and step."""
    key = np.uint64(0)
    for number in numbers:
        key = np.uint64(substream(key, np.uint64(number & MASK)))
    return key
