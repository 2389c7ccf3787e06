"""The stages before the first step: neighbours, affinities, starting map.

Written as a generator, so that a run can show each stage, pause in it and be stopped in it.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities, initialization, neighbors
from nbembed._threads import in_background
from nbembed._types import Stage
from nbembed.errors import InvalidInputError
from nbembed.forces import warm_up
from nbembed.neighbors import Given, Graph, Neighbors
from nbembed.phases import Part, Phase
from nbembed.training.sources import blended, measured_rows

__all__ = ["HEEDED", "Prepared", "StageProgress", "prepare", "relate_anew"]

T = TypeVar("T")

# The name of a stage and its finished fraction; None where that cannot be known.
StageProgress = tuple[str, float | None]
# The key of the labels that affinities heed, among what a run needs beside plain data; no term is called so.
HEEDED = "labels of affinities"
# A number for each row's class, -1 where it is unknown; or what else affinities heed, shape (n, columns).
Labels = NDArray[Any] | None

FINDING, FOLLOWING, WEIGHING, COMPILING, LOADING, STARTING = (
    "finding neighbours",
    "measuring paths",
    "computing affinities",
    "compiling, once on this machine",
    "loading torch",
    "computing the starting map",
)
COMPUTING = "computing what layer {} makes of the data"


# What the names of affinities stand for.
WEIGHINGS: dict[str, Callable[..., Graph]] = {
    "perplexity": affinities.perplexity,
    "fuzzy_union": affinities.fuzzy_union,
    "joint": affinities.joint,
    "multiscale": affinities.multiscale,
    "scaled_pairs": affinities.scaled_pairs,
    "distances": affinities.distances,
}
# From the map that t-SNE starts from to one of standard deviation 1.
WIDER = 1e4
# From the data's own units to the map that PaCMAP starts from.
SHRUNK = 0.01


@dataclass(frozen=True)
class Prepared:
    """What the steps work on. It never changes, so a branch shares it with its parent.

    ``neighbors`` is None where the caller brought affinities.
    """

    neighbors: Neighbors | None
    graph: Graph
    start: NDArray[np.float32]


def prepare(
    X: NDArray[np.float32],
    phase: Phase,
    *,
    seed: int,
    init_array: NDArray[np.float32] | None = None,
    given: Given | None = None,
    labels: Labels = None,
) -> Generator[StageProgress, None, Prepared]:
    """Yield the progress of each stage, return what the steps need.

    With ``given``, affinities, neighbours or distances of the caller's take the place of those of ``X``; with
    ``labels``, numbers of classes and -1, affinities heed these too.
    """
    n_components = int(phase.model["n_components"])
    found, graph = yield from relate(X, phase, seed=seed, given=given, labels=labels)
    loss = str(phase.loss["name"])
    # Named only once it has taken a while: mostly there is nothing to compile or to load.
    if phase.model["name"] == "free":
        for _ in in_background(lambda: warm_up(loss, len(X), n_components)):
            yield COMPILING, None
    else:
        for _ in in_background(lambda: import_module("nbembed.networks")):
            yield LOADING, None
    if phase.model["name"] != "free" and phase.loss["name"] != "position":
        # A network starts where its first weights put the points: this is read by nobody.
        return Prepared(found, graph, np.zeros((len(X), n_components), dtype=np.float32))
    start = yield from _named(
        STARTING,
        in_background(lambda: _start(X, graph, phase, seed=seed, init_array=init_array)),
    )
    return Prepared(found, graph, start)


def relate(
    rows: NDArray[np.float32],
    phase: Phase,
    *,
    seed: int,
    given: Given | None = None,
    labels: Labels = None,
) -> Generator[StageProgress, None, tuple[Neighbors | None, Graph]]:
    """Yield the progress of each stage, return neighbours and affinities as ``phase`` wants them.

    Parameters
    ----------
    rows
        What they are searched in.
    phase
        Says how; where it wants none, both are empty.
    seed
        Fixes what the search draws.
    given
        Affinities, neighbours or distances of the caller's, instead of those of ``rows``.
    labels
        A number for each row's class, -1 where it is unknown; affinities heed them.
    """
    if phase.affinities["name"] == "none":
        n = len(rows)
        none = np.empty((n, 0), dtype=np.int32)
        found = Neighbors(none, none.astype(np.float32), exact=True)
        return found, Graph(np.zeros(n + 1, dtype=np.int64), none.ravel(), found.distances.ravel())
    if isinstance(given, Graph):
        return None, _scaled(given, phase)
    skipped = ("name", "scale", "mix", "geodesic")
    options = {k: v for k, v in phase.neighbors.items() if k not in skipped}
    if isinstance(given, Neighbors):
        found = _first(given, int(options["n_neighbors"]))
    else:
        measured = rows if given is None else given
        wanted, near = options["n_neighbors"], phase.neighbors.get("geodesic")
        searched = options | {"n_neighbors": wanted if near is None else near}
        found = yield from _named(
            FINDING, neighbors.search(measured, random_state=seed, **searched)
        )
        if near is not None:
            metric = phase.neighbors["metric"]
            follow = partial(
                affinities.geodesic_neighbors, found, n_neighbors=wanted, X=measured, metric=metric
            )
            found = yield from _named(FOLLOWING, in_background(follow))
    part = phase.affinities
    graph = yield from _named(WEIGHING, in_background(lambda: weigh(found, part, labels)))
    return found, graph


def _scaled(given: Graph, phase: Phase) -> Graph:
    """Return the caller's affinities; those of t-SNE sum to 1."""
    if phase.affinities["name"] not in ("perplexity", "multiscale"):
        return given
    total = given.weights.sum(dtype=np.float64)
    return replace(given, weights=(given.weights / total).astype(np.float32))


def _first(given: Neighbors, k: int) -> Neighbors:
    """Return the nearest ``k`` of the neighbours that the caller found."""
    there = given.indices.shape[1]
    if there < k:
        raise InvalidInputError(
            f"graph must hold at least {k} neighbours of each row beside the row itself, got {there}; give more, or "
            "lower n_neighbors or perplexity"
        )
    return Neighbors(given.indices[:, :k], given.distances[:, :k], exact=given.exact)


def relate_anew(
    X: NDArray[np.float32],
    phase: Phase,
    stepper: Any,
    *,
    seed: int,
    given: Given | None = None,
    own: Graph | None = None,
) -> Generator[StageProgress, None, Graph]:
    """Yield the progress of each stage, return the affinities of a later phase.

    Parameters
    ----------
    X
        The data.
    phase
        Its ``affinities_from`` says what the neighbours are searched in.
    stepper
        That of the phase before, at its end.
    seed
        Fixes what the search draws.
    given
        What the caller brought instead of the neighbourhoods of ``X``.
    own
        The affinities of the first phase, of which a phase may want a share.

    Raises
    ------
    InvalidInputError
        If a layer is asked for where there is no network, or it has no such layer.
    """
    inside = phase.affinities_from == "input"
    if inside and phase.neighbors.get("scale", "none") == "none":
        _, graph = yield from relate(X, phase, seed=seed, given=given)
        return graph
    if not inside and phase.affinities_from != "embedding":
        yield COMPUTING.format(phase.affinities_from), None
    rows = measured_rows(phase, stepper, X)
    _, graph = yield from relate(rows, phase, seed=seed)
    share = float(phase.neighbors.get("mix", 0.0))
    return graph if own is None or not share else blended(graph, own, share)


def weigh(found: Neighbors, part: Part, labels: Labels = None) -> Graph:
    """Return the affinities that ``part`` describes on the neighbours ``found``, and on ``labels`` if there are any."""
    options = {k: v for k, v in part.items() if k not in ("name", "target_weight", "target_metric")}
    if part["name"] == "equal_label":
        return _of_one_label(labels, normalized=options["normalized"])
    if labels is not None:
        return _heeding(weigh(found, part), labels, part, k=found.indices.shape[1])
    if part["name"] not in WEIGHINGS:
        names = ", ".join(map(repr, WEIGHINGS))
        raise InvalidInputError(f"affinities must be one of {names}, got {part['name']!r}")
    return WEIGHINGS[part["name"]](found, **options)


def _heeding(graph: Graph, labels: NDArray[Any], part: Part, *, k: int) -> Graph:
    """Return memberships that heed classes, or numbers whose metric the part names."""
    weight, metric = part.get("target_weight", 0.5), part.get("target_metric")
    if metric is None:
        return affinities.with_labels(graph, labels, target_weight=weight)
    near = neighbors.nearest_neighbors(labels, n_neighbors=k, metric=metric)
    targets = affinities.fuzzy_union(near)
    return affinities.with_targets(graph, targets, target_weight=weight)


def _of_one_label(labels: Labels, *, normalized: bool) -> Graph:
    if labels is None:
        raise InvalidInputError("affinities 'equal_label' need labels, got none; write fit(X, y)")
    return affinities.equal_label(labels, normalized=normalized)


def _start(
    X: NDArray[np.float32],
    graph: Graph,
    phase: Phase,
    *,
    seed: int,
    init_array: NDArray[np.float32] | None,
) -> NDArray[np.float32]:
    """Return the starting map, scaled as the phase's method wants it."""
    if phase.init is None:
        raise InvalidInputError(f"the first phase ({phase.name!r}) needs init, got None")
    n_components = int(phase.model["n_components"])
    if phase.init["name"] == "array":
        if init_array is None:
            raise InvalidInputError(
                "init 'array' needs the array itself, which a phase does not hold"
            )
        return np.ascontiguousarray(init_array, dtype=np.float32)
    start = _first_map(X, graph, phase.init["name"], n_components, seed=seed)
    if phase.loss["name"] in ("kl", "rowwise_kl") or phase.loss.get("normalized", False):
        return initialization.scale_for_tsne(start)
    if phase.loss["name"] == "pacmap":
        return (SHRUNK * start).astype(np.float32)
    if phase.loss["name"] in ("stress", "strain"):
        # Their maps have the units of the data.
        return start.astype(np.float32)
    if phase.loss["name"] == "position" and phase.kernel["name"] == "student_t":
        # A network cannot aim at the tiny map that free coordinates start from: one as wide as a kernel.
        return (initialization.scale_for_tsne(start) * WIDER).astype(np.float32)
    return initialization.scale_for_umap(start, random_state=seed)


def _first_map(
    X: NDArray[np.float32], graph: Graph, name: str, n_components: int, *, seed: int
) -> NDArray[Any]:
    """Return the map called ``name``, of no special scale."""
    match name:
        case "pca":
            return initialization.pca(X, n_components, random_state=seed)
        case "spectral":
            return initialization.spectral(graph, n_components, X=X, random_state=seed)
        case "random":
            return initialization.random(len(X), n_components, random_state=seed)
        case _:
            raise InvalidInputError(
                f"init must be 'pca', 'spectral', 'random' or an array, got {name!r}"
            )


def _named(name: str, stage: Stage[T]) -> Generator[StageProgress, None, T]:
    """Put the stage's name beside each fraction it yields; 0 means that it is not known yet."""
    yield name, None
    while True:
        try:
            fraction = next(stage)
        except StopIteration as end:
            return end.value
        yield name, fraction or None
