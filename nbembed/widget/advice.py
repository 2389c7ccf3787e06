"""Warnings about data frames that give a map, but not the one their owner expects."""

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.tables import Table

__all__ = ["advise"]

# Columns whose spread is this many times the usual one decide alone what is near.
WILD = 100.0
# A colour of at most this many values is a class, and whole numbers of at most this many may be codes.
FEW_CLASSES, FEW_CODES = 20, 10
MAX_NAMED = 5
# Rows that mostly tell what a column holds.
PEEK = 1000


def advise(
    table: Table, data: NDArray[np.float32], *, features: Any, color: Any, is_bare: bool
) -> None:
    """Warn about a data frame's columns where a map would mislead.

    Parameters
    ----------
    table
        The data; nothing is said of anything but data frames.
    data
        What is embedded, shape (n_samples, n_features).
    features, color
        The caller's arguments. Who names the features has looked at them.
    is_bare
        Whether the caller has said nothing of any column.
    """
    if not table.is_frame:
        return
    _about_scales(table, data)
    told = _about_color(table, color)
    if features is None:
        _about_codes(table, told)
    if is_bare:
        _about_left_out(table)


def _about_scales(table: Table, data: NDArray[np.float32]) -> None:
    spread = data.std(axis=0, dtype=np.float64)
    varied = np.sort(spread[spread > 0])
    if len(varied) < 2:  # noqa: PLR2004
        return
    # The lower of two medians, or of two columns neither would ever stand out.
    usual = varied[(len(varied) - 1) // 2]
    wild = np.flatnonzero(spread > WILD * usual)
    if len(wild) == 0:
        return
    wild = wild[np.argsort(-spread[wild], kind="stable")]
    _warn(
        "the columns of X have very different scales, and the widest decide almost alone which rows are near: "
        f"{_listed([table.features[i] for i in wild])}, with up to {spread.max() / usual:,.0f} times the spread of the "
        "median column. If that is not meant, scale them all first: "
        "sklearn.preprocessing.StandardScaler().fit_transform(X[features])"
    )


def _about_color(table: Table, color: Any) -> list[str]:
    """Warn if a class is embedded and coloured by; return its name if there is one."""
    if not isinstance(color, str) or color not in table.features:
        return []
    values = table.column(color).values
    if values.dtype.kind not in "iub" or len(np.unique(values)) > FEW_CLASSES:
        return []
    _warn(
        f"{color!r} colours the map and is embedded too, so the map separates its values by construction. "
        f"If it is a class, write labels={color!r}: it then colours only"
    )
    return [color]


def _about_codes(table: Table, told: Sequence[str]) -> None:
    columns = {name: table.column(name).values for name in table.features}
    whole = [name for name, values in columns.items() if _is_whole(values)]
    if len(whole) == len(columns):
        return
    # Two values are an indicator, which is what encoding gives.
    codes = [
        name
        for name in whole
        if name not in told and 2 < _count(columns[name]) <= FEW_CODES  # noqa: PLR2004
    ]
    if codes:
        _warn(
            f"columns of X that may be codes of categories: {_listed(codes)}, whole numbers with few values beside "
            "real ones. If their order means nothing, one-hot encode them (pandas.get_dummies), or leave them out of "
            "features=[…]; if it does, naming all columns in features=[…] ends this warning"
        )


def _about_left_out(table: Table) -> None:
    out = [name for name in table.left_out() if not table.is_numeric(name)]
    if out:
        _warn(
            f"columns of X that are not numeric are left out of the map: {_listed(out)}; they are offered for colour "
            "and on hover. To embed them, one-hot encode them first, for example with pandas.get_dummies; to colour by "
            f"one, write labels={out[0]!r}, and this warning ends"
        )


def _is_whole(values: NDArray[Any]) -> bool:
    if values.dtype.kind != "f":
        return values.dtype.kind in "iub"
    return all(bool((part == np.floor(part)).all()) for part in (values[:PEEK], values))


def _count(values: NDArray[Any]) -> int:
    """Return the number of different values; of few rows only, if these have many."""
    some = len(np.unique(values[:PEEK]))
    return some if some > FEW_CODES else len(np.unique(values))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:MAX_NAMED]))
    more = len(names) - MAX_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def _warn(message: str) -> None:
    """Warn at the line of the caller's own code."""
    frame, level = inspect.currentframe(), 1
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == "nbembed":
        frame, level = frame.f_back, level + 1
    warnings.warn(message, UserWarning, stacklevel=level)
