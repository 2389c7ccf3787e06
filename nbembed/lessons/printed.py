"""Exercises on what publications print: formulas that are to be mended, each against the mistakes usual there."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nbembed.lessons.exercise import Exercise, Probes, Test, agrees

__all__ = ["Formula", "mended"]


@dataclass(frozen=True)
class Formula:
    """A formula as it holds, and as it is printed.

    Attributes
    ----------
    right
        What the formula has to return.
    probes
        Arguments on which the printed formula and the right one differ.
    wrong
        Hint, and the formula that it names: the printed one, and what else people write.
    view
        What counts of a result, where two that differ may both be right: a PCA may be mirrored, for example.
    """

    right: Callable[..., Any]
    probes: Probes
    wrong: Mapping[str, Callable[..., Any]]
    view: Callable[[Any], Any] = lambda result: result

    def same_as(self, function: Callable[..., Any]) -> Test:
        """Return a test of whether a function returns, as far as it counts, what another one does."""
        test = agrees(self._viewed(function), self.probes)
        return lambda value, **_: test(self._viewed(value))

    def _viewed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *arguments: self.view(function(*arguments))


def mended(formulas: Mapping[str, Formula], otherwise: str) -> Exercise:
    """Return the exercise whose answer is a dictionary of functions, one for each formula, by its place.

    A hint begins with the place. Where a function is none of the wrong ones, it is told that its place is not
    mended; what cannot be called at all gets ``otherwise``.
    """
    mistakes = {
        f"{place}: {hint}": _part(place, formula.same_as(wrong))
        for place, formula in formulas.items()
        for hint, wrong in formula.wrong.items()
    }
    for place, formula in formulas.items():
        hint = "neither as it is printed nor as numbers say; does it run on its own?"
        mistakes[f"{place}: {hint}"] = _not(_part(place, formula.same_as(formula.right)))
    return Exercise(
        right=lambda value, **_: all(
            callable(value[place]) and formula.same_as(formula.right)(value[place])
            for place, formula in formulas.items()
        ),
        mistakes=mistakes,
        otherwise=otherwise,
    )


def _part(place: str, test: Test) -> Test:
    """Return a test of one function of a dictionary."""
    return lambda value, **_: test(value[place])


def _not(test: Test) -> Test:
    return lambda value, **_: not test(value)
