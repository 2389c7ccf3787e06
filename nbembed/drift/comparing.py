"""Is a batch like the reference? Bands for means, and a two-sample test of places."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.stats import norm

from nbembed._threads import serial_blas

__all__ = ["band_of_mean", "energy_test"]

Floats = NDArray[np.float64]
# Draws of a bootstrap, and numbers drawn at most; larger batches have a normal mean.
DRAWS, MAX_DRAWN = 4_000, 8_000_000
# Rows of each sample that the test of places looks at, its permutations, and how many run at once.
MAX_PLACES, PERMUTATIONS, AT_ONCE = 600, 999, 250


def band_of_mean(
    values: Floats, size: int, tails: tuple[float, float], *, seed: int
) -> tuple[float, float]:
    """Return where the mean of ``size`` more values like these would lie.

    The values that are drawn anew (bootstrap) spread the band, and so does the error of their own
    mean: a short reference makes a wide band.

    Parameters
    ----------
    values
        The reference.
    size
        Rows of the batch.
    tails
        Probability left out below and above; 0 leaves that side open.
    seed
        Of the draws.

    References
    ----------
    Efron & Tibshirani (1993), "An introduction to the bootstrap", ch. 13.
    """
    generator = np.random.default_rng([seed, size])
    error = float(values.std()) / np.sqrt(len(values))
    if size * DRAWS <= MAX_DRAWN:
        drawn = generator.integers(0, len(values), (DRAWS, size))
        means = values[drawn].mean(axis=1) + error * generator.standard_normal(DRAWS)
        low, high = np.quantile(means, [tails[0], 1.0 - tails[1]])
    else:
        spread = np.sqrt(values.var() / size + error**2)
        low, high = values.mean() + spread * norm.ppf([tails[0], 1.0 - tails[1]])
    return (
        float(low) if tails[0] > 0 else -np.inf,
        float(high) if tails[1] > 0 else np.inf,
    )


def energy_test(
    places: Floats, reference: Floats, level: float, *, seed: int
) -> tuple[float, float, float]:
    r"""Return the energy coefficient of two samples, its p-value, and the value at ``level``.

    With :math:`A = E|x - y|`, :math:`B = E|x - x'|` and :math:`C = E|y - y'|` the coefficient is
    :math:`(2A - B - C) / 2A`: 0 for equal distributions, 1 for two separate points. The p-value is
    the share of random divisions of all places whose coefficient is as large.

    Parameters
    ----------
    places, reference
        The samples, of which at most 600 points each are looked at.
    level
        Probability with which samples of one source exceed the third value returned.
    seed
        Of the choice of points and of the permutations.

    References
    ----------
    Székely & Rizzo (2013), "Energy statistics: a class of statistics based on distances", J. Stat.
    Planning and Inference 143, eq. 5.1 and sec. 6.
    """
    generator = np.random.default_rng([seed, len(places)])
    first, second = _some(places, generator), _some(reference, generator)
    both = np.concatenate([first, second])
    distances: Floats = np.asarray(cdist(both, both), dtype=np.float64)
    marks = np.zeros((len(both), PERMUTATIONS + 1))
    marks[: len(first), 0] = 1.0
    for column in range(1, PERMUTATIONS + 1):
        marks[generator.choice(len(both), len(first), replace=False), column] = 1.0
    with serial_blas():
        values = np.concatenate(
            [
                _coefficients(distances, marks[:, start : start + AT_ONCE])
                for start in range(0, PERMUTATIONS + 1, AT_ONCE)
            ]
        )
    # What differs by rounding only is as large: the same points may be divided in the same way.
    as_large = values[1:] >= values[0] - 1e-12
    return (
        float(values[0]),
        float((1 + as_large.sum()) / (PERMUTATIONS + 1)),
        float(np.quantile(values[1:], 1.0 - level, method="higher")),
    )


def _some(points: Floats, generator: np.random.Generator) -> Floats:
    if len(points) <= MAX_PLACES:
        return points
    return points[generator.choice(len(points), MAX_PLACES, replace=False)]


def _coefficients(distances: Floats, marks: Floats) -> Floats:
    """Return the coefficient of every division that a column of ``marks`` (1 or 0) makes."""
    n, first = len(distances), marks.sum(axis=0)
    second = n - first
    sums = distances @ marks
    within = np.einsum("ij,ij->j", marks, sums)
    touching = sums.sum(axis=0)
    between = (touching - within) / (first * second)
    rest = (distances.sum() - 2 * touching + within) / second**2
    energy = 2 * between - within / first**2 - rest
    return np.divide(energy, 2 * between, out=np.zeros_like(energy), where=between > 0)
