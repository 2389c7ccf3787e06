"""What a file holds of a widget beside its run: the data, the columns, the look."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.columns import Column, from_config, to_config
from nbembed.errors import InvalidInputError
from nbembed.tables import Table
from nbembed.widget.details import Details
from nbembed.widget.look_widget import Look, make_look

__all__ = ["INDEX", "Arrays", "LoadedTable", "Shelf", "read_content", "stored_content"]

Arrays = dict[str, NDArray[Any]]

# The column that holds the rows' own names.
INDEX = "index"
# Fields of a caller's argument that colour, size and label.
LABELS, TARGET = "labels", "y"


class LoadedTable(Table):
    """The rows of a file: an array, and the columns that were stored with it.

    Parameters
    ----------
    data
        Shape (n_samples, n_features).
    columns
        Offered for colour and on cards.
    features
        Names of the columns of ``data``; empty where they had none, or where the data are not there.
    """

    def __init__(
        self, data: NDArray[Any], columns: Sequence[Column], features: Sequence[str]
    ) -> None:
        super().__init__(data)
        self.choose()
        for column in columns:
            self.add(column)
        for name, values in zip(features, data.T, strict=False):
            if not self.has(name):
                self.add(Column(name, values))


class Shelf:
    """Puts columns into settings and arrays, each once."""

    def __init__(self, arrays: Arrays) -> None:
        self.columns: list[dict[str, Any]] = []
        self._arrays = arrays
        self._places: dict[int, int] = {}
        # Held, so that no other column gets the address of one that is there.
        self._held: list[Column] = []

    def put(self, column: Column) -> int:
        """Store a column, unless that was done, and return its number."""
        if id(column) not in self._places:
            number = self._places[id(column)] = len(self.columns)
            config, arrays = to_config(column, f"column.{number}")
            self.columns.append(config)
            self._held.append(column)
            self._arrays.update(arrays)
        return self._places[id(column)]


def stored_content(
    content: Mapping[str, Any], offered: Sequence[str], arrays: Arrays, *, data: bool
) -> dict[str, Any]:
    """Return what makes the widget beside its run as JSON can say it; arrays go into ``arrays``.

    Parameters
    ----------
    content
        By the names of the widget's attributes.
    offered
        Names of the columns that the browser offers.
    arrays
        Takes what JSON cannot say.
    data
        Store the rows and ``y`` too.
    """
    table: Table = content["_table"]
    details: Details = content["_details"]
    shelf = Shelf(arrays)
    looks: dict[str, Look] = content["_looks"]
    kept = {
        channel: {"column": shelf.put(look.column), "options": _stored_options(look, shelf)}
        for channel, look in looks.items()
    }
    labels: Column | None = content["_labels"]
    wanted = dict.fromkeys([*offered, *details.hover])
    hover, index = list(details.hover), table.index_names()
    names = [shelf.put(table.column(name)) for name in wanted if name not in table.features]
    if index is not None and not table.has(INDEX):
        names.append(shelf.put(Column(INDEX, np.array(index, dtype=object))))
        hover.insert(0, INDEX)
    if data:
        arrays["data"] = content["_data"]
    target = content["_y"] if data else None
    return {
        "live_metrics": bool(content["_live_metrics"]),
        "looks": kept,
        LABELS: None if labels is None else shelf.put(labels),
        TARGET: None if target is None else shelf.put(Column(TARGET, np.asarray(target))),
        "offered": names,
        "hover": [name for name in hover if data or name not in table.features],
        "features": list(table.features) if data else [],
        "columns": shelf.columns,
    }


def read_content(
    config: Mapping[str, Any], arrays: Arrays, data: NDArray[np.float32]
) -> dict[str, Any]:
    """Return what :func:`stored_content` has stored, by the names of the widget's attributes.

    ``data`` are the rows, or what stands for them where they are not there.
    """
    n = len(data)
    columns = [_fitting(from_config(column, arrays), n) for column in config["columns"]]
    table = LoadedTable(data, [columns[i] for i in config["offered"]], config["features"])
    labels, target = config[LABELS], config[TARGET]
    looks = {
        channel: make_look(
            channel, columns[look["column"]], _read_options(look["options"], columns)
        )
        for channel, look in config["looks"].items()
    }
    for look in looks.values():
        table.add(look.column)
    return {
        "_live_metrics": bool(config["live_metrics"]),
        "_table": table,
        "_data": data,
        "_y": None if target is None else columns[target].values,
        "_labels": None if labels is None else columns[labels],
        "_looks": looks,
        "_details": Details(table, n, hover=[name for name in config["hover"] if table.has(name)]),
    }


def _stored_options(look: Look, shelf: Shelf) -> dict[str, Any]:
    return {
        name: shelf.put(value) if isinstance(value, Column) else value
        for name, value in look.options.items()
    }


def _read_options(options: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    inner = options.get("subclass")
    return {**options, **({} if inner is None else {"subclass": columns[inner]})}


def _fitting(column: Column, n: int) -> Column:
    if column.values.shape != (n,):
        raise InvalidInputError(
            f"column {column.name!r} must hold {n} values, got shape {column.values.shape}"
        )
    return column
