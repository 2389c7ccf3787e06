"""The forces on one point of a t-SNE map, and the field they are of."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_number
from nbembed.forces import MatchingStepper, Switches
from nbembed.inspect.near import KEPT, Floats, joint
from nbembed.inspect.parts import Arrows, Control, Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.kernels import student_t
from nbembed.neighbors import Graph
from nbembed.transport import check_map

__all__ = ["INTERNALS", "Field", "Forces", "exact_forces", "field", "forces", "in_map"]

# Arrows that are drawn of each kind, and places along each side of the field.
DRAWN, SIDE = 5, 15
# A field reaches this far beyond the map, as a share of its extent.
MARGIN = 0.1

FORCES = """gap = Y[i] - Y
w = 1 / (1 + (gap ** 2).sum(axis=1))
w[i] = 0
Z = (1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))).sum() - len(Y)
attraction = -4 * exaggeration * (P[i] * w) @ gap
repulsion = 4 * (w ** 2 / Z) @ gap
result = np.stack([attraction, repulsion, attraction + repulsion])"""

FIELD = """others, p = np.delete(Y, i, axis=0), np.delete(P[i], i)
Z = (1 / (1 + ((others[:, None] - others) ** 2).sum(axis=2))).sum() - len(others)
result = []
for place in places:   # where the point might be, all others where they are
    gap = place - others
    w = 1 / (1 + (gap ** 2).sum(axis=1))
    repulsion = w ** 2 @ gap / (Z + 2 * w.sum())
    result.append(4 * (repulsion - exaggeration * (p * w) @ gap))
result = np.array(result)"""


@dataclass(frozen=True, eq=False)
class Forces:
    r"""The forces on one point; what :func:`forces` returns.

    A force is the negative gradient of the divergence by the point's position: the point moves along it.

    Attributes
    ----------
    rows : Rows
    i : int
    attraction, repulsion, net : ndarray, shape (n_components,)
        :math:`-4 \sum_j p_{ij} w_{ij} (y_i - y_j)`, :math:`4 \sum_j q_{ij} w_{ij} (y_i - y_j)`, and their sum.
    pulls, pushes : ndarray, shape (m, n_components)
        What each of the rows adds to the two.
    P : ndarray, shape (m, m)
        Joint probabilities of the rows.
    Y : ndarray, shape (m, n_components)
        Their places in the map.
    """

    rows: Rows
    i: int
    attraction: Floats
    repulsion: Floats
    net: Floats
    pulls: Floats
    pushes: Floats
    P: Floats
    Y: Floats


@dataclass(frozen=True, eq=False)
class Field:
    r"""The force on a point wherever it may be, all others held; what :func:`field` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    places : ndarray, shape (g, 2)
        Centres of a square grid, row by row.
    net : ndarray, shape (g, 2)
    loss : ndarray, shape (g,)
        The divergence with the point there, less its smallest value on the grid, in nats.
    rest : ndarray, shape (2,)
        A place near the point's own where the force is zero.
    force_at_rest : float
        What is left of it there.
    P, Y : ndarray
        As in :class:`Forces`.
    """

    rows: Rows
    i: int
    places: Floats
    net: Floats
    loss: Floats
    rest: Floats
    force_at_rest: float
    P: Floats
    Y: Floats


def in_map(rows: Rows, Y: Any) -> Floats:
    """Return the places of the rows in a map, in the precision in which maps are kept."""
    points = check_map(Y).astype(np.float32)
    check_number("the number of rows of the map", len(points), low=rows.n, high=rows.n)
    return rows.of(points)


def exact_forces(
    graph: Graph, Y: Floats, switches: Switches | None = None, **kernel: Any
) -> MatchingStepper:
    """Return what computes the forces of all pairs in float64, by default those of t-SNE."""
    from nbembed.kernels import kernel_named

    return MatchingStepper(
        graph,
        Y,
        kernel=kernel_named("cauchy", **kernel),
        switches=switches or Switches(normalized=True, repulsion="exact", softening=0.0),
        learning_rate=1.0,
        n_steps=1,
        seed=0,
    )


def forces(
    X: Any, Y: Any, i: int, *, perplexity: float = 30.0, exaggeration: float = 1.0
) -> Forces:
    """Return what pulls and pushes a point of a map, as t-SNE does.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    i
        The point.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    exaggeration
        Factor of the attraction.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 5.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> found = forces(X, X[:, :2], 0)
    >>> bool(np.allclose(found.pulls.sum(axis=0) + found.pushes.sum(axis=0), found.net))
    True
    """
    rows, points = chosen(X, i)
    places, at = in_map(rows, Y), rows.at(i)
    _, P = joint(points, perplexity)
    pull, push = _of_all(
        points.tobytes(), points.shape, float(perplexity), places.tobytes(), places.shape
    )
    gap = places[at] - places
    w = student_t((gap**2).sum(axis=1))
    w[at] = 0.0
    pushes = 4.0 * (w**2)[:, None] * gap
    length = float(np.linalg.norm(pushes.sum(axis=0)))
    Z = length / (4.0 * float(np.linalg.norm(push[at]))) if length > 0 else _partition(places)
    attraction, repulsion = -4.0 * exaggeration * pull[at], 4.0 * push[at]
    return Forces(
        rows=rows,
        i=i,
        attraction=attraction,
        repulsion=repulsion,
        net=attraction + repulsion,
        pulls=-4.0 * exaggeration * (P[at] * w)[:, None] * gap,
        pushes=pushes / Z,
        P=P,
        Y=places,
    )


# A map that stands is looked at point after point: the forces on all of them are kept for the next one.
@lru_cache(maxsize=KEPT)
def _of_all(
    data: bytes, shape: tuple[int, ...], perplexity: float, places: bytes, extent: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Return pull and push on every point, not exaggerated."""
    graph, _ = joint(np.frombuffer(data).reshape(shape), perplexity)
    pull, push = exact_forces(graph, np.frombuffer(places).reshape(extent)).forces()
    return pull, push


def field(
    X: Any, Y: Any, i: int, *, perplexity: float = 30.0, exaggeration: float = 1.0, side: int = SIDE
) -> Field:
    """Return the force on a point of a plane map wherever it may be.

    Parameters
    ----------
    X, Y, i, perplexity, exaggeration
        As for :func:`forces`.
    side
        Places along each side of the grid.
    """
    from scipy.optimize import minimize

    rows, points = chosen(X, i)
    full = in_map(rows, Y)[:, :2]
    at = rows.at(i)
    _, P = joint(points, perplexity)
    others, p = np.delete(full, at, axis=0), np.delete(P[at], at)
    base = _partition(others)

    def at_place(place: NDArray[Any]) -> tuple[float, Floats]:
        gap = place - others
        w = student_t((gap**2).sum(axis=1))
        Z = base + 2.0 * w.sum()
        pull = (p * w) @ gap
        push = (w**2) @ gap / Z
        return float(-2.0 * exaggeration * p @ np.log(w) + np.log(Z)), 4.0 * (
            exaggeration * pull - push
        )

    low, high = full.min(axis=0), full.max(axis=0)
    low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    columns, lines = (np.linspace(low[d], high[d], side) for d in (0, 1))
    places = np.stack(np.meshgrid(columns, lines), axis=-1).reshape(-1, 2)
    found = [at_place(place) for place in places]
    loss = np.array([each for each, _ in found])
    rest = minimize(at_place, full[at], jac=True, method="BFGS", options={"gtol": 1e-9})
    return Field(
        rows=rows,
        i=i,
        places=places,
        net=-np.array([slope for _, slope in found]),
        loss=loss - loss.min(),
        rest=np.asarray(rest.x),
        force_at_rest=float(np.linalg.norm(at_place(rest.x)[1])),
        P=P,
        Y=full,
    )


def _partition(places: Floats) -> float:
    """Return the sum of all kernels of pairs."""
    from scipy.spatial.distance import pdist

    return 2.0 * float(student_t(pdist(places, "sqeuclidean")).sum())


def force_controls(scene: Scene) -> tuple[float, float, tuple[Control, ...]]:
    """Return perplexity and exaggeration of a scene, and their controls."""
    u, factor = float(scene.get("perplexity", 30.0)), float(scene.get("exaggeration", 1.0))
    return u, factor, (
        Control("perplexity", "Perplexity", "slider", u, low=2, high=100, scale="log"),
        Control("exaggeration", "Exaggeration", "slider", factor, low=1, high=30, step=1),
    )  # fmt: skip


def arrows_of(found: Forces, pull: Floats, push: Floats) -> Arrows:
    """Return the strongest pulls and pushes on a point, their sums, and the net force."""
    strongest = [np.argsort(-each, kind="stable")[:DRAWN] for each in (pull, push)]
    drawn: list[tuple[str, str, Floats]] = [
        *(("attraction", f"pull of row {found.rows.indices[k]}", found.pulls[k]) for k in strongest[0]),
        *(("repulsion", f"push of row {found.rows.indices[k]}", found.pushes[k]) for k in strongest[1]),
        ("attraction", "all attraction", found.attraction),
        ("repulsion", "all repulsion", found.repulsion),
        ("net", "net force", found.net),
    ]  # fmt: skip
    here = found.Y[found.rows.at(found.i)][:2]
    return Arrows(
        np.array([[*here, *vector[:2]] for _, _, vector in drawn]),
        tuple(label for _, label, _ in drawn),
        tuple(group for group, _, _ in drawn),
        to_scale=False,
    )


def plate(scene: Scene) -> Plate:
    """Draw the arrows of the forces on a point, and what each neighbour adds."""
    u, factor, controls = force_controls(scene)
    found = forces(
        scene.X, scene.need("embedding"), scene.need("i"), perplexity=u, exaggeration=factor
    )
    pull, push = (np.linalg.norm(each, axis=1) for each in (found.pulls, found.pushes))
    arrows = arrows_of(found, pull, push)
    order = np.argsort(-(pull + push), kind="stable")[:30]
    index = found.rows.indices[order]
    x = np.arange(1.0, len(order) + 1)
    a, r, n = (float(np.linalg.norm(v)) for v in (found.attraction, found.repulsion, found.net))
    return Plate(
        name="forces",
        title="Forces on a point",
        panels=(
            Panel("arrows", f"Row {found.i}", arrows=arrows),
            Panel(
                "chart", "What each other point adds", "point", "length of the force",
                series=(Series("pull", x, pull[order], "bars", index), Series("push", x, push[order], "bars", index)),
            ),
        ),
        text=f"All attraction on row {found.i} is {a:.3g} long, all repulsion {r:.3g}, and the net force {n:.3g}. Row "
        f"{found.rows.indices[pull.argmax()]} pulls most.",
        snippet=FORCES,
        inputs={"Y": found.Y, "P": found.P, "i": found.rows.at(found.i), "exaggeration": factor},
        result=np.stack([found.attraction, found.repulsion, found.net]),
        controls=controls,
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_field(scene: Scene) -> Plate:
    """Draw the field of a point as arrows and as the landscape of the loss."""
    u, factor, controls = force_controls(scene)
    found = field(
        scene.X, scene.need("embedding"), scene.need("i"), perplexity=u, exaggeration=factor
    )
    longest = float(np.linalg.norm(found.net, axis=1).max()) or 1.0
    cell = float(np.abs(found.places[1] - found.places[0]).max())
    count = len(found.places)
    arrows = Arrows(
        np.column_stack([found.places, found.net * (cell / longest)]),
        tuple(f"{length:.3g}" for length in np.linalg.norm(found.net, axis=1)),
        ("net",) * count,
    )
    side = round(count**0.5)
    heat = Heat(
        found.loss.reshape(side, side),
        (found.places[0, 0], found.places[-1, 0]),
        (found.places[0, 1], found.places[-1, 1]),
    )
    here = found.Y[found.rows.at(found.i)]
    own = Series(f"row {found.i}", here[:1], here[1:2], "points", np.array([found.i]))
    rest = Series("where no force is", found.rest[:1], found.rest[1:2], "points")
    return Plate(
        name="field",
        title="The field of a point",
        panels=(
            Panel("arrows", f"Force on row {found.i}, were it there; all others held", arrows=arrows),
            Panel("heat", "Divergence, were it there (nats)", heat=heat, series=(own, rest)),
        ),
        text=f"All other points held, row {found.i} would rest at ({found.rest[0]:.3g}, {found.rest[1]:.3g}), "
        f"{float(np.linalg.norm(found.rest - here)):.3g} from where it is; the force there is "
        f"{found.force_at_rest:.1e}. The "
        f"longest arrow is a force of {longest:.3g}.",
        snippet=FIELD,
        inputs={"Y": found.Y, "P": found.P, "i": found.rows.at(found.i), "exaggeration": factor,
                "places": found.places},
        result=found.net,
        controls=controls,
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("forces", "Forces on a point", 8, plate, frozenset({"point", "map"})),
    Internal("field", "The field of a point", 9, plate_of_field, frozenset({"point", "map"})),
)
