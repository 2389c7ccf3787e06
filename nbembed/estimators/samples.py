"""Samples of any shape: flat rows for the neighbours, as they are for the network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.phases import Part, Phase

__all__ = ["OnSamples", "check_shape", "check_sides", "flattened", "folded", "sides"]


def flattened(X: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return samples of any shape as rows, and their shape; a table as it is, and None."""
    array = X
    if isinstance(X, (list, tuple)):
        try:
            array = np.asarray(X)
        except ValueError:
            return X, None
    shape = tuple(getattr(array, "shape", ()))
    if len(shape) <= 2 or not hasattr(array, "reshape"):  # noqa: PLR2004
        return X, None
    return array.reshape(shape[0], prod(shape[1:])), shape[1:]


def folded(phase: Phase, shape: Sequence[int]) -> Phase:
    """Return a phase whose network, and whose metric if it is a function, see samples of this shape.

    A picture without channels has one. The shape that the phase names itself stays.
    """
    model = dict(phase.model)
    if model["name"] == "cnn" and len(shape) == 2:  # noqa: PLR2004
        shape = (*shape, 1)
    model.setdefault("shape", [int(side) for side in shape])
    metric = phase.neighbors["metric"]
    if callable(metric):
        metric = OnSamples(metric, tuple(shape))
    return replace(phase, model=model, neighbors=phase.neighbors | {"metric": metric})


def check_shape(part: Part, n_features: int) -> None:
    """Raise unless the rows can be folded as the model wants them."""
    shape = part.get("shape")
    if shape is None and part["name"] == "cnn":
        raise InvalidInputError(
            "model 'cnn' must know the shape of a picture, got rows: give X of shape (n, height, width) or "
            "(n, height, width, channels), or shape=(height, width, channels)"
        )
    if shape is not None and prod(shape) != n_features:
        raise InvalidInputError(
            f"shape must multiply to the numbers of one sample, {n_features}, got {tuple(shape)}"
        )


@dataclass(frozen=True)
class OnSamples:
    """A metric of samples as one of flat rows."""

    metric: Callable[..., Any]
    shape: tuple[int, ...]

    def __call__(self, first: NDArray[Any], second: NDArray[Any]) -> float:
        """Return the distance of two rows."""
        return float(self.metric(first.reshape(self.shape), second.reshape(self.shape)))


def sides(shape: Sequence[int]) -> tuple[int, ...]:
    """Return a shape without ones at its end: a picture may have one channel, or none."""
    found = tuple(int(side) for side in shape)
    while found and found[-1] == 1:
        found = found[:-1]
    return found


def check_sides(shape: Any) -> None:
    """Raise unless ``shape`` is None or that of one sample."""
    if shape is None:
        return
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        raise InvalidTypeError(
            f"shape must be that of one sample, such as (28, 28, 1), got {shape!r}"
        )
    for side in shape:
        _checks.check_number("shape", side, low=1, integer=True)
