"""Exercises of notebook 12, find the faults."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
import re
from typing import Any

from nbembed.lessons.exercise import Exercise, Test, agrees, fails_with, same
from nbembed.lessons.probabilities import (
    ROW,
    ROWS,
    SEARCH_OTHERWISE,
    entropy_mistakes,
    search_is_honest,
    search_mistakes,
)
from nbembed.lessons.pushing import probes
from nbembed.lessons.textbook import entropy, kl_divergence, similarities

__all__ = ["EXERCISES"]

SIZES = [(150, 12.0), (60_000, 12.0), (1000, 4.0)]
# The factor before the sum in the gradient of each method.
FACTORS = {"SNE": 2, "symmetric SNE": 4, "t-SNE": 4}
# What a picture cannot do.
BANNED = re.compile(r"\bprov(e|es|ed)\b|true clusters?|obvious|clearly", re.IGNORECASE)
SEEDS = re.compile(r"\b\d+ seeds?\b", re.IGNORECASE)


def _costs() -> list[tuple[Any, Any]]:
    """Return affinities as they are, and exaggerated, each with the similarities of a map."""
    P, Y = probes()[0]
    return [(P, similarities(Y)), (12 * P, similarities(Y))]


def _true_cost(P: Any, Q: Any) -> float:
    return kl_divergence(P / P.sum(), Q)


def _factors(**wrong: int) -> Test:
    """Return a test of whether the factors are the right ones but for those that are named."""
    named = {name.replace("_", " "): factor for name, factor in wrong.items()}
    return lambda value, **_: all(
        same(value[name], named.get(name.replace("-", " "), factor))
        for name, factor in FACTORS.items()
    )


def _some_claim(wrong: Any) -> Test:
    return lambda value, **_: any(wrong(str(claim)) for claim in value)


def _other_numbers(claim: str) -> bool:
    """Return whether a claim has a number besides its count of seeds."""
    return bool(re.search(r"\d", SEEDS.sub("", claim)))


REPORT_MISTAKES: dict[str, Test] = {
    "one text: a list of claims is asked for, each a sentence of its own": lambda value, **_: isinstance(value, str),
    "a claim says more than a picture can: no map proves, and clusters have no truth that it could show": _some_claim(
        lambda claim: bool(BANNED.search(claim))
    ),
    "a claim does not say over how many seeds it was seen: '… over 5 seeds'": _some_claim(
        lambda claim: not SEEDS.search(claim)
    ),
    "a claim has no number but its count of seeds: what was measured?": _some_claim(
        lambda claim: not _other_numbers(claim)
    ),
    "a report of one seed cannot say what stays: run it again with others": _some_claim(
        lambda claim: bool(re.search(r"\b1 seed\b", claim))
    ),
}  # fmt: skip


def _sound(value: Any, **_: Any) -> bool:
    return len(value) > 1 and not any(test(value) for test in REPORT_MISTAKES.values())


EXERCISES = {
    "12-a": Exercise(
        right=agrees(entropy, ROWS),
        mistakes=entropy_mistakes(),
        otherwise="try it on probabilities 0.7, 0.3, 0 and 0",
        probes=ROWS,
    ),
    "12-b": Exercise(
        right=fails_with(search_is_honest),
        mistakes=search_mistakes(),
        otherwise=SEARCH_OTHERWISE,
        probes=[(ROW, 10.0)],
    ),
    "12-c": Exercise(
        right=agrees(_true_cost, _costs()),
        mistakes={
            "the exaggerated P is in it: what is reported has to be the divergence of the P that sums to 1": agrees(
                kl_divergence, _costs()
            ),
            "this is in bits, and the exaggerated P is in it": agrees(
                lambda P, Q: kl_divergence(P, Q) / math.log(2), _costs()
            ),
            "this is in bits: the logarithm is natural here": agrees(
                lambda P, Q: _true_cost(P, Q) / math.log(2), _costs()
            ),
            "the exaggeration is still within the logarithm": agrees(
                lambda P, Q: _true_cost(P, Q) + math.log(P.sum()), _costs()
            ),
            "the other way round: P has to be before the logarithm, not Q": agrees(
                lambda P, Q: kl_divergence(Q, P / P.sum()), _costs()
            ),
        },
        otherwise="it must be the same for P and for 12 P",
        probes=_costs(),
    ),
    "12-d": Exercise(
        right=agrees(lambda n, exaggeration: n / exaggeration, SIZES),
        mistakes={
            "one step for all: the force on a point falls as 1 over the number of points": fails_with(
                lambda rate: same(rate(150, 12.0), rate(60_000, 12.0))
            ),
            "the exaggeration is not in it: it multiplies the attraction, and so each step": agrees(
                lambda n, _: n, SIZES
            ),
            "that is scikit-learn's, whose gradient has a factor 4 that ours leaves out": agrees(
                lambda n, exaggeration: n / exaggeration / 4, SIZES
            ),
            "the exaggeration divides: it makes the forces larger already": agrees(
                lambda n, exaggeration: n * exaggeration, SIZES
            ),
        },
        otherwise="twice the points, half the force on each: what must the step do?",
        probes=SIZES,
    ),
    "12-e": Exercise(
        right=_factors(),
        mistakes={
            "this is what the article says; finite differences of symmetric SNE say otherwise": _factors(
                symmetric_SNE=2
            ),
            "asymmetric SNE has rows that sum to 1 each, and its two directions stand in the sum one by one": _factors(
                SNE=4
            ),
            "t-SNE and symmetric SNE both sum over all pairs, and each pair is there twice": _factors(
                symmetric_SNE=2, t_SNE=2
            ),
            "the two kinds of SNE are mixed up": _factors(SNE=4, symmetric_SNE=2),
        },
        otherwise="three numbers, one for each of " + ", ".join(FACTORS) + ": divide finite differences by the sums",
    ),
    "12-f": Exercise(
        right=_sound,
        mistakes=REPORT_MISTAKES,
        otherwise="two claims at least",
    ),
}  # fmt: skip
