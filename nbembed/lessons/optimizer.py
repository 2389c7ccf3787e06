"""Exercises of notebook 04, the optimiser's four knobs."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, agrees, close_to, same
from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.textbook import entropy, squared_distances

__all__ = ["EXERCISES", "printed_cost"]

COSTS = [(1.92, 12.0), (0.8, 4.0), (0.3, 1.0)]
# What is wrong with the learning rate, by the picture.
RATES = {"one dense heap": "too low", "far apart, neighbours lost": "too high"}


def printed_cost(kl: float, factor: float) -> float:
    r"""Return :math:`\sum f p \log_2 (f p/q)` of a map whose divergence is ``kl`` nats."""
    return factor * (kl / math.log(2) + math.log2(factor))


def _rates(wrong: Mapping[str, str]) -> Test:
    named = RATES | dict(wrong)
    return lambda value, **_: all(same(value[picture], rate) for picture, rate in named.items())


def _expanded(X: Any) -> Any:
    """Return squared distances as the tutorial has them, of which some fall below 0."""
    squares = np.square(X).sum(axis=1)
    return squares[:, None] - 2 * X @ X.T + squares


def _bits(p: Any) -> Any:
    return -(p * np.log2(p)).sum()


def _far_off() -> list[tuple[Any]]:
    """Return rows far from the origin, two of which are there twice."""
    rows = 1000 / 7 + np.random.default_rng(0).normal(size=(20, 4))
    return [(np.vstack([rows, rows[:2]]),)]


# Bells with and without a zero, and the perplexity that is asked for.
BELLS = [(np.array(p), 3.0) for p in (
    [0.25, 0.25, 0.25, 0.25], [0.8, 0.1, 0.1], [0.25, 0.25, 0.25, 0.25, 0.0], [0.9, 0.1, 0.0], [0.45, 0.45, 0.05, 0.05],
)]  # fmt: skip
TUTORIAL = {
    "steps": Formula(
        right=lambda n_iter, n_early: min(n_early + 1, n_iter),
        probes=[(1000, 250), (200, 250), (250, 250), (251, 250), (500, 100)],
        wrong={
            "as it is said; the step comes first, and then the question whether it was the last such one": (
                lambda n_iter, n_early: min(n_early, n_iter)
            ),
            "as it is said; the step comes first; and there may be fewer steps than that": (
                lambda _, n_early: n_early
            ),
            "a short run ends before: no more steps can be exaggerated than are taken": (
                lambda _, n_early: n_early + 1
            ),
            "these are the steps that are not exaggerated": lambda n_iter, n_early: (
                max(0, n_iter - n_early - 1)
            ),
        },
    ),
    "turn": Formula(
        right=lambda p, perplexity: bool(math.exp(entropy(p)) > perplexity),
        probes=BELLS,
        wrong={
            "as it is in the code: with one zero the entropy is NaN, and nothing is larger than NaN": (
                lambda p, perplexity: bool(_bits(p) > math.log2(perplexity))
            ),
            "the other way round: this says whether there are fewer": (
                lambda p, perplexity: bool(math.exp(entropy(p)) <= perplexity)
            ),
            "NaN is no yes either: leave out what has no probability": (
                lambda p, perplexity: not _bits(p) <= math.log2(perplexity)
            ),
            "who has any probability at all is no measure of how many neighbours there are": (
                lambda p, perplexity: bool((p > 0).sum() > perplexity)
            ),
            "nats and bits are mixed: both logarithms have to be of one kind": (
                lambda p, perplexity: bool(entropy(p) > math.log2(perplexity))
            ),
        },
    ),
    "distances": Formula(
        right=lambda X: np.sqrt(squared_distances(X)),
        probes=_far_off(),
        wrong={
            "as it is in the code: what is a little below 0 has no root": (
                lambda X: np.sqrt(_expanded(X) - 1e-6)
            ),
            "these are still the squares: the root is missing": squared_distances,
            "a sum of differences is no distance: square them first": lambda X: (
                np.abs(X[:, None] - X).sum(axis=2)
            ),
        },
        view=lambda D: np.nan if np.isnan(D).any() else D,
    ),
}  # fmt: skip

EXERCISES = {
    "04-a": Exercise(
        right=close_to((12.5, 5000.0), 0.02),
        mistakes={
            "one step for both: the force on a point falls as 1 over the number of points": (
                lambda value, **_: float(value[0]) == float(value[1])
            ),
            "the exaggeration is not in it: it multiplies the attraction, and so each step": close_to(
                (150.0, 60_000.0), 0.02
            ),
            "that is scikit-learn's, whose gradient has a factor 4 that ours leaves out": close_to(
                (12.5 / 4, 5000 / 4), 0.02
            ),
            "the other way round: more points, larger steps": close_to((5000.0, 12.5), 0.02),
            "the exaggeration divides: it makes the forces larger already": close_to(
                (1800.0, 720_000.0), 0.02
            ),
        },
        otherwise="first the step for 150 points, then that for 60,000; both need the exaggeration too",
    ),
    "04-b": Exercise(
        right=agrees(printed_cost, COSTS),
        mistakes={
            "the factor within the logarithm is forgotten": agrees(
                lambda kl, factor: factor * kl / math.log(2), COSTS
            ),
            "the factor before the sum is forgotten": agrees(
                lambda kl, factor: kl / math.log(2) + math.log2(factor), COSTS
            ),
            "this is in nats; the printed cost is in bits": agrees(
                lambda kl, factor: factor * (kl + math.log(factor)), COSTS
            ),
            "nats and bits are added: turn the divergence into bits first": agrees(
                lambda kl, factor: factor * (kl + math.log2(factor)), COSTS
            ),
            "from nats to bits one divides by ln 2": agrees(
                lambda kl, factor: factor * (kl * math.log(2) + math.log2(factor)), COSTS
            ),
        },
        otherwise="write f p instead of p in the sum, and take the factor out of the product and of the logarithm",
        probes=COSTS,
    ),
    "04-c": Exercise(
        right=_rates({}),
        mistakes={
            "as the tutorial has it; descend with a rate of 0.01, and with one of 20,000: which map is wider?": _rates(
                {"one dense heap": "too high", "far apart, neighbours lost": "too low"}
            ),
            "one dense heap: points begin in a heap; what keeps them there?": _rates(
                {"one dense heap": "too high"}
            ),
            "far apart, neighbours lost: how far did the points have to jump to get there?": _rates(
                {"far apart, neighbours lost": "too low"}
            ),
        },
        otherwise="for each picture one of: too low, too high",
    ),
    "04-d": mended(TUTORIAL, "a dictionary of functions, one for each of " + ", ".join(TUTORIAL)),
}
