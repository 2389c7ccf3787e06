"""What an exercise is: what is right, which mistakes are usual, and the line that says so."""

# A learner's answer may be of any kind.
# pyright: reportUnknownLambdaType=false

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Exercise", "Test", "agrees", "close_to", "fails_with", "outcome", "same"]

# What is asked of an answer; what ``check`` was given besides comes as keywords.
Test = Callable[..., bool]
Probes = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook.

    Attributes
    ----------
    right
        Whether an answer is right.
    mistakes
        Hint, and whether an answer is the mistake it names; the first that fits is given.
    otherwise
        The hint for an answer that is none of these: where to look, never the solution.
    probes
        Arguments a function is tried with, to see whether it does anything; empty if the answer is no function.
    needs
        Names of what the answer is computed from and ``check`` has to be given.
    """

    right: Test
    mistakes: Mapping[str, Test]
    otherwise: str
    probes: Probes = ()
    needs: tuple[str, ...] = ()

    def verdict(self, value: Any, given: Mapping[str, Any]) -> str:
        """Return ``"ok"``, ``"not yet"`` or a hint."""
        if self._untouched(value):
            return "not yet"
        if self.probes and not callable(value):
            return "a function is asked for: give its name, without brackets"
        if _holds(self.right, value, given):
            return "ok"
        for hint, test in self.mistakes.items():
            if _holds(test, value, given):
                return hint
        return self._complaint(value) or self.otherwise

    def _untouched(self, value: Any) -> bool:
        if isinstance(value, dict | tuple | list):
            parts = list(value.values()) if isinstance(value, dict) else list(value)
            return len(parts) == 0 or any(part is None for part in parts)
        if self.probes and callable(value):
            return all(outcome(value, probe) is None for probe in self.probes)
        return value is None

    def _complaint(self, value: Any) -> str:
        """Return what Python said to a function that could not be run at all."""
        if not self.probes:
            return ""
        said = outcome(value, self.probes[0])
        return f"your function stopped with {said!r}" if isinstance(said, Exception) else ""


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Return what a learner's function returns, or the exception that it raises."""
    copies = [np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with np.errstate(all="ignore"):
            return function(*copies)
    except Exception as error:  # noqa: BLE001 - whatever a learner's code may do
        return error


def same(one: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Return whether two answers are alike: numbers and arrays within ``tolerance`` of the largest, words exactly."""
    if isinstance(one, Exception) or isinstance(other, Exception):
        return isinstance(one, ValueError) and isinstance(other, ValueError)
    try:
        a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    except (TypeError, ValueError):
        return bool(one == other)
    if a.shape != b.shape:
        return False
    scale = float(np.abs(b[np.isfinite(b)]).max(initial=0.0))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * scale, equal_nan=True))


def agrees(reference: Callable[..., Any], probes: Probes, tolerance: float = 1e-4) -> Test:
    """Return a test of whether a function does what ``reference`` does, on every probe."""

    def test(value: Any, **_: Any) -> bool:
        return all(same(outcome(value, p), outcome(reference, p), tolerance) for p in probes)

    return test


def close_to(answer: Any, tolerance: float = 1e-3) -> Test:
    """Return a test of whether a value is that of ``answer``, a constant or a function of what was given."""

    def test(value: Any, **given: Any) -> bool:
        return same(value, answer(**given) if callable(answer) else answer, tolerance)

    return test


def fails_with(function: Callable[[Any], bool]) -> Test:
    """Return a test of the learner's function itself, for mistakes that show in one special case."""
    return lambda value, **_: callable(value) and function(value)


def _holds(test: Test, value: Any, given: Mapping[str, Any]) -> bool:
    """Return whether a test passes; an answer of a kind it cannot judge does not."""
    try:
        return bool(test(value, **given))
    except Exception:  # noqa: BLE001 - whatever a learner's answer may be
        return False
