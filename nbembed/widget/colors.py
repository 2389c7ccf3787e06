"""From labels to what the browser colours by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.labels import MISSING, classes

__all__ = ["encode_labels"]

# The code of a missing label on the wire, and so one more than the classes there can be.
WIRE_MISSING = 65535


def encode_labels(labels: NDArray[Any] | None, name: str = "label") -> tuple[dict[str, Any], bytes]:
    """Return the ``color_spec`` and ``color_values`` traits for ``labels``.

    Text, booleans and integers with few different values are categories, uint16 codes; everything
    else is a number, float32. More than 65,535 categories are coloured by their order instead.
    """
    if labels is None:
        return {}, b""
    named = classes(labels)
    if named is None:
        return _numbers(labels.astype(np.float32), name)
    names, codes = named
    if len(names) > WIRE_MISSING:
        return _numbers(np.where(codes == MISSING, np.nan, codes).astype(np.float32), name)
    counts = np.bincount(codes[codes != MISSING], minlength=len(names)).tolist()
    values = np.where(codes == MISSING, WIRE_MISSING, codes).astype("<u2")
    return {
        "kind": "category",
        "name": name,
        "categories": names,
        "counts": counts,
    }, values.tobytes()


def _numbers(values: NDArray[np.float32], name: str) -> tuple[dict[str, Any], bytes]:
    values = np.where(np.isfinite(values), values, np.nan)
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    return {"kind": "number", "name": name, "min": low, "max": high}, values.astype("<f4").tobytes()
