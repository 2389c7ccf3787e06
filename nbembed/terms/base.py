"""What every description of a term has."""

from dataclasses import fields
from typing import Any, ClassVar

import numpy as np

from nbembed import _checks

__all__ = ["Term"]


class Term:
    """Base of the terms: what they are called, what they say as plain data, what they need besides."""

    name: ClassVar[str]
    # Whether it learns from the y of ``fit``.
    supervised: ClassVar[bool] = False

    weight: float

    def options(self) -> dict[str, Any]:
        """Return what a phase says of the term, plain data only."""
        return {"weight": float(self.weight)}

    def target(self, n_samples: int, n_components: int) -> Any:  # noqa: ARG002
        """Return what the term needs beside plain data, checked; None if nothing."""
        return None

    def check(self, n_components: int) -> None:  # noqa: ARG002
        """Raise for what cannot be used."""
        _checks.check_number(f"weight of {type(self).__name__}", self.weight, low=0)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            _equal(getattr(self, f.name), getattr(other, f.name))
            for f in fields(self)  # pyright: ignore[reportArgumentType]
        )

    def __hash__(self) -> int:
        return hash((self.name, self.weight))


def _equal(a: Any, b: Any) -> bool:
    if a is b:
        return True
    if callable(a) or callable(b):
        return False
    try:
        return bool(np.array_equal(np.asarray(a), np.asarray(b), equal_nan=_floats(a, b)))
    except (TypeError, ValueError):
        return False


def _floats(*values: Any) -> bool:
    return all(np.asarray(value).dtype.kind in "biuf" for value in values)
