"""Exercises of notebook 07, one switch."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

import numpy as np

from nbembed.lessons.exercise import Exercise, Test, close_to, same

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
}
