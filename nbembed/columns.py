"""One value per row under a name, from whatever a caller keeps his values in.

Series of every library (pandas, polars, pyarrow, …) are read through narwhals; none of them is a
dependency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_labels
from nbembed.errors import InvalidTypeError
from nbembed.labels import is_missing

if TYPE_CHECKING:
    import narwhals.stable.v1 as nw

__all__ = ["Column", "as_column", "from_config", "from_series", "kind_of", "to_config"]

# Rows that show what an object column holds.
PEEK = 20
# What narwhals calls a column, and what a message calls it. "things" cannot be shown.
WORDS = {
    "Boolean": "booleans",
    "String": "text",
    "Categorical": "categories",
    "Enum": "categories",
    "Datetime": "dates",
    "Date": "dates",
    "Time": "times",
    "Duration": "durations",
    "List": "things",
    "Array": "things",
    "Struct": "things",
    "Binary": "things",
}


@dataclass(frozen=True, eq=False)
class Column:
    """One value per row.

    Attributes
    ----------
    name
        What it is called.
    values
        Shape (n_samples,): numbers, booleans, dates, text, or objects with None where one is missing.
    order
        The names of its categories in their owner's order, where they have one.
    """

    name: str
    values: NDArray[Any]
    order: tuple[str, ...] = ()


def as_column(value: Any, n: int, *, argument: str, unnamed: str | None = None) -> Column:
    """Return what a caller gave as one value per row as a column.

    Parameters
    ----------
    value
        An array, a list, a tensor, or a Series of any library, which is taken by position. Or
        something that says itself what column it is, by a method ``as_column()``.
    n
        The number of rows.
    argument
        The name of the caller's argument, for messages.
    unnamed
        What to call values that have no name, as a Series may have; None takes ``argument``.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If there is not one value per row.
    """
    import narwhals.stable.v1 as nw

    if callable(getattr(type(value), "as_column", None)):
        own: Column = value.as_column()
        check_labels(own.values, n, name=argument)
        return own
    unnamed = argument if unnamed is None else unnamed
    series: Any = nw.from_native(value, series_only=True, pass_through=True)
    if isinstance(series, nw.Series) and len(series) == n:
        return from_series(series, unnamed if series.name in (None, "") else str(series.name))
    values = check_labels(value, n, name=argument)
    if values is None:
        raise InvalidTypeError(f"{argument} must hold one value per row, got None")
    return Column(unnamed, _tidy(values))


def from_series(series: "nw.Series[Any]", name: str) -> Column:
    """Return a Series as a column called ``name``."""
    import narwhals.stable.v1 as nw

    dtype, values = series.dtype, series.to_numpy()
    is_whole = str(dtype).startswith(("Int", "UInt"))
    if is_whole and values.dtype.kind == "f":  # missing values have made them floats
        values = np.empty(len(series), dtype=object)
        values[:] = series.to_list()
    if not isinstance(dtype, nw.Categorical | nw.Enum):
        return Column(name, _tidy(values))
    if values.dtype.kind != "O":  # who calls numbers categories means names
        names = [None if is_missing(item) else str(item) for item in series.to_list()]
        values = np.array(names, dtype=object)
    # The order of a polars Categorical is that of its first appearance, which means nothing.
    native: Any = series.to_native()
    is_ordered = dtype == nw.Enum or hasattr(native, "iloc")
    order = tuple(map(str, series.cat.get_categories().to_list())) if is_ordered else ()
    return Column(name, values, order)


def kind_of(dtype: Any, series: "nw.Series[Any] | None") -> str:
    """Return in a word what a Series holds: ``"numbers"``, ``"text"``, …, or ``"things"``.

    ``series`` is looked into only where its type does not say; a numeric type always does.

    Things are values that can be neither a name nor a number, such as lists, bytes and pictures.
    """
    if dtype.is_numeric() or series is None:
        return "numbers"
    word = WORDS.get(dtype.__name__ if isinstance(dtype, type) else type(dtype).__name__)
    if word is not None:
        return word
    sample = [item for item in series[:PEEK].to_list() if not is_missing(item)]
    if sample and all(map(_is_number, sample)):
        rest = (item for item in series.to_list() if not is_missing(item))
        return "numbers" if all(map(_is_number, rest)) else "mixed values"
    if any(isinstance(item, (bytes, bytearray)) or not _is_hashable(item) for item in sample):
        return "things"
    return "mixed values"


def to_config(column: Column, key: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return a column as settings and arrays that a file can hold, the names of these beginning with ``key``.

    Numbers, booleans, dates and durations stay what they are, None among integers too; everything else
    becomes text.
    """
    values, kind = column.values, column.values.dtype.kind
    config: dict[str, Any] = {"name": column.name, "order": list(column.order), "key": key}
    if kind in "iufb":
        wide = {"i": np.int64, "u": np.int64, "f": np.float64, "b": np.bool_}[kind]
        return config | {"kind": "numbers"}, {key: values.astype(wide)}
    if kind in "Mm":
        return config | {"kind": values.dtype.str}, {key: values.view(np.int64)}
    items = values.tolist()
    present = [item for item in items if not is_missing(item)]
    if present and all(map(_is_number, present)):
        whole = all(isinstance(item, (int, np.integer)) for item in present)
        gaps = np.array([np.nan if is_missing(item) else float(item) for item in items])
        return config | {"kind": "whole" if whole else "numbers"}, {key: gaps}
    words = [None if is_missing(item) else str(item).encode() for item in items]
    lengths = np.array([-1 if word is None else len(word) for word in words], dtype=np.int64)
    text = np.array(bytearray(b"".join(word or b"" for word in words)), dtype=np.uint8)
    return config | {"kind": "text"}, {key: text, f"{key}.lengths": lengths}


def from_config(config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Column:
    """Return the column that :func:`to_config` has described."""
    key, kind = config["key"], config["kind"]
    stored = arrays[key]
    if kind == "text":
        values = _words(stored.tobytes(), arrays[f"{key}.lengths"])
    elif kind == "whole":
        values = np.empty(len(stored), dtype=object)
        values[:] = [None if np.isnan(value) else int(value) for value in stored]
    elif kind == "numbers":
        values = stored
    else:
        values = stored.astype(np.int64).view(np.dtype(kind))
        if values.dtype.kind not in "Mm":
            raise InvalidTypeError(f"a stored column must be of a known kind, got {kind!r}")
    return Column(str(config["name"]), values, tuple(map(str, config["order"])))


def _words(text: bytes, lengths: NDArray[Any]) -> NDArray[Any]:
    ends = np.cumsum(np.maximum(lengths, 0)).tolist()
    values = np.empty(len(lengths), dtype=object)
    values[:] = [
        None if length < 0 else text[end - length : end].decode(errors="replace")
        for length, end in zip(lengths.tolist(), ends, strict=True)
    ]
    return values


def _tidy(values: NDArray[Any]) -> NDArray[Any]:
    """Return dates that came as Python's objects as numpy's; everything else as it is."""
    if values.dtype.kind != "O":
        return values
    items = values.tolist()
    first = next((item for item in items if not is_missing(item)), None)
    if not isinstance(first, date):
        return values
    if not all(isinstance(item, date) or is_missing(item) for item in items):
        return values
    return np.array([_utc(item) for item in items], dtype="datetime64[us]")


def _utc(moment: Any) -> Any:
    """Return a date or a moment as numpy understands it; numpy knows no time zones."""
    if is_missing(moment):
        return None
    # pandas' own moments know more than microseconds.
    plain = moment.to_pydatetime(warn=False) if hasattr(moment, "to_pydatetime") else moment
    if isinstance(plain, datetime) and plain.tzinfo is not None:
        return plain.astimezone(UTC).replace(tzinfo=None)
    return plain


def _is_number(item: Any) -> bool:
    return not isinstance(item, bool) and isinstance(item, (Real, Decimal))


def _is_hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
