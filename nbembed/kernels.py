"""Kernels: how similar two points of the embedding are, from their squared distance."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbembed.errors import InvalidInputError

__all__ = ["cauchy", "fit_ab", "gaussian", "student_t"]

# Squared distances below this count as this: (d^2)^b has an infinite slope at 0 for b < 1.
TINY = 1e-12


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
