"""Exercises of notebook 05, misreadings, measured."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from typing import Any

from nbembed import metrics
from nbembed.lessons.exercise import Exercise, Test

__all__ = ["CLAIMS", "EXERCISES"]

# Claim, whether the notebook's measurements support it, and where to look again.
CLAIMS = {
    "sizes": (False, "look again at the pair: how wide is each in the data, and how wide in the map?"),
    "gaps": (False, "look again at the three groups: which gap was ten times the other in the data?"),
    "islands": (False, "look again at the noise: what was there to be found?"),
    "neighbours": (True, "look again at trustworthiness, of which 0.5 would be chance"),
    "seed": (False, "the same seed repeats the picture; look at what another seed does"),
    "rounding": (True, "look again at the two maps that one rounding error parted: which is the better?"),
}  # fmt: skip


def _wrong_on(name: str) -> Test:
    return lambda value, **_: bool(value[name]) != CLAIMS[name][0]


def _shares(maps: Any, pair: Any) -> tuple[float, float]:
    """Return, for the two points, the share of all points that are at most as stable."""
    stable = metrics.neighbor_jaccard(maps, n_neighbors=10)
    first, second = (float((stable <= stable[int(i)]).mean()) for i in pair)
    return first, second


def _found(low: float, high: float, below: float, above: float) -> Test:
    """Return a test of whether the first point is between ``low`` and ``high``, the second between the others."""

    def test(value: Any, maps: Any) -> bool:
        first, second = _shares(maps, value)
        return low <= first <= high and below <= second <= above

    return test


EXERCISES = {
    "05-a": Exercise(
        right=lambda value, **_: all(bool(value[name]) == CLAIMS[name][0] for name in CLAIMS),
        mistakes={f"{name}: {hint}": _wrong_on(name) for name, (_, hint) in CLAIMS.items()},
        otherwise="the answers are True or False, one for each of " + ", ".join(CLAIMS),
    ),
    "05-b": Exercise(
        right=_found(0.8, 1.0, 0.0, 0.2),
        mistakes={
            "one point cannot be both: two numbers of points are asked for": (
                lambda value, **_: int(value[0]) == int(value[1])
            ),
            "the other way round: the stable one comes first": _found(0.0, 0.2, 0.8, 1.0),
            "both keep their neighbours from seed to seed": _found(0.5, 1.0, 0.5, 1.0),
            "both change their neighbours from seed to seed": _found(0.0, 0.5, 0.0, 0.5),
        },
        otherwise="compare neighbours from map to map, not places: the map may turn and still say the same; "
        "the first should be among the most stable fifth, the second among the least",
        needs=("maps",),
    ),
}
