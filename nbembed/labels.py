"""What labels are: names of classes, or numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "classes"]

# The code of a label that is not there.
MISSING = -1
# Integers with more different values are numbers, not names.
MAX_INTEGER_CLASSES = 50


def classes(labels: NDArray[Any]) -> tuple[list[str], NDArray[np.int64]] | None:
    """Return the names of categories in sorted order and each label's code, or None for numbers.

    The code of a missing label (None, NaN, NA) is -1.
    """
    kind = labels.dtype.kind
    if kind == "f" or (kind in "iu" and len(np.unique(labels)) > MAX_INTEGER_CLASSES):
        return None
    items = labels.tolist()
    missing = np.array([_is_missing(item) for item in items], dtype=bool)
    present = [item for item, gone in zip(items, missing, strict=True) if not gone]
    try:
        ordered = sorted(set(present))
    except TypeError:  # types that do not compare with each other
        ordered = sorted(set(present), key=str)
    names = list(dict.fromkeys(str(item) for item in ordered))
    code_of = {name: code for code, name in enumerate(names)}
    codes = [
        MISSING if gone else code_of[str(item)] for item, gone in zip(items, missing, strict=True)
    ]
    return names, np.array(codes, dtype=np.int64)


def _is_missing(value: Any) -> bool:
    # pandas' NA and NaT are known by name: pandas itself is not a dependency.
    return (
        value is None
        or (isinstance(value, float) and np.isnan(value))
        or type(value).__name__ in ("NAType", "NaTType")
    )
