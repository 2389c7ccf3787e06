"""What was found out about one batch, and tables of several."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEANINGS", "Batch", "flat", "flat_names", "html_table", "names_of", "text_table"]

# The quantities in the order in which they are shown, and what each says.
MEANINGS: dict[str, str] = {
    "trust": "are the neighbours on the map neighbours in the data (1: all)",
    "novelty": "log ratio of the distance to the known rows to the usual one (0: as usual)",
    "beyond": "share of rows farther out than 99 % of the known rows",
    "occupancy": "are other parts of the map filled (energy coefficient, 0: the same)",
    "agreement": "share of neighbours on the map with the row's label",
}


@dataclass(frozen=True, eq=False)
class Batch:
    """One batch of new rows on an existing map.

    Attributes
    ----------
    number : int
        1 for the first batch of a monitor.
    places : ndarray of float32, shape (n_rows, n_components)
        Where the rows are on the map.
    rows : dict
        ``trust``, ``novelty``, ``beyond`` and, with labels, ``agreement`` of every row.
    scores : dict
        The mean of each, and ``occupancy``; NaN where nothing could be measured.
    bands : dict
        For each of ``scores`` the lowest and the highest that rows without drift would give.
    p_value : float
        Of the test of ``occupancy``.
    """

    number: int
    places: NDArray[np.float32]
    rows: Mapping[str, NDArray[np.float64]]
    scores: Mapping[str, float]
    bands: Mapping[str, tuple[float, float]]
    p_value: float

    @property
    def n_rows(self) -> int:
        """Rows of the batch."""
        return len(self.places)

    @property
    def outside(self) -> tuple[str, ...]:
        """Names of the scores outside their bands."""
        return tuple(
            name
            for name, value in self.scores.items()
            if value < self.bands[name][0] or value > self.bands[name][1]
        )

    @property
    def drifted(self) -> bool:
        """Whether any score is outside its band."""
        return bool(self.outside)

    def __repr__(self) -> str:
        cells = [("", "value", "without drift", ""), *map(self._line, self.scores)]
        return "\n".join([self._title(), *_aligned(cells)])

    def _repr_html_(self) -> str:
        head = ("", "value", "without drift", "")
        return _html(self._title(), head, list(map(self._line, self.scores)))

    def _title(self) -> str:
        verdict = (
            f"outside the band: {', '.join(self.outside)}" if self.drifted else "no drift seen"
        )
        rows = "1 row" if self.n_rows == 1 else f"{self.n_rows:,} rows"
        return f"Batch {self.number}, {rows}: {verdict}"

    def _line(self, name: str) -> tuple[str, ...]:
        remarks = [f"p = {self.p_value:.4f}"] if name == "occupancy" else []
        remarks += ["outside"] if name in self.outside else []
        return name, _number(self.scores[name]), _band(self.bands[name]), ", ".join(remarks)


def text_table(batches: Sequence[Batch], heading: str) -> str:
    """Return a table of batches as text, a line for each."""
    return "\n".join([heading, *_aligned([_header(batches), *_lines(batches)])])


def html_table(batches: Sequence[Batch], heading: str) -> str:
    """Return a table of batches as HTML, a row for each."""
    return _html(heading, _header(batches), _lines(batches))


def names_of(batches: Sequence[Batch]) -> list[str]:
    """Return the quantities that any of the batches has."""
    return [name for name in MEANINGS if any(name in batch.scores for batch in batches)]


def flat_names(names: Sequence[str]) -> list[str]:
    """Return the names of the columns that :func:`flat` fills."""
    each = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    return ["batch", "rows", *each, "p_value", "drifted", "outside"]


def flat(batch: Batch, names: Sequence[str]) -> dict[str, Any]:
    """Return a batch as one row of a table; what it lacks is NaN."""
    row: dict[str, Any] = {"batch": batch.number, "rows": batch.n_rows}
    for name in names:
        low, high = batch.bands.get(name, (np.nan, np.nan))
        row |= {name: batch.scores.get(name, np.nan), f"{name}_low": low, f"{name}_high": high}
    return row | {
        "p_value": batch.p_value,
        "drifted": batch.drifted,
        "outside": ", ".join(batch.outside),
    }


def _header(batches: Sequence[Batch]) -> tuple[str, ...]:
    return ("batch", "rows", *names_of(batches), "p of occupancy", "outside the band")


def _lines(batches: Sequence[Batch]) -> list[tuple[str, ...]]:
    names = names_of(batches)
    return [
        (
            str(batch.number),
            f"{batch.n_rows:,}",
            *(_number(batch.scores.get(name, np.nan)) for name in names),
            f"{batch.p_value:.4f}",
            ", ".join(batch.outside),
        )
        for batch in batches
    ]


def _aligned(lines: Sequence[tuple[str, ...]]) -> list[str]:
    """Return cells in columns: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    last = len(widths) - 1
    return [
        "  ".join(
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def _html(caption: str, head: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> str:
    titles = "".join(
        f"<th scope='col' title='{escape(MEANINGS.get(name, ''))}'>{escape(name)}</th>"
        for name in head
    )
    body = "".join(
        f"<tr><th scope='row' title='{escape(MEANINGS.get(first, ''))}'>{escape(first)}</th>"
        + "".join(f"<td>{escape(cell)}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in lines
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _number(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.3f}"


def _band(band: tuple[float, float]) -> str:
    low, high = band
    if np.isinf(low):
        return f"up to {high:.3f}"
    return f"from {low:.3f}" if np.isinf(high) else f"{low:.3f} to {high:.3f}"
