"""What the browser and Python both may change: the selected rows, the filter, the moment on show.

From Python a value that cannot be used is an error. From the browser it is ignored, and the value
stays as it is: nothing that a message holds raises in the kernel.
"""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from nbembed._checks import nearest
from nbembed.encodings import Spec
from nbembed.errors import InvalidInputError
from nbembed.widget.texts import as_sent

__all__ = ["Filter", "InvalidTraitError", "Moment", "Selection", "pack_rows", "unpack_rows"]

# A step number that JavaScript still counts exactly.
MAX_STEP = 2**53


class InvalidTraitError(InvalidInputError, traitlets.TraitError):
    """A trait of the widget was set to what it cannot be."""


class Selection(traitlets.TraitType[Any, Any]):
    """Positions of rows: a plain list of ints, ascending and unique.

    Any sequence or array of positions may be assigned, or a mask of booleans, one per row. On the
    wire it is ``{"n", "kind", "data"}``, see :func:`pack_rows`.

    Parameters
    ----------
    count
        ``count(widget)`` is the number of rows.
    """

    info_text = "positions of rows, or one boolean per row"

    def __init__(self, count: Callable[[Any], int]) -> None:
        super().__init__()
        self._count = count
        self.tag(sync=True, to_json=self._to_json, from_json=self._from_json)

    def make_dynamic_default(self) -> list[int]:
        """Nothing is selected at first."""
        return []

    def validate(self, obj: Any, value: Any) -> list[int]:
        """Return what was assigned as a list of ints."""
        return _positions(value, self._count(obj), self.name or "selection")

    def _to_json(self, value: list[int], widget: Any) -> dict[str, Any]:
        return as_sent(pack_rows(value, self._count(widget)), widget)

    def _from_json(self, content: Any, widget: Any) -> list[int]:
        rows = unpack_rows(content, self._count(widget))
        return getattr(widget, self.name or "") if rows is None else rows


class Filter(traitlets.TraitType[Any, Any]):
    """What is shown: ``{}`` for all, ``{"categories": [name, …]}`` or ``{"range": [low, high]}``.

    Parameters
    ----------
    color
        ``color(widget)`` is the spec of the present colour, or None.
    """

    info_text = "{}, {'categories': [name, …]} or {'range': [low, high]}"

    def __init__(self, color: Callable[[Any], Spec | None]) -> None:
        super().__init__()
        self._color = color
        self.tag(sync=True, from_json=self._from_json)

    def make_dynamic_default(self) -> dict[str, Any]:
        """All is shown at first."""
        return {}

    def validate(self, obj: Any, value: Any) -> dict[str, Any]:
        """Return what was assigned, with plain lists, if it fits the present colour."""
        if not isinstance(value, Mapping) or len(value) > 1 or set(value) - {"categories", "range"}:
            raise InvalidTraitError(f"filter must be {self.info_text}, got {value!r}")
        color = self._color(obj)
        for key, given in value.items():
            kind = {"categories": "category", "range": "number"}[key]
            if color is None or color["kind"] != kind:
                there = "nothing colours" if color is None else f"the colour is a {color['kind']}"
                raise InvalidTraitError(
                    f"filter must fit the colour, got {dict(value)!r} while {there}; use w.color(by=…) first"
                )
            return {key: _names(given, color) if key == "categories" else _ends(given)}
        return {}

    def _from_json(self, content: Any, widget: Any) -> dict[str, Any]:
        try:
            return self.validate(widget, content)
        except InvalidTraitError:
            return getattr(widget, self.name or "")


class Moment(traitlets.TraitType[Any, Any]):
    """The step on show, 0 or more; -1 follows the newest."""

    info_text = "a step, or -1 for the newest"

    def __init__(self) -> None:
        super().__init__(-1)
        self.tag(sync=True, from_json=self._from_json)

    def validate(self, obj: Any, value: Any) -> int:  # noqa: ARG002 - the signature of traitlets
        """Return what was assigned as an int."""
        is_whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not is_whole or not -1 <= int(value) <= MAX_STEP:
            raise InvalidTraitError(f"moment must be a step, or -1 for the newest, got {value!r}")
        return int(value)

    def _from_json(self, content: Any, widget: Any) -> int:
        try:
            return self.validate(widget, content)
        except InvalidTraitError:
            return getattr(widget, self.name or "")


def pack_rows(rows: list[int], n: int) -> dict[str, Any]:
    """Return ascending positions as ``{"n", "kind", "data"}``, in whichever form is shorter.

    ``"rows"``: little-endian unsigned 32-bit integers. ``"bits"``: one bit for each of the ``n``
    rows, least significant bit first. Nothing is ``"rows"`` without bytes.
    """
    if not rows or 4 * len(rows) < (n + 7) // 8:
        return {"n": n, "kind": "rows", "data": np.array(rows, dtype="<u4").tobytes()}
    mask = np.zeros(n, dtype=np.uint8)
    mask[rows] = 1
    return {"n": n, "kind": "bits", "data": np.packbits(mask, bitorder="little").tobytes()}


def unpack_rows(content: Any, n: int) -> list[int] | None:
    """Return the positions that :func:`pack_rows` wrote, None for what it cannot have written."""
    if not isinstance(content, Mapping) or content.get("n") != n:
        return None
    data = _bytes(content.get("data"))
    if data is None:
        return None
    if content.get("kind") == "bits" and len(data) == (n + 7) // 8:
        bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little", count=n)
        return np.flatnonzero(bits).tolist()
    if content.get("kind") == "rows" and len(data) % 4 == 0:
        rows = np.frombuffer(data, dtype="<u4")
        return _ascending(rows, n) if len(rows) == 0 or rows.max() < n else None
    return None


def _bytes(data: Any) -> bytes | None:
    """Return bytes as a host may hand them over."""
    if isinstance(data, str):  # from a host that loses buffers
        try:
            return base64.b64decode(data, validate=True)
        except (ValueError, binascii.Error):
            return None
    return bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else None


def _positions(value: Any, n: int, name: str) -> list[int]:
    array = _array(value, name)
    if array.dtype == bool:
        if len(array) != n:
            raise InvalidTraitError(
                f"{name} must hold one boolean per row when it is a mask, {n} in all, got {len(array)}"
            )
        return np.flatnonzero(array).tolist()
    if array.dtype.kind not in "iu":
        raise InvalidTraitError(
            f"{name} must be positions of rows, whole numbers such as [0, 5], or one boolean per row, "
            f"got values of type {array.dtype}"
        )
    if len(array) and (array.min() < 0 or array.max() >= n):
        wrong = array.min() if array.min() < 0 else array.max()
        raise InvalidTraitError(f"{name} must be positions of rows, 0 to {n - 1}, got {wrong}")
    return _ascending(array, n)


def _ascending(rows: NDArray[Any], n: int) -> list[int]:
    """Return positions below ``n`` in order and each once."""
    mask = np.zeros(n, dtype=bool)
    mask[rows] = True
    return np.flatnonzero(mask).tolist()


def _array(value: Any, name: str) -> NDArray[Any]:
    """Return what was assigned as an array of one dimension."""
    plain: Any = value
    try:
        plain = list(value) if isinstance(value, (set, frozenset, range)) else plain
        plain = plain.to_numpy() if hasattr(plain, "to_numpy") else plain
        array = plain.detach().cpu().numpy() if hasattr(plain, "detach") else np.asarray(plain)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if isinstance(value, (str, bytes, Mapping)) or array.ndim != 1:
        raise InvalidTraitError(
            f"{name} must be a sequence of row positions such as [0, 5], or one boolean per row, "
            f"got {_short(value)}; [] selects nothing"
        )
    if array.dtype == object and all(isinstance(v, (bool, np.bool_)) for v in array):
        return array.astype(bool)
    return array.astype(np.int64) if array.size == 0 else array


def _names(given: Any, color: Spec) -> list[str]:
    if not isinstance(given, (list, tuple, set, frozenset, np.ndarray)):
        raise InvalidTraitError(f"filter['categories'] must be a list of names, got {given!r}")
    known = {name: place for place, name in enumerate(color["categories"])}
    names = dict.fromkeys(str(name) for name in given)
    for name in names:
        if name not in known:
            raise InvalidTraitError(
                f"filter['categories'] must name categories of the colour, got {name!r}{nearest(name, known)}"
            )
    return sorted(names, key=known.__getitem__)


def _ends(given: Any) -> list[float]:
    is_pair = isinstance(given, (list, tuple, np.ndarray)) and len(given) == 2  # noqa: PLR2004
    ends = [float(v) for v in given if _is_finite(v)] if is_pair else []
    if len(ends) != 2 or ends[0] > ends[1]:  # noqa: PLR2004
        raise InvalidTraitError(
            f"filter['range'] must be [low, high], two numbers with low first, got {given!r}"
        )
    return ends


def _is_finite(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"  # noqa: PLR2004
