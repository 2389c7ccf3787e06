"""Exercises of notebook 09, learn the map."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, agrees, close_to
from nbembed.lessons.parametric_code import MENDED

__all__ = ["EXERCISES", "SIGNS"]

# Neighbours that guess a class, and seeds below which a gain is a single case.
NEIGHBORS, FEWEST = 10, 3
# What tells, without labels, that a decoded picture is not to be trusted; and where to look again.
SIGNS = {
    "far from all points": (True, "look again at the faint places, and at the errors beyond the dashed line"),
    "the way back ends elsewhere": (True, "look again at the errors of the round trip, inside and outside"),
    "it looks like no digit": (False, "a decoder is trained to make digits: what do the faint places show?"),
}  # fmt: skip
# Gains of labels and map over labels alone, seed by seed.
GAINS = [
    (np.array(each),)
    for each in ([0.05, 0.03, 0.06], [0.1, -0.01, 0.02], [0.2], [-0.06, -0.05, -0.04], [0.01, 0.0, 0.02])
]  # fmt: skip


def _share(old: Any, new: Any, *, others: int = NEIGHBORS, itself: bool = True) -> float:
    """Return the share of ``new`` rows whose class most of their nearest ``old`` rows have."""
    (places, classes), (asked, own) = old, new
    squared = (
        (np.asarray(asked, dtype=float)[:, None] - np.asarray(places, dtype=float)) ** 2
    ).sum(axis=2)
    if not itself:
        np.fill_diagonal(squared, np.inf)
    near = np.asarray(classes)[np.argsort(squared, axis=1, kind="stable")[:, :others]]
    kinds = np.unique(classes)
    votes = (near[:, :, None] == kinds).sum(axis=1)
    return float((kinds[votes.argmax(axis=1)] == np.asarray(own)).mean())


def _wrong_on(name: str) -> Test:
    return lambda value, **_: bool(value[name]) != SIGNS[name][0]


def _helps(gains: Any) -> bool:
    """Return whether every seed of enough has a gain."""
    return len(gains) >= FEWEST and bool((gains > 0).all())


# Similarities of pairs in the map.
SIMILAR = [(np.array([0.01, 0.2, 0.5, 0.99]),), (0.7,)]

EXERCISES = {
    "09-a": Exercise(
        right=close_to(_share, 5e-3),
        mistakes={
            "this is of the training rows: they were there when the map was made": (
                lambda value, old, **_: any(
                    close_to(_share(old, old, itself=i), 1e-3)(value) for i in (True, False)
                )
            ),
            "the new digits are compared with each other: ask their neighbours among the old ones": (
                lambda value, new, **_: any(
                    close_to(_share(new, new, itself=i), 1e-3)(value) for i in (True, False)
                )
            ),
            "one neighbour is asked; ten are to vote": close_to(
                lambda old, new: _share(old, new, others=1), 1e-3
            ),
            "a share lies between 0 and 1; this is in percent": lambda value, **_: float(value) > 1,
            "this is the share that lands elsewhere": close_to(
                lambda old, new: 1 - _share(old, new), 1e-2
            ),
        },
        otherwise="let the 10 nearest old digits vote on the class of each new one, and count how often they are right",
        needs=("old", "new"),
    ),
    "09-b": Exercise(
        right=lambda value, **_: all(bool(value[name]) == SIGNS[name][0] for name in SIGNS),
        mistakes={f"{name}: {hint}": _wrong_on(name) for name, (_, hint) in SIGNS.items()},
        otherwise="the answers are True or False, one for each of " + ", ".join(SIGNS),
    ),
    "09-c": Exercise(
        right=agrees(_helps, GAINS),
        mistakes={
            "one seed is a case, no evidence: ask for three": agrees(
                lambda gains: bool((gains > 0).all()), GAINS
            ),
            "the mean hides a seed that lost: every one has to gain": agrees(
                lambda gains: bool(gains.mean() > 0), GAINS
            ),
            "the mean hides a seed that lost, though there are enough of them": agrees(
                lambda gains: len(gains) >= FEWEST and bool(gains.mean() > 0), GAINS
            ),
            "a loss is no gain: the sign counts": agrees(
                lambda gains: len(gains) >= FEWEST and bool((np.abs(gains) > 0).all()), GAINS
            ),
            "no gain at all is none: more than 0": agrees(
                lambda gains: len(gains) >= FEWEST and bool((gains >= 0).all()), GAINS
            ),
        },
        otherwise="True if there are three seeds or more and each has gained, else False",
        probes=GAINS,
    ),
    "09-d": Exercise(
        right=agrees(lambda w: w / (1 + w), SIMILAR),
        mistakes={
            "this is the paper's loss, its equation 2.8; the sigmoid takes another number than w in": agrees(
                lambda w: w, SIMILAR
            ),
            "the sigmoid is given ln w, not w": agrees(lambda w: 1 / (1 + np.exp(-w)), SIMILAR),
            "this is what has to be put in for w to come out: the other way round": agrees(
                lambda w: np.log(w / (1 - w)), SIMILAR
            ),
            "this is how unlike they are: the sign in the sigmoid": agrees(
                lambda w: 1 / (1 + w), SIMILAR
            ),
            "a logarithm is no similarity: the sigmoid is still to come": agrees(np.log, SIMILAR),
        },
        otherwise="put ln w into the sigmoid, 1 / (1 + e^-x), and simplify",
        probes=SIMILAR,
    ),
    "09-e": MENDED,
}
