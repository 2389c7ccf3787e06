"""Exercises of notebook 06, UMAP, step by step."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, agrees, close_to
from nbembed.lessons.textbook import bisect, smooth_bandwidth

__all__ = ["EXERCISES"]

# Distances to the 14 others of 15 neighbours, nearest first.
ROWS = [(np.linspace(2.0, 5.0, 14),), (np.sqrt(np.arange(3.0, 17.0)),)]


def _bandwidth(distances: Any, target: float, *, rho: bool = True, power: int = 1) -> float:
    """Return a bandwidth under other conventions: another sum, no rho, distances squared."""
    far = np.asarray(distances, dtype=np.float64) ** power
    beyond = far - far.min() if rho else far
    return 1 / bisect(lambda rate: float(np.exp(-beyond * rate).sum()), target)


EXERCISES = {
    "06-a": Exercise(
        right=agrees(smooth_bandwidth, ROWS, 1e-3),
        mistakes={
            "the memberships have to sum to a logarithm to base 2, not the natural one": agrees(
                lambda d: _bandwidth(d, math.log(len(d) + 1)), ROWS, 1e-3
            ),
            "k counts the point itself: 14 others are 15 neighbours": agrees(
                lambda d: _bandwidth(d, math.log2(len(d))), ROWS, 1e-3
            ),
            "rho is not taken off: the nearest neighbour has to get a membership of 1": agrees(
                lambda d: _bandwidth(d, math.log2(len(d) + 1), rho=False), ROWS, 1e-3
            ),
            "the distances are squared, as in the GDR paper's formula; here they are not": agrees(
                lambda d: _bandwidth(d, math.log2(len(d) + 1), power=2), ROWS, 1e-3
            ),
            "this is 1 over sigma": agrees(lambda d: 1 / smooth_bandwidth(d), ROWS, 1e-3),
        },
        otherwise="put your sigma into the memberships of the row: what do they sum to?",
        probes=ROWS,
    ),
    "06-b": Exercise(
        right=close_to(0.92),
        mistakes={
            "this is the mean, which t-SNE takes": close_to(0.55),
            "this is the larger one: the union is more than either": close_to(0.9),
            "this is the intersection: both say so": close_to(0.18),
            "a plain sum can exceed 1, and no membership does: what both directions say is counted twice": close_to(
                1.1
            ),
        },
        otherwise="one of the two directions, or the other, or both: how likely is that, if they are independent?",
    ),
    "06-c": Exercise(
        right=close_to(math.exp(-1.5)),
        mistakes={
            "this is the GDR paper's formula to the letter: the distance squared, rho as it is": close_to(
                math.exp(-11.5)
            ),
            "both are squared, and then subtracted: look at which of the three fits the graph": close_to(
                math.exp(-10.5)
            ),
            "the difference is squared, as in a Gaussian: look at which of the three fits the graph": close_to(
                math.exp(-4.5)
            ),
            "rho is not taken off": close_to(math.exp(-2.5)),
        },
        otherwise="the distance is 5, rho is 2 and sigma is 2: put them into the formula that fits the graph",
    ),
}
