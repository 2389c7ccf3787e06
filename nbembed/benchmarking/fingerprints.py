"""What a trial's scores depend on, as text and as one number."""

import hashlib
import inspect
import json
import platform
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
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

    A function or a class of an installed package is its name, as :func:`versions` and the versions
    beside the name say the rest. Any other function is its code, its defaults, what it holds on to,
    and the functions, classes, packages and values of its module that it names; any other class is
    its methods and values. So a change of what a method reads runs it again. What cannot be
    described, such as an object that prints its address, is never the same as in another process, so
    that its trials are run again.
    """
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if id(value) in within:
        return "itself"
    within = (*within, id(value))
    ways: tuple[tuple[Any, Callable[[Any, tuple[int, ...]], Any]], ...] = (
        (np.ndarray, _array),
        ((Mapping, list, tuple, set, frozenset), _collection),
        (ModuleType, _module),
        (type, _class),
    )
    for kinds, describe in ways:
        if isinstance(value, kinds):
            return describe(value, within)
    if hasattr(value, "get_params"):
        parameters = described(value.get_params(deep=False), within=within)
        return [_class(type(value), within), parameters]
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


def _array(value: NDArray[Any], within: tuple[int, ...]) -> Any:
    if value.dtype == object:
        return ["array", described(value.tolist(), within=within)]
    return ["array", data_hash(value, None)]


def _module(value: ModuleType, within: tuple[int, ...]) -> Any:  # noqa: ARG001
    return ["module", *_release(value.__name__)]


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
    if inspect.isbuiltin(value):
        return ["named", value.__module__, value.__qualname__]
    # Of functions that numba compiles, and of those that remember what they returned.
    inner = getattr(value, "py_func", getattr(value, "__wrapped__", None))
    return _text(value) if inner is None else described(inner, within=within)


def _function(value: FunctionType, within: tuple[int, ...]) -> Any:
    """Describe a function: one of an installed package by its name, another by what it would do."""
    if _is_installed(value.__module__) and "<" not in value.__qualname__:
        return ["function", _name(value), *_release(value.__module__)]
    around, names = value.__globals__, sorted(_names(value.__code__))
    named = {name: around[name] for name in names if name in around}
    # Packages may be imported inside the function.
    packages = [_release(name) for name in names if name not in around and name in _distributions()]
    held = [cell.cell_contents for cell in value.__closure__ or ()]
    parts = (value.__defaults__, value.__kwdefaults__, held, named, packages)
    described_parts = [described(part, within=within) for part in parts]
    return ["function", _name(value), _code(value.__code__), *described_parts]


def _class(value: type, within: tuple[int, ...]) -> Any:
    """Describe a class: what is installed by its name, what is not by its methods and values too."""
    bases = [base for base in value.__mro__ if not _is_installed(base.__module__)]
    if not bases:
        peer = str(getattr(value, "module", ""))
        return ["class", _name(value), *_release(value.__module__), *_release(peer)]
    parts = {
        f"{place} {name}": _unwrapped(item)
        for place, base in enumerate(bases)
        for name, item in vars(base).items()
        if not name.startswith("__") or name in ("__init__", "__call__")
    }
    kinds = (FunctionType, bool, int, float, str, tuple, list, Mapping, np.ndarray, np.generic)
    known = {name: item for name, item in parts.items() if isinstance(item, kinds)}
    names = list(map(_name, value.__mro__))
    return ["class", names, described(known, within=within)]


def _unwrapped(item: Any) -> Any:
    """Return the function in a static method, a class method or a property."""
    if isinstance(item, (staticmethod, classmethod)):
        return item.__func__
    return item.fget if isinstance(item, property) else item


def _code(code: CodeType) -> Any:
    constants = [
        _code(item) if isinstance(item, CodeType) else [type(item).__name__, described(item)]
        for item in code.co_consts
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


def _is_installed(module: str | None) -> bool:
    """Return whether a module belongs to Python or a package, whose version stands for its code."""
    top = str(module).split(".", maxsplit=1)[0]
    return top == "nbembed" or top in sys.stdlib_module_names or top in _distributions()


def _release(module: str) -> list[str]:
    """Return a module's name and the versions of what installed it; nbembed's is among those of all."""
    top = module.split(".", maxsplit=1)[0]
    owners = [] if top == "nbembed" else sorted(set(_distributions().get(top, [])))
    return [] if not module else [module, *(f"{name} {metadata.version(name)}" for name in owners)]


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
