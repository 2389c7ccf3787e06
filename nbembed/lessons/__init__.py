"""The checks of the lesson notebooks: they recognise solutions and the usual mistakes.

One module per notebook holds a table of its exercises: what is right, and the mistakes that people make,
each with the hint that names it. Every check computes what is right from its own inputs, or from those
it is given, so it does not matter in which order the cells ran. No check ever prints a solution.
"""

from importlib import import_module
from typing import Any

from nbembed.errors import InvalidInputError
from nbembed.lessons.exercise import Exercise

__all__ = ["LESSONS", "check", "exercises"]

# The first part of an exercise's name, and the module that holds its table.
LESSONS = {
    "00": "quickstart",
    "01": "probabilities",
    "02": "crowding",
    "03": "pushing",
    "04": "optimizer",
    "05": "misreadings",
    "06": "umap_steps",
    "07": "switches",
    "08": "fast",
    "09": "learned",
    "10": "recursion",
    "11": "grammar",
    "12": "faults",
    "C": "walkthrough",
}


def exercises(lesson: str) -> dict[str, Exercise]:
    """Return the exercises of the lesson of that number, by name."""
    return import_module(f"nbembed.lessons.{LESSONS[lesson]}").EXERCISES


def check(exercise: str, value: Any, **given: Any) -> None:
    """Print one line on an answer: ``03-b ok``, ``03-b not yet``, or a hint that names the likely mistake.

    Parameters
    ----------
    exercise
        Name of the exercise, for example ``"03-b"``.
    value
        The answer: a number, an array, a word, or a function, which is then tried on inputs of the check's own.
        None, or a function that returns None, has not been begun.
    given
        What the answer was computed from, where the exercise leaves that to you; the exercise says so.

    Raises
    ------
    InvalidInputError
        If there is no such exercise, or it is not given what it needs.

    Examples
    --------
    >>> check("06-b", None)
    06-b not yet
    >>> check("06-b", 1.1)
    06-b: a plain sum can exceed 1, and no membership does: what both directions say is counted twice
    """
    lesson, _, _ = exercise.partition("-")
    table = exercises(lesson) if lesson in LESSONS else {}
    if exercise not in table:
        known = ", ".join(name for lesson in LESSONS for name in exercises(lesson))
        raise InvalidInputError(f"exercise must be one of {known}, got {exercise!r}")
    needs = set(table[exercise].needs)
    if set(given) != needs:
        raise InvalidInputError(
            f"check({exercise!r}, …) must be given {', '.join(sorted(needs)) or 'nothing'} besides the answer, "
            f"got {', '.join(sorted(given)) or 'nothing'}"
        )
    said = table[exercise].verdict(value, given)
    print(f"{exercise} {said}" if said in ("ok", "not yet") else f"{exercise}: {said}")  # noqa: T201
