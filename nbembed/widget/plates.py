"""Plates for the browser: what a view of an internal draws, as a JSON header and one string of numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nbembed.inspect.plates import Control, Panel, Plate

__all__ = ["Asked", "Numbers", "packed_plate", "read_asked", "refused_plate"]

# The browser reads 32-bit floats: row numbers up to 16 million are exact in them.
NUMBER = np.dtype("<f4")
# The most settings a question may hold, and the longest text among them.
MOST_SETTINGS, MAX_TEXT = 32, 200


@dataclass(frozen=True)
class Asked:
    """What is to be shown: an internal, its rows, its settings, the moment.

    Attributes
    ----------
    name : str
        Its key in :data:`nbembed.inspect.plates.catalogue`.
    row, other : int or None
        The point, and the second one.
    step : int
        The step of the map; -1 for the newest.
    settings : dict
        What the controls say; a missing one has its default.
    """

    name: str
    row: int | None = None
    other: int | None = None
    step: int = -1
    settings: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def call(self) -> str:
        """What one writes in a cell for the same values."""
        rows = [str(row) for row in (self.row, self.other) if row is not None]
        more = [f"{name}={value!r}" for name, value in self.settings.items()]
        return f"w.inspect({', '.join([repr(self.name), *rows, *more])})"


def read_asked(content: Mapping[str, Any], n: int) -> Asked | None:
    """Return what a message asks for; None for one that asks for nothing there can be.

    Parameters
    ----------
    content
        The message.
    n
        Number of rows.
    """
    name, settings, step = content.get("name"), content.get("settings"), content.get("step", -1)
    rows = [content.get("row", -1), content.get("other", -1)]
    numbers = (*rows, step)
    if (
        not isinstance(name, str)
        or not isinstance(settings, dict)
        or not all(map(_is_int, numbers))
    ):
        return None
    if (
        max(rows) >= n
        or len(settings) > MOST_SETTINGS
        or not all(map(_is_setting, settings.items()))
    ):
        return None
    row, other = (None if each < 0 else int(each) for each in rows)
    return Asked(name, row, other, int(step), settings)


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_setting(item: tuple[Any, Any]) -> bool:
    name, value = item
    if isinstance(value, str):
        return len(value) <= MAX_TEXT and isinstance(name, str)
    return isinstance(value, (int, float)) and isinstance(name, str) and bool(np.isfinite(value))


class Numbers:
    """Arrays one after the other, as one string of bytes; a header says where each begins.

    Attributes
    ----------
    count : int
        How many numbers there are.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.count = 0

    def put(self, values: "ArrayLike") -> list[int]:
        """Add an array, row after row; return where it begins, and how many numbers it has."""
        with np.errstate(over="ignore"):
            part = np.asarray(values).astype(NUMBER).ravel()
        place = [self.count, len(part)]
        self._parts.append(part.tobytes())
        self.count += len(part)
        return place

    def body(self) -> bytes:
        """Return all of them."""
        return b"".join(self._parts)


def packed_plate(
    plate: "Plate", asked: Asked, numbers: Numbers, *, step: int = -1
) -> dict[str, Any]:
    """Return the header of a plate, and put its arrays to the other ``numbers``.

    Parameters
    ----------
    plate
        The plate.
    asked
        What was asked for.
    numbers
        Takes the arrays.
    step
        The step of the map it was computed on; -1 where it needs none.
    """
    return {
        "name": asked.name,
        "title": plate.title,
        "row": -1 if asked.row is None else asked.row,
        "other": -1 if asked.other is None else asked.other,
        "step": step,
        "text": plate.text,
        "snippet": plate.snippet,
        "call": asked.call,
        "sample": plate.sample,
        "panels": [_packed_panel(panel, numbers) for panel in plate.panels],
        "controls": [_packed_control(control) for control in plate.controls],
    }


def refused_plate(asked: Asked, reason: str) -> dict[str, Any]:
    """Return the header of a plate that cannot be had, with the reason in its place."""
    from nbembed.inspect.plates import Plate

    empty = Plate(asked.name, "", (), "", "", {}, np.zeros(0))
    return packed_plate(empty, asked, Numbers()) | {"error": reason}


def _packed_panel(panel: "Panel", numbers: Numbers) -> dict[str, Any]:
    packed: dict[str, Any] = {
        name: getattr(panel, name)
        for name in ("kind", "title", "x_label", "y_label", "x_scale", "y_scale")
    }
    packed["series"] = [
        {
            "label": each.label,
            "kind": each.kind,
            "x": numbers.put(each.x),
            "y": numbers.put(each.y),
            **({} if each.index is None else {"index": numbers.put(each.index)}),
        }
        for each in panel.series
    ]
    if panel.heat is not None:
        values = np.asarray(panel.heat.values)
        ends = {side: [float(end) for end in getattr(panel.heat, side)] for side in "xy"}
        packed["heat"] = {"values": numbers.put(values), "shape": list(values.shape), **ends}
    if panel.arrows is not None:
        packed["arrows"] = {
            "places": numbers.put(panel.arrows.vectors),
            "labels": list(panel.arrows.labels),
            "groups": list(panel.arrows.groups),
            "to_scale": panel.arrows.to_scale,
        }
    if panel.colors is not None:
        packed["colors"] = numbers.put(panel.colors)
    if panel.table is not None:
        packed["table"] = [[name, list(map(_cell, cells))] for name, cells in panel.table.items()]
    return packed


def _packed_control(control: "Control") -> dict[str, Any]:
    packed = {name: getattr(control, name) for name in ("name", "label", "kind", "acts")}
    packed["value"] = _cell(control.value)
    if control.kind == "choice":
        packed["choices"] = list(control.choices)
    if control.kind == "slider":
        ends = ("low", "high", "step")
        packed |= {end: float(getattr(control, end)) for end in ends} | {"scale": control.scale}
    return packed


def _cell(value: Any) -> Any:
    """Return a value as JSON has it; None for what is no number at all."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not np.isfinite(plain):
        return None
    return plain if isinstance(plain, (str, int, float, bool)) or plain is None else str(plain)
