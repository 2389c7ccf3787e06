"""One map among others: of other perplexities, and of other seeds."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from nbembed import initialization
from nbembed.inspect.lanes import STEPS, Lane, lane, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats, joint
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import align, neighbor_agreement, procrustes_disparity

__all__ = ["INTERNALS", "PerplexitySweep", "Stability", "perplexity_sweep", "stability"]

PERPLEXITIES = (2.0, 5.0, 10.0, 30.0, 50.0, 100.0)
RUNS, NEIGHBORS = 5, 15

OVERLAPS = """def near(Y):
    D = ((Y[:, None] - Y) ** 2).sum(axis=2)
    np.fill_diagonal(D, np.inf)
    return D <= np.sort(D, axis=1)[:, [k - 1]]   # row i: which points are i's k nearest
N = [near(Y) for Y in maps]
both = [(A & B).sum(axis=1) for A, B in zip(N, N[1:])]
result = np.array([(b / (2 * k - b)).mean() for b in both])"""

STABLE = """def near(Y):
    D = ((Y[:, None] - Y) ** 2).sum(axis=2)
    np.fill_diagonal(D, np.inf)
    return D <= np.sort(D, axis=1)[:, [k - 1]]
N = [near(Y) for Y in maps]
pairs = [(a, b) for a in range(len(N)) for b in range(a)]
both = np.array([(N[a] & N[b]).sum(axis=1) for a, b in pairs])
result = (both / (2 * k - both)).mean(axis=0)"""


@dataclass(frozen=True, eq=False)
class PerplexitySweep:
    """Maps of several perplexities; what :func:`perplexity_sweep` returns.

    Attributes
    ----------
    rows : Rows
    perplexities : tuple of float
    maps : ndarray, shape (p, m, 2)
        Each turned onto the one before it.
    overlaps : ndarray, shape (p - 1,)
        Jaccard overlap of neighbours between maps next to each other.
    n_neighbors : int
    """

    rows: Rows
    perplexities: tuple[float, ...]
    maps: Floats
    overlaps: Floats
    n_neighbors: int


@dataclass(frozen=True, eq=False)
class Stability:
    """Maps of several seeds; what :func:`stability` returns.

    Attributes
    ----------
    rows : Rows
    lanes : tuple of Lane
        Runs that :func:`stability` made itself; empty where maps were given.
    maps : ndarray, shape (runs, m, 2)
        Each turned onto the first, as well as its most stable half fits.
    points : ndarray, shape (m,)
        For each point how far its neighbours are the same in the maps, 0 to 1.
    mean : float
        Their mean: the number on the chip.
    residuals : ndarray, shape (runs - 1,)
        Procrustes disparity of each map from the first.
    spread : ndarray, shape (m,)
        How far each point wanders between the aligned maps, in units of the first map's spread.
    n_neighbors : int
    """

    rows: Rows
    lanes: tuple[Lane, ...]
    maps: Floats
    points: Floats
    mean: float
    residuals: Floats
    spread: Floats
    n_neighbors: int


def perplexity_sweep(
    X: Any,
    *,
    perplexities: tuple[float, ...] = PERPLEXITIES,
    steps: int = STEPS,
    n_neighbors: int = NEIGHBORS,
) -> PerplexitySweep:
    """Run t-SNE with several perplexities from one start.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    perplexities
        Those above a third of the rows are left out.
    steps
        Steps of each run.
    n_neighbors
        Size of the neighbourhoods that are compared.
    """
    rows, points = chosen(X)
    known = tuple(u for u in perplexities if u <= (len(points) - 1) / 3) or (2.0,)
    start = start_of(points)
    maps: list[Floats] = []
    for u in known:
        end = lane(joint(points, u)[0], start, steps=steps, kept=2).maps[-1].astype(np.float64)
        maps.append(align(end, maps[-1], same_size=True) if maps else end)
    overlaps = np.array(
        [neighbor_agreement(pair, n_neighbors=n_neighbors)[0].mean() for pair in pairwise(maps)]
    )
    return PerplexitySweep(rows, known, np.stack(maps), overlaps, n_neighbors)


def stability(
    X: Any,
    *,
    maps: Any = None,
    runs: int = RUNS,
    steps: int = STEPS,
    perplexity: float = 30.0,
    n_neighbors: int = NEIGHBORS,
) -> Stability:
    """Return how far maps of the same rows agree, point by point.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    maps
        At least two maps of all rows of X, from other seeds. None runs t-SNE from random starts.
    runs, steps, perplexity
        Of the runs that are made where no maps are given.
    n_neighbors
        Size of a neighbourhood.
    """
    rows, points = chosen(X)
    lanes: tuple[Lane, ...] = ()
    if maps is None:
        graph, _ = joint(points, perplexity)
        places = [initialization.random(len(points), 2, random_state=seed) for seed in range(runs)]
        lanes = tuple(
            lane(
                graph,
                initialization.scale_for_tsne(place),
                name=f"seed {seed}",
                steps=steps,
                kept=2,
            )
            for seed, place in enumerate(places)
        )
        found = [each.maps[-1].astype(np.float64) for each in lanes]
    else:
        found = [rows.of(each) for each in maps]
    agreed, _ = neighbor_agreement(found, n_neighbors=n_neighbors)
    core = np.argsort(-agreed, kind="stable")[: max(3, len(agreed) // 2)]
    aligned = [found[0], *(align(each, found[0], rows=core) for each in found[1:])]
    stacked = np.stack(aligned)
    size = float(np.sqrt(found[0].var(axis=0).sum())) or 1.0
    return Stability(
        rows=rows,
        lanes=lanes,
        maps=stacked,
        points=agreed,
        mean=float(agreed.mean()),
        residuals=np.array([procrustes_disparity(each, found[0]) for each in found[1:]]),
        spread=np.sqrt(stacked.var(axis=0).sum(axis=1)) / size,
        n_neighbors=n_neighbors,
    )


def plate_of_sweep(scene: Scene) -> Plate:
    """Draw the maps of all perplexities side by side, and how much each has of the one before it."""
    k = int(scene.get("k", NEIGHBORS))
    found = perplexity_sweep(scene.X, n_neighbors=k, steps=steps_of(scene))
    span = np.ptp(found.maps, axis=(1, 2)).max()
    tiles = tuple(
        Series(
            f"perplexity {u:g}",
            Y[:, 0] / span + 1.1 * at,
            Y[:, 1] / span,
            "points",
            found.rows.indices,
        )
        for at, (u, Y) in enumerate(zip(found.perplexities, found.maps, strict=True))
    )
    x = np.sqrt(np.array(found.perplexities[1:]) * found.perplexities[:-1])
    said = ", ".join(
        f"{a:g} and {b:g}: {o:.2f}"
        for a, b, o in zip(found.perplexities, found.perplexities[1:], found.overlaps, strict=False)
    )
    return Plate(
        name="perplexity_sweep",
        title="One data set, several perplexities",
        panels=(
            Panel("chart", "Maps, the small perplexity first", series=tiles),
            Panel("chart", "Shared neighbours of maps next to each other", "perplexity", "Jaccard overlap",
                  x_scale="log", series=(Series("overlap", x, found.overlaps, "bars"),)),
        ),
        text=f"Overlap of the {k} nearest neighbours between maps: {said}. What is seen at one perplexity only "
        "is no finding.",
        snippet=OVERLAPS,
        inputs={"maps": list(found.maps), "k": k},
        result=found.overlaps,
        controls=(Control("k", "Neighbours", "slider", k, low=2, high=50, step=1), steps_control(scene)),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_stability(scene: Scene) -> Plate:
    """Colour the map by the stability of each point, and draw how all points are spread over it."""
    k, runs = int(scene.get("k", NEIGHBORS)), int(scene.get("runs", RUNS))
    found = stability(
        scene.X,
        runs=runs,
        n_neighbors=k,
        steps=steps_of(scene),
        perplexity=float(scene.get("perplexity", 30.0)),
    )
    order = np.argsort(found.points, kind="stable")
    worst, best = found.rows.indices[order[0]], found.rows.indices[order[-1]]
    return Plate(
        name="stability",
        title="From run to run",
        panels=(
            Panel("colors", "Part of the neighbours that stay", colors=found.rows.spread(found.points)),
            Panel("chart", "All points, the least stable first", "rank", "Jaccard overlap",
                  series=(Series("stability", np.arange(1.0, len(order) + 1), found.points[order], "line",
                                 found.rows.indices[order]),)),
        ),
        text=f"{runs} runs from other random starts: of a point's {k} neighbours two runs share "
        f"{found.mean:.2f} (Jaccard, mean); "
        f"least for row {worst}, most for row {best}. Aligned, {found.residuals.mean():.2f} of the variance is "
        "left unexplained.",
        snippet=STABLE,
        inputs={"maps": list(found.maps), "k": k},
        result=found.points,
        controls=(
            Control("runs", "Runs", "slider", runs, low=2, high=10, step=1, acts="restart"),
            steps_control(scene),
            Control("k", "Neighbours", "slider", k, low=2, high=50, step=1),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("perplexity_sweep", "One data set, several perplexities", 14, plate_of_sweep),
    Internal("stability", "From run to run", 15, plate_of_stability),
)
