"""Exercise 11-e: what ParaDime's code does otherwise than its paper, or than it is called."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

import math
from typing import Any

import numpy as np

from nbembed.lessons.printed import Formula
from nbembed.lessons.textbook import bisect

__all__ = ["CODE"]


def _connected(distances: Any, target: float | None = None, *, rho: bool = True) -> Any:
    """Return memberships with sum log2 k; where more are equally near than that, these alone are connected."""
    beyond = distances - distances.min() * rho
    wanted = math.log2(len(distances)) if target is None else target
    rate = bisect(lambda rate: float(np.exp(-beyond * rate).sum()), wanted)
    return np.exp(-beyond * rate)


def _without_root(distances: Any) -> Any:
    """Do as the code does, which stops where no bandwidth gives that sum."""
    if (distances == distances.min()).sum() >= math.log2(len(distances)):
        raise ValueError("f(a) and f(b) must have different signs")
    return _connected(distances)


def _begun(X: Any, columns: int, *, centred: bool = True, white: bool = False) -> Any:
    """Return the scores of a PCA."""
    from_mean = X - X.mean(axis=0) * centred
    U, sizes, _ = np.linalg.svd(from_mean, full_matrices=False)
    return U[:, :columns] * (1 if white else sizes[:columns])


def _epochs(n: int, m: int, epochs: int) -> float:
    return epochs * math.ceil(n / (m + 1)) / n


def _crossed(
    p: Any, q: Any, *, pushed: bool = True, entropy: bool = False, rows: bool = False
) -> float:
    """Return UMAP's cross-entropy of pairs, by default the mean over them, in nats."""
    each = -p * np.log(q) - pushed * (1 - p) * np.log(1 - q)
    if entropy:
        each = each + p * np.log(p) + (1 - p) * np.log(1 - p)
    return float(each.sum() / len(p) if rows else each.mean())


def _softmax(p: Any, logits: Any) -> float:
    """Return what a classifier's cross-entropy makes of the numbers of a map; the class is where p is largest."""
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return float(-np.log(shares[np.arange(len(p)), p.argmax(axis=1)]).mean())


def _compared() -> list[tuple[Any, ...]]:
    """Return strengths of pairs in the data and in the map, of more rows than columns or fewer."""
    random = np.random.default_rng(0)
    sizes = ((3, 5), (6, 4))
    return [(random.uniform(0.02, 0.98, size), random.uniform(0.05, 0.95, size)) for size in sizes]


# Fifteen neighbours as far as they may be, with copies, and with no two distances.
CONNECTED = [
    (np.linspace(2.0, 5.0, 15),),
    (np.repeat([0.0, 1.0, 3.0], [5, 5, 5]),),
    (np.sqrt(np.arange(9.0)),),
    (np.ones(8),),
]
STARTED = np.random.default_rng(0).normal(3, 1, (12, 5)) * np.arange(1, 6)
CODE = {
    "connect": Formula(
        right=_connected,
        probes=CONNECTED,
        wrong={
            "as it is in the code: where many are equally near, no bandwidth gives that sum, and the search stops": (
                _without_root
            ),
            "the nearest is one of the k here: the sum is the logarithm of k, not of k + 1": (
                lambda d: _connected(d, math.log2(len(d) + 1))
            ),
            "rho is not taken off: the nearest gets a membership of 1": (
                lambda d: _connected(d, rho=False)
            ),
            "the sum is a logarithm to base 2, not the natural one": (
                lambda d: _connected(d, math.log(len(d)))
            ),
        },
    ),
    "epochs": Formula(
        right=_epochs,
        probes=[(3000, 5, 30), (100, 4, 7), (50, 1, 10)],
        wrong={
            "an epoch is no pass over the edges: it has as many pairs as rows, and most of these are pushes": (
                lambda *given: given[-1]
            ),
            "an epoch is as many pairs as there are rows, not as many edges": (
                lambda _, m, epochs: epochs * (m + 1)
            ),
            "these are the pushes": lambda n, m, epochs: m * _epochs(n, m, epochs),
            "an edge comes with m others, so m + 1 pairs make one": (
                lambda n, m, epochs: epochs * math.ceil(n / m) / n
            ),
            "these are the edges of all rows together": (
                lambda n, m, epochs: n * _epochs(n, m, epochs)
            ),
        },
    ),
    "start": Formula(
        right=_begun,
        probes=[(STARTED, columns) for columns in (1, 2, 3)],
        wrong={
            "as it is in the code: two columns, whatever was asked for": lambda X, _: _begun(X, 2),
            "the means have to be taken off first": (
                lambda X, columns: _begun(X, columns, centred=False)
            ),
            "all columns are equally wide: the singular values are missing": (
                lambda X, columns: _begun(X, columns, white=True)
            ),
        },
        view=lambda Y: np.vstack(
            [np.shape(Y)[1] * np.ones(len(Y)), np.asarray(Y) @ np.asarray(Y).T]
        ),
    ),
    "rest": Formula(
        right=lambda A: A,
        probes=[(np.array([[0, 0.9, 0.2], [0.9, 0, 1.0], [0.2, 1.0, 0]]),)],
        wrong={
            "as it is printed, after the division: then even the strongest edge rests far off": lambda A: (
                A / A.sum()
            ),
            "divided by the sums of the rows; the paper divides by that of all, and then what rests where?": lambda A: (
                A / A.sum(axis=1, keepdims=True)
            ),
            "that is where edges rest that are drawn, with few pushes; here every pair is in the sum": lambda A: (
                np.float64(A > 0)
            ),
            "set the slope of both terms to 0: these are the odds": lambda A: A / (1 - A),
        },
    ),
    "cross entropy": Formula(
        right=_crossed,
        probes=_compared(),
        wrong={
            "this is the classifier's: it makes one choice of a row's columns, and pairs do not rule each other out": (
                _softmax
            ),
            "nothing is pushed: a map in which all pairs touch would be the best": lambda p, q: (
                _crossed(p, q, pushed=False)
            ),
            "in bits; the code has the natural logarithm": (
                lambda p, q: _crossed(p, q) / np.log(2)
            ),
            "p's own entropy is taken off: that is a divergence, with the same slopes and another value": (
                lambda p, q: _crossed(p, q, entropy=True)
            ),
            "the other way round: the data say how much a pair counts, not the map": (
                lambda p, q: _crossed(q, p)
            ),
            "divided by the rows: of a table, twice the batch is twice the loss": (
                lambda p, q: _crossed(p, q, rows=True)
            ),
        },
    ),
}
