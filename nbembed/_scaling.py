"""How data are brought to a scale that float32 can hold, and later rows to the same."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import serial_blas

__all__ = [
    "HUGE",
    "TINY",
    "Axes",
    "Scaling",
    "are_below",
    "blocks",
    "is_on_disk",
    "mean_and_variance",
]

# Outside these magnitudes squares overflow, or vanish, in float32.
HUGE, TINY = 1e15, 1e-15
# A column whose mean is this many times its spread loses its digits in float32.
MAX_OFFSET = 1e3
# Numbers that are looked at together: data on disk are never in memory at once.
BLOCK_NUMBERS = 1 << 21


@dataclass(frozen=True, eq=False)
class Axes:
    """Directions in the data, along which rows are measured from a center.

    Attributes
    ----------
    center : ndarray of float64, shape (n_features,)
    directions : ndarray of float64, shape (n_axes, n_features)
        Of length 1, at right angles to each other.
    """

    center: NDArray[np.float64]
    directions: NDArray[np.float64]

    def apply(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return the places of rows on the axes; that of a row is the same to the bit whatever rows it comes with."""
        found = np.empty((len(rows), len(self.directions)), dtype=np.float32)
        at = 0
        with serial_blas():
            for block in blocks(rows):
                # A product of whole tables adds up in an order that depends on how many rows there are.
                for row in block - self.center:
                    found[at] = self.directions @ row
                    at += 1
        return found

    def back(self, places: NDArray[Any]) -> NDArray[np.float64]:
        """Return the rows that lie at these places, nearest to the center of all."""
        return places @ self.directions + self.center


@dataclass(frozen=True, eq=False)
class Scaling:
    """A divisor of all numbers, after it a shift of each column, and after that axes; mostly none of them.

    Attributes
    ----------
    divisor : float
        1 where the magnitudes suit float32.
    shift : ndarray of float64, shape (n_features,), or None
        What is subtracted after the division.
    axes : Axes or None
        Along which the rows are measured after both, as float32.
    """

    divisor: float = 1.0
    shift: NDArray[np.float64] | None = None
    axes: Axes | None = None

    @classmethod
    def of(cls, array: NDArray[Any], *, shift: bool) -> Self:
        """Return the scaling that ``array`` needs; with ``shift`` its offset may be removed too."""
        if array.dtype.itemsize <= 2 and array.dtype.kind in "biuf":  # noqa: PLR2004
            return cls()
        divisor = 1.0
        largest = max(float(array.max()), -float(array.min()))
        if largest > HUGE or 0 < largest < TINY:
            divisor, array = largest, array.astype(np.float64) / largest
        if shift:
            mean, variance = mean_and_variance(array)
            if (np.abs(mean) > MAX_OFFSET * np.sqrt(variance)).any():
                return cls(divisor, mean)
        return cls(divisor)

    def apply(self, array: NDArray[Any]) -> NDArray[np.float32]:
        """Return scaled float32 rows; the same array where nothing is to be done."""
        if self.divisor != 1.0:
            array = array.astype(np.float64) / self.divisor
        if self.shift is not None:
            array = array - self.shift
        rows = np.ascontiguousarray(array, dtype=np.float32)
        return rows if self.axes is None else self.axes.apply(rows)

    def back(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows as they were before :meth:`apply`, as float32."""
        rows = rows if self.axes is None else self.axes.back(rows)
        shifted = rows if self.shift is None else rows + self.shift
        return np.ascontiguousarray(shifted * self.divisor, dtype=np.float32)

    def n_features(self, rows: NDArray[Any]) -> int:
        """Return how many columns the data had of which ``rows`` were made."""
        return rows.shape[1] if self.axes is None else len(self.axes.center)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored as arrays; the divisor is a number."""
        found = {} if self.shift is None else {"shift": self.shift}
        if self.axes is None:
            return found
        return found | {"center": self.axes.center, "directions": self.axes.directions}

    @classmethod
    def stored(cls, divisor: float, arrays: dict[str, NDArray[Any]]) -> Self:
        """Return what the divisor and :meth:`arrays` describe."""
        axes = Axes(arrays["center"], arrays["directions"]) if "directions" in arrays else None
        return cls(divisor, arrays.get("shift"), axes)


def blocks(array: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Yield the rows of a table in blocks of equal size; little data are one block."""
    size = max(1, BLOCK_NUMBERS // max(1, array.shape[1]))
    for start in range(0, len(array), size):
        yield array[start : start + size]


def mean_and_variance(array: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance of each column, summed in float64 block by block."""
    total = np.zeros(array.shape[1])
    for block in blocks(array):
        total += block.sum(axis=0, dtype=np.float64)
    mean = total / len(array)
    squares = np.zeros(array.shape[1])
    for block in blocks(array):
        squares += np.square(block - mean).sum(axis=0)
    return mean, squares / len(array)


def is_on_disk(array: NDArray[Any]) -> bool:
    """Return whether an array is a memory map, or a view of one."""
    base: Any = array
    while base is not None:
        if isinstance(base, (np.memmap, mmap.mmap)):
            return True
        base = getattr(base, "base", None)
    return False


def are_below(bound: float, rows: NDArray[np.float32]) -> bool:
    """Whether no number is beyond ``bound`` in magnitude; NaN and infinity are."""
    flat = rows.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        # One pass instead of two where the rows are tame, as they nearly always are.
        tame = np.dot(flat, flat) <= bound**2
    return bool(tame or (flat.max() <= bound and flat.min() >= -bound))
