"""How far apart two groups of points are, in the data and in maps of them, and what differs between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number, check_seed
from nbembed.errors import InvalidInputError
from nbembed.labels import MISSING
from nbembed.metrics.ranking import Space, as_points, check_neighborhood
from nbembed.metrics.scores import label_codes
from nbembed.metrics.stability import as_maps

__all__ = ["PAIRS", "Difference", "GroupComparison", "compare_groups", "pairs_between"]

# Random pairs of points, and of one point of each group. A fraction of 20,000 has a standard error of
# at most 0.4 percent.
PAIRS = 20_000
# Of each pair of classes so many pairs of points; more classes than this are no overview.
CLASS_PAIRS, MAX_CLASSES = 500, 50
# Coordinates gathered at once, and products of the search for neighbours.
GATHERED, PRODUCTS = 4_000_000, 4e9
LARGEST_DIFFERENCES = 5


class Difference(NamedTuple):
    """How much a column differs between two groups.

    Attributes
    ----------
    name : str
        The column.
    size : float
        Difference of the means, A less B, in pooled standard deviations within the groups (Cohen's
        d); infinite where neither group varies.
    mean_a, mean_b : float
        The means, in the column's units.
    """

    name: str
    size: float
    mean_a: float
    mean_b: float


@dataclass(frozen=True)
class GroupComparison:
    """Two groups in the data and in maps; what :func:`compare_groups` returns.

    Attributes
    ----------
    n_a, n_b : int
        Number of points.
    in_data : float
        Part of all pairs of points that lie closer together in the data than a pair between the groups.
    in_maps : tuple of float
        The same in each map.
    classes : tuple of int
        How many pairs of classes there are beside A's and B's own (0 where there are no classes), how many
        of them lie closer together in the data than A and B, and how many in the first map.
    across_in_data, across_in_map : float
        Part of the neighbours of the groups' points that lie in the other group.
    n_neighbors : int
        Size of these neighbourhoods.
    differences : tuple of Difference
        The columns that differ most, the largest difference first.
    """

    n_a: int
    n_b: int
    in_data: float
    in_maps: tuple[float, ...]
    classes: tuple[int, int, int]
    across_in_data: float
    across_in_map: float
    n_neighbors: int
    differences: tuple[Difference, ...]

    def __str__(self) -> str:
        first, *others = self.in_maps
        lines = [
            f"A ({self.n_a:,} points) and B ({self.n_b:,}) are farther apart than",
            f"  {self.in_data:.0%} of all pairs of points in the data, {first:.0%} in the map"
            + (f", {min(others):.0%} to {max(others):.0%} in {len(others)} other map(s)" if others else ""),
        ]  # fmt: skip
        pairs, data, embedding = self.classes
        if pairs:
            lines.append(
                f"  {data} of {pairs} other pairs of classes in the data, {embedding} in the map"
            )
        lines.append(
            f"Of their {self.n_neighbors} neighbours, {self.across_in_data:.0%} lie in the other group in the data, "
            f"{self.across_in_map:.0%} in the map."
        )
        lines += [
            f"  {d.name}: {d.mean_a:.4g} and {d.mean_b:.4g}, {d.size:+.2f} standard deviations"
            for d in self.differences
        ]
        return "\n".join(lines)


def compare_groups(
    X: Any,
    Y: Any,
    a: Any,
    b: Any,
    *,
    labels: Any = None,
    columns: Sequence[tuple[str, NDArray[Any]]] = (),
    n_neighbors: int = 15,
    random_state: Any = 0,
) -> GroupComparison:
    r"""Compare two groups of points: their distance in the data and in maps, and what sets them apart.

    A distance in a map of t-SNE or UMAP has no unit, and those of the data are not on its scale. What
    can be compared is the *rank* of a distance: the probability that a pair of one point of A and one of B
    is farther apart than a pair of any two points,

    .. math:: P(d(a, b) > d(p, q)) + \tfrac12 P(d(a, b) = d(p, q)),

    which is the Mann-Whitney statistic of the two sets of distances: 0 to 1, and 0.5 for groups that are
    like any two points. The same pairs are drawn in every space. One map of a method that depends on its
    seed is one draw: give several to see how far the answer depends on it.

    The differences of columns describe groups that were chosen by looking at a map of these very columns.
    They cannot test whether the groups differ.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        A map of the same rows, or a list of maps from other runs, the one looked at first.
    a, b
        Positions of the rows of the two groups, or boolean masks; at least 2 rows each. Rows that are in
        both count as A's.
    labels
        Classes of the rows, 3 to 50: the distance is then compared with those of other pairs of classes too.
    columns
        Names and values, one number per row, of what may set the groups apart. Default: the columns of X.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than n_samples / 2. Default 15.
    random_state
        Seed of the pairs that are drawn.

    Raises
    ------
    InvalidInputError
        If a group has less than 2 rows of its own, or X and the maps do not match.

    References
    ----------
    Mann & Whitney (1947), Annals of Mathematical Statistics 18. Cohen (1988), "Statistical power analysis",
    ch. 2, for the standardised difference. On why ranks of distances between clusters have to be looked
    up: Jeon et al. (2025), arXiv:2506.08725.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> found = compare_groups(X, X[:, :2], y == "setosa", y == "virginica")
    >>> found.differences[0].name, round(found.differences[0].size, 1)
    ('column 2', -10.0)
    """
    points, maps = as_points(X), as_maps(Y)
    n = len(points)
    if any(len(one) != n for one in maps):
        raise InvalidInputError(
            f"Y must have one row per row of X, {n}, got maps of {[len(one) for one in maps]}"
        )
    check_neighborhood(n_neighbors, n)
    group_a, group_b = _groups(a, b, n)
    random = np.random.default_rng(check_seed(random_state))
    all_pairs = pairs_between(random, np.arange(n), np.arange(n), PAIRS)
    between = pairs_between(random, group_a, group_b, PAIRS)
    spaces = [Space(points), *map(Space, maps)]
    reference = [np.sort(_lengths(space, all_pairs)) for space in spaces]
    ranks = [
        _mean_rank(_lengths(space, between), known)
        for space, known in zip(spaces, reference, strict=True)
    ]
    across = [_across(space, group_a, group_b, int(n_neighbors), random) for space in spaces[:2]]
    return GroupComparison(
        n_a=len(group_a),
        n_b=len(group_b),
        in_data=ranks[0],
        in_maps=tuple(ranks[1:]),
        classes=_among_classes(spaces[:2], reference, ranks, labels, (group_a, group_b), random),
        across_in_data=across[0],
        across_in_map=across[1],
        n_neighbors=int(n_neighbors),
        differences=_differences(columns or _columns(points), group_a, group_b),
    )


def _groups(a: Any, b: Any, n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    masks: list[NDArray[np.bool_]] = []
    for name, given in (("a", a), ("b", b)):
        values = np.asarray(given)
        if values.ndim != 1 or (values.dtype == bool and len(values) != n) or (
            values.dtype.kind not in "biu" and values.size
        ):  # fmt: skip
            raise InvalidInputError(
                f"{name} must be positions of rows or one boolean per row, {n} in all, "
                f"got {values.dtype} of shape {values.shape}"
            )
        mask = np.zeros(n, dtype=bool)
        for row in [] if values.dtype == bool or not values.size else (values.min(), values.max()):
            check_number(name, int(row), low=0, high=n - 1, integer=True)
        mask[values.astype(np.intp) if values.dtype != bool else values] = True
        masks.append(mask)
    masks[1] &= ~masks[0]
    for name, mask in zip("ab", masks, strict=True):
        if mask.sum() < 2:  # noqa: PLR2004 - one point has no spread
            raise InvalidInputError(
                f"{name} must have at least 2 rows of its own, got {mask.sum()}; select more points"
            )
    return np.flatnonzero(masks[0]), np.flatnonzero(masks[1])


def pairs_between(
    random: np.random.Generator, one: NDArray[np.intp], other: NDArray[np.intp], count: int
) -> NDArray[np.intp]:
    """Return pairs of two different points: all there are if they are few, else drawn, shape (m, 2)."""
    if len(one) * len(other) <= count:
        every = np.stack(np.meshgrid(one, other, indexing="ij"), axis=-1).reshape(-1, 2)
        return every[every[:, 0] != every[:, 1]]
    drawn = np.column_stack([random.choice(one, 2 * count), random.choice(other, 2 * count)])
    return drawn[drawn[:, 0] != drawn[:, 1]][:count]


def _lengths(space: Space, pairs: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return squared distances, some pairs at a time."""
    lengths = np.empty(len(pairs))
    height = max(1, GATHERED // space.points.shape[1])
    for start in range(0, len(pairs), height):
        part = pairs[start : start + height]
        gaps = space.shifted(space.points[part[:, 0]]) - space.shifted(space.points[part[:, 1]])
        lengths[start : start + height] = np.einsum("ij,ij->i", gaps, gaps)
    return lengths


def _mean_rank(lengths: NDArray[np.float64], known: NDArray[np.float64]) -> float:
    """Return the mean fraction of the sorted ``known`` below each length; equal ones count half."""
    below = np.searchsorted(known, lengths, side="left")
    up_to = np.searchsorted(known, lengths, side="right")
    return float((below + up_to).mean() / (2 * len(known)))


def _among_classes(
    spaces: Sequence[Space],
    reference: Sequence[NDArray[np.float64]],
    ranks: Sequence[float],
    labels: Any,
    groups: tuple[NDArray[np.intp], NDArray[np.intp]],
    random: np.random.Generator,
) -> tuple[int, int, int]:
    """Return the number of pairs of classes, and how many are closer together than the groups.

    The pair of the classes that most points of the groups have is left out: it is nearly theirs.
    """
    if labels is None:
        return 0, 0, 0
    codes = label_codes(labels, spaces[0].n)
    found, counts = np.unique(codes[codes != MISSING], return_counts=True)
    classes = found[counts > 1]
    if not 3 <= len(classes) <= MAX_CLASSES:  # noqa: PLR2004 - two classes are one pair
        return 0, 0, 0
    own = {int(np.bincount(codes[group] + 1).argmax()) - 1 for group in groups}
    pairs = [
        pairs_between(
            random, np.flatnonzero(codes == one), np.flatnonzero(codes == other), CLASS_PAIRS
        )
        for one, other in combinations(classes.tolist(), 2)
        if {one, other} != own
    ]
    closer = [
        sum(_mean_rank(_lengths(space, pair), known) < rank for pair in pairs)
        for space, known, rank in zip(spaces, reference, ranks, strict=False)
    ]
    return len(pairs), closer[0], closer[1]


def _across(
    space: Space,
    a: NDArray[np.intp],
    b: NDArray[np.intp],
    n_neighbors: int,
    random: np.random.Generator,
) -> float:
    """Return the part of the neighbours of both groups' points that lie in the other group."""
    group = np.zeros(space.n, dtype=np.int8)
    group[a], group[b] = 1, 2
    rows = np.concatenate([a, b])
    room = max(50, int(PRODUCTS / (space.n * space.points.shape[1])))
    if len(rows) > room:
        rows = np.sort(random.choice(rows, room, replace=False))
    near = space.nearest(rows, n_neighbors)
    return float((group[near] == (3 - group[rows])[:, None]).mean())


def _columns(points: NDArray[Any]) -> list[tuple[str, NDArray[Any]]]:
    return [(f"column {i}", points[:, i]) for i in range(points.shape[1])]


def _differences(
    columns: Sequence[tuple[str, NDArray[Any]]], a: NDArray[np.intp], b: NDArray[np.intp]
) -> tuple[Difference, ...]:
    """Return the columns that differ most; missing values are left out of a column's numbers."""
    found: list[Difference] = []
    for name, values in columns:
        one, other = (
            part[np.isfinite(part)] for part in (values[g].astype(np.float64) for g in (a, b))
        )
        if min(len(one), len(other)) < 2:  # noqa: PLR2004
            continue
        gap = float(one.mean() - other.mean())
        squares = one.var() * len(one) + other.var() * len(other)
        spread = float(np.sqrt(squares / (len(one) + len(other) - 2)))
        if gap != 0.0:
            size = gap / spread if spread > 1e-12 * abs(gap) else float(np.sign(gap) * np.inf)
            found.append(Difference(name, size, float(one.mean()), float(other.mean())))
    return tuple(sorted(found, key=lambda d: -abs(d.size))[:LARGEST_DIFFERENCES])
