"""A number that knows how well it is known."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["Score"]

# Factor of a standard error that covers 95 % of a normal distribution.
NORMAL_95 = 1.959964


class Score(float):
    """A measure of a map: a float that says whether it was measured on a sample.

    Attributes
    ----------
    standard_error : float
        0 where nothing was sampled.
    sample_size : int
        How many rows (or pairs of rows) were looked at.
    population : float
        How many there are; may be infinity.
    unit : str
        What was counted: "rows" or "pairs".

    Examples
    --------
    >>> Score(0.97543, standard_error=0.0008, sample_size=2000, population=70000)
    0.9754 ± 0.0008 (sample of 2,000 rows)
    >>> Score(0.5)
    0.5
    """

    standard_error: float
    sample_size: int
    population: float
    unit: str

    def __new__(
        cls,
        value: float,
        *,
        standard_error: float = 0.0,
        sample_size: int = 0,
        population: float = 0,
        unit: str = "rows",
    ) -> Self:
        """Make a score; without a sample size it is exact."""
        score = super().__new__(cls, value)
        score.standard_error = float(standard_error)
        score.sample_size, score.population, score.unit = int(sample_size), population, unit
        return score

    @classmethod
    def of_rows(cls, scores: NDArray[np.float64], population: float) -> Self:
        """Return the mean of scores of single rows, drawn without replacement from a population.

        The standard error is that of Cochran (1977), "Sampling Techniques", eq. 2.20: 0 once all
        rows are sampled.
        """
        size = len(scores)
        error = 0.0
        if size > 1:
            error = float(scores.std(ddof=1)) * np.sqrt((1.0 - size / population) / size)
        return cls(
            float(scores.mean()), standard_error=error, sample_size=size, population=population
        )

    @property
    def is_sampled(self) -> bool:
        """Whether only a part was looked at."""
        return self.sample_size < self.population

    @property
    def interval(self) -> tuple[float, float]:
        """The interval that covers the exact value in 95 of 100 samples."""
        reach = NORMAL_95 * self.standard_error
        return float(self) - reach, float(self) + reach

    def __repr__(self) -> str:
        if not self.is_sampled:
            return float.__repr__(self)
        return (
            f"{self:.4f} ± {self.standard_error:.4f} (sample of {self.sample_size:,} {self.unit})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (
            float(self),
            self.standard_error,
            self.sample_size,
            self.population,
            self.unit,
        )


def _rebuilt(value: float, error: float, size: int, population: float, unit: str) -> Score:
    return Score(value, standard_error=error, sample_size=size, population=population, unit=unit)
