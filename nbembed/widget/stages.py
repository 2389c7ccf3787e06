"""The maps that a run has left behind, one for each phase and recursion: their scores, and how affinities changed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed import metrics, neighbors
from nbembed.columns import Column
from nbembed.labels import classes
from nbembed.neighbors import Graph
from nbembed.training import KeptRun, Recursed, Run, Stage, extent, sampled, scores

__all__ = ["affinity_changes", "changed_pairs", "maps_of", "measures_of", "scores_of_stage"]

# Most maps on show: more are too small to be seen.
MOST = 12
START = "start"
# Figures of a score: a saved notebook holds all of them.
DIGITS = 6
# Neighbours that are asked for their class.
HIT_NEIGHBORS = 7
# Names of the scores for readers; whether less is better, None where neither is.
MEASURES: dict[str, tuple[str, bool | None]] = {
    "trustworthiness": ("trustworthiness", False),
    "continuity": ("continuity", False),
    "neighbor_recall": ("neighbour recall", False),
    "neighborhood_hit": ("neighborhood hit", False),
    "participation_ratio": ("directions of the layer", None),
    "overlap_input": ("layer and data", None),
    "overlap_map": ("layer and map", None),
    "extent": ("size of the map", None),
}
# Pairs that are drawn of each map, of those that came nearer and of those that went apart.
MOST_PAIRS = 150
# Where affinities are measured in every mini-batch anew: rows and neighbours that stand for them.
SAMPLE, K = 2_000, 15


def shown_stages(run: Run) -> list[Stage]:
    """Return the stages of a run that are on show, the starting map as the first."""
    found = run.stages
    start = Stage(START, 0, 0, 0, None, "input")
    # The later ones of very many.
    return [start, *found[max(0, len(found) - MOST + 1) :]]


def maps_of(run: Run, scored: Mapping[int, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return what the browser knows of the maps; ``scored`` are their scores by the step of the map."""
    maps: list[dict[str, Any]] = []
    names: list[str] = []
    for stage in shown_stages(run):
        # A run that was stopped leaves the map that it had reached.
        step = run.step if run.ended and stage.start < run.step < stage.end else stage.end
        names.append(stage.name)
        count = names.count(stage.name)
        maps.append(
            {
                "name": stage.name if count == 1 else f"{stage.name} ({count})",
                "step": step,
                "scores": dict(scored.get(step, {})),
            }
        )
    return maps


def measures_of(maps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the measures that any of the maps has a score in."""
    return [
        {"name": name, "label": label, "lower": lower}
        for name, (label, lower) in MEASURES.items()
        if any(name in each["scores"] for each in maps)
    ]


def note_of(run: Run, measures: Sequence[Mapping[str, Any]]) -> str:
    """Return what the scores stand for."""
    told = {measure["name"] for measure in measures}
    n = len(run.X)
    parts: list[str] = []
    if "trustworthiness" in told:
        rows = len(sampled(n))
        of = f"{rows:,} of {n:,} rows" if rows < n else f"{n:,} rows"
        parts.append(f"measured on {of}, 15 neighbours")
    if "neighborhood_hit" in told:
        parts.append(f"neighborhood hit: of the same class among {HIT_NEIGHBORS}")
    if "participation_ratio" in told:
        parts.append(
            "layer: that in which the affinities are measured, before the first recursion that of the first; "
            "its directions: participation ratio; layer and data, layer and map: share of common neighbours"
        )
    return "; ".join(parts)


def scores_of_stage(
    run: Run, stage: Stage, embedding: NDArray[np.float32], labels: Column | None, *, ranks: bool
) -> dict[str, float]:
    """Return the scores of the map at the end of a stage.

    Parameters
    ----------
    run
        The run.
    stage
        One of its stages.
    embedding
        The map.
    labels
        Classes of the rows; numbers count nothing.
    ranks
        Whether there are distances in the data to rank rows by.
    """
    found: dict[str, float] = {}
    record = next((r for r in run.recursions if r.end == stage.end), None)
    n = len(embedding)
    rows = sampled(n)
    if stage.end and record is not None:
        found |= {name: float(value) for name, value in record.metrics.items()}
        found |= _layer_scores(run, record)
    elif ranks and not isinstance(run, KeptRun) and n > 3:  # noqa: PLR2004 - fewer have no far ones
        found |= scores(run.X[rows], embedding[rows])
    known = None if labels is None else classes(labels.values, order=labels.order)
    if known is not None and np.ptp(known[1][rows]) > 0 and len(rows) > 1:
        k = min(HIT_NEIGHBORS, len(rows) - 1)
        own = np.array([None, *known[0]], dtype=object)[known[1][rows] + 1]
        if sum(value is not None for value in own) > k:
            found["neighborhood_hit"] = float(
                metrics.neighborhood_hit(embedding[rows], own, n_neighbors=k)
            )
    found["extent"] = extent(embedding)
    return {name: float(f"{value:.{DIGITS}g}") for name, value in found.items()}


def _layer_scores(run: Run, record: Recursed) -> dict[str, float]:
    """Return what a recursion has made of its layer, and what came before, of that of the first recursion."""
    layers = [s.layer for s in run.stages if s.layer in record.layers]
    name = record.layer if record.layer in record.layers else next(iter(layers), None)
    if name is None:
        return {}
    layer = record.layers[name]
    return {
        "participation_ratio": float(layer.participation_ratio),
        "overlap_input": float(layer.overlap_input),
        "overlap_map": float(layer.overlap_map),
    }


# ---- affinities that changed ----------------------------------------------------------------------


def affinity_changes(run: Run, rows: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Return how the affinities of each stage differ from those of the stage before, as far as the run has come.

    Parameters
    ----------
    run
        The run; one that was stored without its data knows none.
    rows
        Only pairs with one of these rows; none stands for all.

    Returns
    -------
    list of dict
        ``{"map", "gained", "lost", "counts"}``, see :func:`changed_pairs`; ``"map"`` is the number of the map.
    """
    found: list[dict[str, Any]] = []
    before: Graph | None = None
    for number, stage in enumerate(shown_stages(run)):
        after = None if number == 0 else _relation(run, stage)
        if before is not None and after is not None:
            found.append({"map": number, **changed_pairs(before, after, rows)})
        before = after
    return found


def changed_pairs(before: Graph, after: Graph, rows: Sequence[int] = ()) -> dict[str, Any]:
    """Return the pairs of rows whose affinity changed most, as shares of what a row has on average.

    Parameters
    ----------
    before, after
        Affinities of the same rows.
    rows
        Only pairs with one of these rows; none stands for all.

    Returns
    -------
    dict
        ``"gained"`` and ``"lost"``: at most 150 pairs each, one after the other, the greatest change first.
        ``"counts"``: how many pairs are new, are gone, and stayed.
    """
    old, new = _shares(before), _shares(after)
    if len(rows):
        chosen = np.zeros(before.n, dtype=bool)
        chosen[np.asarray(rows)] = True
        old, new = _touching(old, chosen), _touching(new, chosen)
    had, has = old.astype(bool), new.astype(bool)
    stayed = int(had.multiply(has).nnz)
    change = sparse.coo_matrix(new - old)
    told: dict[str, Any] = {}
    for name, sign in (("gained", 1.0), ("lost", -1.0)):
        size = sign * change.data
        places = np.flatnonzero(size > 1e-9)  # noqa: PLR2004 - less is rounding
        order = places[np.argsort(-size[places], kind="stable")[:MOST_PAIRS]]
        told[name] = np.stack([change.row[order], change.col[order]], axis=1).ravel().tolist()
    return {**told, "counts": [int(has.nnz) - stayed, int(had.nnz) - stayed, stayed]}


def _shares(graph: Graph) -> sparse.csr_matrix:
    """Return the affinities of pairs, each pair once, as shares of the mean sum of a row."""
    matrix = graph.to_scipy().astype(np.float64)
    whole = sparse.triu(matrix + matrix.T, 1).tocsr()
    mean = whole.sum() / graph.n
    return sparse.csr_matrix(whole / mean if mean > 0 else whole)


def _touching(matrix: sparse.csr_matrix, chosen: NDArray[np.bool_]) -> sparse.csr_matrix:
    pairs = sparse.coo_matrix(matrix)
    kept = chosen[pairs.row] | chosen[pairs.col]
    content = (pairs.data[kept], (pairs.row[kept], pairs.col[kept]))
    return sparse.csr_matrix(content, shape=matrix.shape)


def _relation(run: Run, stage: Stage) -> Graph | None:
    """Return the affinities of a stage; None where they are not known (yet)."""
    phase = run.phases[stage.index]
    if phase.affinities["name"] != "none":
        return run.graphs.get(stage.index)
    if stage.layer == "input":
        rows = None if isinstance(run, KeptRun) or stage.start > run.step else run.X
    else:
        rows = run.sources.get(stage.index)
    return None if rows is None else nearest_pairs(rows)


def nearest_pairs(rows: NDArray[np.float32]) -> Graph:
    """Return the graph of the 15 nearest rows among at most 2,000, for affinities that nobody keeps."""
    chosen = np.arange(0, len(rows), -(-len(rows) // SAMPLE))
    k = min(K, len(chosen) - 1)
    found = neighbors.nearest_neighbors(rows[chosen], n_neighbors=k)
    ends = chosen[found.indices].ravel()
    content = (np.ones(len(ends)), (np.repeat(chosen, k), ends))
    return Graph.from_scipy(sparse.csr_matrix(content, shape=(len(rows), len(rows))))
