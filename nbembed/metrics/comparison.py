"""Maps side by side: methods in rows, measures in columns, seeds in the spread."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.metrics.reporting import report
from nbembed.metrics.stability import as_maps, neighbor_jaccard, procrustes_disparity
from nbembed.metrics.table import Report, digits, html_table, lower_is_better

__all__ = ["Comparison", "compare"]

# Of the runs of one method, not of one map.
STABILITY = ("neighbor_jaccard", "procrustes_disparity")


def compare(
    maps: Any,
    X: Any,
    labels: Any = None,
    *,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> "Comparison":
    """Measure several maps of the same data and put the numbers side by side.

    Parameters
    ----------
    maps
        A dict of name to map, or to a list of maps from several seeds of one method; a fitted estimator
        stands for its ``embedding_``.
    X
        The data, shape (n_samples, n_features).
    labels, n_neighbors, sample, random_state, device
        As in :func:`nbembed.metrics.report`, which measures each map.

    Returns
    -------
    Comparison
        A mapping from names to lists of reports, one per seed. Prints as text and as a table of mean
        ± standard deviation over the seeds, with two measures of how far the runs agree: the mean
        kNN Jaccard index and the mean Procrustes disparity over all pairs of seeds.

    Raises
    ------
    InvalidInputError
        If there is no map, and as :func:`nbembed.metrics.report`.

    Examples
    --------
    >>> from nbembed import datasets
    >>> X, y = datasets.iris()
    >>> compare({"sepals": X[:, :2], "petals": X[:, 2:]}, X).best("trustworthiness")
    'petals'
    """
    if not isinstance(maps, Mapping):
        raise InvalidTypeError(
            f"maps must be a dict from names to maps, got {type(maps).__name__}; "
            'pass {"my method": Y}'
        )
    if not maps:
        raise InvalidInputError("maps must hold at least one map, got none")
    runs = {str(name): as_maps(value) for name, value in maps.items()}
    reports = {
        name: [
            report(
                X,
                points,
                labels=labels,
                n_neighbors=n_neighbors,
                sample=sample,
                random_state=random_state,
                device=device,
            )
            for points in found
        ]
        for name, found in runs.items()
    }
    return Comparison(runs, reports, labels=labels)


class Comparison(Mapping[str, list[Report]]):
    """Measures of several maps; prints as a table and cannot be changed.

    Parameters
    ----------
    maps
        Name to the maps of all seeds.
    reports
        Name to the reports of all seeds.
    labels
        One value per row, which colours the maps in :meth:`plot`.
    """

    def __init__(
        self,
        maps: Mapping[str, list[NDArray[np.float64]]],
        reports: Mapping[str, list[Report]],
        *,
        labels: Any = None,
    ) -> None:
        self._maps = {name: list(found) for name, found in maps.items()}
        self._reports = {name: list(found) for name, found in reports.items()}
        self._labels = labels
        self._columns = {name: self._measured(name) for name in self._reports}

    def __getitem__(self, name: str) -> list[Report]:
        return list(self._reports[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._reports)

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def maps(self) -> dict[str, list[NDArray[np.float64]]]:
        """The maps of all seeds by name."""
        return {name: list(found) for name, found in self._maps.items()}

    @property
    def labels(self) -> Any:
        """One value per row, or None."""
        return self._labels

    @property
    def measures(self) -> list[str]:
        """Names of the columns, those of stability last."""
        found = dict.fromkeys(name for column in self._columns.values() for name in column)
        last = [name for name in STABILITY if name in found]
        return [name for name in found if name not in STABILITY] + last

    def mean(self, name: str, measure: str) -> float:
        """Return the mean of a measure over the seeds of a map, NaN where there is none."""
        return self._columns[name].get(measure, (np.nan, np.nan))[0]

    def std(self, name: str, measure: str) -> float:
        """Return its standard deviation over the seeds, NaN for fewer than two."""
        return self._columns[name].get(measure, (np.nan, np.nan))[1]

    def best(self, measure: str) -> str:
        """Return the name of the map with the best mean of a measure.

        Raises
        ------
        InvalidInputError
            If no map has the measure.
        """
        known = [name for name in self if not np.isnan(self.mean(name, measure))]
        if not known:
            raise InvalidInputError(
                f"measure must be one of {', '.join(self.measures)}, got {measure!r}"
            )
        sign = -1.0 if self.is_lower_better(measure) else 1.0
        return max(known, key=lambda name: sign * self.mean(name, measure))

    def is_lower_better(self, measure: str) -> bool:
        """Return whether small values of a measure are good."""
        return measure == "procrustes_disparity" or lower_is_better(measure)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row for each map, columns (measure, "mean" or "std").

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd

        data = {
            (measure, statistic): [value(name, measure) for name in self]
            for measure in self.measures
            for statistic, value in (("mean", self.mean), ("std", self.std))
        }
        return pd.DataFrame(data, index=pd.Index(list(self), name="map"))

    def plot(self, **options: Any) -> Any:
        """Return the maps, aligned, as small multiples; see ``nbembed.compare_maps``."""
        import nbembed

        return nbembed.compare_maps(self, **options)

    def __repr__(self) -> str:
        # Turned over, maps in columns: that many measures fit on no page side by side.
        head = ["", *self]
        body = [
            [self._heading(measure), *(self._cell(name, measure) for name in self)]
            for measure in self.measures
        ]
        widths = [max(len(row[i]) for row in (head, *body)) for i in range(len(head))]
        lines = (
            "  ".join(f"{text:<{width}}" for text, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *body)
        )
        return "\n".join([self._title(), *lines])

    def _repr_html_(self) -> str:
        rows = [(name, [self._cell(name, measure) for measure in self.measures]) for name in self]
        head = [self._heading(measure) for measure in self.measures]
        return html_table(self._title(), rows, head=head)

    def _title(self) -> str:
        first = next(iter(self._reports.values()))[0]
        seeds = sorted({len(found) for found in self._reports.values()})
        spread = f"; mean ± standard deviation of {seeds[-1]} runs" if seeds[-1] > 1 else ""
        sampled = any(score.is_sampled for score in first.values())
        note = f", some measured on a sample of {first.sample_size:,} rows" if sampled else ""
        return f"{first.n_samples:,} points, {first.n_neighbors} neighbours{note}{spread}"

    def _heading(self, measure: str) -> str:
        return measure + (" (lower is better)" if self.is_lower_better(measure) else "")

    def _cell(self, name: str, measure: str) -> str:
        mean, std = self.mean(name, measure), self.std(name, measure)
        if np.isnan(mean):
            return "-"
        return digits(mean) if np.isnan(std) else f"{digits(mean)} ± {digits(std)}"

    def _measured(self, name: str) -> dict[str, tuple[float, float]]:
        """Return mean and standard deviation of every measure of a map."""
        reports, maps = self._reports[name], self._maps[name]
        found: dict[str, tuple[float, float]] = {}
        for measure in reports[0]:
            values = [float(each[measure]) for each in reports]
            spread = float(np.std(values, ddof=1)) if len(values) > 1 else np.nan
            found[measure] = (float(np.mean(values)), spread)
        if len(maps) > 1:
            shared = neighbor_jaccard(maps, n_neighbors=reports[0].n_neighbors)
            pairs = [procrustes_disparity(*two) for two in combinations(maps, 2)]
            found["neighbor_jaccard"] = (float(shared.mean()), np.nan)
            found["procrustes_disparity"] = (float(np.mean(pairs)), np.nan)
        return found
