"""What the rows are, in words: the card of a point, and the search through all of them."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.columns import Column
from nbembed.encodings import ABSENT, Spec, codes_of
from nbembed.labels import is_missing
from nbembed.tables import Table
from nbembed.widget.pictures import Pictures

__all__ = ["Details", "text_of"]

MAX_TEXT = 300
# An exported page carries what its cards say up to this many bytes.
PAGE_BYTES = 5_000_000


class Details:
    """Answers what the browser asks about the rows.

    Parameters
    ----------
    table
        The rows and their columns.
    n
        The number of rows.
    hover
        The columns a card shows.
    pictures
        The pictures, if there are any.
    """

    def __init__(
        self, table: Table, n: int, *, hover: Sequence[str] = (), pictures: Pictures | None = None
    ) -> None:
        self.hover = list(hover)
        self.pictures = pictures
        self._table, self._n = table, n
        self._texts: dict[str, _Texts] = {}

    @property
    def has_index(self) -> bool:
        """Whether the rows have names of their own."""
        return self._table.index(0) is not None

    def about(self, row: int, shown: Iterable[Column] = ()) -> dict[str, Any]:
        """Return ``values``, ``[[name, text], …]``, and ``index`` of a row where it has one.

        Parameters
        ----------
        row
            The row's position.
        shown
            The columns that colour and size the points; they come first unless a card has them
            anyway.
        """
        values: dict[str, str] = {}
        for column in shown:
            if column.name not in self.hover:
                values[column.name] = text_of(column.values[row])
        for name in self.hover:
            values[name] = text_of(self._table.cell(name, row))
        index = self._table.index(row)
        return {
            "values": [[name, text] for name, text in values.items()],
            **({} if index is None else {"index": _cut(index)}),
        }

    def find(self, text: str, color: Spec | None = None) -> list[int]:
        """Return the rows in which ``text`` occurs, whatever its case, in ascending order.

        It is looked for in the names of the colour's categories, in the columns of the card that
        hold text, and in the index. ``"#12"`` is the row at position 12; so is ``"12"``, beside the
        rows in which it occurs.
        """
        wanted = text.strip().casefold()
        if not wanted:
            return []
        found = np.zeros(self._n, dtype=bool)
        digits = wanted.removeprefix("#")
        if digits.isascii() and digits.isdigit():
            if int(digits) < self._n:
                found[int(digits)] = True
            if wanted != digits:
                return np.flatnonzero(found).tolist()
        if color is not None and color["kind"] == "category":
            hits = [wanted in name.casefold() for name in color["categories"]]
            # Codes of missing values lie beyond the names.
            hit = np.zeros(ABSENT + 1, dtype=bool)
            hit[: len(hits)] = hits
            found |= hit[codes_of(color)]
        for name in self.hover:
            found |= self._texts_of(name, lambda name=name: self._column_texts(name)).having(wanted)
        if self.has_index:
            found |= self._texts_of("", lambda: self._table.index_names() or []).having(wanted)
        return np.flatnonzero(found).tolist()

    def page(self) -> dict[str, Any] | None:
        """Return what the cards say of every row, for an exported page; None if that is too much."""
        if not self.hover and not self.has_index:
            return None
        # A text takes three bytes at the least, with its quotes and comma.
        if 3 * self._n * max(1, len(self.hover)) > PAGE_BYTES:
            return None
        index = self._table.index_names()
        columns = [list(map(text_of, self._table.column(name).values)) for name in self.hover]
        room = PAGE_BYTES
        for texts in [*columns, index or []]:
            for text in texts:
                room -= len(json.dumps(text)) + 1
                if room < 0:
                    return None
        rows = [list(row) for row in zip(*columns, strict=True)] or [[] for _ in range(self._n)]
        return {"columns": self.hover, "values": rows, "index": index}

    def _texts_of(self, key: str, read: Callable[[], Sequence[str]]) -> "_Texts":
        """Return a column made ready for the search; it is made ready once."""
        if key not in self._texts:
            self._texts[key] = _Texts(read())
        return self._texts[key]

    def _column_texts(self, name: str) -> Sequence[str]:
        """Return a column as text; nothing for numbers and dates, in which nobody looks for text."""
        values = self._table.column(name).values
        if values.dtype.kind in "biufMm":
            return []
        # Most values are text already, and there may be a million of them.
        return [item if type(item) is str else _searched(item) for item in values.tolist()]


class _Texts:
    """One text per row, each different one kept once and without its case."""

    def __init__(self, texts: Sequence[str]) -> None:
        place: dict[str, int] = {}
        self._which: NDArray[np.int32] = np.fromiter(
            (place.setdefault(text, len(place)) for text in texts), np.int32, len(texts)
        )
        self._different = [text.casefold() for text in place]

    def having(self, wanted: str) -> NDArray[np.bool_] | bool:
        """Return for each row whether ``wanted`` occurs in it."""
        if not self._different:
            return False
        hits = np.fromiter((wanted in text for text in self._different), bool, len(self._different))
        return hits[self._which]


def _searched(value: Any) -> str:
    return "" if is_missing(value) else str(value)


def text_of(value: Any) -> str:
    """Return a value as a card shows it: floats to four digits, ``"missing"`` for none."""
    if is_missing(value):
        return "missing"
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.4g}"
    if isinstance(value, np.datetime64):
        return _moment(str(value.astype("datetime64[us]")))
    if isinstance(value, np.timedelta64):
        return str(value.astype("timedelta64[us]").item())
    if hasattr(value, "isoformat"):
        return _moment(value.isoformat())
    return _cut(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _moment(text: str) -> str:
    """Return a date in ISO's form as people write it, without a clock that says nothing."""
    return text.replace("T", " ").removesuffix(".000000").removesuffix(" 00:00:00")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
