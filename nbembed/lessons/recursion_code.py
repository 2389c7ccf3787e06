"""Exercises 10-g and 10-h: where the code of deep recursive embedding, and its words, leave the publication."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from itertools import pairwise
from typing import Any

import numpy as np

from nbembed.lessons.printed import Formula

__all__ = ["CODE", "DECIDED"]

# What the publication's own numbers say, and where to look again.
DECIDED = {
    "the row M_S is the stress": (
        False,
        "look again at PCA, which of all methods keeps distances best: in which row does it lead by far?",
    ),
    "DRE has the highest trustworthiness": (False, "look again along the row of trust"),
    "DRE has the lowest stress": (True, "look again: a row that says 1 - stress is highest where stress is lowest"),
    "DRE has the highest Shepard goodness": (
        False,
        "look again along the row that is Shepard's goodness, at deep t-SNE, which is not recursive",
    ),
    "GABAergic cells excite": (False, "look again: is -70 mV above or below where a cell fires?"),
}  # fmt: skip


def _stage(
    V: Any,
    squared: Any,
    a: float,
    b: float,
    *,
    kernel: Any = None,
    sums: bool = False,
    itself: bool = False,
    mean: bool = True,
) -> float:
    """Return the cross-entropy of memberships V and UMAP's similarities, by default the mean over pairs."""
    W = (kernel or _similar)(np.asarray(squared) + 2 * itself * np.eye(len(V)), a, b)
    pairs = np.ones(V.shape, dtype=bool) if itself else ~np.eye(len(V), dtype=bool)
    v, w = V[pairs], W[pairs]
    if sums:
        v, w = v / v.sum(), w / w.sum()
    each = -v * np.log(w) - (1 - v) * np.log(1 - w)
    return float(each.mean() if mean else each.sum())


def _similar(squared: Any, a: float, b: float) -> Any:
    return 1 / (1 + a * squared**b)


def _other_curve(squared: Any, a: float, b: float) -> Any:
    """Return the kernel that the code of the second stage has."""
    return (1 + a * squared) ** -b


def _stages() -> list[tuple[Any, ...]]:
    random, found = np.random.default_rng(0), []
    for n, a, b in ((5, 1.577, 0.895), (8, 0.583, 1.334)):
        V, Y = random.uniform(0.05, 0.9, size=(n, n)), random.normal(size=(n, 2))
        V = np.triu(V, 1) + np.triu(V, 1).T
        found.append((V, np.square(Y[:, None] - Y).sum(axis=2), a, b))
    return found


def _shuffled() -> list[tuple[Any, ...]]:
    """Return maps of shuffled rows, and the shuffling: none that undoes itself."""
    random = np.random.default_rng(1)
    return [(random.normal(size=(n, 2)), np.roll(random.permutation(n), 1)) for n in (6, 9)]


def _scaled(X: Any, *, center: Any = None, divisor: Any = None) -> Any:
    center = X.mean(axis=0) if center is None else center
    return (X - center) / (X.std() if divisor is None else divisor)


def _pictures() -> list[tuple[Any, ...]]:
    """Return rows of pixels, of which one column is always dark."""
    random = np.random.default_rng(2)
    dark = random.integers(0, 256, (12, 5)) * np.array([1.0, 0, 1, 0.2, 1])
    return [(dark,), (random.normal(size=(8, 3)),)]


def _numbers(widths: Any, *, biases: bool = True, layers: int = -1) -> int:
    """Return how many weights and biases dense layers of these widths have."""
    inner = list(pairwise(widths))[: None if layers < 0 else layers]
    return sum(before * after + biases * after for before, after in inner)


def _sizes(n: int, b: int) -> list[int]:
    """Return how many rows each mini-batch of a pass has: b, but for the rest."""
    return [min(b, n - first) for first in range(0, n, b)]


CODE = {
    "stage 2": Formula(
        right=_stage,
        probes=_stages(),
        wrong={
            "as it is in the code: memberships divided by their sum are next to nothing, and 1 - V next to 1": (
                lambda V, s, a, b: _stage(V, s, a, b, kernel=_other_curve, sums=True)
            ),
            "this is the kernel of the code; UMAP's raises the distance to the power 2b": (
                lambda V, s, a, b: _stage(V, s, a, b, kernel=_other_curve)
            ),
            "nothing is divided by its sum here: how near is a membership, not a share of all nearness": (
                lambda V, s, a, b: _stage(V, s, a, b, sums=True)
            ),
            "b is of the squared distance here": lambda V, s, a, b: _stage(V, s, a, 2 * b),
            "the diagonal is left out, not sent to a distance": (
                lambda V, s, a, b: _stage(V, s, a, b, itself=True)
            ),
            "a sum over pairs grows with the square of the mini-batch": (
                lambda V, s, a, b: _stage(V, s, a, b, mean=False)
            ),
        },
    ),
    "rows": Formula(
        right=lambda shuffled, order: shuffled[np.argsort(order)],
        probes=_shuffled(),
        wrong={
            "as it is in the code: labels no longer belong to their rows": lambda shuffled, _: (
                shuffled
            ),
            "this shuffles a second time; the other way round": lambda shuffled, order: shuffled[
                order
            ],
            "sorted places are nobody's": lambda shuffled, _: np.sort(shuffled, axis=0),
        },
    ),
    "scale": Formula(
        right=_scaled,
        probes=_pictures(),
        wrong={
            "as the script has it: with other units the same network gives another map": lambda X: (
                X
            ),
            "of pictures alone, and they are not centred": lambda X: X / 255,
            "a column that is always the same has no deviation: one divisor for all": (
                lambda X: _scaled(X, divisor=X.std(axis=0))
            ),
            "the columns have no mean 0 yet": lambda X: X / X.std(),
            "each column has a mean of its own": lambda X: _scaled(X, center=X.mean()),
        },
    ),
    "model A": Formula(
        right=_numbers,
        probes=[((784, 500, 500, 2),), ((64, 10, 2),), ((5, 4, 3, 2),)],
        wrong={
            "the biases are missing: one for each that a layer gives": lambda widths: _numbers(
                widths, biases=False
            ),
            "a layer has a bias for each number that it gives, none for those it takes": (
                lambda widths: _numbers(widths, biases=False) + sum(widths)
            ),
            "the last layer is trained too": lambda widths: _numbers(
                widths, layers=len(widths) - 2
            ),
            "these are widths; between two layers stands a table": lambda widths: sum(widths[1:]),
        },
    ),
    "model B": Formula(
        right=lambda side: (side // 2 + 1) // 2,
        probes=[(side,) for side in (28, 29, 30, 31, 32)],
        wrong={
            "as it is in the code: right for 28, and what of 30?": lambda side: side // 4,
            "one pooling after the other: this is the first": lambda side: side // 2 + 1,
            "only the first has a border": lambda side: (side // 2 + 1) // 2 + 1,
            "what is left over is not pooled": lambda side: -(-(-(-side // 2) + 1) // 2),
        },
    ),
    "perplexity": Formula(
        right=lambda u, b, n: u * n / b,
        probes=[(30, 2500, 60_000), (15, 200, 1000), (5, 50, 300)],
        wrong={
            "as it is read: of few rows the nearest 30 reach farther": lambda u, _b, _n: u,
            "the other way round: a mini-batch is thinner than the data": lambda u, b, n: u * b / n,
            "how many of the n rows lie within reach of u of the b?": lambda u, b, n: u + n / b,
            "the number of mini-batches is not all of it": lambda _u, b, n: n / b,
        },
    ),
    "batches": Formula(
        right=_sizes,
        probes=[(10, 4), (12, 4), (3, 5), (2500, 1000)],
        wrong={
            "whole mini-batches alone: the rows that are left over are never learned from": (
                lambda n, b: [b] * (n // b)
            ),
            "where b divides n nothing is left over, and of no rows there is no mean": (
                lambda n, b: [b] * (n // b) + [n % b]
            ),
            "what is left over is no part of a mini-batch that is full": (
                lambda n, b: [b] * (n // b - 1) + [b + n % b] if n > b else [n]
            ),
            "these are more rows than there are: add them up": lambda n, b: [b] * -(-n // b),
            "no row is lost, but these are as alike as can be: b is asked for, as often as it goes": (
                lambda n, b: [len(part) for part in np.array_split(np.arange(n), -(-n // b))]
            ),
            "the sizes are asked for, not how many there are": lambda n, b: -(-n // b),
        },
    ),
}
