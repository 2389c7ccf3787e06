"""Four ways to the repulsion on a point: all others, cells of a tree, a grid, and a few drawn ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.forces.repulsion import ExactRepulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Arrows, Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.inspect.tree import boxes, tree_repulsion
from nbembed.kernels import student_t

__all__ = ["INTERNALS", "THETAS", "Cell", "Repulsions", "cells_for", "repulsions"]

THETAS = (0.0, 0.2, 0.5, 0.8, 1.0, 1.5)
# Points whose errors are measured.
SEEN = 6

SNIPPET = """gap = Y[i] - np.delete(Y, i, axis=0)
w = 1 / (1 + (gap ** 2).sum(axis=1))
exact = w ** 2 @ gap
to_cells = Y[i] - centres   # cells that look small from here, each as one point of some weight
w = 1 / (1 + (to_cells ** 2).sum(axis=1))
tree = (counts * w ** 2) @ to_cells
some = Y[i] - Y[drawn]
w = 1 / (1 + (some ** 2).sum(axis=1))
sampled = (len(Y) - 1) / len(drawn) * w ** 2 @ some
result = np.stack([exact, tree, sampled])"""


@dataclass(frozen=True)
class Cell:
    """A cell that counts as one point: its centre of mass, its number of points, its box."""

    centre: tuple[float, float]
    count: int
    corner: tuple[float, float]
    width: float
    depth: int


@dataclass(frozen=True, eq=False)
class Repulsions:
    r"""The repulsion on a point, before division by Z; what :func:`repulsions` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    exact, grid : ndarray, shape (2,)
        :math:`\sum_j w_{ij}^2 (y_i - y_j)`, over all points, and by FFT on a grid.
    trees : ndarray, shape (6, 2)
        By cells, for each of THETAS.
    counts : ndarray of int, shape (6,)
        How many cells that took.
    errors : ndarray, shape (6,)
        For each of THETAS, the error over some points as a share of the exact repulsion (root mean squares).
    grid_error : float
        The same of the grid.
    sampled : ndarray, shape (2,)
        From ``drawn``, extrapolated to all.
    drawn : ndarray of int
        Places (among the rows) of the points that were drawn.
    angles : ndarray, shape (m,)
        Between the sampled and the exact repulsion of every point, in degrees.
    cells : tuple of Cell
        Those of ``theta``.
    theta : float
    Y : ndarray, shape (m, 2)
    """

    rows: Rows
    i: int
    exact: Floats
    grid: Floats
    trees: Floats
    counts: NDArray[np.intp]
    errors: Floats
    grid_error: float
    sampled: Floats
    drawn: NDArray[np.intp]
    angles: Floats
    cells: tuple[Cell, ...]
    theta: float
    Y: Floats


def cells_for(points: Floats, place: Floats, theta: float) -> tuple[Cell, ...]:
    """Return the boxes of the tree that stand for all points as seen from a place, but for points at the very place."""
    return tuple(
        Cell(
            (float(box.centre[0]), float(box.centre[1])),
            box.count,
            (float(box.corner[0]), float(box.corner[1])),
            box.width,
            box.depth,
        )
        for box in boxes(points, place[None], theta)
        if (box.centre != place).any()
    )


def repulsions(
    Y: Any, i: int, *, theta: float = 0.5, n_negatives: int = 5, random_state: int = 0
) -> Repulsions:
    """Return the repulsion on a point of a plane map in four ways.

    Parameters
    ----------
    Y
        The map, shape (n_samples, 2). Of more than 500 rows a fixed sample is looked at.
    i
        The point.
    theta
        Largest width of a cell in units of its distance; 0 opens every cell.
    n_negatives
        Points that are drawn.
    random_state
        Seed of the draws.

    References
    ----------
    Draganov et al., GDR, Fig. 3, for the angle between sampled and exact repulsion.
    """
    rows, given = chosen(Y, i)
    points = given[:, :2].astype(np.float32)
    n, at = len(points), rows.at(i)
    exact, grid = np.empty_like(points), np.empty_like(points)
    ExactRepulsion()(points, exact)
    SplineRepulsion()(points, grid)
    places = points.astype(np.float64)
    random = np.random.default_rng(random_state)
    draws = np.array(
        [
            np.delete(np.arange(n), each)[random.integers(n - 1, size=n_negatives)]
            for each in range(n)
        ]
    )
    sampled = np.array([_push(places[k], places[draws[k]]) for k in range(n)]) * (
        (n - 1) / n_negatives
    )
    seen = np.arange(0, n, max(1, n // SEEN))
    errors = [_error(tree_repulsion(places, theta=t, of=seen), exact[seen]) for t in THETAS]
    lengths = np.linalg.norm(sampled, axis=1) * np.linalg.norm(exact, axis=1)
    cosines = (sampled * exact).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)
    trees = [cells_for(places, places[at], t) for t in THETAS]
    return Repulsions(
        rows=rows,
        i=i,
        exact=exact[at].astype(np.float64),
        grid=grid[at].astype(np.float64),
        trees=np.stack([_by_cells(places[at], each) for each in trees]),
        counts=np.array([len(each) for each in trees]),
        errors=np.array(errors),
        grid_error=_error(grid, exact),
        sampled=sampled[at],
        drawn=draws[at],
        angles=np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0))),
        cells=cells_for(places, places[at], theta),
        theta=float(theta),
        Y=places,
    )


def _push(place: Floats, others: Floats, counts: Any = 1.0) -> Floats:
    gap = place - others
    return (counts * student_t((gap**2).sum(axis=1)) ** 2) @ gap


def _by_cells(place: Floats, cells: tuple[Cell, ...]) -> Floats:
    return _push(place, np.array([c.centre for c in cells]), np.array([c.count for c in cells]))


def _error(found: Any, exact: Any) -> float:
    return float(np.linalg.norm(found - exact) / (np.linalg.norm(exact) or 1.0))


def said(found: Repulsions, m: int) -> str:
    """Return the errors of all ways in words."""
    errors = ", ".join(f"{t:g}: {e:.1e}" for t, e in zip(THETAS, found.errors, strict=True))
    return (
        f"{len(found.Y) - 1} other points become {len(found.cells)} cells at θ = {found.theta:g}. Relative error by θ: "
        f"{errors}; of the grid {found.grid_error:.1e}. {m} drawn points miss the direction by "
        f"{np.median(found.angles):.0f}°, the median over points."
    )


def plate(scene: Scene) -> Plate:
    """Draw the four repulsions on a point, and their errors."""
    theta, m = float(scene.get("theta", 0.5)), int(scene.get("n_negatives", 5))
    found = repulsions(scene.need("embedding"), scene.need("i"), theta=theta, n_negatives=m)
    here = found.Y[found.rows.at(found.i)]
    centres = np.array([c.centre for c in found.cells])
    counts = np.array([float(c.count) for c in found.cells])
    tree = _by_cells(here, found.cells)
    ways = [
        ("exact", found.exact),
        (f"tree, θ = {theta:g}", tree),
        ("grid", found.grid),
        (f"{m} drawn", found.sampled),
    ]
    arrows = Arrows(
        np.array([[*here, *vector] for _, vector in ways]),
        tuple(name for name, _ in ways),
        tuple(name.split(",")[0].split()[-1] for name, _ in ways),
        to_scale=False,
    )
    histogram, edges = np.histogram(found.angles, bins=18, range=(0, 180))
    return Plate(
        name="repulsion",
        title="Four ways to the repulsion",
        panels=(
            Panel("arrows", f"Repulsion on row {found.i}", arrows=arrows),
            Panel(
                "chart", f"Angle between {m} drawn and all, all points", "degrees", "points",
                series=(Series("points", (edges[1:] + edges[:-1]) / 2, histogram.astype(float), "bars"),),
            ),
        ),
        text=said(found, m),
        snippet=SNIPPET,
        inputs={"Y": found.Y, "i": found.rows.at(found.i), "centres": centres, "counts": counts, "drawn": found.drawn},
        result=np.stack([found.exact, tree, found.sampled]),
        controls=(
            Control("theta", "θ", "slider", theta, low=0.0, high=1.5, step=0.1),
            Control("n_negatives", "Points drawn", "slider", m, low=1, high=200, step=1, scale="log"),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("repulsion", "Four ways to the repulsion", 18, plate, frozenset({"point", "map"})),
)
