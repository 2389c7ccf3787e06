"""What becomes of two samples that want each other differently."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.affinities import SYMMETRIZATIONS, conditional, normalized_to_one, symmetrized
from nbembed.affinities.symmetry import directed
from nbembed.inspect.bandwidth import perplexity_control
from nbembed.inspect.near import Floats, neighbors_for
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen

__all__ = ["INTERNALS", "Symmetrization", "symmetrization"]

WRITTEN = {
    "mean": "S = (A + A.T) / 2",
    "union": "S = A + A.T - A * A.T",
    "mutual": "S = (A + A.T) / 2 * (A > 0) * (A.T > 0)",
    "none": "S = A",
}


@dataclass(frozen=True, eq=False)
class Symmetrization:
    r"""One point's wishes and those for it; what :func:`symmetrization` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    outgoing, incoming : ndarray, shape (m,)
        :math:`p_{j|i}` and :math:`p_{i|j}` for each of the rows.
    joint : ndarray, shape (m,)
        What the two become, before division by the sum of all.
    smallest_before, smallest_after : float
        The smallest sum of affinities that a row has for it: of :math:`p_{i|j}` over j, and of the
        symmetric ones. t-SNE makes symmetric so that no outlier is left without any.
    total : float
        Sum of the symmetric affinities of all pairs once they are normalised.
    directed : ndarray, shape (m, m)
        All :math:`p_{j|i}`.
    """

    rows: Rows
    i: int
    outgoing: Floats
    incoming: Floats
    joint: Floats
    smallest_before: float
    smallest_after: float
    total: float
    directed: Floats

    @property
    def outlier(self) -> int:
        """The row of X that wants others most more than they want it."""
        return int(self.rows.indices[self.directed.sum(axis=0).argmin()])

    @property
    def others(self) -> NDArray[np.intp]:
        """Places of the points with any affinity, the largest first."""
        found = np.flatnonzero(self.outgoing + self.incoming)
        return found[np.argsort(-(self.outgoing + self.incoming)[found], kind="stable")]


def symmetrization(
    X: Any, i: int, *, perplexity: float = 30.0, how: str = "mean"
) -> Symmetrization:
    """Return what a row's affinities are before and after they are made symmetric.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    i
        The row.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    how
        "mean" (t-SNE), "union" (UMAP), "mutual" or "none"; see :func:`nbembed.affinities.symmetrized`.

    Examples
    --------
    >>> found = symmetrization([[0.0], [1.0], [2.0], [9.0]], 3, perplexity=2.0)
    >>> found.outlier, round(found.total, 6)
    (3, 1.0)
    """
    rows, points = chosen(X, i)
    near = neighbors_for(points, perplexity)
    matrix = directed(near, conditional(near, perplexity=perplexity)[0])
    joined = symmetrized(matrix, how)
    full = np.asarray(matrix.toarray())
    at = rows.at(i)
    joint = np.asarray(joined.toarray())
    return Symmetrization(
        rows=rows,
        i=i,
        outgoing=full[at],
        incoming=full[:, at],
        joint=joint[at],
        smallest_before=float(full.sum(axis=0).min()),
        smallest_after=float(joint.sum(axis=0).min()),
        total=float(normalized_to_one(joined).sum()),
        directed=full,
    )


def plate(scene: Scene) -> Plate:
    """Draw a point's affinities in both directions and what they become."""
    u, how = float(scene.get("perplexity", 30.0)), scene.get("symmetrization", "mean")
    found = symmetrization(scene.X, scene.need("i"), perplexity=u, how=how)
    at, index = found.others, found.rows.indices[found.others]
    x = np.arange(1.0, len(at) + 1)
    bars = [("p(j|i)", found.outgoing), ("p(i|j)", found.incoming), (how, found.joint)]
    received = found.directed.sum(axis=0)
    order = np.argsort(received)
    return Plate(
        name="symmetrization",
        title="Making affinities symmetric",
        panels=(
            Panel(
                "chart", f"Row {found.i} and its neighbours", "neighbour", "affinity",
                series=tuple(Series(name, x, values[at], "bars", index) for name, values in bars),
            ),
            Panel(
                "chart", "What each row is given by the others", "rank", "Σ p(i|j)",
                series=(Series("given", np.arange(1.0, len(order) + 1), received[order], "line",
                               found.rows.indices[order]),),
            ),
        ),
        text=f"The others give row {found.i} {found.incoming.sum():.3g}, it gives them 1. Row {found.outlier} is given "
        f"least, {found.smallest_before:.3g}; made symmetric ({how}), no row has less than {found.smallest_after:.3g}. "
        f"Normalised, all affinities sum to {found.total:.6f}.",
        snippet=WRITTEN[how] + "   # A[i, j] is p(j|i)\nresult = np.stack([A[i], A[:, i], S[i]])",
        inputs={"A": found.directed, "i": found.rows.at(found.i)},
        result=np.stack([found.outgoing, found.incoming, found.joint]),
        controls=(
            perplexity_control(u, len(found.rows.indices)),
            Control("symmetrization", "Made symmetric by", "choice", how, choices=SYMMETRIZATIONS),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("symmetrization", "Making affinities symmetric", 4, plate, frozenset({"point"})),
)
