"""Exercises of notebook 10, deep recursion, opened."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, agrees, close_to
from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.recursion_code import CODE, DECIDED
from nbembed.lessons.textbook import squared_distances

__all__ = ["EXERCISES", "READINGS"]

# What the table of scores supports, and where to look again.
READINGS = {
    "the islands are tighter": (True, "look again at the first score: with whom do points lie together?"),
    "large distances are truer": (False, "look again at the column of distances in order"),
    "the layer knew more of the digits": (False, "look again at what each layer keeps of the pixels"),
}  # fmt: skip
# Scores before, after, and of the control.
SCORES = [(0.83, 0.867, 0.87), (0.5, 0.6, 0.55)]


def _features() -> list[tuple[Any, Any]]:
    """Return what a layer says of the rows of two mini-batches, and a precision for each row."""
    random = np.random.default_rng(0)
    return [(random.normal(size=(n, 3)), random.uniform(0.2, 2.0, n)) for n in (5, 9)]


def _affinities(
    F: Any, beta: Any, *, power: float = 1, diagonal: bool = False, rows: bool = True
) -> Any:
    """Return conditional affinities of a mini-batch, by default those of t-SNE."""
    weight = np.exp(-np.asarray(beta)[:, None] * squared_distances(F) ** power)
    if not diagonal:
        np.fill_diagonal(weight, 0)
    return weight / (weight.sum(axis=1, keepdims=True) if rows else weight.sum() / len(weight))


def _joint(p: Any) -> Any:
    return (p + p.T) / (2 * len(p))


def _as(make: Any) -> Test:
    return agrees(make, FEATURES)


def _wrong_on(name: str, of: Mapping[str, tuple[bool, str]]) -> Test:
    return lambda value, **_: bool(value[name]) != of[name][0]


def _lost(kept: Any, layer: int = -1) -> float:
    """Return which share of what an untrained layer keeps the trained one has lost."""
    untrained, trained = list(kept.values())[layer]
    return 1 - trained / untrained


def _of_last(make: Any) -> Test:
    return close_to(lambda kept: make(*list(kept.values())[-1]), 5e-3)


FEATURES = _features()
# Distances of pairs in the data and in the map.
LENGTHS = [
    (np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 3.0])),
    (np.array([3.0, 1.0]), np.array([1.0, 1.0])),
]


def _stress(data: Any, embedded: Any) -> float:
    """Return the stress of distances, as a share of the squared distances in the data."""
    return float(((data - embedded) ** 2).sum() / (data**2).sum())


def _kernel(squared: Any, alpha: float, *, divided: float = -1, half: float = 0.5) -> Any:
    """Return Student's t with alpha degrees of freedom, without its constant."""
    return (1 + np.asarray(squared) * alpha**divided) ** (-half * (alpha + 1))


def _score(far: Any, near: Any, k: int, *, ranked: Any = None, itself: int = 1) -> float:
    """Return the trustworthiness of the map whose distances are ``near`` for data of distances ``far``."""
    data, shown, n = _ranks(far), _ranks(near), len(far)
    strangers = (shown < k + itself) & (data >= k + itself)
    past = (data if ranked is None else ranked(data, shown)) - k - itself + 1
    return 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * float(past[strangers].sum())


def _ranks(distances: Any) -> Any:
    """Return the rank of every row among those near each row, which itself has rank 0."""
    return np.argsort(np.argsort(distances, axis=1, kind="stable"), axis=1, kind="stable")


def _tables() -> list[tuple[Any, ...]]:
    """Return distances in data and in a map that loses two of its four dimensions, and numbers of neighbours."""
    rows = [np.random.default_rng(seed).normal(size=(14, 4)) for seed in (0, 1)]
    return [
        (np.sqrt(squared_distances(X)), np.sqrt(squared_distances(X[:, :2])), k)
        for X, k in zip(rows, (3, 4), strict=True)
    ]


PRINTED = {
    "equation 4": Formula(
        right=_kernel,
        probes=[(np.array([0.5, 1.0, 4.0]), alpha) for alpha in (1.0, 3.0, 63.0)],
        wrong={
            "as it is printed: with many degrees of freedom it should become a bell, and this becomes nothing": (
                lambda squared, alpha: _kernel(squared, alpha, divided=0)
            ),
            "the other way round: like that many degrees of freedom leave the kernel no width at all": (
                lambda squared, alpha: _kernel(squared, alpha, divided=1)
            ),
            "the power is too large: at one degree of freedom it has to be 1": lambda squared, alpha: (
                _kernel(squared, alpha, half=1)
            ),
        },
    ),
    "equations 7 and 12": Formula(
        right=lambda d, rho, sigma: np.exp(-np.maximum(0, d - rho) / sigma),
        probes=[(np.array([0.0, 1.5, 2.0, 5.0]), 2.0, sigma) for sigma in (1.0, 3.0)],
        wrong={
            "as it is printed: what is nearer than rho, such as a copy, belongs with more than 1": (
                lambda d, rho, sigma: np.exp(-(d - rho) / sigma)
            ),
            "a neighbour nearer than rho belongs as one at rho does, not as one beyond it": (
                lambda d, rho, sigma: np.exp(-np.abs(d - rho) / sigma)
            ),
            "rho is not taken off: the nearest has to belong with 1": (
                lambda d, _, sigma: np.exp(-d / sigma)
            ),
            "it falls with the distance, not with its square": (
                lambda d, rho, sigma: np.exp(-np.square(np.maximum(0, d - rho)) / sigma)
            ),
        },
    ),
    "equation 16": Formula(
        right=_score,
        probes=_tables(),
        wrong={
            "as it is printed, with ranks in the map: neighbours there have ranks up to K, and so nothing is lost": (
                lambda far, near, k: _score(far, near, k, ranked=lambda _, shown: shown)
            ),
            "this is the continuity, equation 17: of neighbours that the map has lost": (
                lambda far, near, k: _score(near, far, k)
            ),
            "the point itself is counted among its neighbours": (
                lambda far, near, k: _score(far, near, k, itself=0)
            ),
            "each stranger is counted once; one from far off has to count more": (
                lambda far, near, k: _score(far, near, k, ranked=lambda data, _: 0 * data + k + 1)
            ),
        },
    ),
    "equation 17": Formula(
        right=lambda far, near, k: _score(near, far, k),
        probes=_tables(),
        wrong={
            "as it is printed, with ranks of what is near in the data: they reach K, and so nothing is lost": (
                lambda far, near, k: _score(near, far, k, ranked=lambda _, shown: shown)
            ),
            "this is the trustworthiness, equation 16: of neighbours that the map has made up": _score,
            "the point itself is counted among its neighbours": (
                lambda far, near, k: _score(near, far, k, itself=0)
            ),
        },
    ),
    "section 5.1": Formula(
        right=lambda attraction, repulsion, e: e * attraction + repulsion,
        probes=[
            (np.array([1.0, 0.5]), np.array([-0.5, 0.3]), e)  # on one point, with exaggeration e
            for e in (1.0, 4.0)
        ],
        wrong={
            "as it is said in the text: were it the repulsion that grows, the islands would not tighten": (
                lambda attraction, repulsion, e: attraction + e * repulsion
            ),
            "both times e is a longer step and nothing else": (
                lambda attraction, repulsion, e: e * (attraction + repulsion)
            ),
            "the repulsion is a force already: it is added": (
                lambda attraction, repulsion, e: e * attraction - repulsion
            ),
        },
    ),
}

EXERCISES = {
    "10-a": Exercise(
        right=_as(lambda F, beta: _joint(_affinities(F, beta))),
        mistakes={
            "all pairs of the mini-batch together have to sum to 1: the number of rows is missing": _as(
                lambda F, beta: _joint(_affinities(F, beta)) * len(F)
            ),
            "it is not symmetric yet: p(j|i) and p(i|j) are two opinions of one pair": _as(
                lambda F, beta: _affinities(F, beta) / len(F)
            ),
            "the diagonal has to be 0 before the rows are divided by their sums": _as(
                lambda F, beta: _joint(_affinities(F, beta, diagonal=True))
            ),
            "the distances have to be squared": _as(
                lambda F, beta: _joint(_affinities(F, beta, power=0.5))
            ),
            "each row is divided by its own sum, not all by one": _as(
                lambda F, beta: _joint(_affinities(F, beta, rows=False))
            ),
        },
        otherwise="row i: exp(-beta_i times the squared distance), divided by the row's sum; then the mean with its "
        "transpose, divided by the number of rows",
        probes=FEATURES,
    ),
    "10-b": Exercise(
        right=lambda value, **_: all(bool(value[name]) == READINGS[name][0] for name in READINGS),
        mistakes={
            f"{name}: {hint}": _wrong_on(name, READINGS) for name, (_, hint) in READINGS.items()
        },
        otherwise="the answers are True or False, one for each of " + ", ".join(READINGS),
    ),
    "10-c": Exercise(
        right=agrees(lambda _before, after, control: after - control, SCORES),
        mistakes={
            "this is before and after: the third column, instead, is not in it": agrees(
                lambda before, after, _control: after - before, SCORES
            ),
            "the sign: what recursion adds is positive where it ends higher": agrees(
                lambda _before, after, control: control - after, SCORES
            ),
            "this is what longer training adds; what does recursion add to it?": agrees(
                lambda before, _after, control: control - before, SCORES
            ),
            "the time before is in neither of the two that are compared": agrees(
                lambda before, after, control: (after - before) / (control - before), SCORES
            ),
        },
        otherwise="both trained equally long: compare these two",
        probes=SCORES,
    ),
    "10-d": Exercise(
        right=close_to(_lost, 5e-3),
        mistakes={
            "this is what is left of it; what is lost?": _of_last(lambda u, t: t / u),
            "a difference of two shares; which part is that of what there was?": _of_last(
                lambda u, t: u - t
            ),
            "measured by what is left: divide by what there was before training": _of_last(
                lambda u, t: u / t - 1
            ),
            "this is the first layer; the last is asked for": close_to(
                lambda kept: _lost(kept, 0), 5e-3
            ),
        },
        otherwise="of the last layer: how much less the trained one keeps, as part of what the untrained one keeps",
        needs=("kept",),
    ),
    "10-e": Exercise(
        right=agrees(_stress, LENGTHS),
        mistakes={
            "as it is printed: the distances of the map below, and not squared": agrees(
                lambda data, embedded: ((data - embedded) ** 2).sum() / embedded.sum(), LENGTHS
            ),
            "below the line stand the distances in the data: what should have been kept": agrees(
                lambda data, embedded: ((data - embedded) ** 2).sum() / (embedded**2).sum(), LENGTHS
            ),
            "the line below has to be squared too, or the score depends on the unit": agrees(
                lambda data, embedded: ((data - embedded) ** 2).sum() / data.sum(), LENGTHS
            ),
            "no root is taken here": agrees(
                lambda data, embedded: _stress(data, embedded) ** 0.5, LENGTHS
            ),
        },
        otherwise="twice the unit must give the same score: try it with both arrays doubled",
        probes=LENGTHS,
    ),
    "10-f": mended(PRINTED, "a dictionary of functions, one for each of " + ", ".join(PRINTED)),
    "10-g": mended(CODE, "a dictionary of functions, one for each of " + ", ".join(CODE)),
    "10-h": Exercise(
        right=lambda value, **_: all(bool(value[name]) == DECIDED[name][0] for name in DECIDED),
        mistakes={
            f"{name}: {hint}": _wrong_on(name, DECIDED) for name, (_, hint) in DECIDED.items()
        },
        otherwise="the answers are True or False, one for each of " + ", ".join(DECIDED),
    ),
}
