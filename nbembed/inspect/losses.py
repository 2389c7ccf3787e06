"""The loss over a run, in its parts, and where in the map it sits."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.inspect.lanes import STEPS, lane, live_controls, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats, joint
from nbembed.inspect.parts import Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import force_controls, in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.kernels import student_t
from nbembed.metrics import kl_divergence

__all__ = ["INTERNALS", "LossCurve", "PointLosses", "loss_curve", "point_losses"]

WORST_PAIRS, FEW = 20, 12

CURVE = """p = P[P > 0]
result = []
for Y in maps:
    W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
    np.fill_diagonal(W, 0)
    attraction = -(p * np.log(W[P > 0])).sum()
    repulsion = P.sum() * np.log(W.sum())
    result.append([(p * np.log(p)).sum() + attraction + repulsion, attraction, repulsion])
result = np.array(result)"""

POINTS = """W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
np.fill_diagonal(W, 0)
Q = W / W.sum()
terms = np.zeros_like(P)
terms[P > 0] = P[P > 0] * np.log(P[P > 0] / Q[P > 0])
result = terms.sum(axis=1)"""


@dataclass(frozen=True, eq=False)
class LossCurve:
    r"""The divergence of a run's maps; what :func:`loss_curve` returns.

    Attributes
    ----------
    rows : Rows
    steps : ndarray of int, shape (f,)
    maps : ndarray, shape (f, m, 2)
    kl : ndarray, shape (f,)
        In nats, without exaggeration.
    attraction, repulsion : ndarray, shape (f,)
        :math:`-\sum p \ln w` and :math:`\sum p \ln Z`: with the negative entropy of P, which no map
        changes, they sum to the divergence.
    exaggerated : ndarray of bool, shape (f,)
        Whether the map was made with exaggeration; False where the run was given.
    P : ndarray, shape (m, m)
    """

    rows: Rows
    steps: NDArray[np.intp]
    maps: Floats
    kl: Floats
    attraction: Floats
    repulsion: Floats
    exaggerated: NDArray[np.bool_]
    P: Floats


@dataclass(frozen=True, eq=False)
class PointLosses:
    r"""What every point adds to the divergence; what :func:`point_losses` returns.

    Attributes
    ----------
    rows : Rows
    points : ndarray, shape (m,)
        :math:`\sum_j p_{ij} \ln(p_{ij}/q_{ij})`; they sum to the divergence. Below 0 where neighbours
        lie closer than they have to.
    total : float
        The divergence, in nats.
    pairs : ndarray of int, shape (20, 2)
        Rows of X: the pairs that add most, i < j.
    pair_terms : ndarray, shape (20,)
        What both directions of each add.
    P, Y : ndarray
        Joint probabilities and places of the rows.
    """

    rows: Rows
    points: Floats
    total: float
    pairs: NDArray[np.intp]
    pair_terms: Floats
    P: Floats
    Y: Floats


def loss_curve(
    X: Any, *, maps: Any = None, steps: Any = None, perplexity: float = 30.0, length: int = STEPS
) -> LossCurve:
    """Return the divergence of the maps of a run and its two parts.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    maps
        The maps in their order, shape (f, n_samples, 2). None runs t-SNE.
    steps
        The step of each.
    length
        Steps of the run that is made where none is given.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    """
    rows, points = chosen(X)
    graph, P = joint(points, perplexity)
    if maps is None:
        run = lane(graph, start_of(points), steps=length)
        found, taken, factors = run.maps, run.steps, run.exaggeration
    else:
        found = np.asarray(maps, dtype=np.float32)[:, rows.indices]
        taken = np.arange(len(found)) if steps is None else np.asarray(steps)
        factors = np.ones(len(found))
    entropy, mass = float((P[P > 0] * np.log(P[P > 0])).sum()), float(P.sum())
    kl = np.array([float(kl_divergence(graph, each)) for each in found])
    repulsion = np.array([mass * np.log(_kernels(each.astype(np.float64)).sum()) for each in found])
    return LossCurve(
        rows,
        taken,
        found.astype(np.float64),
        kl,
        kl - entropy - repulsion,
        repulsion,
        factors > 1,
        P,
    )


def point_losses(X: Any, Y: Any, *, perplexity: float = 30.0) -> PointLosses:
    """Return what every point, and which pairs, add to the divergence of a map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    graph, P = joint(points, perplexity)
    W = _kernels(places)
    Z = W.sum()
    terms = np.zeros_like(P)
    known = P > 0
    terms[known] = P[known] * np.log(P[known] * Z / W[known])
    both = np.triu(terms + terms.T, 1)
    worst = np.argsort(-both, axis=None, kind="stable")[:WORST_PAIRS]
    pairs = np.column_stack(np.unravel_index(worst, both.shape))
    return PointLosses(
        rows,
        terms.sum(axis=1),
        float(kl_divergence(graph, places)),
        rows.indices[pairs],
        both.ravel()[worst],
        P,
        places,
    )


def _kernels(places: Floats) -> Floats:
    """Return the kernels of all pairs, 0 on the diagonal."""
    from scipy.spatial.distance import pdist, squareform

    return np.asarray(squareform(student_t(pdist(places, "sqeuclidean"))))


def plate_of_curve(scene: Scene) -> Plate:
    """Draw the loss over the run, and its two parts."""
    u, _, controls = force_controls(scene)
    found = loss_curve(
        scene.X, maps=scene.frames, steps=scene.steps, perplexity=u, length=steps_of(scene)
    )
    at = found.steps.astype(float)
    few = np.unique(np.linspace(0, len(at) - 1, FEW).astype(int))
    free = np.flatnonzero(~found.exaggerated)
    first = found.kl[free[0]] if len(free) else found.kl[0]
    return Plate(
        name="loss_curve",
        title="The loss over a run",
        panels=(
            Panel("chart", "Divergence, never exaggerated", "step", "KL (nats)", series=(Series("KL", at, found.kl),)),
            Panel("chart", "Its parts", "step", "nats",
                  series=(Series("attraction", at, found.attraction), Series("repulsion", at, found.repulsion))),
        ),
        text=f"From {found.kl[0]:.3f} nats at step {found.steps[0]} to {found.kl[-1]:.3f} at step "
        f"{found.steps[-1]}; lowest "
        f"{found.kl.min():.3f}. Attraction alone is {found.attraction[-1]:.3f} at the end, repulsion "
        f"{found.repulsion[-1]:.3f}; "
        f"the first map without exaggeration has {first:.3f}.",
        snippet=CURVE,
        inputs={"maps": found.maps[few], "P": found.P},
        result=np.column_stack([found.kl, found.attraction, found.repulsion])[few],
        # The steps of a run of its own; those of the run on show are what they are.
        controls=(*controls[:1], *([steps_control(scene)] if scene.frames is None else live_controls(scene))),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_points(scene: Scene) -> Plate:
    """Colour the map by what is left of the loss, and list the worst pairs."""
    u, _, controls = force_controls(scene)
    found = point_losses(scene.X, scene.need("embedding"), perplexity=u)
    table = {
        "row": found.pairs[:, 0].tolist(),
        "and row": found.pairs[:, 1].tolist(),
        "p log(p/q), both ways": [float(f"{each:.4g}") for each in found.pair_terms],
    }
    worst = found.rows.indices[found.points.argmax()]
    return Plate(
        name="point_losses",
        title="Where the loss sits",
        panels=(
            Panel("colors", "Loss of a point (nats)", colors=found.rows.spread(found.points)),
            Panel("table", "The pairs that add most", table=table),
        ),
        text=f"The divergence of {found.total:.4f} nats is the sum of all points' losses; row {worst} adds most, "
        f"{found.points.max():.4f}. The {WORST_PAIRS} worst pairs add {found.pair_terms.sum():.4f}.",
        snippet=POINTS,
        inputs={"Y": found.Y, "P": found.P},
        result=found.points,
        controls=controls[:1],
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("loss_curve", "The loss over a run", 19, plate_of_curve, frozenset({"run"})),
    Internal("point_losses", "Where the loss sits", 20, plate_of_points, frozenset({"map"})),
)
