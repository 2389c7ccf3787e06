"""Pieces of recipes that several estimators share."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from nbembed import _checks, initialization
from nbembed._scaling import Axes, Scaling
from nbembed.errors import InvalidInputError
from nbembed.phases import Part, Phase

__all__ = [
    "at_most",
    "check_degrees_of_freedom",
    "check_dtype",
    "check_pca",
    "check_perplexity",
    "column_names",
    "neighbors_part",
    "planned",
    "reduced",
    "student_part",
]


def neighbors_part(n_neighbors: int, metric: Any, geodesic: int | None = None) -> Part:
    """Return the part of a phase that describes the search, along paths of a graph of ``geodesic`` neighbours."""
    part: Part = {"n_neighbors": n_neighbors, "metric": metric, "method": "auto"}
    return part if geodesic is None else {**part, "geodesic": int(geodesic)}


def student_part(degrees_of_freedom: float | str, n_components: int) -> Part:
    """Return the part of a phase that describes Student's t in the map."""
    if degrees_of_freedom == "d-1":
        degrees_of_freedom = max(1, int(n_components) - 1)
    if degrees_of_freedom == 1:
        return {"name": "student_t"}
    return {"name": "student_t", "degrees_of_freedom": degrees_of_freedom}


def planned(
    plan: list[tuple[str, int, float]], optimizer: Part, parts: dict[str, Any], start: Part
) -> list[Phase]:
    """Return phases that differ only in length and exaggeration; those without a step are left out.

    Parameters
    ----------
    plan
        Name, number of steps and exaggeration of each phase.
    optimizer
        What all optimizers have in common.
    parts
        The other parts of every phase.
    start
        The start of the first phase; the others go on from where the one before ended.
    """
    wanted = [each for each in plan if each[1]]
    return [
        Phase(
            name=name,
            n_steps=n_steps,
            optimizer={**optimizer, "exaggeration": float(exaggeration)},
            init=None if number else start,
            **parts,
        )
        for number, (name, n_steps, exaggeration) in enumerate(wanted)
    ]


def at_most(name: str, value: int, largest: int, n_samples: int) -> int:
    """Return ``value``, cut to ``largest`` with a warning, as umap-learn does."""
    if value <= largest:
        return value
    warnings.warn(
        f"{name} must be less than the number of rows ({n_samples}), got {value}; {largest} is used instead",
        UserWarning,
        stacklevel=4,
    )
    return largest


def check_perplexity(perplexity: Any, n_samples: int) -> None:
    """Raise unless ``perplexity`` is above 1 and less than the other rows."""
    _checks.check_number("perplexity", perplexity, low=1, above=True)
    if perplexity >= n_samples - 1:
        largest = max(2, (n_samples - 1) // 3)
        raise InvalidInputError(
            f"perplexity must be less than the number of rows minus 1 ({n_samples - 1}), got {perplexity:g} "
            f"for X with {n_samples} rows; use at most {largest}, a third of the rows, for a useful map"
        )


def check_dtype(dtype: Any) -> str:
    """Return the name of a precision, given by name or as numpy has it."""
    try:
        name = np.dtype(dtype).name
    except TypeError:
        name = ""
    if dtype is None or name not in ("float32", "float64"):
        raise InvalidInputError(f"dtype must be 'float32' or 'float64', got {dtype!r}")
    return name


def check_pca(pca: Any, metric: Any) -> None:
    """Raise unless ``pca`` is None, or a number of components and there are columns to make them of."""
    if pca is None:
        return
    _checks.check_number("pca", pca, low=1, integer=True)
    if isinstance(metric, str) and metric == "precomputed":
        raise InvalidInputError(
            f"pca must be None with metric='precomputed', where there are no columns, got {pca!r}"
        )


def reduced(
    array: NDArray[np.float32], scaling: Scaling, pca: int | None, *, seed: int
) -> tuple[NDArray[np.float32], Scaling]:
    """Return the first ``pca`` principal components of rows, and how later rows get theirs; None leaves both alone."""
    if pca is None or pca >= min(array.shape):
        return array, scaling
    axes = Axes(*initialization.principal_axes(array, int(pca), random_state=seed))
    return axes.apply(array), replace(scaling, axes=axes)


def check_degrees_of_freedom(value: Any) -> None:
    """Raise unless ``value`` is a number above 0 or one of the names for it."""
    if isinstance(value, str):
        _checks.check_choice("degrees_of_freedom", value, ("d-1", "learned"))
    else:
        _checks.check_number("degrees_of_freedom", value, low=0, above=True)


def column_names(X: Any) -> Any:
    """Return what scikit-learn sets as ``feature_names_in_``, None for data without names."""
    if not hasattr(X, "columns"):
        return None
    probe = BaseEstimator()
    validate_data(probe, X, skip_check_array=True, reset=True)
    return getattr(probe, "feature_names_in_", None)
