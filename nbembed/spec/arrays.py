"""The arrays that names in a document stand for: the data, labels, what was given and what is derived."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import initialization
from nbembed.neighbors import Graph
from nbembed.spec.parts import LABELS, MAIN, Described
from nbembed.spec.rules import wrong
from nbembed.terms import encoded

__all__ = ["Arrays", "Column", "Places"]

# From the map that t-SNE starts from to one of standard deviation 1.
WIDER = 1e4
MATRIX = 2


@dataclass(eq=False)
class Arrays:
    """Arrays by name; what is derived is computed when it is first asked for.

    Parameters
    ----------
    parts
        The document.
    X
        The data, called ``"main"``.
    y
        A label for each row, called ``"labels"`` as a number of its class, -1 where it is unknown; None without.
    given
        Arrays of the caller's.
    n_components
        Columns of the map.
    seed
        Fixes what is drawn.
    """

    parts: Described
    X: NDArray[np.float32]
    y: Any
    given: Mapping[str, Any]
    n_components: int
    seed: int
    relations: dict[str, Any] = field(default_factory=dict[str, Any])
    _derived: dict[str, NDArray[Any]] = field(default_factory=dict[str, NDArray[Any]])

    @property
    def names(self) -> list[str]:
        """All names that there are."""
        return list(dict.fromkeys([MAIN, LABELS, *self.given, *self.parts.derived]))

    def __call__(self, name: str) -> NDArray[Any]:
        """Return the array of a name."""
        if name == MAIN:
            return self.X
        if name in self.given:
            return (
                self.given[name]
                if hasattr(self.given[name], "tocsr")
                else np.asarray(self.given[name])
            )
        if name == LABELS:
            return self._encoded[1]
        if name not in self._derived:
            self._derived[name] = self._computed(name)
        return self._derived[name]

    @cached_property
    def _encoded(self) -> tuple[NDArray[Any], NDArray[np.int64]]:
        return encoded(self.y, len(self.X), fewest=1)

    @property
    def classes(self) -> NDArray[Any] | None:
        """What the numbers of labels stand for, where labels were asked for."""
        return self._encoded[0] if "_encoded" in self.__dict__ else None

    def check(self, name: str, path: str) -> None:
        """Raise unless ``name``, found at ``path``, is that of an array."""
        if name not in self.names:
            wanted = f"the name of data: {', '.join(map(repr, self.names))}, or one given to Routine(spec, data={{…}})"
            raise wrong(path, wanted, name, self.names)

    def numbers(self, name: str, path: str) -> NDArray[np.float64]:
        """Return an array of numbers with a row for each row of the data, as a table."""
        self.check(name, path)
        try:
            found = np.asarray(self(name), dtype=np.float64)
        except (TypeError, ValueError):
            raise wrong(path, "the name of numbers", name) from None
        if found.ndim not in (1, MATRIX) or len(found) != len(self.X):
            wanted = f"the name of numbers with a row for each of {len(self.X)} rows"
            raise wrong(path, wanted, f"{name} of shape {found.shape}")
        return found.reshape(len(found), -1)

    def _computed(self, name: str) -> NDArray[Any]:
        recipe = self.parts.derived[name]
        if "values" in recipe:
            try:
                return np.asarray(recipe["values"], dtype=np.float64)
            except (TypeError, ValueError):
                raise wrong(
                    f"derived data.{name}.values", "numbers in rows of equal length", "others"
                ) from None
        function, path = recipe["function"], recipe["path"]
        arguments = [self._argument(kind, key, path) for kind, key in recipe["keys"]]
        options = {"n_components": self.n_components, "random_state": self.seed}
        if function.function is not None:
            found = np.asarray(function.function(*arguments, **options))
            if found.ndim == 0 or len(found) != len(self.X):
                wanted = f"a function that gives a row for each of {len(self.X)} rows"
                raise wrong(path, wanted, f"shape {found.shape}")
            return found
        return self._named(function.name, arguments, options, path)

    def _named(
        self, name: str, arguments: list[Any], options: dict[str, Any], path: str
    ) -> NDArray[Any]:
        first = arguments[0] if arguments else self.X
        match name:
            case "pca":
                rows = (
                    first.to_scipy() if isinstance(first, Graph) else first.reshape(len(first), -1)
                )
                return initialization.scale_for_tsne(initialization.pca(rows, **options)) * WIDER
            case "spectral":
                if not isinstance(first, Graph):
                    raise wrong(f"{path}.keys", "[[rels, a name]] for spectral", "data")
                found = initialization.spectral(first, X=self.X, **options)
                return initialization.scale_for_umap(found, random_state=self.seed)
            case "random":
                return initialization.random(len(self.X), **options)
            case _:
                wanted = "a function; given data come with Routine(spec, data={name: array})"
                raise wrong(f"{path}.data func", wanted, name)

    def _argument(self, kind: str, key: str, path: str) -> Any:
        if kind == "rels":
            return self.relations[key].graph
        self.check(key, f"{path}.keys")
        return self(key)


@dataclass(frozen=True, eq=False)
class Places:
    """Where rows should be, for the term ``position``: unpacked, their numbers and places."""

    arrays: Arrays
    name: str
    path: str

    def __iter__(self) -> Iterator[NDArray[Any]]:
        places = self.arrays.numbers(self.name, self.path)
        if places.shape[1] != self.arrays.n_components:
            wanted = f"the name of places with {self.arrays.n_components} columns, as the map has"
            raise wrong(self.path, wanted, f"{self.name} with {places.shape[1]}")
        known = np.isfinite(places).all(axis=1)
        if not known.any():
            raise wrong(self.path, "the name of places of which one is finite", self.name)
        return iter((np.flatnonzero(known), places[known]))


@dataclass(frozen=True, eq=False)
class Column:
    """Arrays that a loss of the caller's is called with, and the function."""

    arrays: Arrays
    names: tuple[str, ...]
    path: str
    function: Any

    @property
    def columns(self) -> list[NDArray[Any]]:
        """The arrays, float32 or whole numbers."""
        return [self._column(name) for name in self.names]

    def _column(self, name: str) -> NDArray[Any]:
        self.arrays.check(name, self.path)
        found = np.asarray(self.arrays(name))
        if found.ndim == 0 or len(found) != len(self.arrays.X) or found.dtype.kind not in "biuf":
            wanted = f"the name of numbers with a row for each of {len(self.arrays.X)} rows"
            raise wrong(self.path, wanted, name)
        return np.ascontiguousarray(
            found, dtype=np.float32 if found.dtype.kind == "f" else np.int64
        )
