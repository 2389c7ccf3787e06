"""The search for a point's bandwidth, step by step, and the bandwidths of all points."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.affinities import bisections, conditional
from nbembed.inspect.near import Floats, neighbors_for
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.neighbors import Neighbors

__all__ = ["INTERNALS", "Bandwidth", "Bandwidths", "bandwidth", "bandwidths", "perplexity_control"]

# An entropy this far from the wanted one, in nats, is that of a search which failed.
MISSED = 1e-4
# Curves are drawn on so many places.
PLACES = 81

SEARCH = """D2 = D ** 2 - D[:, :1] ** 2   # each row: squared distances, less the nearest's
low, high = np.full(len(D), -60.0), np.full(len(D), 60.0)   # of log(beta * extent)
for _ in range(120):
    log_beta = (low + high) / 2
    w = np.exp(-np.exp(log_beta)[:, None] * D2 / D2[:, -1:])
    p = w / w.sum(axis=1, keepdims=True)
    H = -(p * np.log2(np.maximum(p, 1e-300))).sum(axis=1)
    flat = H > np.log2(perplexity)
    low, high = np.where(flat, log_beta, low), np.where(flat, high, log_beta)
"""

ROW_SEARCH = """D2 = d ** 2 - d[0] ** 2   # squared distances, less the nearest's
low, high = -60.0, 60.0   # of log(beta * extent)
for _ in range(120):
    log_beta = (low + high) / 2
    w = np.exp(-np.exp(log_beta) * D2 / D2[-1])
    p = w / w.sum()
    H = -(p * np.log2(np.maximum(p, 1e-300))).sum()
    low, high = (log_beta, high) if H > np.log2(perplexity) else (low, log_beta)
result = p"""


@dataclass(frozen=True, eq=False)
class Bandwidth:
    r"""How the bandwidth of one point is found; what :func:`bandwidth` returns.

    Attributes
    ----------
    rows : Rows
    i : int
    neighbors : ndarray of int, shape (k,)
        Rows of X that may have a share of the point's probability.
    lengths, probabilities : ndarray, shape (k,)
        Their distances and :math:`p_{j|i}`.
    precision, sigma : float
        :math:`\beta_i` and :math:`\sigma_i = \sqrt{1/2\beta_i}`.
    steps : ndarray, shape (steps, 4)
        Each guess: precision, entropy in nats, and the bracket of precisions before it.
    perplexity, reached : float
        What was wanted, and :math:`2^H` of the probabilities.
    """

    rows: Rows
    i: int
    neighbors: NDArray[np.intp]
    lengths: Floats
    probabilities: Floats
    precision: float
    sigma: float
    steps: Floats
    perplexity: float
    reached: float

    @property
    def failed(self) -> bool:
        """Whether the perplexity was not reached, as among duplicates."""
        return abs(np.log(self.reached / self.perplexity)) > MISSED


@dataclass(frozen=True, eq=False)
class Bandwidths:
    """The bandwidths of all points; what :func:`bandwidths` returns.

    Attributes
    ----------
    rows : Rows
    sigma : ndarray, shape (m,)
        In units of the distances; infinite where all neighbours are equally far.
    reached : ndarray, shape (m,)
        Perplexity of each row.
    failed : ndarray of int
        Rows of X whose perplexity is not the wanted one.
    distances : ndarray, shape (m, k)
        To the neighbours, ascending.
    """

    rows: Rows
    sigma: Floats
    reached: Floats
    failed: NDArray[np.intp]
    distances: Floats


def bandwidth(X: Any, i: int, *, perplexity: float = 30.0) -> Bandwidth:
    r"""Return how the bandwidth of row ``i`` is found, and the probabilities it gives.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    i
        The row.
    perplexity
        Effective number of neighbours, at least 1 and at most the 3 perplexity (or n - 1) neighbours.

    Raises
    ------
    InvalidInputError
        If the perplexity is too large for the rows there are.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 1.

    Examples
    --------
    >>> found = bandwidth([[0.0], [1.0], [3.0], [4.0]], 0, perplexity=2.0)
    >>> round(float(found.reached), 4), bool(found.failed)
    (2.0, False)
    """
    rows, points = chosen(X, i)
    near, at = neighbors_for(points, perplexity), rows.at(i)
    own = slice(at, at + 1)
    near = Neighbors(near.indices[own], near.distances[own], exact=True)
    p, beta = conditional(near, perplexity=perplexity)
    with np.errstate(divide="ignore"):
        sigma = float(np.sqrt(0.5 / beta[0]))
    return Bandwidth(
        rows=rows,
        i=i,
        neighbors=rows.indices[near.indices[0]],
        lengths=near.distances[0].astype(np.float64),
        probabilities=p[0],
        precision=float(beta[0]),
        sigma=sigma,
        steps=bisections(near.distances[0], perplexity=perplexity),
        perplexity=float(perplexity),
        reached=float(reached_by(p)[0]),
    )


def bandwidths(X: Any, *, perplexity: float = 30.0) -> Bandwidths:
    """Return the bandwidths of all rows, and which rows missed the perplexity.

    Parameters
    ----------
    X, perplexity
        As for :func:`bandwidth`.
    """
    rows, points = chosen(X)
    near = neighbors_for(points, perplexity)
    p, beta = conditional(near, perplexity=perplexity)
    reached = reached_by(p)
    with np.errstate(divide="ignore"):
        sigma = np.sqrt(0.5 / beta)
    failed = rows.indices[np.abs(np.log(reached / perplexity)) > MISSED]
    return Bandwidths(rows, sigma, reached, failed, near.distances.astype(np.float64))


def reached_by(p: Floats) -> Floats:
    """Return the perplexity 2^H of each row of probabilities."""
    entropy = -(p * np.log2(np.maximum(p, np.finfo(float).tiny))).sum(axis=1)
    return 2.0**entropy


def perplexity_control(value: float, n: int) -> Control:
    """Return the slider of the perplexity: beyond a third of the rows it says little."""
    high = max(2.0, (n - 1) // 3)
    return Control(
        "perplexity", f"Perplexity (up to {high:g}, a third of the rows)", "slider", value,
        low=1.0, high=high, step=1.0, scale="log",
    )  # fmt: skip


def plate(scene: Scene) -> Plate:
    """Draw a point's probabilities, and the entropy that the search walks along."""
    u = float(scene.get("perplexity", 30.0))
    found = bandwidth(scene.X, scene.need("i"), perplexity=u)
    tried = found.steps[:, 0] if len(found.steps) else np.ones(1)
    places = np.geomspace(tried.min() / 2, tried.max() * 2, PLACES)
    squared = found.lengths**2 - found.lengths[0] ** 2
    weights = np.exp(-places[:, None] * squared)
    curve = np.log2(reached_by(weights / weights.sum(axis=1, keepdims=True)))
    walk = found.steps[:, 1] / np.log(2.0)
    goal = np.full(2, np.log2(u))
    return Plate(
        name="bandwidth",
        title="The search for a bandwidth",
        panels=(
            Panel(
                "chart", f"Probabilities of row {found.i}", "distance", "p(j|i)",
                series=(Series("p(j|i)", found.lengths, found.probabilities, "bars", found.neighbors),),
            ),
            Panel(
                "chart", "Entropy against precision", "precision 1/2σ²", "entropy (bits)", x_scale="log",
                series=(
                    Series("entropy", places, curve),
                    Series(f"log2 {u:g}", places[[0, -1]], goal),
                    Series("guesses, in turn", found.steps[:, 0], walk, "points"),
                ),
            ),
        ),
        text=f"After {len(found.steps)} guesses the bandwidth of row {found.i} is {found.sigma:.4g}: its "
        f"{len(found.neighbors)} "
        f"neighbours have the perplexity {found.reached:.4f}; {u:g} was wanted."
        + (" The search failed." if found.failed else ""),
        snippet=ROW_SEARCH,
        inputs={"d": found.lengths, "perplexity": u},
        result=found.probabilities,
        controls=(perplexity_control(u, len(found.rows.indices)),),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_all(scene: Scene) -> Plate:
    """Colour the map by the bandwidths; with two points, draw both Gaussians."""
    u = float(scene.get("perplexity", 30.0))
    found = bandwidths(scene.X, perplexity=u)
    ascending = np.sort(found.sigma)
    panel = Panel(
        "chart", "All bandwidths, ascending", "rank", "σ",
        series=(Series("σ", np.arange(1.0, len(ascending) + 1), ascending, "line",
                       found.rows.indices[np.argsort(found.sigma)]),),
    )  # fmt: skip
    ratio = 1.0
    if scene.i is not None and scene.j is not None:
        pair = [bandwidth(scene.X, each, perplexity=u) for each in (scene.i, scene.j)]
        ratio = max(pair[0].sigma, pair[1].sigma) / min(pair[0].sigma, pair[1].sigma)
        x = np.linspace(0.0, max(each.lengths[-1] for each in pair), PLACES)
        panel = Panel(
            "chart", "Two points, two Gaussians", "distance", "weight",
            series=tuple(Series(f"row {each.i}, σ = {each.sigma:.4g}", x, np.exp(-each.precision * x**2))
                         for each in pair),
        )  # fmt: skip
    return Plate(
        name="sigma",
        title="Bandwidth of every point",
        panels=(Panel("colors", "σ", colors=found.rows.spread(found.sigma)), panel),
        text=f"Bandwidths from {ascending[0]:.4g} to {ascending[-1]:.4g}: where points lie densely, σ is small, and "
        f"all get the same perplexity {u:g}. It was missed by {len(found.failed)} rows."
        + (f" σ of the two points differs {ratio:.2f} times." if ratio != 1.0 else ""),
        snippet=SEARCH + "result = np.sqrt(0.5 / np.exp(log_beta) * D2[:, -1])",
        inputs={"D": found.distances, "perplexity": u},
        result=found.sigma,
        controls=(perplexity_control(u, len(found.rows.indices)),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("bandwidth", "The search for a bandwidth", 2, plate, frozenset({"point"})),
    Internal("sigma", "Bandwidth of every point", 3, plate_of_all),
)
