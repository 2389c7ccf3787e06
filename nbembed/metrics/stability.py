"""How far maps of the same rows agree: other seeds, other methods."""

from itertools import combinations
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.metrics.ranking import Space
from nbembed.transport import check_map

__all__ = ["align", "as_maps", "neighbor_agreement", "neighbor_jaccard", "procrustes_disparity"]


def align(
    Y: Any, to: Any, *, rows: Any = None, turn: bool = True, same_size: bool = False
) -> NDArray[np.float64]:
    r"""Return a map turned, mirrored, scaled and moved onto another one, as well as that goes.

    Minimises :math:`\| s (Y - \bar y) R + t - Y' \|` over orthogonal R, scale s and shift t. The
    neighbours in the map stay what they are.

    Parameters
    ----------
    Y
        The map to move, shape (n_samples, n_components).
    to
        The map to move it onto, of the same shape.
    rows
        Positions of the rows that are to lie on each other; None means all. The others move along.
    turn
        False only scales and moves, to the same size and middle.
    same_size
        Scale to the size of ``to`` (root of the mean squared distance from the middle); the scale that
        fits best makes maps small that differ much.

    Returns
    -------
    ndarray of float64, shape (n_samples, n_components)

    Raises
    ------
    InvalidInputError
        If the shapes differ.

    References
    ----------
    Schönemann & Carroll (1970), "Fitting one matrix to another under choice of a central dilation
    and a rigid motion", Psychometrika 35; ``scipy.linalg.orthogonal_procrustes``.

    Examples
    --------
    >>> corner = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    >>> turned = corner @ np.array([[0.0, 3.0], [-3.0, 0.0]]) + 5.0
    >>> bool(np.allclose(align(turned, corner), corner))
    True
    """
    from scipy.linalg import orthogonal_procrustes

    points, others = _two(Y, to)
    some = slice(None) if rows is None else np.asarray(rows)
    middle, centre = points[some].mean(axis=0), others[some].mean(axis=0)
    moving, fixed = points[some] - middle, others[some] - centre
    size = float(np.square(moving).sum())
    if not size > 0.0:
        return np.tile(centre, (len(points), 1))
    equal = np.sqrt(float(np.square(fixed).sum()) / size)
    if not turn:
        return (points - middle) * equal + centre
    rotation, total = orthogonal_procrustes(moving, fixed)
    scale = equal if same_size else float(total) / size
    return (points - middle) @ rotation * scale + centre


def procrustes_disparity(Y: Any, other: Any) -> float:
    r"""Return what is left of the difference of two maps when they are aligned.

    .. math:: 1 - \frac{(\sum_k \sigma_k)^2}{\|Y - \bar y\|^2\, \|Y' - \bar y'\|^2}

    with the singular values :math:`\sigma` of :math:`(Y - \bar y)^T (Y' - \bar y')`. The order of
    the two does not matter.

    Parameters
    ----------
    Y, other
        Two maps of the same rows, shape (n_samples, n_components).

    Returns
    -------
    float
        0 if one map is the other one turned, mirrored, scaled and moved, up to 1. NaN if one has no
        extent.

    Raises
    ------
    InvalidInputError
        If the shapes differ.

    References
    ----------
    Gower (1975), "Generalized Procrustes analysis", Psychometrika 40; equal to the disparity of
    ``scipy.spatial.procrustes``.
    """
    from scipy.linalg import svdvals

    points, others = _two(Y, other)
    points = points - points.mean(axis=0)
    others = others - others.mean(axis=0)
    size = float(np.square(points).sum()) * float(np.square(others).sum())
    if not size > 0.0:
        return float("nan")
    singular: Any = svdvals(points.T @ others)
    return max(0.0, 1.0 - float(singular.sum()) ** 2 / size)


def neighbor_jaccard(maps: Any, *, n_neighbors: int = 15) -> NDArray[np.float64]:
    r"""Return for each point how far its neighbours are the same in several maps.

    The mean over all pairs of maps of :math:`|A \cap B| / |A \cup B|`, where A and B are the
    neighbours of the point in the two.

    Parameters
    ----------
    maps
        At least two maps of the same rows, such as other seeds.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than n_samples.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        0 to 1; the mean is the stability of the runs.

    Raises
    ------
    InvalidInputError
        If there is only one map, or the maps differ in their rows.

    References
    ----------
    Jaccard (1912), "The distribution of the flora in the alpine zone", New Phytologist 11. On the
    overlap of neighbourhoods as the stability of an embedding: Wendlandt, Kummerfeld & Mihalcea
    (2018), "Factors influencing the surprising instability of word embeddings", NAACL.
    """
    return neighbor_agreement(maps, n_neighbors=n_neighbors)[0]


def neighbor_agreement(
    maps: Any, *, n_neighbors: int = 15
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return :func:`neighbor_jaccard` for each point, and its mean over the points for each pair of maps.

    Parameters
    ----------
    maps, n_neighbors
        As in :func:`neighbor_jaccard`.

    Returns
    -------
    points : ndarray of float64, shape (n_samples,)
        Mean over all pairs of maps.
    pairs : ndarray of float64, shape (n_maps, n_maps)
        Mean over all points; symmetric, 1 on the diagonal.
    """
    found = as_maps(maps)
    if len(found) < 2:  # noqa: PLR2004
        raise InvalidInputError(
            "maps must hold at least 2 maps of the same rows, got 1; run another seed"
        )
    n = len(found[0])
    check_number("n_neighbors", n_neighbors, low=1, high=n - 1, integer=True)
    near = [
        np.sort(Space(points).nearest(np.arange(n), int(n_neighbors)), axis=1) for points in found
    ]
    pairs = np.eye(len(near))
    total = np.zeros(n)
    for i, j in combinations(range(len(near)), 2):
        part = np.empty(n)
        share(n, lambda first, last: _jaccard(first, last, near[i], near[j], part))  # noqa: B023
        total += part
        pairs[i, j] = pairs[j, i] = part.mean()
    return total / (len(near) * (len(near) - 1) / 2), pairs


def as_maps(Y: Any) -> list[NDArray[np.float64]]:
    """Return a map, or a list of maps of the same rows, or what has one as ``embedding_``, as a list.

    Raises
    ------
    InvalidInputError
        If the maps differ in their number of rows.
    """
    items: Any = Y if isinstance(Y, (list, tuple)) and _holds_maps(Y) else [Y]
    maps = [check_map(getattr(item, "embedding_", item)) for item in items]
    sizes = {len(points) for points in maps}
    if len(sizes) > 1:
        raise InvalidInputError(
            f"all maps must be of the same rows, got maps of {' and '.join(map(str, sorted(sizes)))} rows"
        )
    return maps


def _holds_maps(items: Any) -> bool:
    return len(items) > 0 and all(
        hasattr(item, "embedding_") or np.ndim(item) == 2  # noqa: PLR2004
        for item in items
    )


def _two(Y: Any, other: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points, others = check_map(Y), check_map(other, name="to")
    if points.shape != others.shape:
        raise InvalidInputError(
            f"both maps must have the same rows and components, got shapes {points.shape} and {others.shape}"
        )
    return points, others


@numba.njit(nogil=True, cache=True)
def _jaccard(
    first: int,
    last: int,
    one: NDArray[np.intp],
    other: NDArray[np.intp],
    found: NDArray[np.float64],
) -> None:
    """Fill ``found`` for rows of which both lists of neighbours are sorted."""
    k = one.shape[1]
    for i in range(first, last):
        a, b, common = 0, 0, 0
        while a < k and b < k:
            left, right = one[i, a], other[i, b]
            common += left == right
            a += left <= right
            b += right <= left
        found[i] = common / (2 * k - common)
