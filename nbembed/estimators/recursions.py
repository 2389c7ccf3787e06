"""Recursions: what a network is trained on again, measured in one of its own layers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.training.sources import SCALES

__all__ = ["Recursion", "as_recursion", "as_recursions", "check_layers"]

METHODS = ("tsne", "umap")


@dataclass(frozen=True)
class Recursion:
    """One recursion: the affinities are measured in a layer, and the training goes on with them.

    What is None is what the preset of :class:`nbembed.DRE` says.

    Parameters
    ----------
    layer
        What the affinities are measured in: a layer of the network, for example ``"f2000"`` or ``"hidden3"``;
        ``"embedding"``, the map; or ``"input"``, the data, which makes it further training unless ``scale`` says more.
    n_epochs
        Epochs, at least 1.
    method
        ``"tsne"`` or ``"umap"``: affinities, kernel and loss. None is the method before.
    perplexity, n_neighbors
        Of the affinities, as for :class:`nbembed.DRE`.
    learning_rate
        Of Adam, which begins anew; above 0.
    scale
        What is done to the numbers there first: ``"none"`` (default), ``"standardize"`` (each has variance 1) or
        ``"whiten"`` (each principal direction has).
    mix
        Share of the affinities in the data that stays, 0 (default) to 1.
    updates
        How often the affinities are measured, at equal distances from the beginning of the recursion on; at
        least 1, at most ``n_epochs``. Default 1, as published; ``n_epochs`` is the paper's continuous update.

    References
    ----------
    Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28, sec. 3.3.

    Examples
    --------
    >>> import nbembed as nb
    >>> nb.Recursion("f2000", n_epochs=25, scale="standardize")
    Recursion('f2000', n_epochs=25, scale='standardize')
    """

    layer: str
    n_epochs: int | None = None
    method: str | None = None
    perplexity: float | None = None
    n_neighbors: int | None = None
    learning_rate: float | None = None
    scale: str = "none"
    mix: float = 0.0
    updates: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.layer, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidTypeError(
                f"layer must be the name of a layer such as 'f2000', got {self.layer!r}"
            )
        if self.method is not None:
            _checks.check_choice("method", self.method, METHODS)
        for name in ("n_epochs", "n_neighbors"):
            if getattr(self, name) is not None:
                least = 1 if name == "n_epochs" else 2
                _checks.check_number(name, getattr(self, name), low=least, integer=True)
        if self.perplexity is not None:
            _checks.check_number("perplexity", self.perplexity, low=1, above=True)
        if self.learning_rate is not None:
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        _checks.check_choice("scale", self.scale, SCALES)
        _checks.check_number("mix", self.mix, low=0, high=1)
        _checks.check_number("updates", self.updates, low=1, integer=True)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, which :func:`as_recursion` takes."""
        return asdict(self)

    def __repr__(self) -> str:
        given = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in fields(self)[1:]
            if getattr(self, f.name) != f.default
        ]
        return f"Recursion({', '.join([repr(self.layer), *given])})"


def as_recursion(value: Any) -> Recursion:
    """Return a recursion given as such, as the name of a layer, or as plain data."""
    if isinstance(value, Recursion):
        return value
    if isinstance(value, str):
        return Recursion(value)
    if not isinstance(value, Mapping) or "layer" not in value:
        raise InvalidTypeError(
            "recursions must hold names of layers such as 'f2000', or nb.Recursion('f2000', n_epochs=50), got "
            f"{value!r}"
        )
    known = [f.name for f in fields(Recursion)]
    for name in value:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(known)}"
            raise InvalidTypeError(f"a recursion has no {name!r}{hint}")
    return Recursion(**value)


def as_recursions(values: Any) -> tuple[Recursion, ...]:
    """Return recursions given as a sequence of what :func:`as_recursion` takes.

    Raises
    ------
    InvalidTypeError
        For anything else; a name alone is no sequence.
    """
    if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence):
        raise InvalidTypeError(
            f"recursions must be a sequence such as ('f2000', 'f500'), () for none, got {values!r}"
        )
    return tuple(as_recursion(value) for value in values)


def check_layers(recursions: Sequence[Recursion], layers: Sequence[str]) -> None:
    """Raise unless every recursion measures in the data, the map, or one of ``layers``."""
    for recursion in recursions:
        known = [*layers, "embedding", "input"]
        if recursion.layer not in known:
            raise InvalidInputError(
                f"recursions must name layers of the network ({', '.join(known)}), got {recursion.layer!r}"
                f"{_checks.nearest(recursion.layer, known)}"
            )
