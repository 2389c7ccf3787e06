"""How strongly two points pull or push, by how far they are in the data and in the map."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nbembed._checks import check_choice, check_number
from nbembed.errors import InvalidInputError
from nbembed.forces.divergences import DIVERGENCES
from nbembed.kernels import Kernel, kernel_named

__all__ = ["GradientPlates", "gradient_plates", "pair_gradient"]

# Distances that a plate covers where none are given: up to three bandwidths, and three widths of the kernel.
FARTHEST, PLACES = 3.0, 121
# Points whose pairs share the sums, if nothing else is said.
SOME_POINTS = 1_000
# Where a pair of points lies upon each other the cross entropy's push has no bound.
TINY = 1e-12


@dataclass(frozen=True, eq=False)
class GradientPlates:
    """Gradients of a pair of points for four losses, on a grid of distances.

    Attributes
    ----------
    in_data
        Distances in the data, in bandwidths; the rows of each plate.
    in_map
        Distances in the map; the columns.
    plates
        The part of a pair in the gradient, by divergence (``"kl"``, ``"frobenius"``) and whether P and Q are
        normalised. Above 0 the two points pull each other, below they push.
    rest
        The distance in the map at which a pair neither pulls nor pushes, for each of ``in_data``; the same in all four.
    """

    in_data: NDArray[np.float64]
    in_map: NDArray[np.float64]
    plates: dict[tuple[str, bool], NDArray[np.float64]]
    rest: NDArray[np.float64]

    def plot(self) -> Any:
        """Return a figure of the four; see ``nbembed.gradient_plates_figure``."""
        # Drawing is the work of a room above, which the package's public names lead to.
        import nbembed

        return nbembed.gradient_plates_figure(self)


def pair_gradient(
    p: ArrayLike,
    distances: ArrayLike,
    *,
    kernel: Kernel | None = None,
    divergence: str = "kl",
    normalized: bool = True,
    total: float = 1.0,
    excess: float = 0.0,
) -> NDArray[np.float64]:
    r"""Return what one pair adds to the gradient at one of its ends, along the line between them.

    With the kernel w at the distance d in the map, its slope :math:`g = -\partial \ln w/\partial d^2` and
    :math:`q = w/Z` it is

    * KL, normalised: :math:`4 (p - q) g d`;
    * KL, not normalised (the cross entropy): :math:`4 (p - (1 - p) w/(1 - w)) g d`;
    * Frobenius, normalised: :math:`8 (p - q - S) q g d`;
    * Frobenius, not normalised: :math:`8 (p - w) w g d`.

    Parameters
    ----------
    p
        Affinity of the pair, at least 0.
    distances
        Distances in the map, at least 0, not squared; of a shape that fits that of ``p``.
    kernel
        Similarity in the map; None (default) is t-SNE's.
    divergence
        ``"kl"`` (default) or ``"frobenius"``.
    normalized
        Whether similarities are divided by their sum. Default True.
    total
        That sum, Z, above 0, over all ordered pairs. Default 1.
    excess
        :math:`S = \sum_{kl} (p_{kl} - q_{kl}) q_{kl}`, which joins all pairs in the normalised Frobenius norm. 0
        (default) where the others have come to rest.

    Returns
    -------
    ndarray
        Above 0 where the pair pulls, below where it pushes. The gradient at point i is the sum over j of this times
        the unit vector from j to i.

    Raises
    ------
    InvalidInputError
        If the divergence is another one, or ``total`` is not above 0.

    References
    ----------
    Draganov et al., GDR, sec. 3.1 and 4.1, whose eq. 5 has the wrong sign, and whose normalised Frobenius force
    leaves S out; van der Maaten & Hinton (2008), JMLR 9, eq. 5.

    Examples
    --------
    >>> pair_gradient(0.5, [1.0, 2.0], normalized=False).round(3).tolist()
    [0.0, 0.6]
    """
    check_choice("divergence", divergence, DIVERGENCES)
    check_number("total", total, low=0, above=True)
    shape = kernel or kernel_named("student_t")
    p, d = np.asarray(p, dtype=np.float64), np.asarray(distances, dtype=np.float64)
    squared = np.maximum(d**2, TINY)
    w, slope = shape.values(squared), shape.slopes(squared)
    q = w / total if normalized else w
    if divergence == "frobenius":
        return 8.0 * (p - q - (excess if normalized else 0.0)) * q * slope * d
    if normalized:
        return 4.0 * (p - q) * slope * d
    return 4.0 * (p - (1.0 - p) * w / (1.0 - w)) * slope * d


def gradient_plates(
    in_data: ArrayLike | None = None,
    in_map: ArrayLike | None = None,
    *,
    n_samples: int = SOME_POINTS,
    a: float = 1.0,
    b: float = 1.0,
) -> GradientPlates:
    r"""Return the gradient of a pair over both its distances, for KL and Frobenius, normalised or not.

    A pair at the distance d in the data, in bandwidths, has the similarity :math:`v = e^{-d^2/2}`, one at the
    distance e in the map has :math:`w = (1 + a e^{2b})^{-1}`. Normalised, both are divided by the number of ordered
    pairs: a constant number of points is looked at, and both sums are taken to be as large as they can be. All four
    plates are 0 along the same line, :math:`v = w`. What the normalisation changes is how strong the forces are
    (:math:`n (n - 1)` times weaker with it), and that without it points which lie upon each other repel without
    bound.

    Parameters
    ----------
    in_data, in_map
        Distances, above 0, each in one dimension. None (default): 121 up to 3.
    n_samples
        Points whose pairs are in the sums, at least 2. Default 1,000.
    a, b
        Shape of the kernel in the map, above 0. Default 1, which is that of t-SNE.

    Returns
    -------
    GradientPlates

    Raises
    ------
    InvalidInputError
        If distances are not above 0, or a number is out of its range.

    References
    ----------
    Draganov et al., GDR, Figure 2; van der Maaten & Hinton (2008), JMLR 9, Figure 1.

    Examples
    --------
    >>> found = gradient_plates([0.5, 2.0], [0.1, 1.0, 10.0])
    >>> np.sign(found.plates["kl", True]).tolist()
    [[-1.0, 1.0, 1.0], [-1.0, -1.0, 1.0]]
    """
    check_number("n_samples", n_samples, low=2, integer=True)
    rows, columns = _distances("in_data", in_data), _distances("in_map", in_map)
    kernel = kernel_named("cauchy", a=a, b=b)
    similar = np.exp(-0.5 * rows**2)[:, None]
    plates: dict[tuple[str, bool], NDArray[np.float64]] = {}
    for divergence in DIVERGENCES:
        for normalized in (True, False):
            total = float(n_samples) * (n_samples - 1) if normalized else 1.0
            plates[divergence, normalized] = pair_gradient(
                similar / total,
                columns,
                kernel=kernel,
                divergence=divergence,
                normalized=normalized,
                total=total,
            )
    rest = (np.expm1(0.5 * rows**2) / a) ** (0.5 / b)
    return GradientPlates(rows, columns, plates, rest)


def _distances(name: str, given: ArrayLike | None) -> NDArray[np.float64]:
    """Return distances that were given, or some."""
    if given is None:
        return np.linspace(0.0, FARTHEST, PLACES + 1)[1:]
    values = np.asarray(given, dtype=np.float64)
    if values.ndim != 1 or not len(values) or not (values > 0).all():
        raise InvalidInputError(
            f"{name} must hold distances above 0 in one dimension, got {given!r}; leave 0 out"
        )
    return values
