"""How far the direction of an estimated repulsion is from that of all pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice, check_number
from nbembed.errors import InvalidInputError
from nbembed.forces.hashing import stream
from nbembed.forces.pairs import ALL_OTHERS, SIMILAR, push_pairs
from nbembed.forces.spline import SplineRepulsion
from nbembed.inspect.tree import tree_repulsion
from nbembed.kernels import MAX_GRID_COMPONENTS, Kernel, kernel_named
from nbembed.transport import check_map

__all__ = ["WAYS", "RepulsionAngles", "repulsion_angles"]

WAYS = ("sampled", "grid", "tree")

Forces = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RepulsionAngles:
    """Angles between estimated and exact repulsion.

    Attributes
    ----------
    angles
        For each way an angle per point, in radians, 0 (the same direction) to pi (the opposite one); NaN where one of
        the two has no direction.
    exact
        The repulsion of all pairs, shape (n_samples, n_components).
    of_all
        For each way one angle of the whole map: between the forces on all points as one long vector, where strong
        forces count for more than weak ones.
    """

    angles: dict[str, Forces]
    exact: Forces
    of_all: dict[str, float]

    @property
    def means(self) -> dict[str, float]:
        """Mean angle of each way, in radians, over the points that have one."""
        return {way: float(np.nanmean(values)) for way, values in self.angles.items()}

    def plot(self) -> Any:
        """Return a figure of how the angles are distributed; see ``nbembed.repulsion_angles_figure``."""
        # Drawing is the work of a room above, which the package's public names lead to.
        import nbembed

        return nbembed.repulsion_angles_figure(self)


def repulsion_angles(
    embedding: Any,
    *,
    ways: Sequence[str] = WAYS,
    n_negatives: int = 15,
    theta: float = 0.5,
    dof: float = 1.0,
    random_state: int = 0,
) -> RepulsionAngles:
    r"""Return, for every point, the angle between an estimate of its repulsion and the exact one.

    The exact repulsion is :math:`\sum_j w_{ij} g_{ij} (y_i - y_j)` over all other points, with
    :math:`g = -\partial \ln w/\partial d^2`; its factor :math:`1/Z` has no direction. Take the angles of several
    frames of a run to see how they go on.

    Parameters
    ----------
    embedding
        The map, shape (n_samples, n_components), at least 2 samples.
    ways
        Which estimates. ``"sampled"``: as many uniformly drawn others as ``n_negatives`` says, as in UMAP and GDR;
        ``"grid"``: the splines and the FFT of :class:`nbembed.TSNE`, for one or two components;
        ``"tree"``: groups of far points as one, as Barnes and Hut do. Default all three.
    n_negatives
        Points that each point draws, at least 1. Default 15: about as many as it has edges in GDR, which draws one for
        each.
    theta
        A square is one point to whom it is farther than its width over this; above 0. Default 0.5.
    dof
        Degrees of freedom of Student's t in the map, above 0. Default 1, which is t-SNE.
    random_state
        Seed of the draws, a whole number. Default 0.

    Returns
    -------
    RepulsionAngles

    Raises
    ------
    InvalidInputError
        If a way is unknown, the grid is asked for in more than two dimensions, or a number is out of its range.

    Notes
    -----
    All pairs take n² operations, and the tree is plain numpy: maps of some thousand points are meant.

    References
    ----------
    Draganov et al., GDR, Figure 3; Barnes & Hut (1986), Nature 324; Linderman et al. (2019), Nature Methods 16.

    Examples
    --------
    >>> Y = np.random.default_rng(0).normal(size=(200, 2)) * 10
    >>> means = repulsion_angles(Y).means
    >>> max(means["grid"], means["tree"]) < 0.1 < means["sampled"]
    True
    """
    points = np.ascontiguousarray(check_map(embedding, name="embedding"), dtype=np.float32)
    check_number("number of samples", len(points), low=2)
    check_number("n_negatives", n_negatives, low=1, integer=True)
    check_number("theta", theta, low=0, above=True)
    kernel = kernel_named("student_t", dof=dof)
    exact, _, _ = push_pairs(
        points, _counts(points, ALL_OTHERS), np.uint64(0), kernel, SIMILAR, 0.0
    )
    found: dict[str, Forces] = {}
    for way in dict.fromkeys(ways):
        check_choice("ways", way, WAYS)
        if way == "sampled":
            drawn = _counts(points, int(n_negatives)), stream(int(random_state))
            found[way], _, _ = push_pairs(points, *drawn, kernel, SIMILAR, 0.0)
        elif way == "grid":
            found[way] = _by_grid(points, kernel)
        else:
            found[way] = tree_repulsion(points, theta=theta, kernel=kernel)
    angles = {way: _angles(forces, exact) for way, forces in found.items()}
    whole = exact.reshape(1, -1)
    of_all = {way: float(_angles(f.reshape(1, -1), whole)[0]) for way, f in found.items()}
    return RepulsionAngles(angles, exact, of_all)


def _by_grid(points: NDArray[np.float32], kernel: Kernel) -> Forces:
    if points.shape[1] > MAX_GRID_COMPONENTS:
        raise InvalidInputError(
            f"ways must leave 'grid' out for more than two components, got {points.shape[1]}; "
            "take 'sampled' and 'tree'"
        )
    forces = np.empty_like(points)
    SplineRepulsion(kernel)(points, forces)
    return forces.astype(np.float64)


def _counts(points: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    return np.full(len(points), count, dtype=np.int64)


def _angles(ones: Forces, others: Forces) -> Forces:
    """Return the angle between the vectors of each row, NaN where one of them is 0."""
    lengths = np.linalg.norm(ones, axis=1) * np.linalg.norm(others, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = (ones * others).sum(axis=1) / lengths
    return np.arccos(np.clip(cosine, -1.0, 1.0))
