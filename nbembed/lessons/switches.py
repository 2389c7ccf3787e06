"""Exercises of notebook 07, one switch."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, close_to, same
from nbembed.lessons.printed import Formula, mended
from nbembed.lessons.switches_code import TEXT_AND_CODE
from nbembed.lessons.textbook import forces, squared_distances

__all__ = ["EXERCISES", "FATES"]

# Which of the changes in ``change`` (switch, seed, measure) are of the gaps, and which switch is the claim's.
GUESSES, TRUE, GAPS = range(3)
CLAIMED = "normalised"
# What becomes of the map, by what was turned.
FATES = {
    "normalised, not amplified": "stays small",
    "amplified, not normalised": "flies apart",
}


def _order(change: Any, names: Any, *, by: Any = np.abs, measure: int = GAPS) -> list[str]:
    """Return the switches by how much they move a measure in the mean over the seeds, the most first."""
    moved = by(np.asarray(change)[1:, :, measure].mean(axis=1))
    return [list(names)[i] for i in np.argsort(-moved, kind="stable")]


def _ordered(**how: Any) -> Test:
    return lambda value, change, names: list(value) == _order(change, names, **how)


def _wins(change: Any, names: Any) -> int:
    """Return in how many seeds the claimed switch moves the gaps more than every other."""
    moved = np.abs(np.asarray(change)[1:, :, GAPS])
    return int((moved.argmax(axis=0) == list(names).index(CLAIMED)).sum())


def _verdict(won: int, seeds: int) -> str:
    """Return what so many seeds out of all say."""
    return "yes" if won == seeds else "no" if won == 0 else "open"


def _is_right(value: Any, change: Any, names: Any) -> bool:
    won = _wins(change, names)
    return (str(value[0]), int(value[1])) == (_verdict(won, np.shape(change)[1]), won)


def _counted_shrunk(value: Any, change: Any, names: Any) -> bool:
    """Return whether the seeds were counted in which the gaps changed one way."""
    own = np.asarray(change)[1 + list(names).index(CLAIMED), :, GAPS]
    return int(value[1]) in {int((own < 0).sum()), int((own > 0).sum())}


def _fates(**wrong: str) -> Test:
    named = FATES | {name.replace("_", " ").replace(" not", ", not"): fate for name, fate in wrong.items()}  # fmt: skip
    return lambda value, **_: all(same(value[name], fate) for name, fate in named.items())


def _rows(squared: Any, beta: Any, *, over: Any = None, itself: bool = False) -> Any:
    """Return t-SNE's p(j|i), divided by the sum over the axis: of the row by default."""
    bells = np.exp(-np.asarray(beta)[:, None] * squared)
    if not itself:
        np.fill_diagonal(bells, 0)
    return bells / bells.sum(axis=1 if over is None else over, keepdims=True)


def _attraction(
    away: Any, p: Any, a: float, b: float, *, sign: int = -1, lower: float = 1, a_is_in: bool = True
) -> Any:
    """Return with which force neighbours at ``-away`` pull a point in UMAP."""
    squared = np.square(away).sum(axis=1)
    below = 1 + a * squared**b if a_is_in else 1 + squared
    return (sign * 2 * a * b * squared ** (b - lower) / below * p) @ away


def _frobenius(
    P: Any, Y: Any, *, scale: float = -8, joined: bool = True, printed: bool = False
) -> Any:
    """Return the force on every point that makes the normalised Frobenius norm of P - Q smaller."""
    w = 1 / (1 + squared_distances(Y)) - np.eye(len(Y))
    q = w / w.sum()
    if printed:
        return -4 * forces(w.sum() * (P - q) * (q**2 + 2 * q**3), Y)
    excess = ((P - q) * q).sum() if joined else 0
    return scale * forces(w * q * (P - q - excess), Y)


def _cosine(u: Any, v: Any) -> float:
    return float(u @ v / np.linalg.norm(u) / np.linalg.norm(v))


def _probes() -> dict[str, list[tuple[Any, ...]]]:
    """Return what each formula is tried on; a and b are not 1, for there equation 6 is right."""
    random = np.random.default_rng(0)
    Y, P = random.normal(size=(6, 2)), random.random((6, 6))
    P = (P + P.T) * (1 - np.eye(6))
    directions = np.array([[2.0, 0.5], [0.0, 3.0], [-1.0, 0.1], [1.0, 1.0]])
    return {
        "equation 1": [(squared_distances(random.normal(size=(n, 3))), random.uniform(0.2, 2, n)) for n in (4, 7)],
        "equation 6": [(Y, random.random(6), 1.577, 0.895), (Y[:3], np.ones(3), 0.5, 1.3)],
        "Frobenius": [(P / P.sum(), Y)],
        "ang_dist": [(np.array([1.0, 0.0]), other) for other in directions],
    }  # fmt: skip


PROBES = _probes()
PRINTED = {
    "equation 1": Formula(
        right=_rows,
        probes=PROBES["equation 1"],
        wrong={
            "as it is printed, with the sum over all pairs: a point in a sparse place gets hardly any neighbours": (
                lambda squared, beta: _rows(squared, beta, over=(0, 1))
            ),
            "divided by the sums of the columns: k runs over the others of i, not of j": (
                lambda squared, beta: _rows(squared, beta, over=0)
            ),
            "a point is no neighbour of its own: the diagonal has to be 0 before the division": (
                lambda squared, beta: _rows(squared, beta, itself=True)
            ),
        },
    ),
    "equation 6": Formula(
        right=_attraction,
        probes=PROBES["equation 6"],
        wrong={
            "as it is printed, with 1 + d² below, which is another kernel's: a and b are missing there": (
                lambda away, p, a, b: _attraction(away, p, a, b, a_is_in=False)
            ),
            "the sign: it pulls the point to its neighbours, and away leads from them": (
                lambda away, p, a, b: _attraction(away, p, a, b, sign=1)
            ),
            "the power of d in the slope is one of d² less than in the kernel": (
                lambda away, p, a, b: _attraction(away, p, a, b, lower=0)
            ),
            "each neighbour pulls with its p": (
                lambda away, p, a, b: _attraction(away, np.ones(len(p)), a, b)
            ),
        },
    ),
    "Frobenius": Formula(
        right=_frobenius,
        probes=PROBES["Frobenius"],
        wrong={
            "as it is printed: finite differences of the norm point elsewhere": (
                lambda P, Y: _frobenius(P, Y, printed=True)
            ),
            "Z holds every place too, so there is a sum over all pairs in the bracket: where is it?": (
                lambda P, Y: _frobenius(P, Y, joined=False)
            ),
            "half of it: the norm sums each pair twice, as (i, j) and as (j, i)": (
                lambda P, Y: _frobenius(P, Y, scale=-4)
            ),
            "the sign: this is the gradient, and the force goes down": (
                lambda P, Y: _frobenius(P, Y, scale=8)
            ),
        },
    ),
    "slope": Formula(
        right=lambda squared, a, b: -1 / (1 - 1 / (1 + a * squared**b)),
        probes=[(np.array([0.3, 2.0, 9.0]), 1.577, 0.895), (np.array([0.5, 4.0]), 0.5, 1.3)],
        wrong={
            "as it is printed first: the one is added where it is taken off, and the fraction below is another": (
                lambda squared, a, b: 1 / (1 + 1 / (1 - a * squared**b))
            ),
            "as it is printed last: the sign is missing; does ln(1 - q) grow with q?": (
                lambda squared, a, b: 1 / (1 - 1 / (1 + a * squared**b))
            ),
            "this is the slope of ln q; what repels is the other logarithm": (
                lambda squared, a, b: 1 + a * squared**b
            ),
            "b is of the squared distance already": (
                lambda squared, a, b: -1 / (1 - 1 / (1 + a * squared ** (2 * b)))
            ),
        },
    ),
    "ang_dist": Formula(
        right=lambda u, v: 1 - _cosine(u, v),
        probes=PROBES["ang_dist"],
        wrong={
            "as it is in the code: this is largest for equal directions, so it says how alike they are": _cosine,
            "half a turn is no turn here: opposite directions are the farthest": (
                lambda u, v: 1 - abs(_cosine(u, v))
            ),
            "it grows with the lengths; only the directions count": lambda u, v: float(
                np.linalg.norm(u) * np.linalg.norm(v) - u @ v
            ),
        },
    ),
    "V": Formula(
        right=lambda h, c: 2 * h * c / (h + c),
        probes=[(1.0, 0.1), (0.9, 0.6), (0.3, 0.8)],
        wrong={
            "as it is called in the text: an average of 1 and 0 is a half, for one group a row": (
                lambda h, c: (h + c) / 2
            ),
            "this is the geometric mean: what is asked for is the mean of 1/h and 1/c, turned over": (
                lambda h, c: np.sqrt(h * c)
            ),
            "the 2 is missing: where h and c are the same, V is the same too": (
                lambda h, c: h * c / (h + c)
            ),
        },
    ),
}

EXERCISES = {
    "07-a": Exercise(
        right=_ordered(),
        mistakes={
            "the other way round: the switch that moves most comes first": (
                lambda value, change, names: list(value) == _order(change, names)[::-1]
            ),
            "a change downwards is a change too: order by its size, without the sign": _ordered(
                by=np.asarray
            ),
            "this is the order by the guesses; the gaps are another column": _ordered(
                measure=GUESSES
            ),
            "this is the order by true neighbours; the gaps are another column": _ordered(
                measure=TRUE
            ),
            "all switches are asked for, each once": (
                lambda value, names, **_: sorted(value) != sorted(names)
            ),
        },
        otherwise="take the mean over the seeds first, and then its size",
        needs=("change", "names"),
    ),
    "07-b": Exercise(
        right=_is_right,
        mistakes={
            "the verdict is one of yes, no, open": (
                lambda value, **_: str(value[0]) not in {"yes", "no", "open"}
            ),
            "your count is right, and your verdict says something else: yes needs every seed, no needs none": (
                lambda value, change, names: int(value[1]) == _wins(change, names)
            ),
            "there are not so many seeds": (
                lambda value, change, **_: not 0 <= int(value[1]) <= np.shape(change)[1]
            ),
            "these are the seeds in which the gaps shrank, or grew; how often did no other switch move them more?": (
                _counted_shrunk
            ),
        },
        otherwise="seed by seed: is the change by the normalisation, without its sign, the largest of the seven?",
        needs=("change", "names"),
    ),
    "07-c": Exercise(
        right=_fates(),
        mistakes={
            "the other way round: weak forces without help, or strong ones with help: which flies?": _fates(
                normalised_not_amplified="flies apart", amplified_not_normalised="stays small"
            ),
            "one of them has forces weaker than one part in the number of pairs, and nothing to help them": _fates(
                normalised_not_amplified="flies apart"
            ),
            "one of them has strong forces already, and then momentum, gains and exaggeration": _fates(
                amplified_not_normalised="stays small"
            ),
            "the light is no ornament: look at the widths above": (
                lambda value, **_: "as before" in {str(fate) for fate in value.values()}
            ),
        },
        otherwise="for each of the two one of: stays small, flies apart, as before",
    ),
    "07-d": Exercise(
        right=close_to(4.0),
        mistakes={
            "as it is printed; finite differences say otherwise: along it the divergence falls": close_to(
                -4.0
            ),
            "this is asymmetric SNE's; symmetric affinities hold each pair twice": close_to(2.0),
            "the difference of two places is divided by the whole way between them, two steps": (
                lambda value, **_: same(abs(float(value)), 8.0, 1e-2)
            ),
            "divided by the factor of the learning rate; what is the gradient itself?": close_to(
                1.0
            ),
        },
        otherwise="divide the finite difference of the divergence by the sum, for any point and direction",
    ),
    "07-e": Exercise(
        right=close_to(2.0),
        mistakes={
            "it changes: the graph holds (i, j) and (j, i) already, and now each moves both ends": close_to(
                1.0
            ),
            "as strong as once; twice in the graph and twice moved is twice as much as twice moved once": close_to(
                4.0
            ),
            "the other way round: turned on over turned off": close_to(0.5),
        },
        otherwise="compare the attraction on a point, turned on, with that turned off, on the same map",
    ),
    "07-f": mended(PRINTED, "a dictionary of functions, one for each of " + ", ".join(PRINTED)),
    "07-g": mended(
        TEXT_AND_CODE, "a dictionary of functions, one for each of " + ", ".join(TEXT_AND_CODE)
    ),
}
