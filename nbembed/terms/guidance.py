"""The terms that hold something for single rows: a value, or a place."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.terms.base import Term

__all__ = ["Attribute", "Position"]


@dataclass(frozen=True, eq=False)
class Attribute(Term):
    r"""One axis of the map follows a value of the rows: :math:`1 - \mathrm{corr}(a, y_c)^2`, from 0 to 1.

    Parameters
    ----------
    values
        One number per row of X; NaN is unknown.
    component
        The axis c, 0 to n_components - 1. Default 0.
    weight
        At least 0. Default 1.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 5.3.
    """

    name: ClassVar[str] = "attribute"

    values: Any
    component: int = 0
    weight: float = 1.0

    def options(self) -> dict[str, Any]:
        """Return weight and axis."""
        return super().options() | {"component": int(self.component)}

    def target(self, n_samples: int, n_components: int) -> NDArray[np.float64]:  # noqa: ARG002
        """Return the values, centred and of variance 1."""
        values = _numbers("values of Attribute", self.values)
        if values.shape != (n_samples,):
            raise InvalidInputError(
                f"values of Attribute must be one number per row of X, {n_samples} in all, got shape {values.shape}"
            )
        known = values[np.isfinite(values)]
        if not len(known) or np.ptp(known) == 0:
            raise InvalidInputError(
                "values of Attribute must differ between rows, got one value only; an axis cannot follow it"
            )
        return (values - known.mean()) / known.std()

    def check(self, n_components: int) -> None:
        """Raise for an axis that the map does not have."""
        super().check(n_components)
        _checks.check_number(
            "component of Attribute", self.component, low=0, high=n_components - 1, integer=True
        )


@dataclass(frozen=True, eq=False)
class Position(Term):
    """Rows that should be somewhere: landmarks, or an old map that is to go on when data grow.

    The value is the mean squared distance from there, in squared units of the map.

    Parameters
    ----------
    targets
        Where, shape (m, n_components); a row with NaN has no place.
    rows
        Which rows of X they belong to, m different numbers. None (default): the first m.
    weight
        At least 0. Default 1.
    batch_size
        Such rows of every mini-batch, drawn with replacement; all of them where there are fewer. Default 128.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 3.2.
    """

    name: ClassVar[str] = "position"

    targets: Any
    rows: Any = None
    weight: float = 1.0
    batch_size: int = 128

    def options(self) -> dict[str, Any]:
        """Return weight and size."""
        return super().options() | {"batch_size": int(self.batch_size)}

    def target(
        self, n_samples: int, n_components: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the numbers of rows, and where they should be."""
        places = _numbers("targets of Position", self.targets)
        if places.ndim != 2 or places.shape[1] != n_components:  # noqa: PLR2004
            raise InvalidInputError(
                f"targets of Position must have {n_components} columns, as the map has, got shape {places.shape}"
            )
        numbers = np.arange(len(places)) if self.rows is None else np.asarray(self.rows)
        fits = numbers.dtype.kind in "iu" and numbers.shape == (len(places),)
        if not fits or len(np.unique(numbers)) != len(numbers):
            raise InvalidInputError(
                f"rows of Position must be {len(places)} different whole numbers, one per target, got shape "
                f"{numbers.shape} of type {numbers.dtype}"
            )
        if len(numbers) and (numbers.min() < 0 or numbers.max() >= n_samples):
            raise InvalidInputError(
                f"rows of Position must be numbers of rows of X, 0 to {n_samples - 1}, got {numbers.min()} to "
                f"{numbers.max()}"
            )
        known = np.isfinite(places).all(axis=1)
        if not known.any():
            raise InvalidInputError(
                "targets of Position must hold a place, got none that is finite"
            )
        return numbers[known].astype(np.int64), places[known]

    def check(self, n_components: int) -> None:
        """Raise for sizes that are none."""
        super().check(n_components)
        _checks.check_number("batch_size of Position", self.batch_size, low=1, integer=True)


def _numbers(name: str, values: Any) -> NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidTypeError(f"{name} must be numbers, got {type(values).__name__}") from None
