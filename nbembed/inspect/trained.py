"""What other weights of its terms make of a network: trained again, side by side."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed import affinities
from nbembed.inspect.near import Floats
from nbembed.inspect.parts import Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.inspect.runs import LENGTHS
from nbembed.kernels import fit_ab
from nbembed.metrics import distance_correlation, trustworthiness, umap_loss
from nbembed.neighbors import Graph, nearest_neighbors
from nbembed.terms import Correlation

__all__ = ["INTERNALS", "GlobalWeights", "TwoMaps", "global_weights", "umap_losses"]

WEIGHTS, NEIGHBORS = (0.0, 0.1, 1.0, 10.0), 10

LOSS = """degree, n, result = V.sum(axis=1), len(V), []
for Y in maps:
    d2 = ((Y[:, None] - Y) ** 2).sum(axis=2) + np.eye(n)
    grown = a * d2 ** b
    attraction = (V * np.log1p(grown)).sum()
    repulsion = (degree[:, None] / n * (np.log1p(grown) - np.log(grown)) * (1 - np.eye(n))).sum()
    result.append((attraction + m * repulsion) / V.sum())
result = np.array(result)"""


@dataclass(frozen=True, eq=False)
class GlobalWeights:
    """Maps of one network under several weights of its global term; what :func:`global_weights` returns.

    Attributes
    ----------
    rows : Rows
        All of them were trained on.
    weights : tuple of float
    maps : ndarray, shape (w, m, n_components)
    correlations, trust : ndarray, shape (w,)
        Correlation of distances, and trustworthiness.
    """

    rows: Rows
    weights: tuple[float, ...]
    maps: Floats
    correlations: Floats
    trust: Floats


@dataclass(frozen=True, eq=False)
class TwoMaps:
    """UMAP's loss of several maps of the same rows; what :func:`umap_losses` returns.

    Attributes
    ----------
    rows : Rows
    losses : ndarray, shape (maps,)
        In nats per acting edge, over all pairs.
    graph : Graph
    maps : ndarray, shape (maps, m, n_components)
    a, b : float
    """

    rows: Rows
    losses: Floats
    graph: Graph
    maps: Floats
    a: float
    b: float


def global_weights(
    estimator: Any, X: Any, *, weights: tuple[float, ...] = WEIGHTS
) -> GlobalWeights:
    """Train an estimator anew with several weights of the correlation of distances.

    Parameters
    ----------
    estimator
        One that takes ``terms``, such as :class:`nbembed.ParametricUMAP`; it is copied, and left as it is.
    X
        Rows, shape (n_samples, n_features). Of more than 500 a fixed sample is trained on.
    weights
        At least 0.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 5.1.
    """
    from sklearn.base import clone

    rows, points = chosen(X)
    maps: list[Floats] = []
    for weight in weights:
        fresh: Any = clone(estimator)
        fresh.set_params(terms=[Correlation(weight=weight)] if weight else None)
        maps.append(np.asarray(fresh.fit(points).embedding_, dtype=np.float64))
    k = min(NEIGHBORS, (len(points) - 1) // 2)
    return GlobalWeights(
        rows,
        tuple(weights),
        np.stack(maps),
        np.array([float(distance_correlation(points, each)) for each in maps]),
        np.array([float(trustworthiness(points, each, n_neighbors=k)) for each in maps]),
    )


def umap_losses(
    X: Any, maps: Any, *, n_neighbors: int = 15, min_dist: float = 0.1, n_negatives: int = 5
) -> TwoMaps:
    """Return UMAP's loss of maps, such as of a network trained on it and of one that copies a map.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features). Of more than 500 rows a fixed sample is looked at.
    maps
        Maps of all rows of X.
    n_neighbors, min_dist, n_negatives
        UMAP's.
    """
    rows, points = chosen(X)
    near = nearest_neighbors(points, n_neighbors=n_neighbors - 1, method="exact")
    graph = affinities.fuzzy_union(near)
    a, b = fit_ab(float(min_dist), 1.0)
    places = [rows.of(each) for each in maps]
    losses = [float(umap_loss(graph, each, a=a, b=b, n_negatives=n_negatives)) for each in places]
    return TwoMaps(rows, np.array(losses), graph, np.stack(places), a, b)


def plate_of_weights(scene: Scene) -> Plate:
    """Draw what is won and lost by weighing large distances more."""
    found = global_weights(scene.need("estimator"), scene.X)
    x = np.arange(1.0, len(found.weights) + 1)
    table = {
        "weight": list(found.weights),
        "correlation of distances": found.correlations.round(3).tolist(),
        "trustworthiness": found.trust.round(3).tolist(),
    }
    said = ", ".join(
        f"{w:g}: {c:.2f} and {t:.3f}"
        for w, c, t in zip(found.weights, found.correlations, found.trust, strict=True)
    )
    return Plate(
        name="global_weight",
        title="The weight of large distances",
        panels=(
            Panel("chart", "By weight: " + ", ".join(f"{w:g}" for w in found.weights), "run", "",
                  series=(Series("correlation of distances", x, found.correlations),
                          Series("trustworthiness", x, found.trust))),
            Panel("table", "Trained four times", table=table),
        ),
        text=f"Correlation of distances and trustworthiness by weight: {said}.",
        snippet=LENGTHS + "result = np.array([np.corrcoef(d, lengths(Y))[0, 1] for Y in maps])",
        inputs={"X": found.rows.of(scene.X), "maps": found.maps},
        result=found.correlations,
        sample=found.rows.sample,
    )  # fmt: skip


def plate_of_losses(scene: Scene) -> Plate:
    """Compare a network trained on the loss with one that learned a finished map."""
    estimator, other = scene.need("estimator"), scene.settings.get("other")
    rows, points = chosen(scene.X)
    direct = estimator.transform(points)
    indirect = scene.need("embedding")[rows.indices] if other is None else other.transform(points)
    every = [np.full((rows.n, 2), np.nan) for _ in range(2)]
    every[0][rows.indices], every[1][rows.indices] = direct[:, :2], indirect[:, :2]
    found = umap_losses(scene.X, every)
    names = ("trained on the loss", "the other map" if other is None else "copies a map")
    return Plate(
        name="direct",
        title="Trained on the loss, or on a finished map",
        panels=tuple(
            Panel("chart", f"{name}: {loss:.3f} nats",
                  series=(Series(name, Y[:, 0], Y[:, 1], "points", found.rows.indices),))
            for name, loss, Y in zip(names, found.losses, found.maps, strict=True)
        ),
        text=f"UMAP's loss per edge: {found.losses[0]:.3f} nats ({names[0]}) and {found.losses[1]:.3f} ({names[1]}).",
        snippet=LOSS,
        inputs={"V": np.asarray(found.graph.to_scipy().toarray(), dtype=np.float64), "maps": found.maps,
                "a": found.a, "b": found.b, "m": 5},
        result=found.losses,
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal(
        "global_weight",
        "The weight of large distances",
        29,
        plate_of_weights,
        frozenset({"network"}),
    ),
    Internal(
        "direct",
        "Trained on the loss, or on a map",
        30,
        plate_of_losses,
        frozenset({"network", "map"}),
    ),
)
