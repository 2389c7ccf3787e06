"""Every check of user input, before anything reaches native code.

The messages say which argument, what it must be, what it got and what to do.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = [
    "check_choice",
    "check_data",
    "check_init",
    "check_labels",
    "check_number",
    "check_seed",
    "unknown_keyword",
]

# Sparse input is made dense only up to this size; beyond it the message says what to do instead.
MAX_DENSE_BYTES = 2_000_000_000
# Outside these magnitudes squares overflow, or vanish, in float32.
HUGE, TINY = 1e15, 1e-15
# A column whose mean is this many times its spread loses its digits in float32.
MAX_OFFSET = 1e3


def check_data(X: Any, *, metric: str = "euclidean", min_samples: int = 2) -> NDArray[np.float32]:
    """Return ``X`` as a finite C-ordered float32 array of shape (n_samples, n_features).

    Lists, arrays of any numeric type, pandas and polars frames with numeric columns, torch tensors,
    memory maps and (small) sparse matrices are taken. For metrics that do not see them, a large
    offset and an extreme scale are removed in float64 first, so that float32 loses nothing.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Naming ``X``, what was found and what to do.
    """
    array = _as_numeric(X)
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
    _check_finite(array, _column_names(X))
    return _to_float32(
        array, shift=metric in ("euclidean", "sqeuclidean", "manhattan", "cityblock", "chebyshev")
    )


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


def check_choice(name: str, value: Any, choices: Iterable[str]) -> None:
    """Raise unless ``value`` is one of ``choices``; the message suggests the nearest."""
    known = list(choices)
    if not isinstance(value, str) or value not in known:
        raise InvalidInputError(
            f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}{_nearest(value, known)}"
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
    values = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
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
    hint = _nearest(keyword, names) or f"; known are {', '.join(names)}"
    return InvalidTypeError(f"{owner} got an unexpected keyword argument {keyword!r}{hint}")


def _nearest(value: Any, known: list[str]) -> str:
    found = get_close_matches(str(value), known, n=1, cutoff=0.5)
    return f"; did you mean {found[0]!r}?" if found else ""


def _column_names(X: Any) -> list[str] | None:
    columns = getattr(X, "columns", None)
    return None if columns is None else [str(c) for c in columns]


def _as_numeric(X: Any) -> NDArray[Any]:
    """Return X as a dense array of a real numeric type."""
    if hasattr(X, "detach") and hasattr(X, "cpu"):
        X = X.detach().cpu().numpy()
    elif hasattr(X, "tocsr") and hasattr(X, "nnz"):
        X = _dense(X)
    _check_columns(X)
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


def _check_columns(X: Any) -> None:
    """Raise for a data frame with columns that are not numbers, naming them."""
    dtypes, names = getattr(X, "dtypes", None), _column_names(X)
    if dtypes is None or names is None:
        return
    bad = [name for name, dtype in zip(names, dtypes, strict=False) if _is_text(dtype)]
    if bad:
        shown = ", ".join(map(repr, bad[:5])) + (" and more" if len(bad) > 5 else "")  # noqa: PLR2004
        raise InvalidInputError(
            f"X must hold numbers, got the non-numeric column(s) {shown}; drop or encode them, for example "
            "X.select_dtypes('number') in pandas"
        )


def _is_text(dtype: Any) -> bool:
    text = str(dtype).lower()
    return any(word in text for word in ("str", "categ", "utf8", "enum", "date", "time"))


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
    finite = np.isfinite(array)
    if finite.all():
        return
    bad = ~finite
    what = "NaN" if np.isnan(array).any() else "infinity"
    rows = ", ".join(map(str, np.flatnonzero(bad.any(axis=1))[:3]))
    per_column = bad.sum(axis=0)
    worst = np.argsort(-per_column, kind="stable")[:3]
    columns = ", ".join(
        f"{names[c] if names else c} ({per_column[c]})" for c in worst if per_column[c]
    )
    raise InvalidInputError(
        f"X must be finite (no NaN, inf), got {int(bad.sum())} value(s) that are not, {what} among them, in column(s) "
        f"{columns}; first row(s) {rows}. Drop those rows or impute them, for example with sklearn.impute.SimpleImputer"
    )


def _to_float32(array: NDArray[Any], *, shift: bool) -> NDArray[np.float32]:
    """Return float32 without overflow and, for metrics blind to it, without a large offset."""
    if array.dtype.itemsize <= 2 and array.dtype.kind in "biuf":  # noqa: PLR2004
        return np.ascontiguousarray(array, dtype=np.float32)
    largest = max(float(array.max()), -float(array.min()))
    if largest > HUGE or 0 < largest < TINY:
        array = array.astype(np.float64) / largest
    if shift:
        mean = array.mean(axis=0, dtype=np.float64)
        spread = array.std(axis=0, dtype=np.float64)
        if (np.abs(mean) > MAX_OFFSET * spread).any():
            array = array - mean
    return np.ascontiguousarray(array, dtype=np.float32)
