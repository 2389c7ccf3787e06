"""Names for the arrays and callables that cross room borders."""

from collections.abc import Generator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOT_TO_SCALE", "FloatArray", "IntArray", "Stage", "State"]

# What stands under most maps. js/src/caption.ts has the same sentence.
NOT_TO_SCALE = "Sizes and gaps of clusters are not to scale."

T = TypeVar("T")

FloatArray = NDArray[np.floating[Any]]
IntArray = NDArray[np.integer[Any]]

# Work that reports the finished fraction (0 to 1) as it goes and returns its result at the end.
Stage = Generator[float, None, T]

# What a stepper needs to go on bit by bit: arrays and plain numbers under their names.
State = dict[str, Any]
