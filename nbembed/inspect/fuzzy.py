"""UMAP's memberships of one point: the plateau up to its nearest neighbour, and the fall beyond."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.affinities import smooth_distances, symmetrized
from nbembed.affinities.fuzzy import falling
from nbembed.affinities.symmetry import directed
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.neighbors import nearest_neighbors

__all__ = ["INTERNALS", "Memberships", "memberships"]

SNIPPET = """apart = np.append(0.0, d[d > 0])   # d: distances to the neighbours, ascending
rho = np.interp(local_connectivity, np.arange(len(apart)), apart)
low, high = 0.0, 1e3 * d[-1]
for _ in range(200):
    sigma = (low + high) / 2
    total = np.exp(-np.maximum(d - rho, 0) / sigma).sum()
    low, high = (low, sigma) if total > np.log2(len(d) + 1) else (sigma, high)
sigma = max(sigma, 1e-3 * d.sum() / (len(d) + 1))
result = np.exp(-np.maximum(d - rho, 0) / sigma)"""


@dataclass(frozen=True, eq=False)
class Memberships:
    r"""One point's memberships; what :func:`memberships` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    neighbors : ndarray of int, shape (k,)
        Rows of X; k is ``n_neighbors`` - 1, for UMAP counts the point itself.
    lengths : ndarray, shape (k,)
    rho, sigma : float
        Up to :math:`\rho` the membership is 1, beyond it falls with the width :math:`\sigma`.
    outgoing, incoming, union : ndarray, shape (k,)
        :math:`\mu_{j|i}`, :math:`\mu_{i|j}` and the fuzzy union of the two.
    total : float
        Sum of the outgoing ones.
    wanted : float
        What they should sum to, :math:`\log_2 (k + 1)`.
    """

    rows: Rows
    i: int
    neighbors: NDArray[np.intp]
    lengths: Floats
    rho: float
    sigma: float
    outgoing: Floats
    incoming: Floats
    union: Floats
    total: float
    wanted: float


def memberships(
    X: Any, i: int, *, n_neighbors: int = 15, local_connectivity: float = 1.0
) -> Memberships:
    """Return UMAP's memberships of a row and its neighbours.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    i
        The row.
    n_neighbors
        Size of the neighbourhood, the row itself counted, as UMAP does; at least 3.
    local_connectivity
        Number of neighbours with full membership, at least 0.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, algorithm 3.

    Examples
    --------
    >>> found = memberships([[0.0], [1.0], [3.0], [4.0], [9.0]], 0, n_neighbors=4)
    >>> found.rho, found.outgoing[0], round(found.total - found.wanted, 5)
    (1.0, np.float64(1.0), 0.0)
    """
    rows, points = chosen(X, i)
    check_number("n_neighbors", n_neighbors, low=3, high=len(points), integer=True)
    near = nearest_neighbors(points, n_neighbors=n_neighbors - 1, method="exact")
    sigma, rho = smooth_distances(near, local_connectivity=local_connectivity)
    matrix = directed(near, falling(near.distances, sigma, rho))
    at = rows.at(i)
    others = near.indices[at]
    row, column, both = (
        np.asarray(each[at].toarray())[0, others]
        for each in (matrix, matrix.T.tocsr(), symmetrized(matrix, "union").tocsr())
    )
    return Memberships(
        rows=rows,
        i=i,
        neighbors=rows.indices[others],
        lengths=near.distances[at].astype(np.float64),
        rho=float(rho[at]),
        sigma=float(sigma[at]),
        outgoing=row,
        incoming=column,
        union=both,
        total=float(row.sum()),
        wanted=float(np.log2(n_neighbors)),
    )


def plate(scene: Scene) -> Plate:
    """Draw the membership curve of a point and what the union makes of it."""
    k, local = int(scene.get("n_neighbors", 15)), float(scene.get("local_connectivity", 1.0))
    found = memberships(scene.X, scene.need("i"), n_neighbors=k, local_connectivity=local)
    places = np.linspace(0.0, found.lengths[-1], 81)
    fall = np.exp(-np.maximum(places - found.rho, 0.0) / (found.sigma or 1.0))
    x = np.arange(1.0, len(found.neighbors) + 1)
    bars = [("of i", found.outgoing), ("of the neighbour", found.incoming), ("union", found.union)]
    return Plate(
        name="fuzzy",
        title="UMAP's memberships",
        panels=(
            Panel(
                "chart", f"Membership against distance, row {found.i}", "distance", "membership",
                series=(Series("curve", places, fall),
                        Series("neighbours", found.lengths, found.outgoing, "points", found.neighbors)),
            ),
            Panel(
                "chart", "Both directions and their union", "neighbour", "membership",
                series=tuple(Series(name, x, values, "bars", found.neighbors) for name, values in bars),
            ),
        ),
        text=f"Up to ρ = {found.rho:.4g} the membership is 1, beyond it falls with σ = {found.sigma:.4g}. The "
        "memberships of "
        f"row {found.i} sum to {found.total:.5f}; log2 {k} = {found.wanted:.5f} was wanted. Circles around points are "
        "only a picture: the distances are those of all columns.",
        snippet=SNIPPET,
        inputs={"d": found.lengths, "local_connectivity": local},
        result=found.outgoing,
        controls=(
            Control("n_neighbors", "Neighbours", "slider", k, low=3, high=100, step=1, scale="log"),
            Control("local_connectivity", "Local connectivity", "slider", local, low=0, high=5, step=0.5),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (Internal("fuzzy", "UMAP's memberships", 5, plate, frozenset({"point"})),)
