"""What a view says of its own accord: short, local, with the number that it rests on.

A signal is no verdict on the data. Whether such notes change how maps are read is not known (Jeon et al. 2025,
arXiv:2506.08725, found that warnings mostly do not); they are there so that nobody has to look for them.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from nbembed.inspect.bandwidth import MISSED, reached_by
from nbembed.inspect.curves import lengths_of
from nbembed.inspect.near import KEPT, Floats, everyone, neighbors_for
from nbembed.inspect.null import KINDS, clusters_in, without_structure
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import chosen
from nbembed.metrics import neighbor_agreement, neighbor_recall, neighborhood_hit, shepard_goodness
from nbembed.metrics.scores import label_codes

__all__ = [
    "RunState", "ScaleNote", "Signal", "StabilityChip", "run_state", "scale_note", "signals", "stability_chip",
]  # fmt: skip

# A point that moves less than this part of the map's size in a step rests.
MOVING = 0.01
# Runs below which nothing is said of their stability.
FEWEST_RUNS = 3
# Twins that data are compared with, the neighbour whose distance is, and the part of the twins' distance
# below which data have a structure of their own.
TWINS, TWIN_NEIGHBOR, STRUCTURED = 3, 5, 0.93
# Largest difference of two distributions of pair distances that are alike (Kolmogorov and Smirnov).
ALIKE = 0.1
# Bandwidths that differ this much are worth a word; so are gaps that the data have and the map has not.
UNEQUAL, FLATTENED = 3.0, 2.2
# Part of the rows that are copies, magnitudes beyond the usual, and what labels may gain in a map.
COPIES, HUGE, TINY, GAIN = 0.05, 1e5, 1e-5, 0.2
FEW_GROUPS = 3


@dataclass(frozen=True)
class Signal:
    """Something worth a word.

    Attributes
    ----------
    name : str
        "perplexity", "bandwidth", "copies", "units", "structureless", "density", "gaps", "labels",
        "diverged", "moving" or "exaggerated".
    text : str
    value : float
        The number it rests on.
    """

    name: str
    text: str
    value: float


@dataclass(frozen=True)
class ScaleNote:
    """What can be read from a map at all; what :func:`scale_note` returns.

    Attributes
    ----------
    kept : float
        Part of the near neighbours that the map keeps.
    rank_correlation : float
        Of all distances in data and map.
    n_neighbors : int
    text : str
    """

    kept: float
    rank_correlation: float
    n_neighbors: int
    text: str


@dataclass(frozen=True)
class StabilityChip:
    """How far runs agree; ``mean`` is NaN while nothing can be said."""

    runs: int
    mean: float
    text: str


@dataclass(frozen=True)
class RunState:
    """Where a run stands; what :func:`run_state` returns.

    Attributes
    ----------
    name : str
        "diverged", "bandwidth failed", "exaggerated", "moving" or "converged": the first that holds.
    moving : float
        Way of a point in a step, as part of the map's size; NaN of a single map.
    failed : int
        Rows whose bandwidth has not the perplexity.
    text : str
    """

    name: str
    moving: float
    failed: int
    text: str


def scale_note(X: Any, Y: Any, *, n_neighbors: int = 10) -> ScaleNote:
    """Return how many near neighbours a map keeps, and how its large distances are ordered.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    n_neighbors
        Size of a neighbourhood, less than half the rows.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    kept = float(neighbor_recall(points, places, n_neighbors=n_neighbors))
    order = float(shepard_goodness(points, places))
    text = (
        f"Near neighbours: {kept:.0%} kept at k={n_neighbors}. "
        f"Far distances: rank correlation {order:.2f}, not to scale."
    )
    return ScaleNote(kept, order, n_neighbors, text + (f" ({rows.sample})" if rows.sample else ""))


def stability_chip(maps: Any, *, n_neighbors: int = 15) -> StabilityChip:
    """Return how far the maps of several seeds agree, or that too few are known.

    Parameters
    ----------
    maps
        Maps of the same rows.
    n_neighbors
        Size of a neighbourhood.
    """
    count = len(maps)
    if count < FEWEST_RUNS:
        runs = f"{count} run" + ("" if count == 1 else "s")
        return StabilityChip(count, float("nan"), f"{runs}: stability unknown")
    mean = float(neighbor_agreement(list(maps), n_neighbors=n_neighbors)[0].mean())
    return StabilityChip(count, mean, f"{count} runs: {mean:.2f}")


def run_state(
    X: Any,
    maps: Any,
    steps: Any = None,
    *,
    perplexity: float | None = 30.0,
    exaggeration: float = 1.0,
) -> RunState:
    """Return where a run stands.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    maps
        The run's last maps in their order, shape (f, n_samples, n_components).
    steps
        The step of each; None counts them.
    perplexity
        Of the run; None for a method that searches no bandwidths of a perplexity.
    exaggeration
        Factor that is in force at the last map.
    """
    rows, points = chosen(X)
    found = np.asarray(maps, dtype=np.float64)[:, rows.indices]
    at = np.arange(len(found)) if steps is None else np.asarray(steps)
    if not np.isfinite(found).all():
        return RunState("diverged", float("nan"), 0, "diverged: positions are not finite")
    moving = float("nan")
    if len(found) > 1:
        size = np.sqrt(found[-1].var(axis=0).sum()) or 1.0
        way = np.sqrt(((found[-1] - found[-2]) ** 2).sum(axis=1).mean())
        moving = float(way / size / max(1, at[-1] - at[-2]))
    failed = 0 if perplexity is None else len(_failed(points, perplexity))
    if failed:
        return RunState("bandwidth failed", moving, failed, f"bandwidth failed for {failed} rows")
    if exaggeration > 1:
        return RunState("exaggerated", moving, 0, f"exaggerated ×{exaggeration:g}: not final")
    if not moving <= MOVING:
        known = "unknown" if np.isnan(moving) else f"{moving:.1%} per step"
        return RunState("moving", moving, 0, f"still moving ({known})")
    return RunState("converged", moving, 0, f"converged ({moving:.2%} per step)")


def signals(
    X: Any,
    Y: Any,
    *,
    maps: Any = None,
    steps: Any = None,
    labels: Any = None,
    perplexity: float | None = 30.0,
    exaggeration: float = 1.0,
) -> tuple[Signal, ...]:
    """Return all that is worth a word about data and their map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    maps, steps
        The last maps of its run; without them nothing is said of the run.
    labels
        Labels that the map was told (``y=``), where it was told any.
    perplexity, exaggeration
        Of the run, as for :func:`run_state`.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> [each.name for each in signals(1e7 * X, X[:, :2])]
    ['units']
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    told = [*_of_input(points, perplexity), *_of_shape(points, places)]
    if labels is not None:
        told += _of_labels(points, places, label_codes(labels, rows.n)[rows.indices])
    if maps is not None and not _names(told) & {"bandwidth", "perplexity"}:
        state = run_state(X, maps, steps, perplexity=perplexity, exaggeration=exaggeration)
        if state.name != "converged":
            told.append(Signal(state.name, state.text, state.moving))
    return tuple(told)


def _names(told: list[Signal]) -> set[str]:
    return {each.name for each in told}


def _failed(points: Floats, perplexity: float) -> Any:
    """Return the rows whose bandwidth has not the perplexity; all where there are too few rows for it."""
    from nbembed.affinities import conditional

    if perplexity > len(points) - 1:
        return np.arange(len(points))
    p, _ = conditional(neighbors_for(points, perplexity), perplexity=perplexity)
    return np.flatnonzero(np.abs(np.log(reached_by(p) / perplexity)) > MISSED)


def _of_input(points: Floats, perplexity: float | None) -> list[Signal]:
    """Look at what makes a search fail, or the numbers hard to read."""
    told: list[Signal] = []
    n = len(points)
    if perplexity is not None and perplexity > (n - 1) / 3:
        text = f"perplexity {perplexity:g} is more than a third of the {n} rows: nearly all are neighbours of each"
        told.append(Signal("perplexity", text, perplexity / n))
    copies = n - len(np.unique(points, axis=0))
    if copies > COPIES * n:
        told.append(Signal("copies", f"{copies} rows are copies of others", copies / n))
    failed = 0 if perplexity is None else len(_failed(points, perplexity))
    if failed:
        told.append(Signal("bandwidth", f"bandwidth failed for {failed} rows", failed / n))
    largest = float(np.abs(points).max())
    if not TINY < largest < HUGE:
        text = f"numbers as large as {largest:.3g}: distances have that unit, and no affinity depends on it"
        told.append(Signal("units", text, largest))
    return told


def _of_shape(points: Floats, places: Floats) -> list[Signal]:
    """Look at structure, densities and gaps: what the map shows and what it hides."""
    told: list[Signal] = []
    near, ratio = _of_data(points.tobytes(), points.shape)
    if ratio > 0:
        text = f"neighbours are as far ({ratio:.0%}) as in data without structure: clumps in the map mean nothing"
        told.append(Signal("structureless", text, ratio))
    apart = near[near > 0]
    spread = float(np.divide(*np.quantile(apart, [0.9, 0.1]))) if len(apart) else 1.0
    if spread > UNEQUAL:
        text = f"densities differ {spread:.1f} times, and areas in the map are made equal by design"
        told.append(Signal("density", text, spread))
    flattened = _flattened(points, places)
    if flattened > FLATTENED:
        text = f"gaps between groups differ {flattened:.1f} times more in the data than in the map"
        told.append(Signal("gaps", text, flattened))
    return told


# A map that moves is looked at again and again, and its data stay.
@lru_cache(maxsize=KEPT)
def _of_data(data: bytes, shape: tuple[int, ...]) -> tuple[Floats, float]:
    """Return how far each point's neighbour is, and how far that is beside the twins."""
    points = np.frombuffer(data).reshape(shape)
    k = min(TWIN_NEIGHBOR, len(points) - 2)
    near = everyone(points).distances[:, k - 1].astype(np.float64)
    return near, _beside_twins(points, float(near.mean()), k)


def _beside_twins(points: Floats, near: float, k: int) -> float:
    """Return how far neighbours are as part of what they are in the twins, 0 if one of these is not alike.

    A twin is alike if its neighbours are hardly farther, and its pairs are as far apart as those of the data.
    Shuffled columns keep what a single column says, the Gaussian what two say to each other: only data like both
    say nothing.
    """
    from scipy.stats import ks_2samp

    from nbembed.neighbors import nearest_neighbors

    if not near > 0:
        return 0.0
    own, ratios = lengths_of(points), list[float]()
    for kind in KINDS:
        twins = [without_structure(points, kind, seed=seed) for seed in range(TWINS)]
        found = [nearest_neighbors(each, n_neighbors=k, method="exact") for each in twins]
        far = float(np.mean([each.distances[:, k - 1].mean() for each in found]))
        apart: Any = ks_2samp(own, np.concatenate([lengths_of(each) for each in twins]))
        ratios.append(near / far)
        if ratios[-1] <= STRUCTURED or apart.statistic >= ALIKE:
            return 0.0
    return min(ratios)


def _flattened(points: Floats, places: Floats) -> float:
    """Return how much more the gaps between the map's clusters differ in the data than in the map."""
    from scipy.spatial.distance import pdist

    labels, count = clusters_in(places)
    sizes = np.bincount(labels[labels >= 0], minlength=max(count, 1))
    large = np.flatnonzero(sizes >= 0.1 * len(points))
    if len(large) < FEW_GROUPS:
        return 1.0
    gaps = [
        pdist(np.array([space[labels == c].mean(axis=0) for c in large]))
        for space in (points, places)
    ]
    return float((gaps[0].max() / gaps[0].min()) / (gaps[1].max() / gaps[1].min()))


def _of_labels(points: Floats, places: Floats, codes: Any) -> list[Signal]:
    """Look whether labels that the map was told are together in the map only."""
    hits = [float(neighborhood_hit(space, codes, n_neighbors=7)) for space in (points, places)]
    if hits[1] - hits[0] <= GAIN:
        return []
    text = f"of the neighbours {hits[1]:.0%} have one's label in the map, {hits[0]:.0%} in the data: it was told them"
    return [Signal("labels", text, hits[1] - hits[0])]
