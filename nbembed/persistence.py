"""Arrays and plain settings in one file that cannot run code.

The file is a safetensors file: a JSON header, then the bytes of the arrays. Its metadata holds,
under ``nbembed``, the JSON text ``{"format", "kind", "config", "arrays"}`` with type, shape and
checksum of every array, and under ``sha256`` the checksum of that text. A file that was
cut short or altered is noticed before anything in it is used.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["STORY", "load", "replacing", "save"]

FORMAT = 1
# The kind of a file that holds a widget with its run; all others are estimators, named by their classes.
STORY = "run"
# safetensors' name of every type that may be stored.
DTYPES = {
    "float16": "F16",
    "float32": "F32",
    "float64": "F64",
    "int32": "I32",
    "int64": "I64",
    "bool": "BOOL",
    "uint8": "U8",
}
MAX_HEADER_BYTES = 32_000_000
LENGTH_BYTES = 8


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Generator[Path, None, None]:
    """Yield a file name beside ``path``; what was written there takes its place at the end.

    So ``path`` holds either what it held before or all of the new content, whatever happens in
    between. After an error the new file is removed.
    """
    target = Path(path)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def save(
    path: str | os.PathLike[str],
    kind: str,
    config: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write settings and arrays into one file, replacing it at once or not at all.

    Parameters
    ----------
    path
        The file.
    kind
        What is stored, for the reader, for example ``"TSNE"``.
    config
        Anything JSON can say; numpy's numbers become Python's, tuples become lists.
    arrays
        Arrays of float16, float32, float64, int32, int64, bool or uint8 under their names.

    Raises
    ------
    InvalidTypeError
        If an array has another type, or ``config`` holds what JSON cannot say.
    OSError
        If the file cannot be written.
    """
    stored = {name: _storable(name, array) for name, array in arrays.items()}
    content = {
        "format": FORMAT,
        "kind": kind,
        "config": dict(config),
        "arrays": {name: _description(array) for name, array in stored.items()},
    }
    text = _json(content)
    if len(text) > MAX_HEADER_BYTES // 2:
        raise InvalidInputError(
            f"config must take less than {MAX_HEADER_BYTES // 2:,} bytes as JSON, got "
            f"{len(text):,}; store what is large as an array"
        )
    with replacing(path) as beside:
        save_file(stored, beside, metadata={"nbembed": text, "sha256": _checksum(text.encode())})


def load(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """Return ``(kind, config, arrays)`` as :func:`save` got them.

    Nothing in the file is ever run, whoever wrote it.

    Raises
    ------
    InvalidInputError
        If the file was not written by :func:`save`, is damaged, or is of a later format; the
        message names the path.
    OSError
        If there is no such file, or it cannot be read.
    """
    try:
        _check_header_length(Path(path))
        return _read(path)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InvalidInputError(
            f"{os.fspath(path)!r} must be a complete file written by nbembed, got one that cannot "
            f"be read: {error}. Take a copy that is not damaged, or save it again"
        ) from error


def _storable(name: str, array: NDArray[Any]) -> NDArray[Any]:
    values = np.asarray(array)
    if values.dtype.name not in DTYPES:
        raise InvalidTypeError(
            f"array {name!r} must be of type {', '.join(DTYPES)}, got {values.dtype.name}; "
            "convert it, or put names into config"
        )
    # "<": the file is little-endian on every machine. ascontiguousarray would make 0-d arrays 1-d.
    return np.asarray(values, dtype=values.dtype.newbyteorder("<"), order="C")


def _description(array: NDArray[Any]) -> dict[str, Any]:
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "sha256": _checksum(array.reshape(-1).view(np.uint8).data),
    }


def _checksum(content: bytes | memoryview) -> str:
    return hashlib.sha256(content).hexdigest()


def _json(content: Mapping[str, Any]) -> str:
    try:
        return json.dumps(content, default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidTypeError(
            "config must hold only what JSON can say (finite numbers, text, lists, dictionaries), "
            f"but {error}"
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"it holds a {type(value).__name__}")


def _check_header_length(path: Path) -> None:
    """Raise before anything as large as a forged header asks for is read."""
    with path.open("rb") as file:
        first = file.read(LENGTH_BYTES)
        size = path.stat().st_size
    length = int.from_bytes(first, "little")
    if len(first) < LENGTH_BYTES or not 0 < length <= min(size - LENGTH_BYTES, MAX_HEADER_BYTES):
        raise ValueError(f"its {size} bytes do not start with the length of a header")


def _read(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    with safe_open(os.fspath(path), framework="numpy") as file:
        content = _content(file.metadata() or {})
        names = set(file.keys())
        if names != set(content["arrays"]):
            raise ValueError("its arrays are not those it names")
        arrays = {name: _array(file, name, content["arrays"][name]) for name in sorted(names)}
    return content["kind"], content["config"], arrays


def _content(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return the checked description of the file."""
    text = metadata.get("nbembed")
    if text is None:
        raise ValueError("it has no description of nbembed's")
    if metadata.get("sha256") != _checksum(text.encode()):
        raise ValueError("its description was altered")
    content = json.loads(text)
    if content["format"] != FORMAT:
        raise ValueError(
            f"it is of format {content['format']!r} and this version of nbembed reads {FORMAT}: "
            "update nbembed"
        )
    wanted = {"kind": str, "config": dict, "arrays": dict}
    for name, kind in wanted.items():
        if not isinstance(content[name], kind):
            raise ValueError(f"its {name} is not a {kind.__name__}")  # noqa: TRY004
    return content


def _array(file: Any, name: str, description: Mapping[str, Any]) -> NDArray[Any]:
    """Return one array after comparing it with its description."""
    part = file.get_slice(name)
    found = (part.get_dtype(), list(part.get_shape()))
    if found != (DTYPES[description["dtype"]], description["shape"]):
        raise ValueError(f"its array {name!r} is {found}, not {dict(description)}")
    values = file.get_tensor(name)
    if _description(values)["sha256"] != description["sha256"]:
        raise ValueError(f"its array {name!r} was altered")
    return values
