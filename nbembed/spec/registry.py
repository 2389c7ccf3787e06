"""The one list of names that a document may use, and how your own functions get into it.

A document names things; nothing in it is ever imported or evaluated. What a name stands for is looked up
here, and gets here only by :func:`register`, in Python.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.spec.rules import Rule, anything, wrong

__all__ = [
    "KINDS",
    "Entry",
    "canonical",
    "entry",
    "named",
    "names",
    "register",
    "spellings",
    "unregister",
]

F = TypeVar("F", bound=Callable[..., Any])

# What names can stand for, and how a function of each kind is called.
KINDS: dict[str, str] = {
    "relation": "relation(X, **options) returns a scipy sparse matrix (n, n)",
    "transform": "transform(values, **options) returns the like: a sparse matrix at level global, a tensor of shape "
    "(B, B) at level batch",
    "loss": "loss(p, q, **options) of two relations of a mini-batch with type relation, loss(places, *data, "
    "**options) with type own; it returns a tensor without dimension",
    "data": "data(*arrays, n_components, random_state) returns an array with a row for each row",
    "metric": "metric(row, other row) returns a number",
    "model": "model(n_features, n_components, **options) returns a torch.nn.Module",
    "loss type": "",
    "sampling": "",
    "optimizer": "",
}
# Those that a caller may add to.
OPEN = ("relation", "transform", "loss", "data", "metric", "model")


@dataclass(frozen=True)
class Entry:
    """A name and what it stands for.

    Attributes
    ----------
    name : str
        As code calls it.
    options : mapping from str to Rule
        What may be said of it; a function of the caller's takes what its signature takes.
    function : callable or None
        The caller's; None for what this package brings.
    required : tuple of str
        Options that cannot be left out.
    open : bool
        Whether any option is taken.
    """

    name: str
    options: Mapping[str, Rule] = field(default_factory=dict[str, Rule])
    function: Callable[..., Any] | None = None
    required: tuple[str, ...] = ()
    open: bool = False

    def checked(self, options: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Return ``options``, found at ``path``, under the names that code calls them by; raise for wrong ones."""
        found: dict[str, Any] = {}
        for key, value in options.items():
            name = key.replace(" ", "_").replace("-", "_")
            if name not in self.options and not self.open:
                known = [option.replace("_", " ") for option in self.options]
                allowed = (
                    f"one of the options of {self.name!r} ({', '.join(known) or 'it has none'})"
                )
                raise wrong(f"{path}.{key}", allowed, key, [*known, *self.options])
            self.options.get(name, anything()).check(value, f"{path}.{key}")
            found[name] = value
        for name in self.required:
            if name not in found:
                wanted = f"given: {self.name!r} needs {name.replace('_', ' ')}, {self.options[name].words}"
                raise wrong(f"{path}.{name.replace('_', ' ')}", wanted, None)
        return found


_ENTRIES: dict[str, dict[str, Entry]] = {kind: {} for kind in KINDS}


def canonical(name: str) -> str:
    """Return a name as it is looked up: ``"KL_div"`` is ``"kl div"``, ``"t-dist"`` ``"t dist"``."""
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())


def add(kind: str, spellings: str, options: Mapping[str, Rule] | None = None, **more: Any) -> None:
    """Add a name of this package; its spellings are parted by ``|``, the first is how code calls it."""
    first, *others = spellings.split("|")
    made = Entry(first, options or {}, **more)
    for spelling in (first, *others):
        _ENTRIES[kind][canonical(spelling)] = made


def register(kind: str, name: str | None = None) -> Callable[[F], F]:
    """Give a function of yours a name that documents may use; to be written above the function.

    Parameters
    ----------
    kind
        ``"relation"``, ``"transform"``, ``"loss"``, ``"data"``, ``"metric"`` or ``"model"``; what functions of each
        kind take and return says :data:`KINDS`.
    name
        Default: that of the function. Spaces, underscores and hyphens are the same.

    Raises
    ------
    InvalidInputError
        If there is no such kind, or this package has that name already. A name of your own is replaced.

    Examples
    --------
    >>> import nbembed as nb
    >>> @nb.spec.register("loss")
    ... def absolute(p, q):
    ...     return (p - q).abs().mean()
    >>> "absolute" in nb.spec.names("loss")
    True
    >>> nb.spec.unregister("loss", "absolute")
    """
    _checks.check_choice("kind", kind, OPEN)

    def add_function(function: F) -> F:
        if not callable(function):
            raise InvalidTypeError(f"register takes a function, got {function!r}")
        called = name or getattr(function, "__name__", "")
        before = _ENTRIES[kind].get(canonical(called))
        if before is not None and before.function is None:
            raise InvalidInputError(
                f"name must be none that the package has for a {kind} already, got {called!r}; take another"
            )
        _ENTRIES[kind][canonical(called)] = _entry_of(function, called)
        return function

    return add_function


def unregister(kind: str, name: str) -> None:
    """Take a name of your own out of the registry."""
    _checks.check_choice("kind", kind, OPEN)
    found = _ENTRIES[kind].get(canonical(name))
    if found is None or found.function is None:
        raise InvalidInputError(f"name must be a {kind} that you registered, got {name!r}")
    del _ENTRIES[kind][canonical(name)]


def names(kind: str) -> list[str]:
    """Return all names of a kind, in every spelling that stands first."""
    _checks.check_choice("kind", kind, KINDS)
    return sorted(_ENTRIES[kind])


def spellings(kind: str) -> list[str]:
    """Return all names of a kind with spaces, and with underscores and hyphens instead."""
    return sorted({name.replace(" ", mark) for name in names(kind) for mark in " _-"})


def entry(kind: str, name: Any, path: str) -> Entry:
    """Return what ``name``, found at ``path`` of a document, stands for; raise where it stands for nothing."""
    found = _ENTRIES[kind].get(canonical(name)) if isinstance(name, str) else None
    if found is None:
        known = names(kind)
        what = f"the name of a {kind}: one of {', '.join(map(repr, known))}"
        yours = ", or yours by nbembed.spec.register" if kind in OPEN else ""
        raise wrong(path, what + yours, name, known)
    return found


def named(kind: str) -> Rule:
    """Return the rule for a name of a kind, one of yours too."""
    known = tuple(names(kind))
    words = f"the name of a {kind} ({', '.join(known)}, or yours by nbembed.spec.register)"

    def allows(value: Any) -> bool:
        return isinstance(value, str) and canonical(value) in _ENTRIES[kind]

    return Rule(words, allows, known)


def _entry_of(function: Callable[..., Any], name: str) -> Entry:
    """Return the entry of a caller's function: its options are the keywords that it takes."""
    parameters = inspect.signature(function).parameters.values()
    keywords = {
        p.name: anything()
        for p in parameters
        if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)
    }
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    return Entry(name, keywords, function, open=open_ended)
