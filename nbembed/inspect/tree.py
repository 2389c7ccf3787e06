"""The tree of Barnes and Hut: boxes that are cut in half until each counts as one point for all who look."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nbembed.kernels import Kernel, kernel_named

__all__ = ["Box", "boxes", "tree_repulsion"]

Floats = NDArray[np.float64]

# Points nearer to each other than this share of the map are one leaf.
SMALLEST = 1e-9


@dataclass(frozen=True, eq=False)
class Box:
    """A box that counts as one point for some who look.

    Attributes
    ----------
    centre : ndarray, shape (n_components,)
        The mean of its points.
    count : int
        How many these are.
    corner : ndarray, shape (n_components,)
    width : float
    depth : int
        How often the whole was cut to it.
    seen_by : ndarray of int
        Positions of those for whom it does.
    """

    centre: Floats
    count: int
    corner: Floats
    width: float
    depth: int
    seen_by: NDArray[np.intp]


def boxes(places: Floats, views: Floats, theta: float) -> Iterator[Box]:
    """Yield boxes that together are all points, for everybody who looks.

    A box that is narrower than ``theta`` times its distance from somebody is one point there, else it is cut in half
    along every axis. A point alone is a box, and so are points at one place.

    Parameters
    ----------
    places
        The points, shape (n, n_components).
    views
        From where one looks, shape (m, n_components).
    theta
        At least 0; 0 opens every box.

    References
    ----------
    Barnes & Hut (1986), Nature 324; van der Maaten (2014), JMLR 15, sec. 4.2.
    """
    whole = float(np.ptp(places, axis=0).max()) or 1.0
    waiting = [(np.arange(len(places)), places.min(axis=0), whole, 0, np.arange(len(views)))]
    while waiting:
        inside, corner, width, depth, asking = waiting.pop()
        centre = places[inside].mean(axis=0)
        is_leaf = len(inside) == 1 or width < SMALLEST * whole or not np.ptp(places[inside], axis=0).any()  # fmt: skip
        # Who asks from within is never far: the box holds the point itself.
        far = (width < theta * np.linalg.norm(views[asking] - centre, axis=1)) | is_leaf
        if far.any():
            yield Box(centre, len(inside), corner, width, depth, asking[far])
        near = asking[~far]
        if len(near):
            half = width / 2.0
            upper = places[inside] >= corner + half
            number = upper @ (1 << np.arange(places.shape[1]))
            for each in np.unique(number):
                here = number == each
                side = corner + half * upper[here][0]
                waiting.append((inside[here], side, half, depth + 1, near))


def tree_repulsion(
    points: NDArray[np.floating],
    *,
    theta: float,
    kernel: Kernel | None = None,
    of: NDArray[np.intp] | None = None,
) -> Floats:
    r"""Return the repulsion of all points by the rule of Barnes and Hut, not divided by Z; see :func:`boxes`.

    Parameters
    ----------
    points
        The map, shape (n_samples, n_components).
    theta
        At least 0; 0 opens every box and is exact.
    kernel
        Similarity in the map; None (default) is t-SNE's.
    of
        Points on which it is wanted; None means all.
    """
    places = np.asarray(points, dtype=np.float64)
    views = places if of is None else places[of]
    shape = kernel or kernel_named("student_t")
    push = np.zeros_like(views)
    for box in boxes(places, views, theta):
        away = views[box.seen_by] - box.centre
        squared = (away**2).sum(axis=1, keepdims=True)
        push[box.seen_by] += box.count * shape.values(squared) * shape.slopes(squared) * away
    return push
