"""Exercises of notebook 01, from distances to probabilities."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, agrees, close_to, fails_with, outcome, same
from nbembed.lessons.textbook import entropy, precision, squared_distances

__all__ = [
    "EXERCISES",
    "SEARCH_OTHERWISE",
    "entropy_mistakes",
    "search_is_honest",
    "search_mistakes",
]

# Rows to try an entropy on; the last has a 0 in it.
FULL_ROWS = [(np.array([0.5, 0.25, 0.125, 0.125]),), (np.full(10, 0.1),)]
ROWS = [*FULL_ROWS, (np.array([0.7, 0.3, 0.0, 0.0]),)]

# Squared distances of one point to 40 others, to try a search on; and more neighbours than anybody has.
ROW = np.linspace(1.0, 3.0, 40) ** 2
HUGE = 1e18
TOO_MANY = 400.0


def entropy_mistakes() -> dict[str, Test]:
    """Return the mistakes of an entropy, each with its hint."""
    return {
        "this is in bits: the logarithm is natural here": agrees(
            lambda p: entropy(p) / math.log(2), FULL_ROWS
        ),
        "the sign: logarithms of probabilities are negative, an entropy is not": agrees(
            lambda p: -entropy(p), FULL_ROWS
        ),
        "this is the perplexity; the entropy is its logarithm": agrees(
            lambda p: math.exp(entropy(p)), FULL_ROWS
        ),
        "each logarithm has to be weighed with its probability": agrees(
            lambda p: -np.log(p).sum(), FULL_ROWS
        ),
        "0 times the logarithm of 0 gave NaN: leave out what has no probability": agrees(
            lambda p: -(p * np.log(p)).sum(), ROWS
        ),
    }


def row_of(X: Any, point: int = 7) -> np.ndarray:
    """Return the squared distances of one row of X to all others."""
    return np.delete(squared_distances(X)[point], point)


def sigma_from(X: Any) -> float:
    """Return the bandwidth of point 7 at perplexity 30."""
    return 1 / math.sqrt(2 * precision(row_of(X), 30))


def _found(search: Any, squared: np.ndarray, perplexity: float) -> Any:
    return outcome(search, (squared, perplexity))


def _refuses(search: Any) -> bool:
    return isinstance(_found(search, ROW, TOO_MANY), ValueError)


def _finds(search: Any, scale: float = 1.0) -> bool:
    return same(_found(search, ROW * scale, 10.0), precision(ROW * scale, 10.0))


def search_is_honest(search: Any) -> bool:
    """Return whether a search finds what exists, at any scale, or says so, and refuses what does not."""
    large = _found(search, ROW * HUGE, 10.0)
    return (
        _finds(search)
        and _refuses(search)
        and (_finds(search, HUGE) or isinstance(large, ValueError))
    )


def search_mistakes() -> dict[str, Test]:
    """Return the mistakes of a search for a bandwidth, each with its hint."""
    return {
        "it refuses the ordinary too: a row of 40 others has a perplexity of 10": fails_with(
            lambda search: isinstance(_found(search, ROW, 10.0), Exception)
        ),
        "this is a bandwidth; the precision is asked for, 1 over twice its square": fails_with(
            lambda search: same(_found(search, ROW, 10.0), (2 * precision(ROW, 10.0)) ** -0.5)
        ),
        "perplexity 10 is not met on an ordinary row: the entropy to meet is its natural logarithm": fails_with(
            lambda search: not _finds(search)
        ),
        "a row of 40 others was given a perplexity of 400, and nothing was said": fails_with(
            lambda search: not _refuses(search)
        ),
        "with the data times 1e9 it returns where it happened to stop: look at the entropy first": fails_with(
            lambda search: not _finds(search, HUGE)
        ),
    }


SEARCH_OTHERWISE = "try an ordinary row, the same row times 1e18, and a perplexity of 400"

EXERCISES = {
    "01-a": Exercise(
        right=agrees(entropy, ROWS),
        mistakes=entropy_mistakes(),
        otherwise="compare with four equal probabilities: the entropy is ln 4",
        probes=ROWS,
    ),
    "01-b": Exercise(
        right=close_to(lambda X: precision(row_of(X), 30)),
        mistakes={
            "this is the bandwidth sigma; beta is 1 over twice its square": close_to(sigma_from),
            "this is 1 over the square of sigma: beta has a 2 in it": close_to(
                lambda X: 2 * precision(row_of(X), 30)
            ),
            "bits and nats are mixed: the entropy is in nats, so is the logarithm of 30": close_to(
                lambda X: precision(row_of(X), math.exp(math.log2(30)))
            ),
            "the point itself is among its neighbours, at distance 0": close_to(
                lambda X: precision(squared_distances(X)[7], 30)
            ),
            "the distances have to be squared": close_to(
                lambda X: precision(np.sqrt(row_of(X)), 30)
            ),
        },
        otherwise="put your beta into the row of point 7: is exp(entropy) 30?",
        needs=("X",),
    ),
    "01-c": Exercise(
        right=fails_with(search_is_honest),
        mistakes=search_mistakes(),
        otherwise=SEARCH_OTHERWISE,
        probes=[(ROW, 10.0)],
    ),
}
