"""From text to plain data, safely: nothing runs, nothing grows, nothing nests without end."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.spec.rules import wrong

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_NODES",
    "filled",
    "plain",
    "read_json",
    "read_yaml",
    "text_of",
]

# A document may have so many bytes, levels and values; aliases count as often as they are used.
MAX_BYTES, MAX_DEPTH, MAX_NODES = 4_000_000, 24, 200_000
# A name that stands for a value to be given, as in the paper: ``<p>``.
OPENS, CLOSES = "<", ">"


def text_of(source: Any) -> str:
    """Return the text of a document: given as such, or the path of its file.

    A string with a line break or a colon and a space is text, another one the path of a file.

    Raises
    ------
    InvalidInputError
        If it is too large; it is not read then.
    """
    if isinstance(source, bytes):
        source = source.decode("utf-8", errors="replace")
    if isinstance(source, str) and (
        "\n" in source or ": " in source or source.lstrip()[:1] in "{["
    ):
        size = len(source.encode("utf-8", errors="replace"))
        text = source
    elif isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise InvalidInputError(
                f"spec must be a document or the path of its file, got {str(source)!r}"
            )
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8", errors="replace") if size <= MAX_BYTES else ""
    else:
        raise InvalidTypeError(f"spec must be text or a path, got {type(source).__name__}")
    if size > MAX_BYTES:
        raise InvalidInputError(f"spec must have at most {MAX_BYTES:,} bytes, got {size:,}")
    return text


def read_yaml(source: Any) -> Any:
    """Return the plain data of a YAML document: text, or the path of a file."""
    text = text_of(source)
    try:
        return limited(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise InvalidInputError(
            f"spec must be YAML, got text that is none: {_short(error)}"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise InvalidInputError(
            f"spec must be YAML, got a value that cannot be read: {error}"
        ) from None


def read_json(source: Any) -> Any:
    """Return the plain data of a JSON document: text, or the path of a file."""
    text = text_of(source)
    try:
        return limited(json.loads(text))
    except json.JSONDecodeError as error:
        raise InvalidInputError(f"spec must be JSON, got text that is none: {error}") from None
    except RecursionError:
        raise _too_deep() from None


def limited(data: Any) -> Any:
    """Return ``data``; raise where it nests too deep or is too much, with every alias written out."""
    count, waiting = 0, [(data, 0)]
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        if count > MAX_NODES:
            raise InvalidInputError(
                f"spec must hold at most {MAX_NODES:,} values, aliases written out, got more; give large arrays to "
                "nbembed.Routine(spec, data={name: array})"
            )
        if isinstance(value, Mapping):
            waiting.extend((item, depth + 1) for item in value.values())
        elif isinstance(value, (list, tuple, set)):
            waiting.extend((item, depth + 1) for item in value)
    return data


def filled(data: Any, values: Mapping[str, Any], path: str = "") -> Any:
    """Return a document in which values take the places of names such as ``<p>``.

    Raises
    ------
    InvalidInputError
        Where a name has no value.
    """
    if isinstance(data, dict):
        return {
            key: filled(value, values, f"{path}.{key}" if path else str(key))
            for key, value in data.items()
        }
    if isinstance(data, list):
        return [filled(value, values, f"{path}[{i}]") for i, value in enumerate(data)]
    if isinstance(data, str) and data.startswith(OPENS) and data.endswith(CLOSES) and len(data) > 2:  # noqa: PLR2004
        name = data[1:-1].strip()
        if name not in values:
            wanted = f"a value in the place of the name {data}: give it as values={{{name!r}: …}}"
            raise wrong(path or "the top", wanted, data)
        return values[name]
    return data


def plain(value: Any, path: str) -> Any:
    """Return ``value`` as dictionaries, lists, strings, numbers, true, false and null; raise for what is none.

    Numbers of numpy become Python's, tuples become lists.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise wrong(f"{path}.{key}" if path else str(key), "a name before the colon", key)
        return {
            str(key): plain(item, f"{path}.{key}" if path else str(key))
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{path}[{i}]") for i, item in enumerate(value)]
    if hasattr(value, "tolist"):
        return plain(value.tolist(), path)
    wanted = (
        "plain data: names, numbers, lists, dictionaries; code gets a name by nbembed.spec.register"
    )
    raise wrong(path or "the top", wanted, value)


def _too_deep() -> InvalidInputError:
    return InvalidInputError(f"spec must nest at most {MAX_DEPTH} levels deep, got more")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
