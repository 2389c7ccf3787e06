"""Intervals over seeds, paired differences, and what may be said of many of them at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LESS_IS_BETTER",
    "MARGINS",
    "Comparison",
    "compared",
    "decide",
    "is_less_better",
    "mean_interval",
]

# A loss of less than this does not matter, in the units of the score.
MARGINS: Mapping[str, float] = {
    "trustworthiness": 0.002,
    "continuity": 0.002,
    "neighbor_recall": 0.005,
    "knn_accuracy": 0.005,
    "neighborhood_hit": 0.005,
}
# A score with one of these words in its name is better when it is less.
LESS_IS_BETTER = ("divergence", "distortion", "error", "kl", "loss", "seconds", "stress")


@dataclass(frozen=True)
class Comparison:
    """How one method does beside another on one score, over pairs of trials with the same seed.

    Attributes
    ----------
    data, method, baseline, metric : str
        What is compared with what, where, on which score.
    n_pairs : int
        Seeds that both have.
    gain : float
        Mean of the paired differences; above 0 the method is better than the baseline, also where less of the
        score is better.
    low, high : float
        The interval of the gain at the stated confidence, for this comparison alone.
    margin : float
        A loss that does not matter; 0 where none was given.
    deviation : float
        Standard deviation of the paired differences.
    verdict : str
        ``"better"``: the gain is above 0. ``"not worse"``: it is above ``-margin``. ``"worse"``: it is below
        ``-margin``. ``"undecided"``: the seeds do not tell. Each holds for all comparisons at once, see
        :func:`decide`.
    """

    data: str
    method: str
    baseline: str
    metric: str
    n_pairs: int
    gain: float
    low: float
    high: float
    margin: float
    deviation: float
    verdict: str = "undecided"


def is_less_better(metric: str) -> bool:
    """Return whether less of a score is better, by its name."""
    return any(word in metric.lower().split("_") for word in LESS_IS_BETTER)


def mean_interval(values: Sequence[float], confidence: float) -> tuple[float, float]:
    r"""Return the mean, and half the width of its interval: :math:`t_{n-1} s / \sqrt{n}`.

    Student (1908). The half width of a single value is NaN.
    """
    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if len(array) == 1:
        return mean, float("nan")
    if _are_equal(array):  # their computed mean may differ in the last digit
        return float(array[0]), 0.0
    from scipy import stats

    quantile = float(stats.t.ppf((1.0 + confidence) / 2.0, len(array) - 1))
    return mean, quantile * float(array.std(ddof=1)) / len(array) ** 0.5


def compared(
    names: tuple[str, str, str, str],
    ours: Mapping[int, float],
    theirs: Mapping[int, float],
    *,
    margin: float,
    confidence: float,
) -> Comparison | None:
    """Return a comparison still without its verdict; None where the two share no seed.

    Parameters
    ----------
    names
        Data, method, baseline and score.
    ours, theirs
        Score of the method and of the baseline by seed.
    margin
        A loss that does not matter.
    confidence
        Of the interval.
    """
    seeds = sorted(set(ours) & set(theirs))
    if not seeds:
        return None
    sign = -1.0 if is_less_better(names[3]) else 1.0
    gains = [sign * (ours[seed] - theirs[seed]) for seed in seeds]
    mean, half = mean_interval(gains, confidence)
    deviation = float("nan") if len(gains) == 1 else 0.0
    if not _are_equal(np.asarray(gains)):
        deviation = float(np.std(gains, ddof=1))
    return Comparison(*names, len(seeds), mean, mean - half, mean + half, margin, deviation)


def decide(comparisons: Iterable[Comparison], confidence: float) -> list[Comparison]:
    r"""Return the comparisons with verdicts that hold for all of them at once.

    Each comparison asks two questions: is its gain other than 0, and is it other than
    :math:`-margin`? Both are paired t-tests. They are answered in the order of their p-values by Holm's method:
    the first answer that is not sure enough ends it, and what is not answered is undecided. As
    a gain cannot be 0 and :math:`-margin` at once, at most one hypothesis of each comparison is
    true, so a p-value must be at most :math:`(1 - confidence) / m` with m the number of comparisons
    that still have an open question (Shaffer's bound) rather than the number of questions. The
    chance that any hypothesis is rejected though it is true is at most ``1 - confidence``. For a
    single comparison this is what its interval says.

    References
    ----------
    Holm (1979), "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6;
    Shaffer (1986), "Modified sequentially rejective multiple test procedures", JASA 81.
    """
    done = list(comparisons)
    questions = sorted(
        (_p_value(item, null), place, null)
        for place, item in enumerate(done)
        for null in dict.fromkeys((0.0, -item.margin))
    )
    open_questions = [len(dict.fromkeys((0.0, -item.margin))) for item in done]
    answered: list[set[float]] = [set() for _ in done]
    for p_value, place, null in questions:
        if p_value > (1.0 - confidence) / sum(count > 0 for count in open_questions):
            break
        open_questions[place] -= 1
        answered[place].add(null)
    return [
        replace(item, verdict=_verdict(item, sure))
        for item, sure in zip(done, answered, strict=True)
    ]


def _are_equal(values: NDArray[np.float64]) -> bool:
    return bool((values == values[0]).all())


def _p_value(item: Comparison, null: float) -> float:
    """Return the two-sided p-value of the paired t-test that the gain is ``null``."""
    if item.n_pairs == 1:
        return 1.0
    if item.deviation == 0.0:
        return float(item.gain == null)
    from scipy import stats

    statistic = abs(item.gain - null) / (item.deviation / item.n_pairs**0.5)
    return float(2.0 * stats.t.sf(statistic, item.n_pairs - 1))


def _verdict(item: Comparison, sure: set[float]) -> str:
    """Return what is sure of a gain, given the values that it surely does not have."""
    if 0.0 in sure and item.gain > 0.0:
        return "better"
    if -item.margin in sure:
        return "not worse" if item.gain > -item.margin else "worse"
    return "undecided"
