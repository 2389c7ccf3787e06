"""From what the caller gives to terms and classes, and from terms to files and back."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.labels import is_missing
from nbembed.terms.base import Term
from nbembed.terms.descriptions import (
    Classification,
    Consistency,
    Correlation,
    Reconstruction,
    Triplet,
)
from nbembed.terms.guidance import Attribute, Position

__all__ = ["as_terms", "encoded", "keyed", "restored", "stored"]

TERMS: dict[str, type[Term]] = {
    cls.name: cls
    for cls in (
        Reconstruction,
        Correlation,
        Classification,
        Consistency,
        Triplet,
        Attribute,
        Position,
    )
}
# Those that need nothing said, so that their name will do.
BY_NAME = ("reconstruction", "correlation", "classification", "consistency", "triplet")


def as_terms(terms: Any) -> list[Term]:
    """Return terms from one, several, or their names.

    Raises
    ------
    InvalidTypeError, InvalidInputError
        For what is no term, and for a name that there is not.
    """
    if terms is None:
        return []
    given = [terms] if isinstance(terms, (str, Term)) else terms
    if not isinstance(given, Sequence):
        raise InvalidTypeError(
            f"terms must be a list of terms such as nbembed.terms.Reconstruction(), got {terms!r}"
        )
    found: list[Term] = []
    for term in given:
        if isinstance(term, str):
            _checks.check_choice("terms", term, BY_NAME)
            found.append(TERMS[term]())
        elif isinstance(term, Term):
            found.append(term)
        else:
            raise InvalidTypeError(
                f"terms must be terms such as nbembed.terms.Reconstruction(), or their names, got {term!r}"
            )
    return found


def keyed(terms: Sequence[Term]) -> dict[str, Term]:
    """Return terms by key: their name, and from the second of a name on with a number, ``"attribute2"``."""
    found: dict[str, Term] = {}
    for term in terms:
        same = sum(other.name == term.name for other in found.values())
        found[term.name + (str(same + 1) if same else "")] = term
    return found


def encoded(y: Any, n_samples: int, *, fewest: int = 2) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the classes that ``y`` knows, sorted, and each row's number among them, -1 if unknown.

    Parameters
    ----------
    y
        One label per row; -1, None and NaN are unknown.
    n_samples
        Number of rows.
    fewest
        Classes that there must be at least. Default 2.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If there are too few classes, or labels that are measurements.
    """
    from sklearn.utils.multiclass import check_classification_targets

    labels = _checks.check_labels(y, n_samples, name="y")
    if labels is None:
        raise InvalidInputError(
            "y must hold a label for each row (-1 where it is unknown), got None; a term that learns from labels "
            "needs fit(X, y)"
        )
    unknown = np.array([is_missing(item) or item == -1 for item in labels.tolist()], dtype=bool)
    known = labels[~unknown]
    if known.dtype.kind == "O":
        known = np.array(known.tolist())
    try:
        check_classification_targets(known)
    except ValueError as error:
        raise InvalidInputError(
            "y must hold classes, -1 where unknown, got measurements; cut them into classes first, for example by "
            f"pandas.qcut(y, 10, labels=False); nbembed.UMAP takes numbers with target_metric='euclidean' ({error})"
        ) from None
    classes, numbers = np.unique(known, return_inverse=True)
    if len(classes) < fewest:
        raise InvalidInputError(
            f"y must know at least {fewest} classes, got {len(classes)} among {len(known)} known labels"
        )
    codes = np.full(n_samples, -1, dtype=np.int64)
    codes[~unknown] = numbers
    return classes, codes


def stored(terms: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return terms as JSON can say them, and add what it cannot say to ``arrays``.

    Raises
    ------
    InvalidTypeError
        For a function or a network of the caller's.
    """
    if isinstance(terms, (list, tuple)):
        items: Sequence[Any] = terms
        said = [_said(term, f"terms.{i}", arrays) for i, term in enumerate(items)]
        return {"as": type(terms).__name__, "terms": said}
    return {"as": "one", "terms": [_said(terms, "terms.0", arrays)]}


def restored(said: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return what :func:`stored` got."""
    found = [_read(item, f"terms.{i}", arrays) for i, item in enumerate(said["terms"])]
    match said["as"]:
        case "one":
            return found[0]
        case "tuple":
            return tuple(found)
        case _:
            return found


def _said(term: Any, where: str, arrays: dict[str, NDArray[Any]]) -> Any:
    if not isinstance(term, Term):
        return term
    said: dict[str, Any] = {"name": term.name}
    for field in fields(term):  # pyright: ignore[reportArgumentType]
        value = getattr(term, field.name)
        if value is None or isinstance(value, (str, int, float, bool)):
            said[field.name] = value
        elif callable(value):
            raise InvalidTypeError(
                f"{field.name} of {type(term).__name__} must be a name or None to be saved, got {value!r}, which is "
                "code; files hold none"
            )
        else:
            array = np.asarray(value)
            kind = np.int64 if array.dtype.kind in "iub" else np.float64
            arrays[f"{where}.{field.name}"] = array.astype(kind)
    return said


def _read(said: Any, where: str, arrays: Mapping[str, NDArray[Any]]) -> Any:
    if not isinstance(said, dict):
        return said
    options: dict[str, Any] = {str(k): v for k, v in said.items() if k != "name"}
    cls = TERMS[said["name"]]
    for field in fields(cls):  # pyright: ignore[reportArgumentType]
        if f"{where}.{field.name}" in arrays:
            options[field.name] = arrays[f"{where}.{field.name}"]
    return cls(**options)
