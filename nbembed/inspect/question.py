"""The tempting question, how far apart two groups are: in the data, and in the map."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import in_map
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import GroupComparison, compare_groups
from nbembed.metrics.groups import PAIRS, pairs_between
from nbembed.metrics.ranking import Space

__all__ = ["INTERNALS", "groups_of"]

# Points around a chosen one that make a group, where there are no classes.
AROUND = 20

SNIPPET = """def rank(A):   # how often a pair between the groups is farther apart than any pair
    def lengths(pairs):
        return ((A[pairs[:, 0]] - A[pairs[:, 1]]) ** 2).sum(axis=1).round(9)
    known, between = np.sort(lengths(all_pairs)), lengths(pairs)
    below = np.searchsorted(known, between, side="left")
    up_to = np.searchsorted(known, between, side="right")
    return (below + up_to).mean() / (2 * len(known))
result = np.array([rank(X), rank(Y)])"""


def groups_of(
    scene: Scene, rows: Rows, places: Floats
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the two groups of a scene as places among the rows.

    They are the settings "a" and "b" (rows of X), else the classes of both points, else what lies around
    the two points in the map.
    """
    given = [scene.get(name, None) for name in ("a", "b")]
    if given[0] is not None and given[1] is not None:
        one, other = (np.flatnonzero(np.isin(rows.indices, np.asarray(each))) for each in given)
        return one, other
    i, j = rows.at(scene.need("i")), rows.at(scene.need("j"))
    if scene.labels is not None:
        labels = np.asarray(scene.labels)[rows.indices]
        if labels[i] != labels[j]:
            return np.flatnonzero(labels == labels[i]), np.flatnonzero(labels == labels[j])
    near = Space(places).nearest(np.array([i, j]), min(AROUND, (len(places) - 1) // 2))
    one, other = np.append(near[0], i), np.append(near[1], j)
    return one[one != j], other[(other != i) & ~np.isin(other, one)]


def plate(scene: Scene) -> Plate:
    """Answer how far apart two groups are with ranks instead of map distances."""
    keep = [row for row in (scene.i, scene.j) if row is not None]
    rows, points = chosen(scene.X, *keep)
    places = in_map(rows, scene.need("embedding"))
    a, b = groups_of(scene, rows, places)
    labels = None if scene.labels is None else np.asarray(scene.labels)[rows.indices]
    found: GroupComparison = compare_groups(points, places, a, b, labels=labels)
    random = np.random.default_rng(0)
    # compare_groups draws the same two sets of pairs, in this order.
    all_pairs = pairs_between(random, np.arange(len(points)), np.arange(len(points)), PAIRS)
    pairs = pairs_between(random, np.sort(a), np.setdiff1d(b, a), PAIRS)
    ranks = np.array([found.in_data, found.in_maps[0]])
    colors = np.full(len(points), np.nan)
    colors[a], colors[b] = 0.0, 1.0
    table: dict[str, list[Any]] = {
        "": ["farther apart than (of all pairs)", f"of {found.n_neighbors} neighbours in the other group"],
        "in the data": [f"{found.in_data:.0%}", f"{found.across_in_data:.0%}"],
        "in the map": [f"{found.in_maps[0]:.0%}", f"{found.across_in_map:.0%}"],
    }  # fmt: skip
    return Plate(
        name="groups",
        title="How far apart are these two?",
        panels=(
            Panel("table", f"A ({found.n_a} points) and B ({found.n_b})", table=table),
            Panel("colors", "A and B", colors=rows.spread(colors),
                  series=(Series("ranks", np.array([0.0, 1.0]), ranks, "bars"),)),
        ),
        text=str(found),
        snippet=SNIPPET,
        inputs={"X": points, "Y": places, "all_pairs": all_pairs, "pairs": pairs},
        result=ranks,
        sample=rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal("groups", "How far apart are these two?", 23, plate, frozenset({"two points", "map"})),
)
