"""What a trial's scores depend on, as text and as one number."""

import hashlib
import inspect
import json
import platform
import re
import secrets
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["data_hash", "described", "digest", "versions"]

# What numbers depend on whatever the method is.
ALWAYS = ("numpy", "scipy", "scikit-learn", "numba", "pynndescent", "torch")
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
# Stands in the description of something that has none: it never equals that of another run.
UNKNOWN = secrets.token_hex(8)


def digest(description: Any) -> str:
    """Return a fingerprint of plain data."""
    text = json.dumps(description, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def data_hash(X: Any, labels: NDArray[Any] | None) -> str:
    """Return a fingerprint of data and labels."""
    found = hashlib.sha256(f"{X.shape}{X.dtype}".encode())
    found.update(np.ascontiguousarray(X).tobytes())
    if labels is not None:
        found.update("\x1f".join(map(repr, labels.tolist())).encode())
    return found.hexdigest()[:32]


def described(value: Any, *, within: tuple[int, ...] = ()) -> Any:
    """Return plain data that says what ``value`` is: the same for the same, in every process.

    A function is its code, its defaults, what it holds on to, and those functions and values of
    its module that it names. What cannot be described, such as an object that prints its address, is never the
    same as in another process, so that its trials are run again.
    """
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.ndarray):
        return ["array", _text(value.tolist()) if value.dtype == object else data_hash(value, None)]
    if id(value) in within:
        return "itself"
    within = (*within, id(value))
    if isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return _collection(value, within)
    if hasattr(value, "get_params") and not isinstance(value, type):
        return [_name(type(value)), described(value.get_params(deep=False), within=within)]
    return _callable(value, within) if callable(value) else _text(value)


def versions(*objects: Any) -> dict[str, str]:
    """Return the versions of Python, of nbembed and what it stands on, and of what ``objects`` come from.

    The version of nbembed carries a digest of its source, so that numbers of changed code are not
    taken for those of the old.
    """
    found = {"python": platform.python_version(), "nbembed": _own_version()}
    named = {getattr(item, "package", "") for item in objects}
    modules = {str(type(item).__module__).split(".", maxsplit=1)[0] for item in objects}
    for module in modules:
        named.update(_distributions().get(module, []))
    for name in sorted({*ALWAYS, *named} - {"", "nbembed"}):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _collection(value: Any, within: tuple[int, ...]) -> Any:
    if isinstance(value, Mapping):
        pairs: Any = value.items()
        items = [[described(k), described(v, within=within)] for k, v in pairs]
        return ["mapping", sorted(items, key=repr)]
    items = [described(item, within=within) for item in value]
    ordered = isinstance(value, (list, tuple))
    return [type(value).__name__, items if ordered else sorted(items, key=repr)]


def _callable(value: Callable[..., Any], within: tuple[int, ...]) -> Any:
    if isinstance(value, partial):
        parts = (value.func, value.args, value.keywords)
        return ["partial", *(described(part, within=within) for part in parts)]
    if inspect.ismethod(value):
        parts = (value.__self__, value.__func__)
        return ["method", *(described(part, within=within) for part in parts)]
    if inspect.isfunction(value):
        return _function(value, within)
    if isinstance(value, type) or inspect.isbuiltin(value):
        return ["named", value.__module__, value.__qualname__]
    return _text(value)


def _function(value: FunctionType, within: tuple[int, ...]) -> Any:
    """Describe a function by what it would do."""
    around = value.__globals__
    named = {
        name: _name(around[name]) if _is_foreign(around[name], value) else around[name]
        for name in sorted(_names(value.__code__) & set(around))
        if not inspect.ismodule(around[name])
    }
    held = [cell.cell_contents for cell in value.__closure__ or ()]
    parts = (value.__defaults__, value.__kwdefaults__, held, named)
    described_parts = [described(part, within=within) for part in parts]
    return ["function", _name(value), _code(value.__code__), *described_parts]


def _is_foreign(item: Any, value: FunctionType) -> bool:
    """Return whether ``item`` is a function of another module: its version stands for it."""
    return inspect.isfunction(item) and item.__module__ != value.__module__


def _code(code: CodeType) -> Any:
    constants = [
        _code(item) if isinstance(item, CodeType) else repr(item) for item in code.co_consts
    ]
    return [code.co_code.hex(), list(code.co_names), list(code.co_varnames), constants]


def _names(code: CodeType) -> set[str]:
    inner = (_names(item) for item in code.co_consts if isinstance(item, CodeType))
    return set(code.co_names).union(*inner)


def _text(value: Any) -> Any:
    text = repr(value)
    return ["unknown", UNKNOWN, text] if ADDRESS.search(text) else text


def _name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


@cache
def _distributions() -> Mapping[str, list[str]]:
    return metadata.packages_distributions()


@cache
def _own_version() -> str:
    import nbembed

    root = Path(nbembed.__file__).parent
    source = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        source.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return f"{nbembed.__version__}+{source.hexdigest()[:12]}"
