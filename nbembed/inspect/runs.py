"""What the knobs of the descent do: exaggeration, learning rate and the start, as runs side by side."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed import initialization
from nbembed.forces import GradientStepper
from nbembed.inspect.lanes import EARLY, STEPS, Lane, lane, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats, joint
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import distance_correlation

__all__ = [
    "INTERNALS",
    "Exaggeration",
    "Rates",
    "Starts",
    "exaggeration",
    "learning_rates",
    "starts",
]

NATS_TO_BITS = 1.0 / np.log(2.0)
STARTS = ("pca", "random", "spectral", "circle")
# Maps that go into a snippet.
FEW = 8

COSTS = """result = []
for Y in maps:
    W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
    np.fill_diagonal(W, 0)
    p, q = P[P > 0], (W / W.sum())[P > 0]
    true = (p * np.log2(p / q)).sum()
    printed = (factor * p * np.log2(factor * p / q)).sum()
    result.append([true, printed])
result = np.array(result)"""

FIRST_STEP = """W = 1 / (1 + ((Y[:, None] - Y) ** 2).sum(axis=2))
np.fill_diagonal(W, 0)
gap = Y[:, None] - Y
slope = (((exaggeration * P - W / W.sum()) * W)[:, :, None] * gap).sum(axis=1)
result = []
for rate in rates:
    move = -rate * 1.2 * slope   # 1.2: the gain of a coordinate that just set off
    length = np.sqrt((move ** 2).sum(axis=1, keepdims=True))
    result.append(Y + move * np.minimum(1, longest / length))
result = np.array([A - A.mean(axis=0) for A in result])"""

LENGTHS = """def lengths(A):
    s = ((A - A.mean(axis=0)) ** 2).sum(axis=1)
    C = (A - A.mean(axis=0)) @ (A - A.mean(axis=0)).T
    return np.sqrt(np.maximum(s[:, None] + s - 2 * C, 0))[np.triu_indices(len(A), 1)]
d = lengths(X)
"""
CORRELATIONS = LENGTHS + (
    "result = np.array([[np.corrcoef(d, lengths(Y))[0, 1] for Y in lane] for lane in maps])"
)


@dataclass(frozen=True, eq=False)
class Exaggeration:
    """Two runs from one start; what :func:`exaggeration` returns.

    Attributes
    ----------
    rows : Rows
    with_it, without : Lane
        Both report the true divergence, without exaggeration.
    factor : float
    printed : ndarray
        The cost, in bits, that a program prints which takes the exaggerated P for P, at the maps of
        ``with_it``: :math:`f (KL + log_2 f)`.
    P : ndarray, shape (m, m)
    """

    rows: Rows
    with_it: Lane
    without: Lane
    factor: float
    printed: Floats
    P: Floats


@dataclass(frozen=True, eq=False)
class Rates:
    """Three runs from one start that differ in their learning rate; what :func:`learning_rates` returns.

    Attributes
    ----------
    rows : Rows
    rates : tuple of float
    lanes : tuple of Lane
    first_steps : ndarray, shape (3, m, 2)
        The map after one step at each rate.
    start : ndarray, shape (m, 2)
    P : ndarray, shape (m, m)
    """

    rows: Rows
    rates: tuple[float, ...]
    lanes: tuple[Lane, ...]
    first_steps: Floats
    start: Floats
    P: Floats


@dataclass(frozen=True, eq=False)
class Starts:
    """Runs from several starts; what :func:`starts` returns.

    Attributes
    ----------
    rows : Rows
    names : tuple of str
    lanes : tuple of Lane
    correlations : ndarray, shape (4, 2)
        Correlation of pair distances in the data with those at the start and at the end.
    """

    rows: Rows
    names: tuple[str, ...]
    lanes: tuple[Lane, ...]
    correlations: Floats


def exaggeration(
    X: Any,
    *,
    factor: float = 12.0,
    early: int | None = None,
    steps: int = STEPS,
    perplexity: float = 30.0,
) -> Exaggeration:
    """Run t-SNE with and without early exaggeration, from the same random start.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    factor
        What the attraction is multiplied by in the first steps.
    early, steps
        How many these are, and steps in all.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    """
    rows, points = chosen(X)
    graph, P = joint(points, perplexity)
    start = start_of(points, "random")
    lanes = [
        lane(graph, start, name=f"factor {each:g}", exaggeration=each, early=early, steps=steps)
        for each in (factor, 1.0)
    ]
    printed = factor * (lanes[0].kl * NATS_TO_BITS + np.log2(factor))
    return Exaggeration(rows, lanes[0], lanes[1], float(factor), printed, P)


def learning_rates(X: Any, *, steps: int = STEPS, perplexity: float = 30.0) -> Rates:
    """Run t-SNE with a hundredth of the usual learning rate n/12, with that, and with a hundred times it.

    Parameters
    ----------
    X, steps, perplexity
        As for :func:`exaggeration`.
    """
    rows, points = chosen(X)
    graph, P = joint(points, perplexity)
    start = start_of(points)
    usual = len(points) / 12.0
    rates = (usual / 100.0, usual, usual * 100.0)
    lanes = tuple(
        lane(graph, start, name=f"rate {rate:.3g}", learning_rate=rate, steps=steps)
        for rate in rates
    )
    moved: list[Floats] = []
    for rate in rates:
        stepper = GradientStepper(graph, start, learning_rate=rate, momentum=0.8, exaggeration=12.0)
        stepper.step()
        moved.append(stepper.embedding().astype(np.float64))
    return Rates(rows, rates, lanes, np.stack(moved), start.astype(np.float64), P)


def starts(X: Any, *, steps: int = STEPS, perplexity: float = 30.0, seed: int = 0) -> Starts:
    """Run t-SNE from PCA, from noise, from the slowest eigenvectors of its graph, and from a circle.

    Parameters
    ----------
    X, steps, perplexity
        As for :func:`exaggeration`.
    seed
        Of the noise.

    References
    ----------
    Kobak & Linderman (2021), Nature Biotechnology 39: the start decides what is kept of large distances.
    """
    rows, points = chosen(X)
    graph, _ = joint(points, perplexity)
    places = [start_of(points, name, seed=seed) for name in ("pca", "random")]
    vectors = initialization.spectral(graph, 2, X=points, random_state=seed)
    places += [initialization.scale_for_tsne(vectors), start_of(points, "circle")]
    lanes = tuple(
        lane(graph, place, name=name, steps=steps)
        for name, place in zip(STARTS, places, strict=True)
    )
    found = [
        [float(distance_correlation(points, each.maps[at])) for at in (0, -1)] for each in lanes
    ]
    return Starts(rows, STARTS, lanes, np.array(found))


def traces(lanes: tuple[Lane, ...], title: str = "True divergence") -> Panel:
    """Return the losses of runs on one axis."""
    return Panel(
        "chart", title, "step", "KL (nats)",
        series=tuple(Series(each.name, each.steps.astype(float), each.kl) for each in lanes),
    )  # fmt: skip


def plate_of_exaggeration(scene: Scene) -> Plate:
    """Draw both runs' true loss, and the cost that is printed by mistake."""
    factor, early = (
        float(scene.get("exaggeration", 12.0)),
        int(scene.get("early", min(EARLY, steps_of(scene) // 3))),
    )
    found = exaggeration(
        scene.X,
        factor=factor,
        early=early,
        steps=steps_of(scene),
        perplexity=float(scene.get("perplexity", 30.0)),
    )
    run = found.with_it
    exaggerated = np.flatnonzero(run.exaggeration > 1)
    shown = exaggerated[:: max(1, len(exaggerated) // FEW)] if len(exaggerated) else np.arange(1)
    last = shown[-1]
    bits = run.kl * NATS_TO_BITS
    wrong = Series("printed", run.steps[shown].astype(float), found.printed[shown], "points")
    true = Series("true", run.steps.astype(float), bits)
    return Plate(
        name="exaggeration",
        title="Early exaggeration",
        panels=(
            traces((run, found.without)),
            Panel("chart", "True and printed cost", "step", "bits", series=(true, wrong)),
        ),
        text=f"With the factor {factor:g} up to step {early} the divergence ends at {run.kl[-1]:.3f} nats, without at "
        f"{found.without.kl[-1]:.3f}. At step {run.steps[last]} it is {bits[last]:.2f} bits; a program that "
        "forgets to take "
        f"the factor out prints {factor:g} · ({bits[last]:.2f} + log2 {factor:g}) = {found.printed[last]:.1f}.",
        snippet=COSTS,
        inputs={"maps": run.maps[shown].astype(np.float64), "P": found.P, "factor": factor},
        result=np.column_stack([bits[shown], found.printed[shown]]),
        controls=(
            Control("exaggeration", "Factor", "slider", factor, low=1, high=30, step=1, acts="restart"),
            Control("early", "Until step", "slider", early, low=0, high=300, step=10, acts="restart"),
            steps_control(scene),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_rates(scene: Scene) -> Plate:
    """Draw the three runs, and how long their steps are."""
    found = learning_rates(
        scene.X, steps=steps_of(scene), perplexity=float(scene.get("perplexity", 30.0))
    )
    ends = [
        f"rate {rate:.3g}: " + ("diverged" if each.diverged else f"{each.kl[-1]:.3f} nats")
        for rate, each in zip(found.rates, found.lanes, strict=True)
    ]
    lengths = [
        np.linalg.norm(np.diff(each.maps, axis=0), axis=2).mean(axis=1) / np.diff(each.steps)
        for each in found.lanes
    ]
    moves = tuple(
        Series(
            each.name, each.steps[1:].astype(float), np.maximum(length, 1e-12).astype(np.float64)
        )
        for each, length in zip(found.lanes, lengths, strict=True)
    )
    return Plate(
        name="learning_rate",
        title="Learning rate",
        panels=(
            traces(found.lanes),
            Panel("chart", "Way of a point per step", "step", "length", y_scale="log", series=moves),
        ),
        text=f"After {found.lanes[1].steps[-1]} steps: {'; '.join(ends)}.",
        snippet=FIRST_STEP,
        inputs={"Y": found.start, "P": found.P, "rates": np.array(found.rates), "exaggeration": 12.0, "longest": 5.0},
        result=found.first_steps,
        controls=(steps_control(scene),),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_starts(scene: Scene) -> Plate:
    """Draw what is kept of large distances from each start."""
    found = starts(scene.X, steps=steps_of(scene), perplexity=float(scene.get("perplexity", 30.0)))
    table = {
        "start": list(found.names),
        "correlation at the start": found.correlations[:, 0].round(3).tolist(),
        "at the end": found.correlations[:, 1].round(3).tolist(),
        "KL (nats)": [round(float(each.kl[-1]), 3) for each in found.lanes],
    }
    said = ", ".join(
        f"{a} {b:.2f}" for a, b in zip(found.names, found.correlations[:, 1], strict=True)
    )
    return Plate(
        name="starts",
        title="Where a run starts",
        panels=(traces(found.lanes), Panel("table", "Pair distances in data and map", table=table)),
        text=f"Correlation of pair distances in the data and in the final map, by start: {said}. The "
        "divergences are nearly "
        "the same: it does not see large distances.",
        snippet=CORRELATIONS,
        inputs={"X": found.rows.of(scene.X), "maps": [each.maps[[0, -1]].astype(np.float64) for each in found.lanes]},
        result=found.correlations,
        controls=(steps_control(scene),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("exaggeration", "Early exaggeration", 11, plate_of_exaggeration),
    Internal("learning_rate", "Learning rate", 12, plate_of_rates),
    Internal("starts", "Where a run starts", 13, plate_of_starts),
)
