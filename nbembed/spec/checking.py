"""A document against the published schema: the part of JSON Schema that it uses, with errors for people."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any

from nbembed.spec import registry
from nbembed.spec.rules import wrong

__all__ = ["checked", "json_schema"]

TYPES: dict[str, tuple[str, Any]] = {
    "object": ("a dictionary", dict),
    "array": ("a list", list),
    "string": ("a name", str),
    "integer": ("a whole number", int),
    "number": ("a number", (int, float)),
    "null": ("null", type(None)),
}
Schema = Mapping[str, Any]


@cache
def _schema() -> dict[str, Any]:
    return json.loads(files("nbembed.spec").joinpath("schema.json").read_text(encoding="utf-8"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of documents, for editors, with every name that the registry knows now.

    Examples
    --------
    >>> import nbembed as nb
    >>> schema = nb.spec.json_schema()
    >>> "kl div" in schema["$defs"]["loss"]["properties"]["func"]["enum"]
    True
    """
    return _named(_schema())


def checked(data: Any) -> dict[str, Any]:
    """Return a document whose keys are in the spelling of the schema.

    Raises
    ------
    InvalidInputError
        At the first place where it does not follow the schema: with its path, what was found, what is allowed,
        and the nearest name.
    """
    return _checked(data, _schema(), "")


def _named(part: Any) -> Any:
    if isinstance(part, dict):
        found = {key: _named(value) for key, value in part.items() if key != "x-kind"}
        return found | ({"enum": registry.spellings(part["x-kind"])} if "x-kind" in part else {})
    return [_named(item) for item in part] if isinstance(part, list) else part


def _checked(data: Any, schema: Schema, path: str) -> Any:
    if "$ref" in schema:
        return _checked(data, _schema()["$defs"][schema["$ref"].rpartition("/")[2]], path)
    _check_type(data, schema, path)
    if "x-kind" in schema:
        registry.entry(schema["x-kind"], data, path)
    if "enum" in schema and data not in schema["enum"]:
        allowed = [name for name in schema["enum"] if name is not None]
        raise wrong(path, f"one of {', '.join(map(repr, allowed))}", data, allowed)
    if isinstance(data, dict) and "properties" in schema:
        return _checked_object(data, schema, path)
    if isinstance(data, list):
        if len(data) < schema.get("minItems", 0):
            raise wrong(path, f"a list of at least {schema['minItems']}", data)
        items = schema.get("items", {})
        return [_checked(item, items, f"{path}[{i}]") for i, item in enumerate(data)]
    return data


def _check_type(data: Any, schema: Schema, path: str) -> None:
    wanted = schema.get("type", [])
    kinds = [wanted] if isinstance(wanted, str) else wanted
    words = ", or ".join(TYPES[kind][0] for kind in kinds)
    fits = not kinds or any(isinstance(data, TYPES[kind][1]) for kind in kinds)
    # true is a number to Python.
    if not fits or (isinstance(data, bool) and kinds):
        raise wrong(path or "the top", words, data)
    if isinstance(data, (int, float)) and not isinstance(data, bool) and kinds:
        low, high = schema.get("minimum"), schema.get("maximum")
        too_low, too_high = low is not None and data < low, high is not None and data > high
        if too_low or too_high or not isfinite(data):
            bound = f"{words} of at least {low}" + (
                "" if high is None else f" and at most {high:,}"
            )
            raise wrong(path, bound, data)


def _checked_object(data: Mapping[Any, Any], schema: Schema, path: str) -> dict[str, Any]:
    known: dict[str, Any] = schema["properties"]
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = registry.canonical(key) if isinstance(key, str) else ""
        here = f"{path}.{key}" if path else str(key)
        if name not in known:
            allowed = f"one of the keys {', '.join(map(repr, known))}"
            raise wrong(here, allowed, key, list(known))
        if name in found:
            raise wrong(here, f"there once, {name!r} is there already", key)
        found[name] = _checked(value, known[name], here)
    for name in schema.get("required", ()):
        if name not in found:
            raise wrong(f"{path}.{name}" if path else name, "there: it is needed", None)
    return found
