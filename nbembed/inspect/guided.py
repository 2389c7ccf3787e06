"""Maps that were told something: an axis that follows a column, and labels with their control."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed.affinities import fuzzy_union, normalized_to_one, with_labels
from nbembed.inspect.lanes import STEPS, lane, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import neighborhood_hit, trustworthiness
from nbembed.metrics.scores import label_codes
from nbembed.neighbors import Graph, nearest_neighbors

__all__ = ["INTERNALS", "Guided", "Supervised", "attributes", "supervised"]

HIT = 7
# Part of the neighbours by which told labels must come together more to be separated.
APART = 0.1
NAMES = ("without labels", "with labels", "with permuted labels")

AXES = """varied = X.std(axis=0) > 0
A = (X - X.mean(axis=0)) / np.where(varied, X.std(axis=0), 1)
B = (Y - Y.mean(axis=0)) / Y.std(axis=0)
result = (A.T @ B / len(X)) ** 2 * varied[:, None]"""

HITS = """result = []
for Y, codes in zip(maps, labels):
    D = ((Y[:, None] - Y) ** 2).sum(axis=2)
    np.fill_diagonal(D, np.inf)
    near = np.argsort(D, axis=1)[:, :k]
    result.append((codes[near] == codes[:, None]).mean())
result = np.array(result)"""


@dataclass(frozen=True, eq=False)
class Guided:
    """How well the axes of a map follow the columns; what :func:`attributes` returns.

    Attributes
    ----------
    rows : Rows
    squared : ndarray, shape (n_features, n_components)
        Squared correlation of each column with each axis.
    names : tuple of str
    Y : ndarray
    """

    rows: Rows
    squared: Floats
    names: tuple[str, ...]
    Y: Floats


@dataclass(frozen=True, eq=False)
class Supervised:
    """Maps without labels, with them, and with permuted ones; what :func:`supervised` returns.

    Attributes
    ----------
    rows : Rows
    labels : tuple of ndarray of int
        The codes that count in each of the three maps.
    maps : ndarray, shape (3, m, 2)
    hits : ndarray, shape (3,)
        Part of a point's 7 nearest in the map that have its label: in the third map, its permuted one.
    trust : ndarray, shape (3,)
        Trustworthiness of the three.
    """

    rows: Rows
    labels: tuple[Any, Any, Any]
    maps: Floats
    hits: Floats
    trust: Floats

    @property
    def separates_anything(self) -> bool:
        """Whether permuted labels, which mean nothing, come together clearly more than untold ones."""
        return bool(self.hits[2] > self.hits[0] + APART)


def attributes(X: Any, Y: Any, *, names: Any = None) -> Guided:
    """Return how well each axis of a map follows each column.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    Y
        The map, such as one guided by :class:`nbembed.terms.Attribute`.
    names
        Of the columns.

    References
    ----------
    Hinterreiter et al. (2023), ParaDime, sec. 5.3.
    """
    rows, points = chosen(X)
    places = in_map(rows, Y)
    d = points.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        table = np.corrcoef(points.T, places.T)[:d, d:]
    known = tuple(names) if names is not None else tuple(f"column {k}" for k in range(d))
    return Guided(rows, np.nan_to_num(table) ** 2, known, places)


def supervised(
    X: Any,
    labels: Any,
    *,
    target_weight: float = 0.8,
    n_neighbors: int = 15,
    steps: int = STEPS,
    random_state: int = 0,
) -> Supervised:
    """Run t-SNE's descent on memberships that heed no labels, the labels, and permuted labels.

    Labels that mean nothing are separated too: what a supervised map shows of classes it was told.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    labels
        Classes of the rows.
    target_weight
        How much labels count, 0 to 1; see :func:`nbembed.affinities.with_labels`.
    n_neighbors
        Size of a neighbourhood, the point itself counted.
    steps
        Of each run.
    random_state
        Seed of the permutation.
    """
    rows, points = chosen(X)
    codes = label_codes(labels, rows.n)[rows.indices].astype(np.int64)
    permuted = np.random.default_rng(random_state).permutation(codes)
    near = nearest_neighbors(points, n_neighbors=n_neighbors - 1, method="exact")
    plain = fuzzy_union(near)
    graphs = [
        plain,
        *(with_labels(plain, each, target_weight=target_weight) for each in (codes, permuted)),
    ]
    start = start_of(points)
    maps = [
        lane(
            Graph.from_scipy(normalized_to_one(graph.to_scipy())), start, steps=steps, kept=2
        ).maps[-1]
        for graph in graphs
    ]
    counted = (permuted, codes, permuted)
    k = min(10, (len(points) - 1) // 2)
    return Supervised(
        rows,
        counted,
        np.stack(maps).astype(np.float64),
        np.array(
            [
                float(neighborhood_hit(Y, each, n_neighbors=HIT))
                for Y, each in zip(maps, counted, strict=True)
            ]
        ),
        np.array([float(trustworthiness(points, Y, n_neighbors=k)) for Y in maps]),
    )


def plate_of_attributes(scene: Scene) -> Plate:
    """Draw which columns the axes of the map follow."""
    found = attributes(scene.X, scene.need("embedding"), names=scene.settings.get("names"))
    shown = int(scene.get("attribute", int(found.squared[:, 0].argmax())))
    x = np.arange(found.squared.shape[0], dtype=float)
    axes = tuple(
        Series(f"axis {c + 1}", x, found.squared[:, c], "bars")
        for c in range(min(2, found.squared.shape[1]))
    )
    values = found.rows.of(scene.X)[:, shown]
    cloud = Series(found.names[shown], found.Y[:, 0], values, "points", found.rows.indices)
    best = int(found.squared[:, 0].argmax())
    return Plate(
        name="attribute",
        title="Which columns an axis follows",
        panels=(
            Panel("chart", "Squared correlation with the axes of the map", "column", "corr²", series=axes),
            Panel("chart", f"{found.names[shown]} along the first axis", "first axis of the map", found.names[shown],
                  series=(cloud,)),
        ),
        text=f"The first axis follows {found.names[best]} most (corr² {found.squared[best, 0]:.3f}); "
        f"{found.names[shown]}: "
        f"{found.squared[shown, 0]:.3f}. An axis that nobody guided means nothing by itself.",
        snippet=AXES,
        inputs={"X": found.rows.of(scene.X), "Y": found.Y},
        result=found.squared,
        controls=(Control("attribute", "Column", "slider", shown, low=0, high=len(found.names) - 1, step=1),),
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_control(scene: Scene) -> Plate:
    """Draw the map of the labels beside that of permuted ones."""
    weight = float(scene.get("target_weight", 0.8))
    found = supervised(scene.X, scene.need("labels"), target_weight=weight, steps=steps_of(scene))
    panels = tuple(
        Panel("chart", f"{NAMES[at].capitalize()}: {found.hits[at]:.0%} of the neighbours have one's label",
              series=tuple(Series(f"class {code}", found.maps[at][found.labels[at] == code, 0],
                                  found.maps[at][found.labels[at] == code, 1], "points",
                                  found.rows.indices[found.labels[at] == code])
                           for code in np.unique(found.labels[at])))
        for at in (1, 2)
    )  # fmt: skip
    said = "; ".join(
        f"{n}: {h:.2f} and {t:.3f}" for n, h, t in zip(NAMES, found.hits, found.trust, strict=True)
    )
    return Plate(
        name="supervised",
        title="Labels, and labels that mean nothing",
        panels=panels,
        text=f"Part of the neighbours with one's own label, and trustworthiness: {said}."
        + (" Labels that mean nothing are separated too: classes in a supervised map are no finding."
           if found.separates_anything else ""),
        snippet=HITS,
        inputs={"maps": list(found.maps), "labels": list(found.labels), "k": HIT},
        result=found.hits,
        controls=(Control("target_weight", "How much labels count", "slider", weight, low=0, high=1, step=0.05,
                          acts="restart"),
                  steps_control(scene)),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal(
        "attribute", "Which columns an axis follows", 32, plate_of_attributes, frozenset({"map"})
    ),
    Internal(
        "supervised",
        "Labels, and labels that mean nothing",
        33,
        plate_of_control,
        frozenset({"labels"}),
    ),
)
