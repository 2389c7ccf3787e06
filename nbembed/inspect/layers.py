"""Affinities measured in a layer of the network that they train: what a recursion changes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice
from nbembed.affinities import conditional
from nbembed.inspect.bandwidth import ROW_SEARCH
from nbembed.inspect.near import Floats, joint, neighbors_for
from nbembed.inspect.parts import Control, Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.rows import Rows, chosen
from nbembed.metrics import neighbor_recall

__all__ = ["INTERNALS", "LayerAffinities", "layer_affinities"]

NEIGHBORS, BATCHES = 15, 3


@dataclass(frozen=True, eq=False)
class LayerAffinities:
    """What a layer of a network says is near; what :func:`layer_affinities` returns.

    Attributes
    ----------
    rows : Rows
        Shuffled into mini-batches; ``order`` says how.
    i : int
    layer : str
    order : ndarray of int, shape (m,)
        Places among the rows, batch by batch.
    batches : tuple of ndarray of int
    P : ndarray, shape (m, m)
        Joint affinities in ``order``: rows of different batches have none.
    mates : ndarray of int, shape (b,)
        Rows of X in the batch of ``i``.
    features : ndarray, shape (b, width)
        What the layer makes of them.
    lengths, probabilities : ndarray, shape (k,)
        Distances to the neighbours of ``i`` in its batch, in the layer, and their affinities.
    names : tuple of str
        "input", the hidden layers in their order, "map".
    overlaps : ndarray, shape (stages,)
        Part of the 15 nearest rows in the data that are so in each stage, mean over all rows.
    own : ndarray, shape (stages,)
        The same of row ``i``.
    """

    rows: Rows
    i: int
    layer: str
    order: NDArray[np.intp]
    batches: tuple[NDArray[np.intp], ...]
    P: Floats
    mates: NDArray[np.intp]
    features: Floats
    lengths: Floats
    probabilities: Floats
    names: tuple[str, ...]
    overlaps: Floats
    own: Floats


def layer_affinities(
    estimator: Any,
    X: Any,
    i: int,
    *,
    layer: str | None = None,
    perplexity: float = 10.0,
    n_batches: int = BATCHES,
) -> LayerAffinities:
    """Return the affinities that a recursion on a layer starts from.

    Parameters
    ----------
    estimator
        A fitted estimator with a network, such as :class:`nbembed.DRE`.
    X
        Rows, shape (n_samples, n_features). Of more than 500 a fixed sample is looked at.
    i
        The row.
    layer
        A hidden layer; None takes the last one, "input" the data.
    perplexity
        Effective number of neighbours within a mini-batch.
    n_batches
        Mini-batches that the rows are shuffled into.

    References
    ----------
    Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28, sec. 3.3.
    """
    rows, points = chosen(X, i)
    hidden: list[str] = list(estimator.network_.module.hidden_layers)
    seen = {name: _layer(estimator, points, name) for name in hidden}
    stages = {"input": points, **seen, "map": estimator.transform(points).astype(np.float64)}
    named = hidden[-1] if layer is None else layer
    check_choice("layer", named, list(stages)[:-1])
    order = np.random.default_rng(0).permutation(len(points))
    batches = tuple(np.array_split(order, n_batches))
    P = np.zeros((len(points), len(points)))
    start = 0
    for batch in batches:
        part = slice(start, start + len(batch))
        P[part, part] = joint(stages[named][batch], perplexity)[1]
        start += len(batch)
    mates = next(batch for batch in batches if rows.at(i) in batch)
    near = neighbors_for(stages[named][mates], perplexity)
    at = int(np.flatnonzero(mates == rows.at(i))[0])
    k = min(NEIGHBORS, (len(points) - 1) // 2)
    own = [_kept(points, stage, rows.at(i), k) for stage in stages.values()]
    return LayerAffinities(
        rows=rows,
        i=i,
        layer=named,
        order=order,
        batches=batches,
        P=P / n_batches,
        mates=rows.indices[mates],
        features=stages[named][mates],
        lengths=near.distances[at].astype(np.float64),
        probabilities=conditional(near, perplexity=perplexity)[0][at],
        names=tuple(stages),
        overlaps=np.array(
            [float(neighbor_recall(points, s, n_neighbors=k)) for s in stages.values()]
        ),
        own=np.array(own),
    )


def _layer(estimator: Any, points: Floats, name: str) -> Floats:
    return np.asarray(estimator.features(points, name), dtype=np.float64)


def _kept(points: Floats, stage: Floats, at: int, k: int) -> float:
    """Return the part of a row's nearest rows in the data that are so in a stage."""
    near = [
        np.argsort(((each - each[at]) ** 2).sum(axis=1), kind="stable")[1 : k + 1]
        for each in (points, stage)
    ]
    return float(np.isin(near[0], near[1]).mean())


def plate(scene: Scene) -> Plate:
    """Draw the block-diagonal affinities, and the neighbours that are left from stage to stage."""
    u = float(scene.get("perplexity", 10.0))
    found = layer_affinities(
        scene.need("estimator"),
        scene.X,
        scene.need("i"),
        layer=scene.settings.get("layer"),
        perplexity=u,
    )
    n = float(len(found.P))
    x = np.arange(len(found.names), dtype=float)
    said = ", ".join(
        f"{name} {part:.2f}" for name, part in zip(found.names, found.overlaps, strict=True)
    )
    at = int(np.flatnonzero(found.mates == found.i)[0])
    return Plate(
        name="recursion",
        title="Affinities measured in a layer",
        panels=(
            Panel("heat", f"Affinities in {found.layer}, batch by batch", "row, as shuffled", "row, as shuffled",
                  heat=Heat(np.sqrt(found.P), (0.0, n - 1), (0.0, n - 1))),
            Panel("chart", "Neighbours in the data that are neighbours still", " → ".join(found.names), "part",
                  series=(Series("all rows", x, found.overlaps), Series(f"row {found.i}", x, found.own, "points"))),
        ),
        text=f"In {found.layer}, {found.features.shape[1]} wide, affinities join only rows of one of "
        f"{len(found.batches)} "
        f"mini-batches. Part of the neighbours in the data kept: {said}.",
        snippet="d = np.sort(np.sqrt(((F - F[i]) ** 2).sum(axis=1)))[1:k + 1]   # F: the layer, of one mini-batch\n"
        + ROW_SEARCH,
        inputs={"F": found.features, "i": at, "k": len(found.lengths), "perplexity": u},
        result=found.probabilities,
        controls=(
            Control("layer", "Measured in", "choice", found.layer, choices=found.names[:-1]),
            Control("perplexity", "Perplexity in a batch", "slider", u, low=2, high=50, step=1),
        ),
        sample=found.rows.sample,
    )  # fmt: skip


INTERNALS = (
    Internal(
        "recursion", "Affinities measured in a layer", 25, plate, frozenset({"point", "network"})
    ),
)
