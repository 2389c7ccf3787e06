r"""Kernels: how similar two points of the embedding are, from their squared distance.

Student's t of any degrees of freedom, UMAP's curve and the Gaussian are of one family,
:math:`(1 + a\,d^{2b})^{-c}`: :class:`Kernel` holds its three numbers, which compiled code reads.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbembed.errors import InvalidInputError

__all__ = [
    "KERNELS",
    "MAX_GRID_COMPONENTS",
    "Kernel",
    "cauchy",
    "check_grid",
    "fit_ab",
    "gaussian",
    "kernel_named",
    "student_t",
]

KERNELS = ("student_t", "cauchy", "gaussian")
# The grid of the FFT is a plane.
MAX_GRID_COMPONENTS = 2

# Squared distances below this count as this: (d^2)^b has an infinite slope at 0 for b < 1.
TINY = 1e-12


class Kernel(NamedTuple):
    r"""The kernel :math:`w = (1 + a\,d^{2b})^{-c}`, or :math:`\exp(-d^2)` where c is infinite.

    Attributes
    ----------
    a, b
        Shape of the curve, both > 0.
    c
        Power; 1 for UMAP, :math:`(\alpha + 1)/2` for Student's t, infinite for the Gaussian.
    """

    a: float
    b: float
    c: float

    def values(self, squared_distances: ArrayLike) -> NDArray[np.float64]:
        """Return the kernel at squared distances of any shape."""
        if np.isinf(self.c):
            return gaussian(squared_distances)
        squared = np.asarray(squared_distances, dtype=np.float64)
        return (1.0 + self.a * squared**self.b) ** -self.c

    def slopes(self, squared_distances: ArrayLike) -> NDArray[np.float64]:
        r"""Return :math:`-\partial \ln w / \partial d^2`, what all forces have as a factor.

        It is :math:`abc\,d^{2(b-1)}/(1 + a\,d^{2b})`, and 1 for the Gaussian.
        """
        squared = np.maximum(np.asarray(squared_distances, dtype=np.float64), TINY)
        if np.isinf(self.c):
            return np.ones_like(squared)
        grown = self.a * squared**self.b
        return self.b * self.c * grown / (squared * (1.0 + grown))


def kernel_named(name: str, *, dof: float = 1.0, a: float = 1.0, b: float = 1.0) -> Kernel:
    """Return the kernel of a name.

    Parameters
    ----------
    name
        ``"student_t"`` with ``dof``, ``"cauchy"`` with ``a`` and ``b``, or ``"gaussian"``.
    dof
        Degrees of freedom, above 0. Default 1.
    a, b
        Shape of UMAP's curve, above 0; see :func:`fit_ab`. Default 1, which is Student's t of one
        degree of freedom.

    Raises
    ------
    InvalidInputError
        If the name is another one, or a number is not above 0.

    References
    ----------
    van der Maaten (2009), AISTATS 5, sec. 3, for other degrees of freedom than 1.

    Examples
    --------
    >>> kernel_named("student_t", dof=3.0).values([0.0, 3.0]).round(6).tolist()
    [1.0, 0.25]
    """
    for key, value in (("dof", dof), ("a", a), ("b", b)):
        if not 0 < value < np.inf:
            raise InvalidInputError(f"{key} must be finite and above 0, got {value}")
    match name:
        case "student_t":
            return Kernel(1.0 / dof, 1.0, 0.5 * (dof + 1.0))
        case "cauchy":
            return Kernel(float(a), float(b), 1.0)
        case "gaussian":
            return Kernel(1.0, 1.0, np.inf)
        case _:
            names = ", ".join(map(repr, KERNELS))
            raise InvalidInputError(f"kernel must be one of {names}, got {name!r}")


def student_t(squared_distances: ArrayLike, dof: float = 1.0) -> NDArray[np.float64]:
    r"""Return :math:`(1 + d^2/\alpha)^{-(\alpha + 1)/2}`, the kernel of t-SNE.

    Parameters
    ----------
    squared_distances
        Squared distances in the embedding.
    dof
        Degrees of freedom :math:`\alpha` > 0; 1 is t-SNE, smaller has heavier tails.

    Returns
    -------
    ndarray
        Kernel values in (0, 1].

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 4.
    """
    squared = np.asarray(squared_distances, dtype=np.float64)
    return (1.0 + squared / dof) ** (-0.5 * (dof + 1.0))


def cauchy(squared_distances: ArrayLike, a: float, b: float) -> NDArray[np.float64]:
    r"""Return :math:`(1 + a\,d^{2b})^{-1}`, the kernel of UMAP.

    Parameters
    ----------
    squared_distances
        Squared distances in the embedding.
    a, b
        Shape of the curve, see :func:`fit_ab`; both > 0.

    Returns
    -------
    ndarray
        Kernel values in (0, 1].

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, definition 11.
    """
    squared = np.maximum(np.asarray(squared_distances, dtype=np.float64), TINY)
    return 1.0 / (1.0 + a * squared**b)


def gaussian(squared_distances: ArrayLike) -> NDArray[np.float64]:
    r"""Return :math:`\exp(-d^2)`, the kernel of the first SNE.

    Parameters
    ----------
    squared_distances
        Squared distances in the embedding.

    Returns
    -------
    ndarray
        Kernel values in [0, 1].

    References
    ----------
    Hinton & Roweis (2002), NIPS 15, eq. 3.
    """
    return np.exp(-np.asarray(squared_distances, dtype=np.float64))


@lru_cache(maxsize=64)
def fit_ab(min_dist: float, spread: float) -> tuple[float, float]:
    r"""Return the `a` and `b` of :func:`cauchy` that fit ``min_dist`` and ``spread``.

    Least squares on 300 points of :math:`[0, 3\,\mathrm{spread}]` to the curve that is 1 up to
    ``min_dist`` and falls as :math:`\exp(-(d - \mathrm{min\_dist})/\mathrm{spread})` after it.

    Parameters
    ----------
    min_dist
        Distance, in units of the embedding, within which points may lie without loss; >= 0.
    spread
        Scale of the embedding, in the same units; > 0.

    Returns
    -------
    tuple of float
        `a` and `b`.

    Raises
    ------
    InvalidInputError
        If ``spread`` <= 0, or ``min_dist`` is not in [0, 3 spread).

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, definition 11.

    Examples
    --------
    >>> a, b = fit_ab(0.1, 1.0)
    >>> round(a, 4), round(b, 4)
    (1.5769, 0.8951)
    """
    from scipy.optimize import curve_fit

    if not spread > 0:
        raise InvalidInputError(f"spread must be above 0, got {spread}")
    if not 0 <= min_dist < 3 * spread:
        raise InvalidInputError(
            f"min_dist must be in [0, 3 * spread) = [0, {3 * spread:g}), got {min_dist}"
        )
    distances = np.linspace(0.0, 3.0 * spread, 300)
    target = np.where(distances < min_dist, 1.0, np.exp(-(distances - min_dist) / spread))

    def curve(x: NDArray[np.float64], a: float, b: float) -> NDArray[np.float64]:
        return 1.0 / (1.0 + a * x ** (2.0 * b))

    (a, b), _ = curve_fit(curve, distances, target)
    return float(a), float(b)


def check_grid(*, normalized: bool, b: float | None, n_components: int) -> None:
    """Raise where the repulsion of a recipe with switches cannot come from a potential on a grid.

    Parameters
    ----------
    normalized
        Whether similarities are divided by their sum; else the repulsion has a pole at distance 0.
    b
        Shape of the kernel, smooth at distance 0 for 1 alone; None where it is fitted.
    n_components
        Dimension of the map.

    Raises
    ------
    InvalidInputError
        With all three.
    """
    if not (normalized and b == 1.0 and n_components <= MAX_GRID_COMPONENTS):
        raise InvalidInputError(
            "repulsion='fft' needs normalized=True, b=1 and n_components of 1 or 2, got "
            f"normalized={normalized}, b={b} and n_components={n_components}; use 'exact' or 'sampled'"
        )
