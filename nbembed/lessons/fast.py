"""Exercises of notebook 08, how to be fast."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from collections.abc import Callable
from typing import Any

from nbembed.lessons.exercise import Exercise, agrees
from nbembed.lessons.printed import Formula, mended

__all__ = ["EXERCISES", "cheaper_from", "is_far"]

# Operations of a tree for each point and level; width, distance and θ of squares, the last where θ is 0.
COSTS = [(10.0,), (40.0,)]
SQUARES = [(1, 3, 0.5), (1, 1.5, 0.5), (2, 3, 0.5), (3, 4, 0.8), (3, 2, 1.0), (1, 9, 0), (0, 2, 0)]
# The error that is allowed, and how much narrower than the widest a cell may be.
ALLOWED, NARROW = 0.05, 1.25


def cheaper_from(cost: float, pairs: Callable[[int], float] = lambda n: n**2) -> int:
    r"""Return the least n from which on :math:`c\,n \log_2 n` operations are fewer than all pairs take."""
    n = 4  # below, the logarithm grows about as fast as n
    while cost * n * math.log2(n) >= pairs(n):
        n += 1
    return n


def is_far(width: float, distance: float, theta: float) -> bool:
    """Return whether a square is narrower than θ times its distance."""
    return width < theta * distance


def _natural(cost: float) -> int:
    return cheaper_from(cost * math.log(2))


def _within(value: Any, wrong: Callable[[float], float]) -> bool:
    return float(value) > 0 and wrong(float(value)) < ALLOWED


def _is_widest(value: Any, wrong: Callable[[float], float]) -> bool:
    return _within(value, wrong) and wrong(NARROW * float(value)) >= ALLOWED


def _transforms(m: int, wide: int = 2) -> float:
    """Return the operations of three transforms of a grid, made ``wide`` times as wide."""
    return 3 * (wide * m) ** 2 * math.log2((wide * m) ** 2) / 4


TUTORIAL = {
    "grid": Formula(
        right=lambda n, m: 12 * n + _transforms(m),
        probes=[(1000, 40), (70_000, 200)],
        wrong={
            "as it is said; the logarithm belongs to the cells: what does one more point cost?": (
                lambda n, _: n * math.log2(n)
            ),
            "the logarithm belongs to the cells: a point meets 4 corners three times, however many there are": (
                lambda n, m: 12 * n * math.log2(n) + _transforms(m)
            ),
            "this is without the points: each is dealt out once, and read off twice": (
                lambda _, m: _transforms(m)
            ),
            "this is without the transforms": lambda n, _: 12 * n,
            "the grid was made twice as wide": lambda n, m: 12 * n + _transforms(m, 1),
        },
    ),
    "table": Formula(
        right=lambda room: math.isqrt(int(room) // 8),
        probes=[(16e9,), (8000,), (1e6,)],
        wrong={
            "a number takes 8 bytes, and a table of all pairs has as many rows as columns": (
                lambda room: math.isqrt(int(room))
            ),
            "so many numbers fit; but each point has a row of as many": lambda room: int(room) // 8,
            "the code keeps both triangles, and the diagonal": lambda room: math.isqrt(
                int(room) // 4
            ),
            "no part of a point fits": lambda room: math.sqrt(room / 8),
            "these are numbers of 8 bytes, not of 8 bits": lambda room: math.isqrt(int(room) // 64),
        },
    ),
}

EXERCISES = {
    "08-a": Exercise(
        right=agrees(cheaper_from, COSTS, 1e-9),
        mistakes={
            "the logarithm is to base 2: each level has half the width": agrees(
                _natural, COSTS, 1e-9
            ),
            "this is the last n for which all pairs are cheaper, or just as dear": agrees(
                lambda cost: cheaper_from(cost) - 1, COSTS, 1e-9
            ),
            "n is forgotten in the tree's count: every point goes down the tree": agrees(
                lambda cost: cheaper_from(cost, lambda n: n**3), COSTS, 1e-9
            ),
            "all pairs were counted in both directions here: n squared, not half of it": agrees(
                lambda cost: cheaper_from(cost, lambda n: n * (n - 1) / 2), COSTS, 1e-9
            ),
            "that is the cost itself: the logarithm is not in it": agrees(
                lambda cost: cost, COSTS, 0.05
            ),
        },
        otherwise="try n = 4, 5, 6, … until the tree's count is below that of all pairs, and return that n",
        probes=COSTS,
    ),
    "08-b": Exercise(
        right=agrees(lambda *square: bool(is_far(*square)), SQUARES),
        mistakes={
            "with θ = 0 no square may count as one point, not even one without width: less, not less or equal": agrees(
                lambda width, distance, theta: width <= theta * distance, SQUARES
            ),
            "the other way round: the narrow and far ones may be summed up": agrees(
                lambda width, distance, theta: width > theta * distance, SQUARES
            ),
            "the width is squared, or the distance: both are lengths": agrees(
                lambda width, distance, theta: width**2 < theta * distance**2, SQUARES
            ),
            "θ multiplies the distance, not the width: a larger θ takes more squares as one": agrees(
                lambda width, distance, theta: theta * width < distance, SQUARES
            ),
        },
        otherwise="is it narrower than θ times its distance? True or False",
        probes=SQUARES,
    ),
    "08-c": Exercise(
        right=_is_widest,
        mistakes={
            "a cell has a width above 0": lambda value, **_: float(value) <= 0,
            "with this width the error is above 5 %": (
                lambda value, wrong: wrong(float(value)) >= ALLOWED
            ),
            "within 5 %, but a wider one is so too, and takes fewer operations": _within,
        },
        otherwise="halve the width until the error is below 5 %, then try a little more",
        needs=("wrong",),
    ),
    "08-d": mended(TUTORIAL, "a dictionary of functions, one for each of " + ", ".join(TUTORIAL)),
}
