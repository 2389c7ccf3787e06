"""Which neighbours a map keeps, which it invents and which it loses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Arrows, Control, Internal, Panel, Plate, Scene
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import local_scores, neighbor_errors

__all__ = ["INTERNALS", "Kept", "kept"]

SNIPPET = """def ranks(A):   # ranks[i, j]: 1 for i's nearest, 2 for the next
    D = np.array([((A - a) ** 2).sum(axis=1) for a in A])
    np.fill_diagonal(D, np.inf)
    return np.argsort(np.argsort(D, axis=1), axis=1) + 1
H, L, n = ranks(X), ranks(Y), len(X)
false, missing = (L <= k) & (H > k), (H <= k) & (L > k)
scale = 2 / (k * (2 * n - 3 * k - 1))
trustworthiness = 1 - scale * ((H - k) * false).sum(axis=1)
continuity = 1 - scale * ((L - k) * missing).sum(axis=1)
result = np.stack([trustworthiness, continuity])"""


@dataclass(frozen=True, eq=False)
class Kept:
    """What a map did to the neighbours of one point, and to those of all; what :func:`kept` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    kept, false, missing : ndarray of int
        Rows of X: neighbours in data and map, in the map only, in the data only; the nearest first.
    shares : ndarray, shape (m,)
        Part of its neighbours that each point keeps.
    trustworthiness, continuity : ndarray, shape (m,)
        Of each point; their means are the measures of these names.
    n_neighbors : int
    Y : ndarray
    """

    rows: Rows
    i: int
    kept: NDArray[np.intp]
    false: NDArray[np.intp]
    missing: NDArray[np.intp]
    shares: Floats
    trustworthiness: Floats
    continuity: Floats
    n_neighbors: int
    Y: Floats


def kept(X: Any, Y: Any, i: int, *, n_neighbors: int = 10) -> Kept:
    """Return which neighbours of a point a map keeps, invents and loses.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    i
        The point.
    n_neighbors
        Size of a neighbourhood, less than half the rows.

    References
    ----------
    Venna & Kaski (2001), ICANN, eqs. 1 and 2.
    """
    rows, points = chosen(X, i)
    places = in_map(rows, Y)
    errors: Any = neighbor_errors(points, places, rows.at(i), n_neighbors=n_neighbors)
    scores = local_scores(points, places, n_neighbors=n_neighbors)
    return Kept(
        rows,
        i,
        *(rows.indices[each] for each in errors),
        shares=scores.kept,
        trustworthiness=scores.trustworthiness,
        continuity=scores.continuity,
        n_neighbors=n_neighbors,
        Y=places,
    )


def plate(scene: Scene) -> Plate:
    """Draw a point's kept, false and missing neighbours, and colour the map by what all keep."""
    k = int(scene.get("k", 10))
    found = kept(scene.X, scene.need("embedding"), scene.need("i"), n_neighbors=k)
    here = found.Y[found.rows.at(found.i)][:2]
    groups = [("kept", found.kept), ("false", found.false), ("missing", found.missing)]
    ends = [(group, int(row)) for group, many in groups for row in many]
    arrows = Arrows(
        np.array([[*here, *(found.Y[found.rows.at(row)][:2] - here)] for _, row in ends]),
        tuple(f"{group}: row {row}" for group, row in ends),
        tuple(group for group, _ in ends),
    )
    worst = found.rows.indices[found.trustworthiness.argmin()]
    return Plate(
        name="kept",
        title="Kept, false and missing neighbours",
        panels=(
            Panel("arrows", f"The {k} neighbours of row {found.i}", arrows=arrows),
            Panel("colors", "Part of the neighbours kept", colors=found.rows.spread(found.shares)),
        ),
        text=f"Of the {k} neighbours of row {found.i} the map keeps {len(found.kept)}; {len(found.missing)} are "
        "missing and "
        f"{len(found.false)} false ones stand in their place. Over all points: trustworthiness "
        f"{found.trustworthiness.mean():.3f}, continuity {found.continuity.mean():.3f}; row {worst} is trusted least.",
        snippet=SNIPPET,
        inputs={"X": found.rows.of(scene.X), "Y": found.Y, "k": k},
        result=np.stack([found.trustworthiness, found.continuity]),
        controls=(Control("k", "Neighbours", "slider", k, low=1, high=50, step=1),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("kept", "Kept, false and missing neighbours", 21, plate, frozenset({"point", "map"})),
)
