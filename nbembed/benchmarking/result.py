"""What a benchmark found: trials, means with intervals, verdicts."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbembed import _checks
from nbembed.benchmarking import tables
from nbembed.benchmarking.journal import Trial
from nbembed.benchmarking.statistics import MARGINS, Comparison, compared, decide, mean_interval
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Benchmark", "Summary"]


@dataclass(frozen=True)
class Summary:
    """A score of a method over seeds.

    Attributes
    ----------
    data, method, metric : str
        Of what.
    n : int
        Trials that have it.
    mean : float
        Their mean.
    half_width : float
        Of the interval of the mean; NaN for one trial.
    """

    data: str
    method: str
    metric: str
    n: int
    mean: float
    half_width: float


class Benchmark:
    """The trials of a benchmark, and what they say; prints as a table and cannot be changed.

    Parameters
    ----------
    trials
        Done and failed ones.
    methods, data
        Their names, in the order in which they are shown.
    baseline, margins, confidence
        As for :func:`nbembed.benchmark`.

    Attributes
    ----------
    trials : tuple of Trial
        Everything that was tried, with scores, seconds and what went wrong.
    methods, data, metrics : tuple of str
        Names, in the order in which they are shown.
    baseline : str or None
        What the others are compared with.
    margins : dict
        Score -> loss that does not matter.
    confidence : float
        Of intervals and verdicts.
    """

    def __init__(
        self,
        trials: Iterable[Trial],
        methods: Iterable[str],
        data: Iterable[str],
        *,
        baseline: str | None = None,
        margins: Mapping[str, float] | None = None,
        confidence: float = 0.95,
    ) -> None:
        self.trials = tuple(trials)
        self.methods: tuple[str, ...] = tuple(methods)
        self.data: tuple[str, ...] = tuple(data)
        self.baseline = baseline
        self.confidence = _checked_confidence(confidence)
        self.margins = _checked_margins(margins)
        if baseline is not None:
            _checks.check_choice("baseline", baseline, self.methods)
        self.metrics = tuple(dict.fromkeys(name for trial in self.trials for name in trial.scores))

    def with_trials(self, trials: Iterable[Trial]) -> "Benchmark":
        """Return a benchmark of other trials, judged alike."""
        return Benchmark(
            trials,
            self.methods,
            self.data,
            baseline=self.baseline,
            margins=self.margins,
            confidence=self.confidence,
        )

    def against(
        self, baseline: str | None, *, margins: Mapping[str, float] | None = None
    ) -> "Benchmark":
        """Return the same trials compared with another method, or with other margins.

        Parameters
        ----------
        baseline
            Name of a method, or None.
        margins
            Score -> loss that does not matter; the others stay as they are.
        """
        return Benchmark(
            self.trials,
            self.methods,
            self.data,
            baseline=baseline,
            margins=self.margins | dict(margins or {}),
            confidence=self.confidence,
        )

    @property
    def failures(self) -> tuple[Trial, ...]:
        """The trials in which something went wrong."""
        return tuple(trial for trial in self.trials if trial.error)

    @property
    def summaries(self) -> list[Summary]:
        """Mean and interval of each score, for each data set and method that has one."""
        found: list[Summary] = []
        for data in self.data:
            for method in self.methods:
                for metric in self.metrics:
                    values = list(self.scores(data, method, metric).values())
                    if values:
                        mean, half = mean_interval(values, self.confidence)
                        found.append(Summary(data, method, metric, len(values), mean, half))
        return found

    @property
    def verdicts(self) -> list[Comparison]:
        """Every method beside the baseline, on each data set and score; empty without a baseline."""
        if self.baseline is None:
            return []
        pairs = (
            compared(
                (data, method, self.baseline, metric),
                self.scores(data, method, metric),
                self.scores(data, self.baseline, metric),
                margin=self.margins.get(metric, 0.0),
                confidence=self.confidence,
            )
            for data in self.data
            for method in self.methods
            for metric in self.metrics
            if method != self.baseline
        )
        return decide((pair for pair in pairs if pair is not None), self.confidence)

    def verdict(self, method: str, metric: str, *, data: str | None = None) -> str:
        """Return one verdict: "better", "not worse", "worse" or "undecided".

        Parameters
        ----------
        method, metric
            Names.
        data
            Name; may be left out where there is one data set.

        Raises
        ------
        InvalidInputError
            If there is no such comparison.
        """
        if data is None and len(self.data) != 1:
            raise InvalidInputError(
                f"data must be one of {', '.join(map(repr, self.data))}, got None"
            )
        wanted = (self.data[0] if data is None else data, method, metric)
        for item in self.verdicts:
            if (item.data, item.method, item.metric) == wanted:
                return item.verdict
        raise InvalidInputError(
            f"there must be trials of {method!r} and of a baseline with the score {metric!r}, got baseline "
            f"{self.baseline!r}, methods {self.methods} and scores {self.metrics}; see against()"
        )

    def scores(self, data: str, method: str, metric: str) -> dict[int, float]:
        """Return a score by seed, of the seeds where it is there and defined (not NaN)."""
        return {
            trial.seed: trial.scores[metric]
            for trial in self.trials
            if (trial.data, trial.method) == (data, method)
            and not math.isnan(trial.scores.get(metric, math.nan))
        }

    def to_frame(self) -> Any:
        """Return the trials as a pandas data frame: one row for each, one column for each score.

        Raises
        ------
        MissingPackageError
            If pandas is not installed.
        """
        try:
            import pandas as pd
        except ModuleNotFoundError:
            raise MissingPackageError(
                "to_frame needs the package 'pandas', which is not installed; run: pip install pandas"
            ) from None
        return pd.DataFrame(
            [
                {
                    "data": trial.data,
                    "method": trial.method,
                    "seed": trial.seed,
                    **{name: trial.scores.get(name, float("nan")) for name in self.metrics},
                    "seconds": trial.seconds,
                    "peak_bytes": trial.peak_bytes,
                    "error": trial.error,
                }
                for trial in self.trials
            ]
        )

    def plot(self, metrics: Sequence[str] | str | None = None) -> "Figure":
        """Return a figure: for each score and data set every trial, the means and their intervals.

        Parameters
        ----------
        metrics
            Names of scores. None takes all.
        """
        from nbembed import benchmark_figures

        names = (metrics,) if isinstance(metrics, str) else tuple(metrics or self.metrics)
        for name in names:
            _checks.check_choice("metrics", name, self.metrics)
        return benchmark_figures.plot(self, names)

    def __repr__(self) -> str:
        return tables.text(self)

    def _repr_html_(self) -> str:
        return tables.html(self)


def _checked_confidence(confidence: Any) -> float:
    _checks.check_number("confidence", confidence, low=0, high=1, above=True)
    if confidence == 1:
        raise InvalidInputError("confidence must be below 1, got 1; 0.95 is usual")
    return float(confidence)


def _checked_margins(margins: Any) -> dict[str, float]:
    if margins is not None and not isinstance(margins, Mapping):
        raise InvalidTypeError(
            "margins must be a dictionary of scores and losses that do not matter, such as "
            f"{{'trustworthiness': 0.002}}, got {margins!r}"
        )
    for name, value in (margins or {}).items():
        _checks.check_number(f"margins[{name!r}]", value, low=0)
    return {**MARGINS, **{str(name): float(value) for name, value in (margins or {}).items()}}
