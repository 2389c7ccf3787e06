"""The null twin: data without the structure that is looked for, through the same method."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed._checks import check_choice
from nbembed.inspect.lanes import STEPS, lane, start_of, steps_control, steps_of
from nbembed.inspect.near import Floats, joint
from nbembed.inspect.parts import Control, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen

__all__ = ["INTERNALS", "KINDS", "NullTwin", "clusters_in", "null_twin", "without_structure"]

KINDS = ("shuffled", "gaussian")
# DBSCAN's core points, and its reach in units of the median distance to that neighbour.
CORE, REACH = 5, 1.5

SNIPPETS = {
    "shuffled": "random = np.random.default_rng(seed)\n"
    "result = np.column_stack([random.permutation(column) for column in X.T])",
    "gaussian": "random = np.random.default_rng(seed)\n"
    "U, s, V = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)\n"
    "noise = random.normal(size=(len(X), len(s)))\n"
    "result = X.mean(axis=0) + noise @ (s[:, None] * V) / np.sqrt(len(X))",
}


@dataclass(frozen=True, eq=False)
class NullTwin:
    """Data, their twin, and a map of each; what :func:`null_twin` returns.

    Attributes
    ----------
    rows : Rows
    twin : ndarray, shape (m, n_features)
    maps : tuple of ndarray
        Of the data and of the twin.
    labels : tuple of ndarray of int
        Clusters that DBSCAN finds in both maps, -1 for none.
    clusters : tuple of int
        How many.
    """

    rows: Rows
    twin: Floats
    maps: tuple[Floats, Floats]
    labels: tuple[Any, Any]
    clusters: tuple[int, int]

    @property
    def null_shows_clusters(self) -> bool:
        """Whether the twin, which has none, seems to have clusters too."""
        return self.clusters[1] > 1


def without_structure(points: Floats, kind: str = "shuffled", *, seed: int = 0) -> Floats:
    """Return data of the same columns in which rows mean nothing.

    "shuffled" permutes every column by itself: each keeps its values, no two belong together any more.
    "gaussian" draws from the normal distribution with the same mean and covariance.
    """
    check_choice("kind", kind, KINDS)
    random = np.random.default_rng(seed)
    if kind == "shuffled":
        return np.column_stack([random.permutation(column) for column in points.T])
    mean = points.mean(axis=0)
    _, s, V = np.linalg.svd(points - mean, full_matrices=False)
    noise = random.normal(size=(len(points), len(s)))
    return mean + noise @ (s[:, None] * V) / np.sqrt(len(points))


def clusters_in(Y: Floats) -> tuple[Any, int]:
    """Return the clusters that DBSCAN finds in a map, by a rule that only its own distances decide."""
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import NearestNeighbors

    reach = NearestNeighbors(n_neighbors=CORE).fit(Y).kneighbors()[0][:, -1]
    eps = float(np.median(reach)) * REACH
    labels = DBSCAN(eps=eps, min_samples=CORE).fit(Y).labels_ if eps > 0 else np.zeros(len(Y), int)
    return labels, int(labels.max() + 1)


def null_twin(
    X: Any,
    *,
    kind: str = "shuffled",
    perplexity: float = 30.0,
    steps: int = STEPS,
    random_state: int = 0,
) -> NullTwin:
    """Run t-SNE on data and on their twin without structure.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    kind
        "shuffled" or "gaussian"; see :func:`without_structure`.
    perplexity
        As for :func:`nbembed.inspect.bandwidth`. Small ones show clusters in anything.
    steps
        Of both runs.
    random_state
        Seed of the twin.
    """
    rows, points = chosen(X)
    twin = without_structure(points, kind, seed=random_state)
    maps = tuple(
        lane(joint(each, perplexity)[0], start_of(each), steps=steps, kept=2)
        .maps[-1]
        .astype(np.float64)
        for each in (points, twin)
    )
    labels, counts = zip(*map(clusters_in, maps), strict=True)
    return NullTwin(rows, twin, (maps[0], maps[1]), labels, counts)


def plate(scene: Scene) -> Plate:
    """Draw both maps side by side, and how many clusters each seems to have."""
    kind, u = scene.get("null", "shuffled"), float(scene.get("perplexity", 30.0))
    found = null_twin(scene.X, kind=kind, perplexity=u, steps=steps_of(scene))
    panels = tuple(
        Panel(
            "chart",
            f"{name}: {count} clusters",
            series=(Series(name, Y[:, 0], Y[:, 1], "points", index),),
        )
        for name, Y, count, index in zip(
            ("data", f"null twin ({kind})"),
            found.maps,
            found.clusters,
            (found.rows.indices, None),
            strict=True,
        )
    )
    return Plate(
        name="null_twin",
        title="The null twin",
        panels=panels,
        text=f"DBSCAN sees {found.clusters[0]} clusters in the map of the data and {found.clusters[1]} in that "
        f"of the {kind} twin, "
        f"at perplexity {u:g}." + (" The null also shows clusters." if found.null_shows_clusters else ""),
        snippet=SNIPPETS[kind],
        inputs={"X": found.rows.of(scene.X), "seed": 0},
        result=found.twin,
        controls=(
            Control("null", "Twin", "choice", kind, choices=KINDS, acts="restart"),
            Control("perplexity", "Perplexity", "slider", u, low=2, high=100, scale="log", acts="restart"),
            steps_control(scene),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (Internal("null_twin", "The null twin", 24, plate),)
