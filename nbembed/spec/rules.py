"""What the value of an option may be: small rules that check a value and say themselves in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from nbembed._checks import nearest
from nbembed.errors import InvalidInputError

__all__ = [
    "Rule",
    "anything",
    "choice",
    "each",
    "either",
    "flag",
    "number",
    "optional",
    "text",
    "whole",
    "wrong",
]

# Longest piece of a document that an error shows.
SHOWN = 80


@dataclass(frozen=True)
class Rule:
    """What a value may be.

    Attributes
    ----------
    words : str
        What is allowed, for an error.
    allows : callable
        Whether a value is.
    known : tuple of str
        The names that are allowed, for a hint at the nearest.
    """

    words: str
    allows: Callable[[Any], bool]
    known: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> None:
        """Raise unless ``value``, found at ``path`` of a document, is allowed."""
        if not self.allows(value):
            raise wrong(path, self.words, value, self.known)


def wrong(path: str, wanted: str, found: Any, known: Sequence[str] = ()) -> InvalidInputError:
    """Return the error for ``found`` at ``path``: what was found, what is allowed, and the nearest of ``known``."""
    shown = repr(found)
    shown = shown if len(shown) <= SHOWN else shown[: SHOWN - 1] + "…"
    hint = nearest(found, known) if known and isinstance(found, str) else ""
    if isinstance(found, str) and "number" in wanted and _reads_as_number(found):
        hint += "; YAML reads a number with an exponent only with a point, as in 1.0e-3"
    return InvalidInputError(f"spec at {path}: must be {wanted}, got {shown}{hint}")


def number(low: float | None = None, high: float | None = None, *, above: bool = False) -> Rule:
    """Return the rule for a finite number of at least ``low`` (``above``: more than that) and at most ``high``."""
    return Rule(
        _range("a number", low, high, above=above), lambda v: _within(v, low, high, above=above)
    )


def whole(low: int | None = None, high: int | None = None) -> Rule:
    """Return the rule for a whole number of at least ``low`` and at most ``high``."""
    words = _range("a whole number", low, high, above=False)
    return Rule(words, lambda v: isinstance(v, int) and _within(v, low, high, above=False))


def flag() -> Rule:
    """Return the rule for true or false."""
    return Rule("true or false", lambda v: isinstance(v, bool))


def text() -> Rule:
    """Return the rule for a name."""
    return Rule("a name", lambda v: isinstance(v, str) and bool(v))


def choice(*names: str) -> Rule:
    """Return the rule for one of some names."""
    words = f"one of {', '.join(map(repr, names))}"
    return Rule(words, lambda v: isinstance(v, str) and v in names, names)


def each(rule: Rule, size: int | None = None) -> Rule:
    """Return the rule for a list whose items follow ``rule``, ``size`` of them if that is given."""
    count = "" if size is None else f" of {size}"

    def allows(value: Any) -> bool:
        fits = isinstance(value, (list, tuple)) and size in (None, len(value))
        return fits and all(rule.allows(item) for item in value)

    return Rule(f"a list{count}, each {rule.words}", allows)


def optional(rule: Rule, *others: Rule) -> Rule:
    """Return the rule for nothing, or for what one of the rules allows."""
    rules = (rule, *others)
    words = f"{', or '.join(r.words for r in rules)}, or null"
    return Rule(words, lambda v: v is None or any(r.allows(v) for r in rules), rule.known)


def either(*rules: Rule) -> Rule:
    """Return the rule for what one of the rules allows."""
    known = tuple(name for r in rules for name in r.known)
    words = ", or ".join(r.words for r in rules)
    return Rule(words, lambda v: any(r.allows(v) for r in rules), known)


def anything() -> Rule:
    """Return the rule that allows all plain data."""
    return Rule("plain data", lambda _: True)


def _within(value: Any, low: float | None, high: float | None, *, above: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return False
    high_enough = low is None or (value > low if above else value >= low)
    return high_enough and (high is None or value <= high)


def _range(what: str, low: float | None, high: float | None, *, above: bool) -> str:
    words = what if low is None else f"{what} {'above' if above else 'of at least'} {low:g}"
    return words if high is None else f"{words} and at most {high:g}"


def _reads_as_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
