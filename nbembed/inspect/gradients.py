"""Pull or push of a pair, by its distance in the data and in the map, for four losses (GDR, Fig. 2)."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed.inspect.bandwidth import bandwidths
from nbembed.inspect.curves import lengths_of
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Control, Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.kernels import gaussian, kernel_named, student_t

__all__ = ["INTERNALS", "VARIANTS", "GradientPlates", "pair_gradients"]

VARIANTS = ("kl", "cross_entropy", "frobenius_normalized", "frobenius")
PLACES = 41
# Pairs of the data that are drawn on top.
DRAWN = 400

SNIPPET = """p = np.exp(-high[None, :] ** 2 / (2 * sigma ** 2))   # columns: the data, rows: the map
d = low[:, None]
w = 1 / (1 + d ** 2)
P, Q = p / sum_p, w / Z
kl = 4 * (P - Q) * w * d
cross_entropy = 4 * (p - (1 - p) / d ** 2) * w * d   # w / (1 - w) is 1 / d²
frobenius_normalized = 8 * (P - Q) * Q * w * d
frobenius = 8 * (p - w) * w * w * d
result = np.stack([kl, cross_entropy, frobenius_normalized, frobenius])"""


@dataclass(frozen=True, eq=False)
class GradientPlates:
    """Slopes of four losses along the distance of a pair; what :func:`pair_gradients` returns.

    Attributes
    ----------
    rows : Rows
    high, low : ndarray, shape (41,)
        Distances in the data (columns) and in the map (rows).
    slopes : ndarray, shape (4, 41, 41)
        In the order of VARIANTS. Above 0 the pair attracts, below it repels. The factor that all pairs
        share, and the shift S of the normalised Frobenius norm, are left out.
    balance : ndarray, shape (2, 41)
        The distance in the map at which attraction and repulsion of a pair cancel, for each of ``high``:
        normalised and not; 0 where a pair attracts however near it is.
    pairs : ndarray, shape (m, 2)
        Distances of pairs of the data, in the data and in the map.
    sigma, sum_p, Z : float
        The middle bandwidth, the sum of Gaussian weights over all pairs, and that of kernels.
    """

    rows: Rows
    high: Floats
    low: Floats
    slopes: Floats
    balance: Floats
    pairs: Floats
    sigma: float
    sum_p: float
    Z: float


def pair_gradients(X: Any, Y: Any, *, perplexity: float = 30.0) -> GradientPlates:
    """Return how strongly a pair attracts or repels, for every distance in data and map.

    All points have the middle bandwidth here, so that a distance in the data says the affinity.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, which says the sums that the normalised losses divide by.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`.

    References
    ----------
    Draganov et al., GDR, sec. 4.1 and Fig. 2.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    sigma = bandwidths(points, perplexity=perplexity).sigma
    middle = float(np.median(sigma[np.isfinite(sigma)]))
    in_data, lengths = lengths_of(points), lengths_of(places)
    sum_p = 2.0 * float(gaussian(in_data**2 / (2.0 * middle**2)).sum())
    Z = 2.0 * float(student_t(lengths**2).sum())
    high = np.linspace(0.0, float(in_data.max()), PLACES)
    # The middle of the map's range of distances is drawn as wide as its tail.
    low = np.geomspace(
        max(float(lengths.max()), 1e-3) * 1e-3, max(float(lengths.max()), 1e-3), PLACES
    )
    p = gaussian(high**2 / (2.0 * middle**2))
    some = np.random.default_rng(0).permutation(len(in_data))[:DRAWN]
    return GradientPlates(
        rows,
        high,
        low,
        np.stack([slope_of(name, p[None, :], low[:, None], sum_p, Z) for name in VARIANTS]),
        np.sqrt(np.maximum(1.0 / np.stack([p / sum_p * Z, p]) - 1.0, 0.0)),
        np.column_stack([in_data[some], lengths[some]]),
        middle,
        sum_p,
        Z,
    )


def slope_of(name: str, p: Floats, d: Floats, sum_p: float, Z: float) -> Floats:
    """Return the slope of a loss along the distance ``d`` of a pair of affinity ``p``."""
    kernel = kernel_named("student_t")
    w, slope = kernel.values(d**2), kernel.slopes(d**2) * d
    match name:
        case "kl":
            return 4.0 * (p / sum_p - w / Z) * slope
        case "cross_entropy":
            return 4.0 * (p - (1.0 - p) * w / (1.0 - w)) * slope
        case "frobenius_normalized":
            return 8.0 * (p / sum_p - w / Z) * (w / Z) * slope
        case _:
            return 8.0 * (p - w) * w * slope


def plate(scene: Scene) -> Plate:
    """Draw the slopes of one loss beside those of another, with this data's pairs on top."""
    u = float(scene.get("perplexity", 30.0))
    shown = scene.get("loss", "kl")
    found = pair_gradients(scene.X, scene.need("embedding"), perplexity=u)
    pairs = Series("pairs of this data", found.pairs[:, 0], found.pairs[:, 1], "points")
    other = "cross_entropy" if shown == "kl" else "kl"

    def panel(name: str) -> Panel:
        values = found.slopes[VARIANTS.index(name)]
        largest = float(np.abs(values).max()) or 1.0
        normalized = name in ("kl", "frobenius_normalized")
        line = found.balance[0 if normalized else 1]
        # Signed root: pulls and pushes differ by powers of ten.
        drawn = np.sign(values) * np.sqrt(np.abs(values) / largest)
        return Panel(
            "heat", name.replace("_", " "), "distance in the data", "distance in the map", y_scale="log",
            heat=Heat(drawn, (0.0, found.high[-1]), (found.low[0], found.low[-1])),
            series=(pairs, Series("no force", found.high, np.maximum(line, found.low[0]))),
        )  # fmt: skip

    near = int(np.searchsorted(found.high, found.sigma))
    return Plate(
        name="gradients",
        title="Pull or push, by distance in data and map",
        panels=(panel(shown), panel(other)),
        text=f"A pair one bandwidth ({found.sigma:.3g}) apart in the data rests at distance "
        f"{found.balance[0, near]:.3g} in the map "
        f"under normalised losses and at {found.balance[1, near]:.3g} under those that are not: nearer pairs "
        "repel, farther "
        "ones attract.",
        snippet=SNIPPET,
        inputs={"high": found.high, "low": found.low, "sigma": found.sigma, "sum_p": found.sum_p, "Z": found.Z},
        result=found.slopes,
        controls=(Control("loss", "Loss", "choice", shown, choices=VARIANTS),),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal(
        "gradients", "Pull or push, by distance in data and map", 10, plate, frozenset({"map"})
    ),
)
