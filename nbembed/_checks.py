"""Every check of user input, before anything reaches native code.

The messages say which argument, what it must be, what it got and what to do.
"""

import inspect
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import wraps
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import HUGE, Scaling, are_below, blocks
from nbembed.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    import narwhals.stable.v1 as nw

__all__ = [
    "as_frame",
    "check_choice",
    "check_data",
    "check_flag",
    "check_init",
    "check_labels",
    "check_number",
    "check_seed",
    "nearest",
    "suggesting",
    "unknown_keyword",
]

# Sparse input is made dense only up to this size; beyond it the message says what to do instead.
MAX_DENSE_BYTES = 2_000_000_000
# Metrics that see no offset.
SHIFT_BLIND = ("euclidean", "sqeuclidean", "manhattan", "cityblock", "chebyshev")


def check_data(X: Any, *, metric: str = "euclidean", min_samples: int = 2) -> NDArray[np.float32]:
    """Return ``X`` as a finite C-ordered float32 array of shape (n_samples, n_features).

    Lists, arrays of any numeric type, data frames (pandas, polars, pyarrow) whose columns are all
    numeric, torch tensors, memory maps and (small) sparse matrices are taken. For metrics that do not see them, a large
    offset and an extreme scale are removed in float64 first, so that float32 loses nothing.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Naming ``X``, what was found and what to do.
    """
    return scaled_data(X, metric=metric, min_samples=min_samples)[0]


def scaled_data(
    X: Any, *, metric: str = "euclidean", min_samples: int = 2
) -> tuple[NDArray[np.float32], Scaling]:
    """Return what :func:`check_data` returns, and how later rows are brought to the same scale."""
    array = _finite_table(X, min_samples=min_samples)
    scaling = Scaling.of(array, shift=metric in SHIFT_BLIND)
    return scaling.apply(array), scaling


def check_rows(X: Any, *, n_features: int, scaling: Scaling, owner: str) -> NDArray[np.float32]:
    """Return new rows as :func:`check_data` would, on the scale of the data that ``owner`` was fitted to.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        As :func:`check_data`; also for another number of columns, and for numbers beyond all scale.
    """
    array, names = _table(X, min_samples=1)
    if array.shape[1] != n_features:
        raise InvalidInputError(
            f"X must have the columns of the data that was fitted, {n_features} in number, got {array.shape[1]}: "
            f"X has {array.shape[1]} features, but {owner} is expecting {n_features} features as input"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        rows = scaling.apply(array)
    if not are_below(HUGE, rows):
        _check_finite(array, names)
        raise InvalidInputError(
            f"X must hold numbers up to {HUGE * scaling.divisor:.3g} beside the data that was fitted, got one of "
            f"magnitude {np.abs(array.astype(np.float64)).max():.3g}; check the units of X"
        )
    return rows


def _finite_table(X: Any, *, min_samples: int) -> NDArray[Any]:
    """Return ``X`` as a two-dimensional array of finite real numbers of its own type."""
    array, names = _table(X, min_samples=min_samples)
    _check_finite(array, names)
    return array


def _table(X: Any, *, min_samples: int) -> tuple[NDArray[Any], list[str] | None]:
    """Return ``X`` as a two-dimensional array of real numbers, and the names of its columns if it has any."""
    frame = as_frame(X)
    names = None if frame is None else [str(name) for name in frame.columns]
    array = _as_numeric(X) if frame is None else _frame_numbers(frame)
    if array.ndim != 2:  # noqa: PLR2004
        raise InvalidInputError(
            f"X must have 2 dimensions, (n_samples, n_features), got {array.ndim}: shape {array.shape}. "
            "Reshape your data: X.reshape(-1, 1) if it is one feature, X.reshape(1, -1) if it is one "
            "sample, X.reshape(len(X), -1) if each sample is an image"
        )
    n, d = array.shape
    if d == 0:
        raise InvalidInputError(
            f"X must have features, got 0 feature(s) (shape={array.shape}) while a minimum of 1 is required."
        )
    if n < min_samples:
        raise InvalidInputError(
            f"X must have at least {min_samples} rows, got {n} sample(s) (shape={array.shape}) while a minimum "
            f"of {min_samples} is required: a map shows rows relative to each other"
        )
    return array, names


def as_frame(X: Any) -> "nw.DataFrame[Any] | None":
    """Return a data frame of any library in one form, None for what is no data frame.

    Raises
    ------
    InvalidInputError
        For a lazy frame, and for columns that share a name.
    """
    if isinstance(X, (np.ndarray, list, tuple)):
        return None
    import narwhals.stable.v1 as nw

    try:
        frame: Any = nw.from_native(X, pass_through=True)
    except Exception:
        _refuse_repeated(getattr(X, "column_names", getattr(X, "columns", ())))
        raise
    if isinstance(frame, nw.LazyFrame):
        raise InvalidInputError(
            f"X must be in memory, got a lazy {type(X).__name__}; call X.collect() first (X.compute() in dask)"
        )
    if not isinstance(frame, nw.DataFrame):
        return None
    _refuse_repeated(frame.columns)
    return frame


def _refuse_repeated(columns: Iterable[Any]) -> None:
    seen: set[Any] = set()
    for name in columns:
        if name in seen:
            raise InvalidInputError(
                f"X must have a name of its own for each column, got {name!r} more than once; "
                "rename or drop one of them, for example X.loc[:, ~X.columns.duplicated()] in pandas"
            )
        seen.add(name)


def check_number(
    name: str,
    value: Any,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    integer: bool = False,
    above: bool = False,
) -> None:
    """Raise unless ``low <= value <= high`` (``low < value`` with ``above``)."""
    kind = Integral if integer else Real
    wanted = (
        f"{'an integer' if integer else 'a number'} {'above' if above else 'of at least'} {low:g}"
    )
    wanted += "" if high == np.inf else f" and at most {high:g}"
    if not isinstance(value, kind) or isinstance(value, (bool, np.bool_)):
        raise InvalidTypeError(
            f"{name} must be {wanted}, got {value!r} of type {type(value).__name__}"
        )
    number = float(value)  # pyright: ignore[reportArgumentType]
    if not (low < number if above else low <= number) or not number <= high:
        raise InvalidInputError(f"{name} must be {wanted}, got {value!r}")


def check_flag(name: str, value: Any) -> None:
    """Raise unless ``value`` is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise InvalidTypeError(
            f"{name} must be True or False, got {value!r} of type {type(value).__name__}"
        )


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Raise unless ``value`` is one of ``choices``; the message suggests the nearest."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise InvalidInputError(
            f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}{nearest(value, known)}"
        )


def check_seed(random_state: Any) -> int:
    """Return the seed that ``random_state`` stands for, 0 to 2**32 - 1; None draws a fresh one."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, (int, np.integer)) and not isinstance(random_state, bool):
        if not 0 <= int(random_state) < 2**32:
            raise InvalidInputError(f"random_state must be in 0 … 2**32 - 1, got {random_state!r}")
        return int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**32))
    raise InvalidTypeError(
        f"random_state must be None, an integer, a numpy RandomState or Generator, got {random_state!r}"
    )


def check_labels(labels: Any, n: int, *, name: str = "labels") -> NDArray[Any] | None:
    """Return ``labels`` as an array of ``n`` values, or None."""
    if labels is None:
        return None
    values = labels.to_numpy() if hasattr(labels, "to_numpy") else labels
    try:
        values = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
    except ValueError:
        raise InvalidInputError(
            f"{name} must hold one value per row of X, got lists of different lengths"
        ) from None
    if values.ndim == 2 and values.shape[1] == 1:  # noqa: PLR2004
        values = values[:, 0]
    if values.ndim != 1 or len(values) != n:
        raise InvalidInputError(
            f"{name} must hold one value per row of X, {n} in all, got shape {values.shape}; "
            f"check that {name} and X come from the same rows"
        )
    if values.dtype.kind == "c":
        raise InvalidTypeError(f"{name} must be names or real numbers, got complex numbers")
    return values


def check_init(init: Any, n: int, n_components: int) -> NDArray[np.float32]:
    """Return a starting map given as an array."""
    try:
        array = np.asarray(init, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidTypeError(
            f"init must be a name or an array of numbers, got {type(init).__name__}"
        ) from None
    if array.shape != (n, n_components):
        raise InvalidInputError(
            f"init must have shape ({n}, {n_components}), one row per row of X, got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise InvalidInputError("init must be finite, got NaN or infinity in it")
    return np.ascontiguousarray(array, dtype=np.float32)


def unknown_keyword(owner: str, keyword: str, known: Iterable[str]) -> InvalidTypeError:
    """Return the error for a keyword that ``owner`` does not have."""
    names = sorted(known)
    hint = nearest(keyword, names) or f"; known are {', '.join(names)}"
    return InvalidTypeError(f"{owner} got an unexpected keyword argument {keyword!r}{hint}")


def suggesting(init: Callable[..., None]) -> Callable[..., None]:
    """Let an estimator's ``__init__`` name the nearest parameter when it gets one that does not exist."""
    known = [name for name in inspect.signature(init).parameters if name != "self"]

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        for keyword in kwargs:
            if keyword not in known:
                raise unknown_keyword(type(self).__name__, keyword, known)
        init(self, *args, **kwargs)

    return checked


def nearest(value: Any, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'species'?"`` if one of ``known`` is near ``value``, else ``""``."""
    found = get_close_matches(str(value), list(known), n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def _as_numeric(X: Any) -> NDArray[Any]:
    """Return X as a dense array of a real numeric type."""
    if hasattr(X, "detach") and hasattr(X, "cpu"):
        X = X.detach().cpu().numpy()
    elif hasattr(X, "tocsr") and hasattr(X, "nnz"):
        X = _dense(X)
    try:
        array = np.asarray(X)
    except ValueError:
        raise InvalidInputError(
            "X must be a table with rows of equal length, got rows of different lengths; pad or cut them"
        ) from None
    if array.dtype.kind == "c":
        raise InvalidInputError(
            f"X must be real. Complex data not supported, got dtype {array.dtype}; use X.real or abs(X)"
        )
    if array.dtype.kind in "biuf":
        return array
    return _from_objects(array)


def _from_objects(array: NDArray[Any]) -> NDArray[np.float64]:
    """Return numbers that came as objects or text as float64."""
    if array.dtype.kind not in "OUS":
        raise InvalidTypeError(
            f"X must hold numbers, got dtype {array.dtype}; convert it to numbers first"
        )
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        example = next((v for v in array.ravel().tolist() if not isinstance(v, Real)), None)
        # scikit-learn's contract: a TypeError for what float() cannot take, a ValueError for text.
        kind = InvalidTypeError if isinstance(error, TypeError) else InvalidInputError
        raise kind(
            f"X must hold numbers, got {example!r} of type {type(example).__name__} (argument must be a string "
            "or a number that float() can read); encode text and categories as numbers, or drop those columns"
        ) from None


def _frame_numbers(frame: "nw.DataFrame[Any]") -> NDArray[Any]:
    """Return the columns of a data frame as one array; raise for those that are not numbers."""
    import narwhals.stable.v1 as nw

    # An object column may hold numbers; it is read one by one.
    fine = (nw.Boolean, nw.Object, nw.Unknown)
    kinds = list(frame.schema.items())
    bad = [
        str(name)
        for name, dtype in kinds
        if not dtype.is_numeric() and not any(dtype == kind for kind in fine)
    ]
    if bad:
        shown = ", ".join(map(repr, bad[:5])) + (" and more" if len(bad) > 5 else "")  # noqa: PLR2004
        raise InvalidInputError(
            f"X must hold numbers, got the non-numeric column(s) {shown}; drop or encode them, for example "
            "X.select_dtypes('number') in pandas"
        )
    array = frame.to_numpy()
    if array.dtype.kind in "biuf":
        return array
    columns = (frame[:, i].to_numpy() for i in range(len(kinds)))
    return np.column_stack([c if c.dtype.kind in "biuf" else _with_gaps(c) for c in columns])


def _with_gaps(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return a column of Python's numbers as float64; what pandas and polars call missing is NaN."""
    gone = [value is None or type(value).__name__ == "NAType" for value in values.tolist()]
    return _from_objects(np.where(gone, np.nan, values))


def _dense(X: Any) -> NDArray[Any]:
    nbytes = 4 * X.shape[0] * X.shape[1]
    if nbytes > MAX_DENSE_BYTES:
        raise InvalidInputError(
            f"X must fit into {MAX_DENSE_BYTES / 1e9:g} GB when dense, got a sparse matrix of shape {X.shape} that "
            f"needs {nbytes / 1e9:.1f} GB; reduce it first, for example with sklearn.decomposition.TruncatedSVD(50)"
        )
    return X.toarray()


def _check_finite(array: NDArray[Any], names: list[str] | None) -> None:
    """Raise for NaN or infinity, saying how many, where, and what to do."""
    if array.dtype.kind != "f":
        return
    count, kinds = 0, set[str]()
    first: list[int] = []
    per_column = np.zeros(array.shape[1], dtype=np.int64)
    start = 0
    for block in blocks(array):
        bad = ~np.isfinite(block)
        if bad.any():
            count += int(bad.sum())
            kinds |= {"NaN"} if np.isnan(block).any() else {"infinity"}
            first += (start + np.flatnonzero(bad.any(axis=1))[:3]).tolist()
            per_column += bad.sum(axis=0)
        start += len(block)
    if not count:
        return
    what = "NaN" if "NaN" in kinds else "infinity"
    rows = ", ".join(map(str, first[:3]))
    worst = np.argsort(-per_column, kind="stable")[:3]
    columns = ", ".join(
        f"{names[c] if names else c} ({per_column[c]})" for c in worst if per_column[c]
    )
    raise InvalidInputError(
        f"X must be finite (no NaN, inf), got {count} value(s) that are not, {what} among them, in column(s) "
        f"{columns}; first row(s) {rows}. Drop those rows or impute them, for example with sklearn.impute.SimpleImputer"
    )
