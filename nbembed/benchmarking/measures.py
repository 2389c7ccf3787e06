"""Scores of a map by name: those of ``metrics.report``, other measures of ``metrics``, the caller's own."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["Measures", "as_measures", "check_measures", "measured"]

# One function of X, map and labels that returns scores by name.
Scores = Callable[[Any, Any, Any], Mapping[str, float]]
# None for all of the report, names, one function for all scores, or one for each.
Measures = tuple[str, ...] | Scores | Mapping[str, Callable[[Any, Any, Any], float]] | None
# What a measure of ``metrics`` may ask for to be called by its name alone.
GIVEN = {"X", "Y", "labels"}
# Rows of the little map that tells which scores a report has.
FEW = 40


def as_measures(metrics: Any) -> Measures:
    """Return which scores are wanted, or raise for what is none."""
    if metrics is None:
        return None
    if callable(metrics):
        scores: Any = metrics
        return scores
    if isinstance(metrics, Mapping):
        named: Mapping[Any, Any] = metrics
        if named and all(isinstance(k, str) and callable(f) for k, f in named.items()):
            return dict(named)
    elif isinstance(metrics, str):
        return (metrics,)
    elif isinstance(metrics, Iterable):
        names = tuple(metrics)
        if names and all(isinstance(name, str) for name in names):
            return names
    raise InvalidTypeError(
        "metrics must be None, names of measures of nbembed.metrics, a dictionary of names and functions of X, map "
        f"and labels, or one such function that returns a dictionary of numbers, got {metrics!r}"
    )


def check_measures(wanted: Measures, labelled: Mapping[str, bool]) -> None:
    """Raise for names that no measure has, and for those that need labels which are not there.

    Parameters
    ----------
    wanted
        As :func:`as_measures` returns it.
    labelled
        Whether each data set has labels, by its name.
    """
    if not isinstance(wanted, tuple):
        return
    known = _needing_labels()
    without = [data for data, has_labels in labelled.items() if not has_labels]
    for name in wanted:
        _checks.check_choice("metrics", name, sorted(known))
        if known[name] and without:
            raise InvalidInputError(
                f"metrics must be without {name!r} where there are no labels, and {without[0]!r} has none; give "
                "data as pairs (X, labels)"
            )


def measured(
    wanted: Measures, X: NDArray[Any], Y: NDArray[Any], labels: NDArray[Any] | None
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the scores of a map, and the standard errors of those that were sampled.

    Parameters
    ----------
    wanted
        As :func:`as_measures` returns it.
    X, Y, labels
        Data, map, and one value per row or None.
    """
    found: dict[str, Any] = {}
    errors: Mapping[str, float] = {}
    if isinstance(wanted, Mapping):
        found = {name: measure(X, Y, labels) for name, measure in wanted.items()}
    elif callable(wanted):
        found = dict(wanted(X, Y, labels))
    else:
        found, errors = _by_name(wanted, X, Y, labels)
    errors = {
        name: errors.get(name) or getattr(score, "standard_error", 0.0)
        for name, score in found.items()
    }
    return {name: float(score) for name, score in found.items()}, {
        name: float(error) for name, error in errors.items() if error and math.isfinite(error)
    }


def _by_name(
    names: tuple[str, ...] | None, X: NDArray[Any], Y: NDArray[Any], labels: NDArray[Any] | None
) -> tuple[dict[str, Any], Mapping[str, float]]:
    """Return measures of ``nbembed.metrics``: of the report what it has, the others one by one."""
    from nbembed import metrics

    single = _functions()
    alone = names is not None and not set(names) & set(_of_report(labelled=True))
    report: Mapping[str, float] = {} if alone else metrics.report(X, Y, labels=labels)
    errors = getattr(report, "standard_errors", {})
    if names is None:
        return dict(report), errors
    given = {"X": X, "Y": Y, "labels": labels}
    return {
        name: report[name]
        if name in report
        else single[name](**{key: given[key] for key in _required(single[name])})
        for name in names
    }, errors


@cache
def _needing_labels() -> dict[str, bool]:
    """Return the names of all measures, and whether each needs labels."""
    plain = _of_report(labelled=False)
    functions = {name: "labels" in _required(f) for name, f in _functions().items()}
    return functions | {name: name not in plain for name in _of_report(labelled=True)}


@cache
def _of_report(*, labelled: bool) -> tuple[str, ...]:
    """Return the names of what a report says of a small map."""
    from nbembed import metrics

    X = np.random.default_rng(0).normal(size=(FEW, 3)).astype(np.float32)
    return tuple(metrics.report(X, X[:, :2], labels=np.arange(FEW) % 2 if labelled else None))


@cache
def _functions() -> dict[str, Callable[..., float]]:
    """Return the measures of ``nbembed.metrics`` that ask for no more than data, map and labels."""
    from nbembed import metrics

    functions = {name: getattr(metrics, name) for name in metrics.__all__}
    return {
        name: function
        for name, function in functions.items()
        if inspect.isfunction(function)
        and "Y" in _required(function) <= GIVEN
        and _is_number(function)
    }


def _required(function: Callable[..., Any]) -> set[str]:
    """Return the names of the arguments without a default."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name for p in parameters if p.default is p.empty}


def _is_number(function: Callable[..., Any]) -> bool:
    said = inspect.signature(function).return_annotation
    return isinstance(said, type) and issubclass(said, float)
