"""The caller's rows, as they came: which columns are embedded, what the others say.

Data frames of every library (pandas, polars, pyarrow, …) are read through narwhals; none of them
is a dependency. The caller's data is kept by reference and never copied as a whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import as_frame, nearest
from nbembed.columns import Column, from_series, kind_of
from nbembed.errors import InvalidInputError, InvalidTypeError, MissingPackageError

__all__ = ["Table"]

# An unknown column is told which there are, up to this many.
MAX_NAMES_TOLD = 8


class Table:
    """The data a widget was given, a data frame or anything else that has rows.

    Parameters
    ----------
    X
        The caller's data. A change of it in place is seen here too.

    Attributes
    ----------
    source
        ``X`` itself.
    names
        The columns of a data frame as text; empty for anything else.
    features
        Those of them that are embedded, after :meth:`choose`.

    Raises
    ------
    InvalidInputError
        If a data frame is lazy, or two of its columns have the same name.
    """

    def __init__(self, X: Any) -> None:
        self.source = X
        self._frame = as_frame(X)
        schema = {} if self._frame is None else self._frame.schema
        self.names = [str(name) for name in schema]
        self.features: list[str] = []
        # By their own names, not by their places: the caller may put other columns in between.
        self._keys: dict[str, Any] = dict(zip(self.names, schema, strict=True))
        self._dtypes: dict[str, Any] = dict(zip(self.names, schema.values(), strict=True))
        self._added: dict[str, Column] = {}
        self._hidden: set[str] = set()
        self._kinds: dict[str, str] = {}
        if len(self._keys) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InvalidInputError(
                f"X must have a name of its own for each column, got {twice!r} more than once as text; "
                "rename one of them"
            )

    @property
    def is_frame(self) -> bool:
        """Whether the data is a data frame."""
        return self._frame is not None

    # ---- what is embedded ---------------------------------------------------------------------

    def choose(self, features: Any = None, *, apart: Iterable[str] = ()) -> None:
        """Decide which columns are embedded.

        Parameters
        ----------
        features
            Names of numeric or boolean columns. None takes every numeric one.
        apart
            Columns that are not embedded in any case.

        Raises
        ------
        InvalidInputError
            If no column is left, or one of ``features`` does not exist, is named twice, stands
            apart or is not numeric.
        """
        if self._frame is None:
            if features is not None:
                raise InvalidInputError(
                    f"features must be left out when X is no data frame, got features={features!r} and X of type "
                    f"{type(self.source).__name__}; choose columns by X[:, [0, 2]] or the like"
                )
            return
        if features is None:
            away = set(apart)
            self.features = [n for n in self.names if n not in away and self._kind(n) == "numbers"]
            if not self.features:
                raise InvalidInputError(
                    f"X must have numeric columns to embed, got {self._told(self.names)}; encode text and "
                    "categories as numbers, for example with sklearn.preprocessing.OneHotEncoder"
                )
            return
        self.features = self._checked_features(features, set(apart))

    def embedded(self) -> Any:
        """Return the data to embed: the chosen columns of a data frame, or ``X`` itself."""
        if self._frame is None:
            return self.source
        place = {name: i for i, name in enumerate(self.names)}
        return self._frame[:, [place[name] for name in self.features]]

    def left_out(self) -> list[str]:
        """Return the columns that are not embedded and can be shown."""
        chosen = {*self.features, *self._hidden}
        return [name for name in self.names if name not in chosen and self.is_showable(name)]

    # ---- columns by name ----------------------------------------------------------------------

    def add(self, column: Column) -> None:
        """Offer one more column under its name, unless the data frame has one of that name."""
        if column.name not in self._keys:
            self._added[column.name] = column

    def copy(self) -> "Table":
        """Return the same rows and columns; what is added to one of the two is not added to the other."""
        other = copy(self)
        other._added = dict(self._added)  # noqa: SLF001 - one of ours
        return other

    def hide(self, name: str) -> None:
        """Offer a column for nothing: it holds what is not shown as text."""
        self._hidden.add(name)

    @property
    def added(self) -> list[str]:
        """The names of the columns that were added beside those of the data frame."""
        return list(self._added)

    def has(self, name: Any) -> bool:
        """Return whether there is a column of this name."""
        return isinstance(name, str) and (name in self._keys or name in self._added)

    def find(self, name: Any, argument: str) -> str:
        """Return the name of a column as text, or raise, naming ``argument`` and the nearest name."""
        if self.has(str(name)):
            return str(name)
        known = [*self.names, *self.added]
        there = f"; there are {_listed(known)}" if known else "; X has no names for its columns"
        raise InvalidInputError(
            f"{argument} must name a column or hold one value per row, got {name!r}"
            f"{nearest(name, known) or there}"
        )

    def column(self, name: str) -> Column:
        """Return a whole column; ``name`` must exist."""
        if self._frame is None or name not in self._keys:
            return self._added[name]
        return from_series(self._frame.get_column(self._keys[name]), name)

    def cell(self, name: str, row: int) -> Any:
        """Return one value of a column as its owner has it."""
        if self._frame is None or name not in self._keys:
            return self._added[name].values[row]
        return self._frame.get_column(self._keys[name])[row]

    def is_showable(self, name: str) -> bool:
        """Return whether a column's values can colour points or stand on a card."""
        return name not in self._keys or self._kind(name) != "things"

    def is_numeric(self, name: str) -> bool:
        """Return whether a column holds numbers, booleans not among them."""
        if name in self._keys:
            return self._kind(name) == "numbers"
        return self._added[name].values.dtype.kind in "iuf"

    # ---- rows ---------------------------------------------------------------------------------

    def rows(self, positions: Sequence[int]) -> Any:
        """Return some of the caller's own rows, in the caller's own type."""
        X, at = self.source, np.asarray(positions, dtype=np.intp)
        if self._frame is not None:
            rows = self._frame[at]
            return rows if type(rows) is type(X) else rows.to_native()
        if isinstance(X, (list, tuple)):
            return [X[i] for i in at.tolist()]
        if hasattr(X, "tocsr") and hasattr(X, "nnz"):
            return (X if X.format in ("csr", "csc", "lil", "dok") else X.tocsr())[at]
        return X[at] if hasattr(X, "__getitem__") else np.asarray(X)[at]

    def index(self, row: int) -> str | None:
        """Return the row's own name in a pandas index, None where rows are only counted."""
        index = self._index()
        return None if index is None else _label(index[row])

    def index_names(self) -> list[str] | None:
        """Return the own names of all rows, None where they are only counted."""
        index = self._index()
        return None if index is None else [_label(label) for label in index.tolist()]

    def extended(self, new: Mapping[str, NDArray[Any]], *, instead: Sequence[Column] = ()) -> Any:
        """Return a data frame with the caller's columns and, after them, ``new`` ones.

        It is of the caller's library, with the caller's index. If the data is no data frame, it is
        one of pandas, with the columns ``instead`` of the caller's before the last new one. A new
        name that is taken gets ``"_map"`` at its end.

        Raises
        ------
        MissingPackageError
            If the data is no data frame, and pandas is not installed.
        """
        others = {column.name: column.values for column in instead}
        taken = set(others if self._frame is None else self.names)
        fresh: dict[str, NDArray[Any]] = {}
        for name, values in new.items():
            free = name
            while free in taken:
                free += "_map"
            fresh[free] = values
        if self._frame is None:
            *first, last = fresh.items()
            return _pandas().DataFrame(dict([*first, *others.items(), last]))
        native: Any = self._frame.to_native()
        if hasattr(native, "assign"):  # pandas and its kin, whose columns may have several levels
            rest = ("",) * (getattr(native.columns, "nlevels", 1) - 1)
            extended = native.copy()
            for name, values in fresh.items():
                extended[(name, *rest) if rest else name] = values
            return extended
        import narwhals.stable.v1 as nw

        space: Any = nw.get_native_namespace(self._frame)
        series = [nw.new_series(name, v, native_namespace=space) for name, v in fresh.items()]
        return self._frame.with_columns(*series).to_native()

    # ---- inside -------------------------------------------------------------------------------

    def _index(self) -> Any:
        """Return a pandas index that says more than the rows' positions."""
        if self._frame is None:
            return None
        index = getattr(self._frame.to_native(), "index", None)
        if index is None or not hasattr(index, "tolist"):
            return None
        counted = (getattr(index, "start", None), getattr(index, "step", None)) == (0, 1)
        return None if counted else index

    def _kind(self, name: str) -> str:
        """Return what a column of the data frame holds, in a word for messages."""
        assert self._frame is not None  # noqa: S101 - only data frames have names
        if name not in self._kinds:
            dtype = self._dtypes[name]
            series = None if dtype.is_numeric() else self._frame.get_column(self._keys[name])
            self._kinds[name] = kind_of(dtype, series)
        return self._kinds[name]

    def _told(self, names: Sequence[str]) -> str:
        return _listed([f"{name} ({self._kind(name)})" for name in names]) or "no columns"

    def _checked_features(self, features: Any, apart: set[str]) -> list[str]:
        if isinstance(features, (str, bytes)) or not isinstance(features, Iterable):
            raise InvalidTypeError(
                f"features must be a list of column names, got {features!r}; write features=[{features!r}]"
            )
        chosen: list[str] = []
        for feature in features:
            if str(feature) not in self._keys:
                raise InvalidInputError(
                    f"features must be columns of X, got {feature!r}"
                    f"{nearest(feature, self.names) or '; there are ' + _listed(self.names)}"
                )
            chosen.append(str(feature))
        if not chosen or len(set(chosen)) < len(chosen):
            what = "one of them twice" if chosen else "none"
            raise InvalidInputError(
                f"features must name at least one column of X, each once, got {what}: {chosen!r}"
            )
        for name in chosen:
            if name in apart:
                raise InvalidInputError(
                    f"features must be columns that are embedded, got {name!r}, which labels= or images= takes out "
                    f"of the map; name it in one place only (color={name!r} colours and embeds)"
                )
            if (kind := self._kind(name)) not in ("numbers", "booleans"):
                raise InvalidInputError(
                    f"features must be numeric columns, got {name!r}, which holds {kind}; one-hot encode it first, "
                    "for example with pandas.get_dummies or sklearn.preprocessing.OneHotEncoder"
                )
        return chosen


def _label(label: Any) -> str:
    return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MAX_NAMES_TOLD
    return ", ".join(names[:MAX_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")


def _pandas() -> Any:
    try:
        import pandas as pd
    except ImportError:
        raise MissingPackageError(
            "to_frame() needs pandas when X is no data frame; pip install pandas, or give X as a data frame"
        ) from None
    return pd
