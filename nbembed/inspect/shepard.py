"""Every pair's distance in the data against that in the map."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed.inspect.curves import lengths_of
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.labels import MISSING
from nbembed.metrics import normalized_stress, shepard_goodness
from nbembed.metrics.scores import label_codes

__all__ = ["INTERNALS", "Shepard", "shepard"]

BINS = 40

SNIPPET = """def lengths(A):
    D = np.array([np.sqrt(((A - a) ** 2).sum(axis=1)) for a in A])
    return D[np.triu_indices(len(A), 1)]
def ranks(d):   # equal distances share the mean of their ranks
    _, at, count = np.unique(d.round(9), return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[at]
high, low = lengths(X), lengths(Y)
spearman = np.corrcoef(ranks(high), ranks(low))[0, 1]
stress = 1 - (high @ low) ** 2 / ((high @ high) * (low @ low))
result = np.array([spearman, stress])"""


@dataclass(frozen=True, eq=False)
class Shepard:
    """Pair distances in data and map; what :func:`shepard` returns.

    Attributes
    ----------
    rows : Rows
    high, low : ndarray, shape (pairs,)
        Distances of all pairs i < j in the data and in the map.
    distances, ranks : ndarray, shape (40, 40)
        How many pairs have which distances and ranks; rows are the map, columns the data.
    spearman : float
        Correlation of the ranks.
    stress : float
        Squared error as a share, at the scale that fits best.
    within : ndarray of bool, shape (pairs,), or None
        Whether both are of one class, where there are labels.
    """

    rows: Rows
    high: Floats
    low: Floats
    distances: Floats
    ranks: Floats
    spearman: float
    stress: float
    within: Any


def shepard(X: Any, Y: Any, *, labels: Any = None) -> Shepard:
    """Return the distances of all pairs in the data and in a map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, shape (n_samples, n_components).
    labels
        Classes of the rows, to tell pairs within one from pairs between two.
    """
    from scipy.stats import rankdata

    rows, points = chosen(X)
    places = in_map(rows, Y)
    high, low = lengths_of(points), lengths_of(places)
    within = None
    if labels is not None:
        codes = label_codes(labels, rows.n)[rows.indices]
        one, other = np.triu_indices(len(codes), 1)
        within = (codes[one] == codes[other]) & (codes[one] != MISSING)
    counts = np.histogram2d(
        low, high, bins=BINS, range=((0, low.max() or 1), (0, high.max() or 1))
    )[0]
    ranked = np.histogram2d(rankdata(low), rankdata(high), bins=BINS)[0]
    return Shepard(
        rows,
        high,
        low,
        counts,
        ranked,
        float(shepard_goodness(points, places)),
        float(normalized_stress(points, places, scaled=True)),
        within,
    )


def plate(scene: Scene) -> Plate:
    """Draw how many pairs have which distances, and which ranks."""
    found = shepard(scene.X, scene.need("embedding"), labels=scene.labels)
    n = float(len(found.high))
    order = np.argsort(found.high, kind="stable")
    middles = np.array(
        [
            [part.mean() for part in np.array_split(each[order], BINS)]
            for each in (found.high, found.low)
        ]
    )
    said = ""
    if found.within is not None and found.within.any() and not found.within.all():
        parts = [
            float(np.median(found.low[chosen_pairs]))
            for chosen_pairs in (found.within, ~found.within)
        ]
        said = f" In the map pairs of one class are {parts[0]:.3g} apart, pairs of two {parts[1]:.3g} (medians)."
    return Plate(
        name="shepard",
        title="Distances in data and map",
        panels=(
            Panel("heat", "Distances of all pairs", "in the data", "in the map",
                  heat=Heat(np.log1p(found.distances), (0.0, float(found.high.max())), (0.0, float(found.low.max()))),
                  series=(Series("mean", middles[0], middles[1]),)),
            Panel("heat", "Their ranks", "in the data", "in the map",
                  heat=Heat(np.log1p(found.ranks), (1.0, n), (1.0, n))),
        ),
        text=f"Rank correlation of all {len(found.high):,} distances {found.spearman:.3f}; normalised stress at "
        "the best scale "
        f"{found.stress:.3f}.{said}",
        snippet=SNIPPET,
        inputs={"X": found.rows.of(scene.X), "Y": found.rows.of(np.asarray(scene.embedding, dtype=np.float32))},
        result=np.array([found.spearman, found.stress]),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (Internal("shepard", "Distances in data and map", 22, plate, frozenset({"map"})),)
