"""Kernels of the map on the distances that its pairs really have, and the room in many dimensions."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed.inspect.lanes import lane, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats, everyone, joint
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.kernels import fit_ab, kernel_named

__all__ = ["INTERNALS", "Crowding", "Kernels", "crowding", "kernels", "lengths_of"]

# Places of the curves.
PLACES = 101
# The Gaussian's repulsion has no fast way: fewer rows and steps than elsewhere.
CROWDED, CROWDED_STEPS = 150, 250


@dataclass(frozen=True, eq=False)
class Kernels:
    """Kernel values at the pair distances of a map; what :func:`kernels` returns.

    Attributes
    ----------
    distances : ndarray, shape (101,)
        Quantiles of the distances of all pairs in the map, ascending.
    gaussian, student_t, cauchy : ndarray, shape (101,)
    a, b : float
        UMAP's curve for ``min_dist`` and ``spread``.
    residual : float
        Largest difference of that curve from the one it was fitted to.
    sample : str or None
    """

    distances: Floats
    gaussian: Floats
    student_t: Floats
    cauchy: Floats
    a: float
    b: float
    residual: float
    sample: str | None


@dataclass(frozen=True, eq=False)
class Crowding:
    """How pair distances spread in the data and in two maps; what :func:`crowding` returns.

    Attributes
    ----------
    rows : Rows
    radii : ndarray, shape (101,)
        In units of the mean pair distance of each space.
    shares : ndarray, shape (3, 101)
        Part of all pairs within each radius: in the data, in SNE's map (Gaussian), in t-SNE's.
    volumes : dict of int to ndarray
        Part of the volume of a ball within each radius up to 1, by dimension.
    room : ndarray, shape (3,)
        Mean pair distance in units of the mean distance to the nearest, in the three spaces.
    maps : tuple of ndarray
        The map of SNE and that of t-SNE.
    """

    rows: Rows
    radii: Floats
    shares: Floats
    volumes: dict[int, Floats]
    room: Floats
    maps: tuple[Floats, Floats]


def lengths_of(points: Floats) -> Floats:
    """Return the distances of all pairs i < j, shape (n (n - 1) / 2,)."""
    from scipy.spatial.distance import pdist

    return np.asarray(pdist(points))


def kernels(Y: Any, *, dof: float = 1.0, min_dist: float = 0.1, spread: float = 1.0) -> Kernels:
    """Return the three kernels at the pair distances of a map.

    Parameters
    ----------
    Y
        The map, shape (n_samples, n_components). Of more than 500 rows a fixed sample is looked at.
    dof
        Degrees of freedom of Student's t, above 0.
    min_dist, spread
        What UMAP's curve is fitted to; see :func:`nbembed.kernels.fit_ab`.

    Examples
    --------
    >>> found = kernels([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    >>> round(found.a, 3), round(found.b, 3), found.student_t[0]
    (1.577, 0.895, np.float64(0.5))
    """
    rows, points = chosen(Y)
    d = np.quantile(lengths_of(points), np.linspace(0.0, 1.0, PLACES))
    a, b = fit_ab(float(min_dist), float(spread))
    x = np.linspace(0.0, 3.0 * spread, 300)
    target = np.where(x < min_dist, 1.0, np.exp(-(x - min_dist) / spread))
    umap = kernel_named("cauchy", a=a, b=b)
    return Kernels(
        d,
        kernel_named("gaussian").values(d**2),
        kernel_named("student_t", dof=dof).values(d**2),
        umap.values(d**2),
        a,
        b,
        float(np.abs(umap.values(x**2) - target).max()),
        rows.sample,
    )


def crowding(X: Any, *, perplexity: float = 30.0, steps: int = CROWDED_STEPS) -> Crowding:
    """Return how pair distances spread in the data, in a map of SNE and in one of t-SNE.

    Both maps start from the same place and take the same number of steps; only the kernel differs.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 150 rows a fixed sample is looked at.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.
    steps
        Of both runs.
    """
    rows, points = chosen(X, most=CROWDED)
    graph, _ = joint(points, perplexity)
    start = start_of(points)
    maps = [
        lane(graph, start, kernel=kernel, steps=steps, kept=2).maps[-1].astype(np.float64)
        for kernel in ("gaussian", "student_t")
    ]
    radii = np.linspace(0.02, 2.0, PLACES)
    shares, room = [], []
    for space in (points, *maps):
        lengths = np.sort(lengths_of(space))
        unit = lengths.mean()
        shares.append(np.searchsorted(lengths, radii * unit, side="right") / len(lengths))
        room.append(unit / everyone(space).distances[:, 0].astype(np.float64).mean())
    inside = radii[radii <= 1.0]
    volumes = {each: inside**each for each in (2, 10, points.shape[1])}
    return Crowding(rows, radii, np.stack(shares), volumes, np.array(room), (maps[0], maps[1]))


def plate(scene: Scene) -> Plate:
    """Draw the kernels over this map's own distances."""
    dof, min_dist = float(scene.get("dof", 1.0)), float(scene.get("min_dist", 0.1))
    found = kernels(scene.need("embedding"), dof=dof, min_dist=min_dist)
    curves = (
        Series("Gaussian", found.distances, found.gaussian),
        Series(f"Student's t, {dof:g}", found.distances, found.student_t),
        Series(f"UMAP, a = {found.a:.3f}, b = {found.b:.3f}", found.distances, found.cauchy),
    )
    rug = Series("pairs of this map", found.distances, np.zeros(PLACES), "points")
    middle = found.distances[PLACES // 2]
    floored = tuple(
        Series(each.label, each.x, np.maximum(each.y, 1e-12), each.kind) for each in curves
    )
    return Plate(
        name="kernels",
        title="Kernels on this map's distances",
        panels=(
            Panel("chart", "Similarity against distance", "distance in the map", "w", series=(*curves, rug)),
            Panel("chart", "The same, logarithmic", "distance in the map", "w", y_scale="log", series=floored),
        ),
        text=f"Half of this map's pairs are farther apart than {middle:.4g}; there the Gaussian is "
        f"{found.gaussian[PLACES // 2]:.2g}, Student's t {found.student_t[PLACES // 2]:.2g} and UMAP's curve "
        f"{found.cauchy[PLACES // 2]:.2g}. For min_dist {min_dist:g} that curve has a = {found.a:.4f}, b = "
        f"{found.b:.4f} "
        f"and misses its goal by up to {found.residual:.3f}.",
        snippet="gaussian = np.exp(-d ** 2)\nstudent_t = (1 + d ** 2 / dof) ** (-(dof + 1) / 2)\n"
        "cauchy = 1 / (1 + a * d ** (2 * b))\nresult = np.stack([gaussian, student_t, cauchy])",
        inputs={"d": found.distances, "dof": dof, "a": found.a, "b": found.b},
        result=np.stack([found.gaussian, found.student_t, found.cauchy]),
        controls=(
            Control("dof", "Degrees of freedom", "slider", dof, low=0.2, high=10, scale="log"),
            Control("min_dist", "min_dist", "slider", min_dist, low=0.0, high=1.0, step=0.01),
        ),
        sample=found.sample,
    )  # fmt: skip


def plate_of_crowding(scene: Scene) -> Plate:
    """Draw how pair distances spread in the data and in the maps of both kernels."""
    found = crowding(
        scene.X,
        perplexity=float(scene.get("perplexity", 30.0)),
        steps=steps_of(scene, CROWDED_STEPS),
    )
    names = ("data", "SNE (Gaussian)", "t-SNE")
    return Plate(
        name="crowding",
        title="Crowding",
        panels=(
            Panel(
                "chart", "Pairs within a radius", "radius / mean pair distance", "part of all pairs",
                series=tuple(Series(name, found.radii, y) for name, y in zip(names, found.shares, strict=True)),
            ),
            Panel(
                "chart", "Volume of a ball within a radius", "radius", "part of the volume",
                series=tuple(Series(f"{d} dimensions", found.radii[: len(y)], y) for d, y in found.volumes.items()),
            ),
        ),
        text="Mean pair distance in units of that to the nearest neighbour: "
        + ", ".join(f"{name} {room:.1f}" for name, room in zip(names, found.room, strict=True))
        + ". In many dimensions nearly all pairs have nearly one distance; a plane has no such room.",
        snippet="""result = []
for A in (X, sne, tsne):
    s = (A ** 2).sum(axis=1)
    D = np.sqrt(np.maximum(s[:, None] + s - 2 * A @ A.T, 0))
    d = D[np.triu_indices(len(A), 1)]
    result.append([(d <= r * d.mean()).mean() for r in radii])
result = np.array(result)""",
        inputs={"X": found.rows.of(scene.X), "sne": found.maps[0], "tsne": found.maps[1], "radii": found.radii},
        result=found.shares,
        controls=(Control("perplexity", "Perplexity", "slider", float(scene.get("perplexity", 30.0)),
                          low=2, high=100, scale="log", acts="restart"),
                  steps_control(scene, CROWDED_STEPS)),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("kernels", "Kernels on this map's distances", 6, plate, frozenset({"map"})),
    Internal("crowding", "Crowding", 7, plate_of_crowding),
)
