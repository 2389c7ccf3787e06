"""How numba compiles the loops: what a compiler may change in them, and which of them are for other loops only."""

from typing import Any

__all__ = ["FAST", "INLINED", "STRICT", "STRICT_INLINED"]

# Sums may be reordered by the compiler (once, when it compiles), but NaN and infinity stay legal.
# numpy's rule for division by 0 has no exception to test for, so that loops become vector code.
FAST: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}
# For what other kernels call. Left to itself, a call may reach one of two copies, whose sums are ordered differently:
# the callee's own where it has been compiled in this process, else that in the caller's cache.
INLINED: dict[str, Any] = {**FAST, "forceinline": True}
# For loops that write to what they may also read: a check of addresses chooses, at run time, between vector code and
# the plain loop, so both must round alike. Every operation rounds on its own, on any processor.
STRICT: dict[str, Any] = {**FAST, "fastmath": False}
STRICT_INLINED: dict[str, Any] = {**INLINED, "fastmath": False}
