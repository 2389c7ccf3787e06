"""The teaching views in an exported page, where no kernel can be asked: plates of a stated set of points."""

import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nbembed.errors import NbembedError
from nbembed.transport import spread
from nbembed.widget.plates import Asked, Numbers, packed_plate

if TYPE_CHECKING:
    from nbembed.inspect.plates import Control, Plate

__all__ = ["Handout"]

# A page of more rows holds no teaching views: they would be those of a sample, and large.
MOST_ROWS = 300
# Points with a plate of each internal; of the first of them also so many values of each control.
POINTS, VALUES = 12, 9
# What the plates may take in all, in 32-bit numbers, and how long they may take to compute, in seconds.
MOST_NUMBERS, MOST_SECONDS = 3_000_000, 60.0

Make = Callable[[Asked], "tuple[Plate, int]"]


class Handout:
    """Collects the plates of a page.

    Parameters
    ----------
    make
        ``make(asked)`` returns a plate, and the step of the map it was made of.
    n
        Number of rows.
    """

    def __init__(self, make: Make, n: int) -> None:
        self._make, self._n = make, n
        self._numbers = Numbers()
        self._stored: list[dict[str, Any]] = []
        self._until = time.monotonic() + MOST_SECONDS

    def parts(
        self, lesson: Mapping[str, Any], selection: Sequence[int]
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return payload and buffers beside the others.

        Parameters
        ----------
        lesson
            What the panel offers.
        selection
            The rows that are selected; they come first.
        """
        if self._n > MOST_ROWS:
            return {}, {}
        rows = self._rows(selection)
        ready = [each for each in lesson["internals"] if "lacks" not in each]
        # The whole of the first point before anything of the second: what is cut off is its end.
        done = 0
        for place, row in enumerate(rows):
            for each in ready:
                if place == 0 or "point" in each["needs"]:
                    self._store(
                        each,
                        row,
                        rows,
                        lesson["settings"] if each["name"] == lesson["name"] else {},
                    )
            done = place + 1
            if self._is_full():
                break
        held = rows[:done]
        named = ", ".join(map(str, held))
        note = f"It holds those of points {named}, computed when it was written; a kernel computes any."
        plates = {"rows": held, "stored": self._stored, "note": note}
        return {"lesson": dict(lesson), "plates": plates}, {
            "plates": zlib.compress(self._numbers.body(), 9)
        }

    def _rows(self, selection: Sequence[int]) -> list[int]:
        """Return the rows of which there are plates: those that are selected, and others from all over the data."""
        over = [int(row) for row in spread(self._n, min(self._n, POINTS))]
        return list(dict.fromkeys([*selection, *over]))[:POINTS]

    def _is_full(self) -> bool:
        return self._numbers.count > MOST_NUMBERS or time.monotonic() > self._until

    def _store(
        self, internal: Mapping[str, Any], row: int, rows: list[int], settings: dict[str, Any]
    ) -> None:
        """Store the plate of a row, and of the first row those with each control at other values."""
        needs = internal["needs"]
        i = row if {"point", "two points"} & set(needs) else None
        j = next((each for each in rows if each != row), None) if "two points" in needs else None
        plate = self._add(Asked(internal["name"], i, j, -1, settings))
        if plate is None or row != rows[0]:
            return
        for control in plate.controls:
            if control.acts != "now":
                continue
            for value in _values(control):
                if value != control.value and not self._is_full():
                    self._add(Asked(internal["name"], i, j, -1, settings | {control.name: value}))

    def _add(self, asked: Asked) -> "Plate | None":
        """Store one plate and return it; None for one that cannot be had."""
        try:
            plate, step = self._make(asked)
        except (NbembedError, ValueError, TypeError):
            return None
        self._stored.append(packed_plate(plate, asked, self._numbers, step=step))
        return plate


def _values(control: "Control") -> Iterator[Any]:
    """Return the values of a control that a page offers: all of few, else some of them all along it."""
    if control.kind == "toggle":
        yield from (False, True)
    elif control.kind == "choice":
        yield from control.choices
    else:
        log = control.scale == "log"
        ends = (np.geomspace if log else np.linspace)(control.low, control.high, VALUES)
        step = control.step
        snapped = np.rint((ends - control.low) / step) * step + control.low if step else ends
        yield from dict.fromkeys(float(value) for value in snapped)
