"""Numbers about a map, printed so that people can compare them."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, NamedTuple

import numpy as np

from nbembed.metrics.score import Score

__all__ = ["MEASURES", "Measure", "Report", "cell", "digits", "html_table", "lower_is_better"]


class Measure(NamedTuple):
    """What a measure is about.

    Attributes
    ----------
    group
        "local", "global" or "labels".
    lower_is_better
        Whether small values are good.
    """

    group: str
    lower_is_better: bool = False


MEASURES = {
    "trustworthiness": Measure("local"),
    "continuity": Measure("local"),
    "neighbor_recall": Measure("local"),
    "rnx_auc": Measure("local"),
    "density_preservation": Measure("local"),
    "shepard_goodness": Measure("global"),
    "distance_correlation": Measure("global"),
    "normalized_stress": Measure("global", lower_is_better=True),
    "scaled_stress": Measure("global", lower_is_better=True),
    "knn_accuracy": Measure("labels"),
    "neighborhood_hit": Measure("labels"),
    "silhouette": Measure("labels"),
    "v_measure": Measure("labels"),
}


class Report(Mapping[str, Score]):
    """Measures of a map under their names; prints as a table and cannot be changed.

    Parameters
    ----------
    scores
        The measures; numbers that are no :class:`Score` are exact.
    n_samples
        Rows of the data.
    n_neighbors
        Size of a neighbourhood.
    left_out
        Why measures that could be expected are not there, by name.
    """

    def __init__(
        self,
        scores: Mapping[str, float],
        *,
        n_samples: int,
        n_neighbors: int,
        left_out: Mapping[str, str] | None = None,
    ) -> None:
        self._scores = {
            name: value if isinstance(value, Score) else Score(value)
            for name, value in scores.items()
        }
        self._sizes = (int(n_samples), int(n_neighbors))
        self._left_out = dict(left_out or {})

    def __getitem__(self, name: str) -> Score:
        return self._scores[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scores)

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def standard_errors(self) -> dict[str, float]:
        """The standard error of each measure; 0 where nothing was sampled."""
        return {name: score.standard_error for name, score in self._scores.items()}

    @property
    def n_samples(self) -> int:
        """Rows of the data."""
        return self._sizes[0]

    @property
    def sample_size(self) -> int:
        """Rows that were looked at: all, or the smallest sample of rows that a measure took."""
        sizes = [s.sample_size for s in self._scores.values() if s.is_sampled and s.unit == "rows"]
        return min(sizes, default=self.n_samples)

    @property
    def n_neighbors(self) -> int:
        """Size of a neighbourhood."""
        return self._sizes[1]

    @property
    def left_out(self) -> dict[str, str]:
        """Why measures that could be expected are not there, by name."""
        return dict(self._left_out)

    def to_frame(self) -> Any:
        """Return the measures as a pandas DataFrame, one row for each.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        rows = [
            {
                "measure": name,
                "group": _group(name),
                "value": float(score),
                "standard_error": score.standard_error,
                "sample_size": score.sample_size if score.is_sampled else None,
                "lower_is_better": lower_is_better(name),
            }
            for name, score in self._scores.items()
        ]
        return pd.DataFrame(rows).set_index("measure")

    def plot(self, *, ax: Any = None) -> Any:
        """Return a figure of the measures; see ``nbembed.report_figure``."""
        # Drawing is the work of a room above, which the package's public names lead to.
        import nbembed

        return nbembed.report_figure(self, ax=ax)

    def __repr__(self) -> str:
        width = max(map(len, self._scores), default=0)
        lines = [self._title()]
        for group, names in self._grouped():
            lines += [f"- {group}"] if group else []
            lines += [f"{name:<{width}}  {cell(self[name])}{_direction(name)}" for name in names]
        lines += [f"left out: {name} ({why})" for name, why in self._left_out.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows: list[tuple[str, list[str]]] = []
        for group, names in self._grouped():
            rows += [(group, [])] if group else []
            rows += [(name, [cell(self[name]) + _direction(name)]) for name in names]
        notes = [f"left out: {name} ({why})" for name, why in self._left_out.items()]
        return html_table(self._title(), rows, notes=notes)

    def _title(self) -> str:
        return f"{self.n_samples:,} points, {self.n_neighbors} neighbours"

    def _grouped(self) -> list[tuple[str, list[str]]]:
        """Return the names of measures by group; those nobody knows come first, without a group."""
        groups = dict.fromkeys(["", *(measure.group for measure in MEASURES.values())])
        found = [(group, [name for name in self if _group(name) == group]) for group in groups]
        return [(group, names) for group, names in found if names]


def cell(score: Score) -> str:
    """Return a score as people read it."""
    if np.isnan(score):
        return "undefined"
    value = digits(score)
    if not score.is_sampled:
        return value
    # Never "± 0.000": a sampled number is not exact.
    error = max(0.001, score.standard_error)
    return f"{value} ± {error:.3f} (sample of {score.sample_size:,} {score.unit})"


def digits(value: float) -> str:
    """Return a number to three digits; never "-0.000"."""
    # -0.0 + 0.0 is 0.0.
    return f"{round(value, 3) + 0.0:.3f}"


def html_table(
    caption: str,
    rows: list[tuple[str, list[str]]],
    *,
    head: list[str] | None = None,
    notes: list[str] | None = None,
) -> str:
    """Return rows of a name and cells as a table; a row without cells is a heading."""
    columns = len(head) if head else 1
    left = "style='text-align:left'"
    parts = [f"<table><caption>{escape(caption)}</caption>"]
    if head:
        cells = "".join(f"<th scope='col' {left}>{escape(text)}</th>" for text in head)
        parts.append(f"<thead><tr><td></td>{cells}</tr></thead>")
    parts.append("<tbody>")
    for name, cells in rows:
        if cells:
            shown = "".join(f"<td {left}>{escape(text)}</td>" for text in cells)
            parts.append(f"<tr><th scope='row' {left}>{escape(name)}</th>{shown}</tr>")
        else:
            heading = f"<th scope='rowgroup' colspan='{columns + 1}' {left}>{escape(name)}</th>"
            parts.append(f"<tr>{heading}</tr>")
    shown = "".join(f"<p>{escape(note)}</p>" for note in notes or [])
    return "".join([*parts, "</tbody></table>", shown])


def lower_is_better(name: str) -> bool:
    """Return whether small values of a measure are good."""
    return name in MEASURES and MEASURES[name].lower_is_better


def _group(name: str) -> str:
    return MEASURES[name].group if name in MEASURES else ""


def _direction(name: str) -> str:
    return " (lower is better)" if lower_is_better(name) else ""
