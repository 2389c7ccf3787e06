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
# Points with a plate of each internal; of the first of them also so many values of each control that acts now.
POINTS, VALUES = 12, 9
# What the plates may take in all, in 32-bit numbers, and how long they may take to compute, in seconds.
MOST_NUMBERS, MOST_SECONDS = 3_000_000, 45.0
# The controls of views that take longer than so many seconds stand as they are.
QUICK = 0.4
# What the views need that come first.
FIRST = {"point", "two points", "map"}

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
        self._quick: list[tuple[Mapping[str, Any], Plate]] = []
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
        wished = {lesson["name"]: lesson["settings"]}
        held = self._fill(
            rows, [each for each in lesson["internals"] if "lacks" not in each], wished
        )
        there = {plate["name"] for plate in self._stored}
        internals = [
            each if each["name"] in there else {"lacks": "a kernel", **each}
            for each in lesson["internals"]
        ]
        named = ", ".join(map(str, held))
        note = f"It holds those of points {named}, computed when it was written; a kernel computes any."
        plates = {"rows": held, "stored": self._stored, "note": note}
        packed = zlib.compress(self._numbers.body(), 9)
        return {"lesson": {**lesson, "internals": internals}, "plates": plates}, {"plates": packed}

    def _fill(
        self,
        rows: list[int],
        ready: Sequence[Mapping[str, Any]],
        wished: Mapping[str, dict[str, Any]],
    ) -> list[int]:
        """Store as many plates as there is room and time for; return the rows that have all of theirs."""
        # Views of points and of this map first: the others may train maps of their own.
        first = [each for each in ready if FIRST & set(each["needs"])]
        for each in first:
            self._store(each, rows, wished.get(each["name"], {}))
        held = rows[:1]
        for row in rows[1:]:
            if self._is_full():
                break
            for each in first:
                if "point" in each["needs"]:
                    self._store(each, [row, *rows], wished.get(each["name"], {}))
            held.append(row)
        for each in (each for each in ready if each not in first):
            self._store(each, rows, wished.get(each["name"], {}))
        for each, plate in self._quick:
            self._vary(each, rows, plate, wished.get(each["name"], {}))
        return held

    def _rows(self, selection: Sequence[int]) -> list[int]:
        """Return the rows of which there are plates: those that are selected, and others from all over the data."""
        over = [int(row) for row in spread(self._n, min(self._n, POINTS))]
        return list(dict.fromkeys([*selection, *over]))[:POINTS]

    def _is_full(self) -> bool:
        return self._numbers.count > MOST_NUMBERS or time.monotonic() > self._until

    def _store(
        self, internal: Mapping[str, Any], rows: Sequence[int], settings: dict[str, Any]
    ) -> None:
        """Store the plate of the first of ``rows``, where it is of one; the next is a second point."""
        if self._stored and self._is_full():
            return
        began = time.monotonic()
        plate = self._add(Asked(internal["name"], *_points(internal, rows), -1, settings))
        known = any(each is internal for each, _ in self._quick)
        if plate is not None and not known and time.monotonic() - began < QUICK:
            self._quick.append((internal, plate))

    def _vary(
        self,
        internal: Mapping[str, Any],
        rows: Sequence[int],
        plate: "Plate",
        settings: dict[str, Any],
    ) -> None:
        """Store the plates of the first row with each control at other values."""
        for control in plate.controls:
            if control.acts != "now":
                continue
            for value in _values(control):
                if self._is_full():
                    return
                if value != control.value:
                    other = settings | {control.name: value}
                    self._add(Asked(internal["name"], *_points(internal, rows), -1, other))

    def _add(self, asked: Asked) -> "Plate | None":
        """Store one plate and return it; None for one that cannot be had."""
        try:
            plate, step = self._make(asked)
        except (NbembedError, ValueError, TypeError):
            return None
        self._stored.append(packed_plate(plate, asked, self._numbers, step=step))
        return plate


def _points(internal: Mapping[str, Any], rows: Sequence[int]) -> tuple[int | None, int | None]:
    """Return the rows that an internal is of."""
    needs = internal["needs"]
    if "two points" in needs:
        return rows[0], next((each for each in rows if each != rows[0]), None)
    return (rows[0] if "point" in needs else None), None


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
