"""Logarithms and powers of float32 numbers that compile to vector code: the library's own go number by number."""

import math
from typing import Any

import numba
import numpy as np

from nbembed.forces.compiling import STRICT_INLINED

__all__ = ["log2", "power"]

# Bits of a float32: 23 of the mantissa, and an exponent that is 127 for 1.
MANTISSA_BITS, ONE_EXPONENT = np.int32(23), np.int32(127)
MANTISSA, ONE_BITS = np.int32(0x007F_FFFF), np.int32(0x3F80_0000)
ONE, HALF, LARGEST = np.float32(1.0), np.float32(0.5), np.float32(126.0)
SQRT2 = np.float32(math.sqrt(2.0))
# log2((1 + t) / (1 - t)) = 2 / ln 2 (t + t^3 / 3 + t^5 / 5 + ...); here |t| < 0.172, where t^9 is below 1.4e-7.
L1, L3, L5, L7 = (np.float32(2.0 / math.log(2.0) / k) for k in (1, 3, 5, 7))
# 2^f = sum (f ln 2)^k / k!; here |f| <= 1/2, where the seventh term is below 1.3e-7.
E1, E2, E3, E4, E5, E6 = (np.float32(math.log(2.0) ** k / math.factorial(k)) for k in range(1, 7))


@numba.njit(**STRICT_INLINED)
def log2(x: Any) -> Any:
    """Return the binary logarithm of a positive, normal float32 number, to 2e-7 or 2e-7 relative."""
    bits = np.float32(x).view(np.int32)
    exponent = np.float32((bits >> MANTISSA_BITS) - ONE_EXPONENT)
    mantissa = np.int32((bits & MANTISSA) | ONE_BITS).view(np.float32)
    # The mantissa goes from [1, 2) to around 1, where the series is short.
    above = mantissa > SQRT2
    mantissa = HALF * mantissa if above else mantissa
    exponent = exponent + ONE if above else exponent
    t = (mantissa - ONE) / (mantissa + ONE)
    square = t * t
    return exponent + t * (L1 + square * (L3 + square * (L5 + square * L7)))


@numba.njit(**STRICT_INLINED)
def power(x: Any, b: Any) -> Any:
    r"""Return :math:`x^b` of float32 numbers, x positive and normal.

    The error is at most 1e-6 relative for :math:`|b \log_2 x| < 10`, and 1e-5 as far as float32
    reaches; beyond :math:`2^{\pm 126}` the result stays there.
    """
    total = max(min(np.float32(b) * log2(x), LARGEST), -LARGEST)
    whole = np.floor(total + HALF)
    f = total - whole
    fraction = ONE + f * (E1 + f * (E2 + f * (E3 + f * (E4 + f * (E5 + f * E6)))))
    scale = np.int32((np.int32(whole) + ONE_EXPONENT) << MANTISSA_BITS).view(np.float32)
    return scale * fraction
