"""Exercises of notebook 06, UMAP, step by step."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, agrees, close_to
from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.textbook import bisect, entropy, gaussian_row, smooth_bandwidth

__all__ = ["EXERCISES"]

# Distances to the 14 others of 15 neighbours, nearest first.
ROWS = [(np.linspace(2.0, 5.0, 14),), (np.sqrt(np.arange(3.0, 17.0)),)]


def _bandwidth(distances: Any, target: float, *, rho: bool = True, power: int = 1) -> float:
    """Return a bandwidth under other conventions: another sum, no rho, distances squared."""
    far = np.asarray(distances, dtype=np.float64) ** power
    beyond = far - far.min() if rho else far
    return 1 / bisect(lambda rate: float(np.exp(-beyond * rate).sum()), target)


def _graphs() -> list[tuple[Any, int]]:
    """Return weights of the edges of two small graphs, and how many strangers are pushed."""
    random = np.random.default_rng(0)
    halves = [np.triu(random.random((n, n)), 1) for n in (6, 9)]
    return [(half + half.T, m) for half, m in zip(halves, (5, 2), strict=True)]


def _pushes(A: Any, m: int, *, from_i: float = 0.5, from_j: float = 0.5) -> Any:
    """Return how often each pair is pushed apart where an edge of weight 1 is drawn once in each direction.

    The loss that this sampling minimises has these weights in place of 1 - A, if both ends of a push move
    (Damrich & Hamprecht, 2021, arXiv:2103.14608).
    """
    degree = np.asarray(A).sum(axis=1)
    return (from_i * degree[:, None] + from_j * degree) * m / len(A)


def _apart(reference: Any) -> Test:
    """Return a test of a function of a graph, whatever it says of a point and itself."""

    def others(value: Any) -> Any:
        def function(A: Any, m: int) -> Any:
            made = np.asarray(value(A, m), dtype=np.float64)
            return np.broadcast_to(made, A.shape) * (1 - np.eye(len(A)))

        return function

    test = agrees(others(reference), GRAPHS)
    return lambda value, **_: test(others(value))


def _bell(squared: Any, sigma: float, times: float = 2) -> Any:
    return gaussian_row(squared, 1 / (times * sigma**2))


def _memberships(distances: Any, sigma: float, *, rho: bool = True, power: float = 1) -> float:
    """Return the sum of memberships under other conventions: no rho, distances squared."""
    beyond = distances - distances.min() * rho
    return float(np.exp(-(beyond**power) / sigma).sum())


GRAPHS = _graphs()
# Bandwidths that no search has found, too: a number that only repeats what was asked for is no measurement.
SPREADS = {
    "t-SNE": Formula(
        right=lambda squared, sigma: math.exp(entropy(_bell(squared, sigma))),
        probes=[(np.linspace(1.0, 4.0, 40) ** 2, sigma) for sigma in (0.4, 1.5, 2.2)],
        wrong={
            "as it is said; count them for a few digits: is it the same number?": (
                lambda squared, sigma: float((squared <= sigma**2).sum())
            ),
            "as it is said, with two standard deviations; count them for a few digits": (
                lambda squared, sigma: float((squared <= 4 * sigma**2).sum())
            ),
            "this is the logarithm of it: how many neighbours are that?": (
                lambda squared, sigma: entropy(_bell(squared, sigma))
            ),
            "the heights of the bell have to sum to 1 before anything is made of them": (
                lambda squared, sigma: np.exp(-squared / (2 * sigma**2)).sum()
            ),
            "the bell has twice the square of its standard deviation below": (
                lambda squared, sigma: math.exp(entropy(_bell(squared, sigma, 1)))
            ),
        },
    ),
    "UMAP": Formula(
        right=_memberships,
        probes=[(d, factor * smooth_bandwidth(d)) for (d,) in ROWS for factor in (1, 0.5, 3)],
        wrong={
            "as it is said; put in a few digits: is it the same number?": (
                lambda distances, sigma: distances.mean() / sigma**2
            ),
            "of the variance it is said to be, but of σ it is no more true: put in a few digits": (
                lambda distances, sigma: distances.mean() / sigma
            ),
            "rho is not taken off: the nearest neighbour has a membership of 1": (
                lambda distances, sigma: _memberships(distances, sigma, rho=False)
            ),
            "the distances are not squared here": (
                lambda distances, sigma: _memberships(distances, sigma, power=2)
            ),
            "this is what was asked for; what does this σ give?": (
                lambda distances, _: math.log2(len(distances) + 1)
            ),
        },
    ),
}

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
    "06-d": Exercise(
        right=_apart(_pushes),
        mistakes={
            "this is the paper's loss; nothing in the sampling looks at who is no neighbour": _apart(
                lambda A, _: 1 - A
            ),
            "a point with more edges is drawn more often, and pushes more often": _apart(
                lambda A, m: m / len(A)
            ),
            "twice as much: an edge is drawn in both directions too, so pulls come with twice their weight": _apart(
                lambda A, m: _pushes(A, m, from_i=1, from_j=1)
            ),
            "a pair is met from either end: when i draws j, and when j draws i": lambda value, **_: (
                any(
                    _apart(lambda A, m, i=i: _pushes(A, m, from_i=i, from_j=0))(value)
                    for i in (0.5, 1)
                )
            ),
            "m strangers are pushed for each edge that is drawn, not one": _apart(
                lambda A, _: _pushes(A, 1)
            ),
            "one of n points is met by one draw in n": _apart(lambda A, m: _pushes(A, m) * len(A)),
        },
        otherwise="count: how often is i the first end, how often does it then draw j, and how often is j the first?",
        probes=GRAPHS,
    ),
    "06-e": mended(SPREADS, "a dictionary of functions, one for each of " + ", ".join(SPREADS)),
}
