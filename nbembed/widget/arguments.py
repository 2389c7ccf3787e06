"""What a user may write for the arguments of the widget."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed._checks import as_frame
from nbembed.columns import Column, as_column
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.estimators import METHODS, Embedder, Routine, find_method
from nbembed.spec import Spec
from nbembed.tables import Table
from nbembed.widget.pictures import Pictures

__all__ = ["as_column_of", "choose_estimator", "is_name", "read_hover", "read_images"]

# Columns on a card when nobody has chosen them.
MAX_HOVER = 8
# Ends of names of files with documents.
DOCUMENTS = (".yaml", ".yml", ".json")


def choose_estimator(method: Any, parameters: dict[str, Any], *, own: Iterable[str]) -> Embedder:
    """Return the estimator for ``method``, naming what does not fit.

    Parameters
    ----------
    method
        A method's name, an estimator, or a document: a spec, a dictionary, text, or the path of a file.
    parameters
        Hyper-parameters for a method that is given by its name; of a document those of ``Routine``.
    own
        Keywords of the widget itself, to suggest the nearest of them too.
    """
    if isinstance(method, Embedder):
        if parameters:
            name, given = type(method).__name__, ", ".join(f"{key}=…" for key in parameters)
            raise InvalidTypeError(
                f"parameters must go into the estimator when method is one, got {given} beside {name}(…); "
                f"write {name}({given})"
            )
        return method
    if _is_document(method):
        cls, parameters = Routine, {"spec": Spec.of(method)} | parameters
    elif isinstance(method, str):
        cls = find_method(method)
    else:
        known = ", ".join(METHODS)
        raise InvalidTypeError(
            f"method must be a name ({known}), an estimator or a spec, got {type(method).__name__}"
        )
    known = list(signature(cls).parameters)
    for name in parameters:
        if name not in known:
            hidden = ("self", "parameters")
            raise _checks.unknown_keyword(
                "EmbedWidget", name, [*(n for n in own if n not in hidden), *known]
            )
    return cls(**parameters)


def _is_document(method: Any) -> bool:
    """Return whether a method is written down instead of named."""
    if isinstance(method, str):
        return "\n" in method or method.endswith(DOCUMENTS) or method.lstrip().startswith("{")
    return isinstance(method, (Spec, Mapping, Path))


def as_column_of(table: Table, by: Any, n: int, *, argument: str, unnamed: str) -> Column:
    """Return what ``by`` names in ``table``, or the values it holds, one per row.

    Values are called what their Series is called, else ``unnamed``.
    """
    if is_name(table, by):
        return table.column(table.find(by, argument))
    return as_column(by, n, argument=argument, unnamed=unnamed)


def is_name(table: Table, value: Any) -> bool:
    """Return whether ``value`` is meant as the name of a column."""
    if isinstance(value, str):
        return True
    # Columns of pandas may be called 0 or ("a", "b").
    return table.is_frame and isinstance(value, (int, tuple)) and table.has(str(value))


def read_hover(table: Table, hover: Any, n: int) -> list[str]:
    """Return the names of the columns that a card shows.

    Parameters
    ----------
    table
        The data. Values given as arrays become columns of it.
    hover
        A column's name, a list of them, a dict or data frame of values by name, or the values of
        one column. None takes the columns of a data frame that are not embedded, at most 8.
    n
        The number of rows.
    """
    if hover is None:
        return table.left_out()[:MAX_HOVER]
    if is_name(table, hover):
        return [table.find(hover, "hover")]
    frame = as_frame(hover)
    if frame is not None:
        hover = {str(name): frame[:, i].to_native() for i, name in enumerate(frame.columns)}
    if isinstance(hover, Mapping):
        return [_add_hover(table, _named(table, str(k), v, n)) for k, v in hover.items()]
    if isinstance(hover, (list, tuple)):
        named = all(isinstance(item, str) or table.has(str(item)) for item in hover)
        if named and (len(hover) != n or all(table.has(str(item)) for item in hover)):
            return list(dict.fromkeys(table.find(item, "hover") for item in hover))
    column = as_column(hover, n, argument="hover", unnamed="text")
    return [_add_hover(table, column)]


def read_images(table: Table, images: Any, n: int) -> Pictures | None:
    """Return the pictures of the rows: given themselves, or by the name of a column that holds them."""
    if images is None:
        return None
    if not is_name(table, images):
        return Pictures(images, n)
    name = table.find(images, "images")
    if table.is_numeric(name):
        raise InvalidInputError(
            f"images must name a column of bytes, paths or pictures, got {name!r}, which holds numbers"
        )
    return Pictures(_Cells(table, name, n), n)


class _Cells:
    """The values of a column, read one at a time."""

    def __init__(self, table: Table, name: str, n: int) -> None:
        self._table, self._name, self._n = table, name, n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, row: int) -> Any:
        return self._table.cell(self._name, row)


def _named(table: Table, name: str, values: Any, n: int) -> Column:
    """Return an entry of a dict of values by name."""
    if is_name(table, values):
        raise InvalidInputError(
            f"hover[{name!r}] must hold one value per row, got the name {values!r}; name columns in a list: "
            f"hover=[{values!r}]"
        )
    return replace(as_column(values, n, argument=f"hover[{name!r}]"), name=name)


def _add_hover(table: Table, column: Column) -> str:
    """Offer a column and return its name; a name of the data frame must stand for the same values."""
    name = column.name
    if name in table.names and not _are_same(column.values, table.column(name).values):
        raise InvalidInputError(
            f"hover must have another name for values that are not those of X[{name!r}], got {name!r}; "
            f"rename them, or write hover=[{name!r}] for the column of X"
        )
    table.add(column)
    return name


def _are_same(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Return whether all values are the same, or missing in both."""
    both_missing: Any = (a != a) & (b != b)  # noqa: PLR0124 - NaN
    return bool(np.all((a == b) | both_missing))
