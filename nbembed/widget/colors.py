"""From labels to what the browser colours by."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode_labels"]

# Integers with more different values than this are numbers, not names.
MAX_INTEGER_CLASSES = 50
MISSING = 65535


def encode_labels(labels: NDArray[Any] | None, name: str = "label") -> tuple[dict[str, Any], bytes]:
    """Return the ``color`` and ``color_values`` traits for ``labels``.

    Text, booleans and integers with few different values are categories; everything else is a
    number. Categories are ordered as they sort, missing ones (None, NaN) get a code of their own.
    """
    if labels is None:
        return {}, b""
    if labels.dtype.kind == "f" or (labels.dtype.kind in "iu" and len(np.unique(labels)) > MAX_INTEGER_CLASSES):
        return _numbers(labels.astype(np.float32), name)
    missing = np.array([_is_missing(v) for v in labels.tolist()])
    text = np.array([str(v) for v in labels.tolist()], dtype=object)
    present = labels[~missing]
    try:
        order = [str(v) for v in np.unique(present).tolist()]
    except TypeError:  # types that do not compare with each other
        order = sorted(set(text[~missing].tolist()))
    order = list(dict.fromkeys(order))
    if len(order) >= MISSING:  # nobody tells 65,535 colours apart: colour by the order instead
        return _numbers(np.arange(len(labels), dtype=np.float32), name)
    code_of = {category: code for code, category in enumerate(order)}
    codes = np.array([MISSING if gone else code_of[t] for t, gone in zip(text, missing, strict=True)], dtype="<u2")
    counts = np.bincount(codes[codes != MISSING], minlength=len(order)).tolist()
    return {"kind": "category", "name": name, "categories": order, "counts": counts}, codes.tobytes()


def _numbers(values: NDArray[np.float32], name: str) -> tuple[dict[str, Any], bytes]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    values = np.where(np.isfinite(values), values, np.nan)
    return {"kind": "number", "name": name, "min": low, "max": high}, values.astype("<f4").tobytes()


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")  # noqa: PLR0124
