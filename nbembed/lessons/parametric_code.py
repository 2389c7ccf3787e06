"""Exercise 09-e: what umap-learn's parametric UMAP does otherwise than its paper, or than it is called."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.textbook import squared_distances

__all__ = ["MENDED"]

# Beyond this no number of a force, or of a gradient, is followed.
MOST = 4.0


def _pushes(A: Any, m: float, b: float, *, others: Any = None, own: Any = None) -> Any:
    """Return the pushes of a pair for each edge that is drawn, with m permuted tails in a mini-batch of b edges."""
    degree, total = A.sum(axis=1), A.sum()
    others = 1 - 1 / b if others is None else others
    own = 1 / b if own is None else own
    return m * (others * np.outer(degree, degree) / total**2 + own * A / total)


def _graphs() -> list[tuple[Any, ...]]:
    """Return symmetric memberships with a hub, a number of negatives, and of edges in a mini-batch."""
    random, found = np.random.default_rng(0), []
    for n, m, b in ((6, 5, 2), (9, 3, 10), (7, 2, 1)):
        A = random.uniform(size=(n, n)) * random.integers(2, size=(n, n))
        A[0] = 0.5
        A = np.triu(A, 1)
        found.append((A + A.T, m, b))
    return found


def _correlation(one: Any, other: Any) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _of_pairs(X: Any, Z: Any, *, power: float = 0.5, itself: bool = False) -> float:
    """Return the correlation of distances of all pairs, in the data and in the map."""
    some = np.triu_indices(len(X), 0 if itself else 1)
    return _correlation(*(squared_distances(rows)[some] ** power for rows in (X, Z)))


def _of_neighbors(X: Any, Z: Any) -> float:
    """Return the correlation of distances of each row from the next, as the code has it."""
    return _correlation(*(np.linalg.norm(np.diff(rows, axis=0), axis=1) for rows in (X, Z)))


def _batches() -> list[tuple[Any, ...]]:
    random = np.random.default_rng(1)
    rows = [random.normal(size=(n, 4)) for n in (8, 12)]
    return [(X, X[:, :2] + 0.3 * random.normal(size=(len(X), 2))) for X in rows]


def _agreement(
    one: Any, other: Any, *, most: float = np.inf, mean: bool = False, constant: float = 0.0
) -> float:
    """Return the correlation of two vectors of distances, 0 if one is constant; most cuts their z-scores."""
    if one.std() * other.std() == 0:
        return constant
    u, v = (np.clip((far - far.mean()) / far.std(), -most, most) for far in (one, other))
    return float(np.mean(u * v)) if mean else _correlation(u, v)


def _shaken(one: Any, other: Any) -> float:
    """Return the correlation with the noise that the code adds, here to both."""
    random = np.random.default_rng(0)
    return _correlation(*(far + 1e-10 * random.random(len(far)) for far in (one, other)))


def _far_pairs() -> list[tuple[Any, ...]]:
    """Return distances in data and map: alike, one far pair in many, and of a map that fell into a point."""
    random = np.random.default_rng(3)
    one = random.uniform(1, 5, 400)
    other = one + random.normal(0, 1, 400)
    one[7], other[7] = 80.0, 45.0
    flat, two = np.zeros(2), np.array([1.0, 3.0])
    return [(one[10:40], other[10:40]), (one, other), (two, flat), (flat + 2, two)]


def _but_for_two(correlation: float) -> float:
    """Return a correlation without the sign of 1: of two pairs it is by chance which."""
    return 1.0 if abs(correlation) > 1 - 1e-4 else correlation


def _places(h: Any, layers: Any, *, last: bool = False, inner: bool = True) -> Any:
    for number, (W, b) in enumerate(layers, 1):
        h = h @ W.T + b
        if last if number == len(layers) else inner:
            h = np.maximum(h, 0)
    return h


def _networks() -> list[tuple[Any, ...]]:
    """Return rows, and dense layers as pairs of weights and biases."""
    random = np.random.default_rng(2)
    found: list[tuple[Any, ...]] = []
    for widths in ((3, 6, 2), (4, 5, 5, 2)):
        sizes = zip(widths[1:], widths[:-1], strict=True)
        layers = [(random.normal(size=size), random.normal(size=size[0])) for size in sizes]
        found.append((random.normal(size=(10, widths[0])), layers))
    return found


def _factor(one: Any, other: Any, *, unknown: float = np.exp(-1), same: float = 1) -> Any:
    """Return what the weights of edges are multiplied by, of the labels at both ends; -1 is unknown."""
    told = np.where(one == other, same, np.exp(-5))
    return np.where((one < 0) | (other < 0), unknown, told)


# Labels at the two ends of edges: alike, different, one unknown, the other, both.
ENDS = [(np.array([0, 0, 1, -1, -1, 2]), np.array([0, 1, 2, 1, -1, 2]))]
# What the edges of a point say, an edge in each row.
FORCES = [(np.array([[9.0, -1], [-7, 2], [3, 3.5]]),), (np.array([[0.5, -60], [0.25, 8]]),)]

CODE = {
    "negatives": Formula(
        right=_pushes,
        probes=_graphs(),
        wrong={
            "as the paper says: drawn from all rows alike, hubs would not be met more often as tails": (
                lambda A, m, b: (
                    _pushes(A, m, b, own=0, others=0)
                    + m * np.outer(A.sum(axis=1), np.ones(len(A))) / (A.sum() * len(A))
                )
            ),
            "drawn from all pairs alike, hubs would not be met more often, as heads or as tails": (
                lambda A, m, _b: np.full(A.shape, m / len(A) ** 2)
            ),
            "among b tails is an edge's own: how often does it get that one?": (
                lambda A, m, b: _pushes(A, m, b, own=0, others=1)
            ),
            "together these are more than m pushes for an edge: one tail of b is its own, the others are not": (
                lambda A, m, b: _pushes(A, m, b, others=1)
            ),
            "m are drawn for each edge, not one": lambda A, _m, b: _pushes(A, 1, b),
        },
    ),
    "global loss": Formula(
        right=lambda X, Z: -_of_pairs(X, Z),
        probes=_batches(),
        wrong={
            "as it is in the code: of b rows that is b - 1 pairs, and another order is another loss": (
                lambda X, Z: -_of_neighbors(X, Z)
            ),
            "a row and itself are no pair: their distance is 0 in every map": (
                lambda X, Z: -_of_pairs(X, Z, itself=True)
            ),
            "these are the distances squared": lambda X, Z: -_of_pairs(X, Z, power=1),
            "it has to fall where distances agree better: the sign": _of_pairs,
        },
    ),
    "z-score": Formula(
        right=_agreement,
        probes=_far_pairs(),
        view=_but_for_two,
        wrong={
            "clipped, one far pair says less than it is: how much, that depends on how many pairs there are": (
                lambda one, other: _agreement(one, other, most=10)
            ),
            "two things to mend: what becomes of one far pair, and what of a map in one point": (
                lambda one, other: _agreement(one, other, most=10, constant=np.nan)
            ),
            "clipped numbers have no deviation of 1 any more, and the mean of their products is no correlation": (
                lambda one, other: _agreement(one, other, most=10, mean=True)
            ),
            "distances that are all alike have no deviation, and 0 / 0 is no number: a network would be lost": (
                _correlation
            ),
            "noise is not nothing: of a map in one point this is whatever the generator said": _shaken,
            "a covariance: in another unit it is another number": lambda one, other: float(
                np.mean((one - one.mean()) * (other - other.mean()))
            ),
        },
    ),
    "clip": Formula(
        right=lambda forces: np.clip(forces, -MOST, MOST).sum(axis=0),
        probes=FORCES,
        wrong={
            "the edges are added first and clipped then, as clipvalue does with what a parameter gets from them": (
                lambda forces: np.clip(forces.sum(axis=0), -MOST, MOST)
            ),
            "one number at a time is clipped, not the length of a force": lambda forces: (
                forces * np.minimum(1, MOST / np.linalg.norm(forces, axis=1))[:, None]
            ).sum(axis=0),
            "nothing is clipped": lambda forces: forces.sum(axis=0),
            "a point moves by the sum of its edges": lambda forces: np.clip(forces, -MOST, MOST),
        },
    ),
    "export": Formula(
        right=_places,
        probes=_networks(),
        wrong={
            "as it is in the file: with a ReLU at the end nothing lies left of 0, or below": (
                lambda h, layers: _places(h, layers, last=True)
            ),
            "without any ReLU all layers are one, and straight": lambda h, layers: _places(
                h, layers, inner=False
            ),
            "the first layer gets rows as they are": lambda h, layers: _places(
                np.maximum(h, 0), layers
            ),
        },
    ),
    "y": Formula(
        right=_factor,
        probes=ENDS,
        wrong={
            "unknown is no class of its own: -1 beside a label is not another label, nor -1 beside -1 the same": (
                lambda one, other: np.where(one == other, 1, np.exp(-5))
            ),
            "an unknown end leaves no edge as it is": lambda one, other: _factor(
                one, other, unknown=1
            ),
            "the other way round: within a class nothing is lost": lambda one, other: np.where(
                (one < 0) | (other < 0), np.exp(-1), np.where(one == other, np.exp(-5), 1)
            ),
            "nobody is called a stranger who is only unknown": lambda one, other: _factor(
                one, other, unknown=np.exp(-5)
            ),
        },
    ),
}

MENDED = mended(CODE, "a dictionary of functions, one for each of " + ", ".join(CODE))
