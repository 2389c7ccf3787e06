"""How far every other row is from one, and how little that says in many dimensions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice
from nbembed.inspect.near import Floats, everyone
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen

__all__ = ["INTERNALS", "Distances", "concentration", "distances"]

# How NumPy writes each metric, of all rows X to the row X[i].
WRITTEN = {
    "euclidean": "d = np.sqrt(((X - X[i]) ** 2).sum(axis=1))",
    "manhattan": "d = np.abs(X - X[i]).sum(axis=1)",
    "chebyshev": "d = np.abs(X - X[i]).max(axis=1)",
    "cosine": "length = np.sqrt((X ** 2).sum(axis=1))\nd = 1 - X @ X[i] / (length * length[i])",
}


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances of one row to all others; what :func:`distances` returns.

    Attributes
    ----------
    rows : Rows
        The rows that were looked at.
    i : int
        The row of X.
    others : ndarray of int, shape (m - 1,)
        The other rows of X, the nearest first.
    lengths : ndarray, shape (m - 1,)
        Their distances, ascending.
    contrast : float
        (largest - smallest) / smallest; infinite where another row is the same.
    """

    rows: Rows
    i: int
    others: NDArray[np.intp]
    lengths: Floats
    contrast: float


def distances(X: Any, i: int, *, metric: str = "euclidean") -> Distances:
    """Return how far every other row is from row ``i``.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    i
        The row.
    metric
        "euclidean", "manhattan", "chebyshev" or "cosine".

    Examples
    --------
    >>> found = distances([[0.0], [1.0], [3.0]], 0)
    >>> found.others.tolist(), found.lengths.tolist(), found.contrast
    ([1, 2], [1.0, 3.0], 2.0)
    """
    check_choice("metric", metric, WRITTEN)
    rows, points = chosen(X, i)
    near = everyone(points, metric)
    lengths = near.distances[rows.at(i)].astype(np.float64)
    return Distances(rows, i, rows.indices[near.indices[rows.at(i)]], lengths, contrast_of(lengths))


def contrast_of(lengths: Floats) -> float:
    """Return how much farther the farthest is than the nearest, in units of the nearest."""
    return float((lengths[-1] - lengths[0]) / lengths[0]) if lengths[0] > 0 else np.inf


def concentration(dimensions: tuple[int, ...] = (2, 10, 100), *, n: int = 500) -> Floats:
    """Return the contrast of a row of Gaussian noise, the median over rows, for numbers of columns.

    The more columns, the more alike are all distances.

    Parameters
    ----------
    dimensions
        Numbers of columns.
    n
        Number of rows.
    """
    random = np.random.default_rng(0)
    found = [everyone(random.normal(size=(n, each))).distances for each in dimensions]
    return np.array([np.median((d[:, -1] - d[:, 0]) / d[:, 0]) for d in found])


def plate(scene: Scene) -> Plate:
    """Draw the distances of a point and their histogram."""
    metric = scene.get("metric", "euclidean")
    found = distances(scene.X, scene.need("i"), metric=metric)
    counts, edges = np.histogram(found.lengths, bins=30)
    near, far = found.lengths[0], found.lengths[-1]
    return Plate(
        name="distances",
        title="Distances of a point",
        panels=(
            Panel(
                "chart", "All others, the nearest first", "rank", f"{metric} distance",
                series=(Series("distance", np.arange(1.0, len(found.lengths) + 1), found.lengths,
                               "line", found.others),),
            ),
            Panel(
                "chart", "How many are how far", "distance", "rows",
                series=(Series("rows", (edges[1:] + edges[:-1]) / 2, counts.astype(float), "bars"),),
            ),
        ),
        text=f"The nearest row of row {found.i} is row {found.others[0]}, at distance {near:.4g}; the farthest is "
        f"at {far:.4g}, {found.contrast:.2f} times the nearest beyond it.",
        snippet=f"{WRITTEN[metric]}\nresult = np.sort(np.delete(d, i))",
        inputs={"X": found.rows.of(scene.X), "i": found.rows.at(found.i)},
        result=found.lengths,
        controls=(Control("metric", "Metric", "choice", metric, choices=tuple(WRITTEN)),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (Internal("distances", "Distances of a point", 1, plate, frozenset({"point"})),)
