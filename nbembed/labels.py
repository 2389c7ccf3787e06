"""What a column of values is: names of classes, or numbers."""

from collections.abc import Sequence
from decimal import Decimal
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["MISSING", "classes", "is_missing", "numbers"]

# The code of a label that is not there.
MISSING = -1
# Integers with more different values are numbers, not names.
MAX_INTEGER_CLASSES = 50

# Units that a span of time is counted in, the longest first: name, microseconds, and how exactly
# numpy writes the moment that they are counted from.
UNITS = (
    ("days", 86_400_000_000, "D"),
    ("hours", 3_600_000_000, "m"),
    ("minutes", 60_000_000, "m"),
    ("seconds", 1_000_000, "s"),
)
# A span of time is counted in the longest unit of which it has this many.
ENOUGH_UNITS = 2
YEAR = 365.2425 * UNITS[0][1]


def classes(
    labels: NDArray[Any],
    *,
    order: Sequence[str] = (),
    max_integers: int = MAX_INTEGER_CLASSES,
) -> tuple[list[str], NDArray[np.int64]] | None:
    """Return the names of categories and each label's code, or None for numbers.

    Text, booleans, and integers with at most ``max_integers`` different values are categories;
    floats, more integers, dates and durations are numbers. The code of a missing label (None, NaN,
    NA) is -1.

    Parameters
    ----------
    labels
        One value per row.
    order
        The order of the names, for those it holds; the others follow, sorted by their values.
    max_integers
        Integers with more different values are numbers.

    Raises
    ------
    InvalidTypeError
        If the values are lists or other things that cannot be a name.
    """
    if labels.dtype.kind in "fMm":
        return None
    found, which = _distinct(labels)
    gone = np.array([is_missing(item) for item in found], dtype=bool)
    present = [item for item, is_gone in zip(found, gone, strict=True) if not is_gone]
    if labels.dtype.kind != "b" and _are_numbers(present, max_integers):
        return None
    known = list(dict.fromkeys(_name(item) for item in _sorted(present)))
    rank = {name: place for place, name in enumerate(dict.fromkeys((*order, *known)))}
    names = sorted(known, key=rank.__getitem__) if order else known
    code_of = {name: code for code, name in enumerate(names)}
    table = [
        MISSING if is_gone else code_of[_name(item)]
        for item, is_gone in zip(found, gone, strict=True)
    ]
    return names, np.array(table, dtype=np.int64)[which]


def numbers(values: NDArray[Any]) -> tuple[NDArray[np.float64], str]:
    """Return values as float64 with NaN where they are missing, and their unit.

    Dates become years with a fraction, or, if they span less than two years, days, hours, minutes
    or seconds since a round moment before the first; durations become days, hours, minutes or
    seconds. All other numbers have no unit: ``""``.

    Raises
    ------
    InvalidInputError
        If a value is no number.

    Examples
    --------
    >>> numbers(np.array(["2024-05-01", "2024-05-04"], dtype="datetime64[D]"))
    (array([0., 3.]), 'days since 2024-05-01')
    """
    if values.dtype.kind in "Mm":
        return _times(values)
    if values.dtype.kind in "biuf":
        return values.astype(np.float64), ""
    items = [np.nan if is_missing(item) else item for item in values.tolist()]
    try:
        return np.array(items, dtype=np.float64), ""
    except (TypeError, ValueError):
        example = next(item for item in items if not isinstance(item, (Real, Decimal)))
        raise InvalidInputError(f"the values must be numbers, got {example!r}") from None


def is_missing(value: Any) -> bool:
    """Return whether ``value`` stands for none: None, NaN, NaT, NA."""
    # pandas' NA and NaT are known by name: pandas itself is not a dependency.
    return (
        value is None
        or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))
        or (isinstance(value, (np.datetime64, np.timedelta64)) and bool(np.isnat(value)))
        or type(value).__name__ in ("NAType", "NaTType")
    )


def _distinct(labels: NDArray[Any]) -> tuple[list[Any], NDArray[np.int64]]:
    """Return the different values, and for each row which of them it has."""
    if labels.dtype.kind in "iub":
        found, which = np.unique(labels, return_inverse=True)
        return found.tolist(), which.reshape(-1)
    place: dict[Any, int] = {}
    items = labels.tolist()
    try:
        which = np.fromiter(
            (place.setdefault(item, len(place)) for item in items), np.int64, len(items)
        )
    except TypeError:
        raise InvalidTypeError(
            "the values must be names or numbers, one per row, got lists, arrays or other containers"
        ) from None
    return list(place), which


def _are_numbers(present: list[Any], max_integers: int) -> bool:
    """Return whether the different values are to be drawn as numbers."""
    if not present or not all(
        not isinstance(item, bool) and isinstance(item, (Real, Decimal)) for item in present
    ):
        return False
    whole = all(isinstance(item, Integral) for item in present)
    return not whole or len(present) > max_integers


def _sorted(items: list[Any]) -> list[Any]:
    try:
        return sorted(items)
    except TypeError:  # types that do not compare with each other
        return sorted(items, key=str)


def _name(item: Any) -> str:
    return item.decode(errors="replace") if isinstance(item, bytes) else str(item)


def _times(values: NDArray[Any]) -> tuple[NDArray[np.float64], str]:
    """Return dates or durations in the unit that suits their span."""
    is_date = values.dtype.kind == "M"
    gone = np.isnat(values)
    stamps = values.astype("datetime64[us]" if is_date else "timedelta64[us]")
    micro = np.where(gone, 0, stamps.astype(np.int64))
    present = micro[~gone]
    low, high = (int(present.min()), int(present.max())) if len(present) else (0, 0)
    span = high - low if is_date else max(abs(low), abs(high))
    if is_date and span >= ENOUGH_UNITS * YEAR:
        return np.where(gone, np.nan, _years(stamps)), "year"
    fitting = (unit for unit in UNITS if span >= ENOUGH_UNITS * unit[1])
    name, length, letter = next(fitting, UNITS[-1])
    start = low // length * length if is_date else 0
    counted = np.where(gone, np.nan, (micro - start) / length)
    if not is_date:
        return counted, name
    begin = np.datetime64(start, "us").astype(f"datetime64[{letter}]")
    return counted, f"{name} since {str(begin).replace('T', ' ')}"


def _years(stamps: NDArray[Any]) -> NDArray[np.float64]:
    """Return dates as years: the middle of 2024 is 2024.5."""
    years = stamps.astype("datetime64[Y]")
    begin, end = years.astype(stamps.dtype), (years + 1).astype(stamps.dtype)
    return 1970.0 + years.astype(np.int64) + (stamps - begin) / (end - begin)
