"""From a phase to the stepper that carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import Scaling
from nbembed.neighbors import Graph
from nbembed.phases import Part, Phase
from nbembed.training.free_steppers import make_free_stepper
from nbembed.training.live import curve
from nbembed.training.stepping import Stepper

__all__ = ["Seen", "make_stepper"]


@dataclass(frozen=True, eq=False)
class Seen:
    """What a network works on: it sees the data themselves, not only their affinities.

    Parameters
    ----------
    X
        Checked data, shape (n_samples, n_features).
    module
        The caller's own ``torch.nn.Module``, for a phase whose model is called ``"module"``.
    device
        Where torch works; free coordinates on the processor need no torch.
    targets
        What terms need beside plain data, by key: labels, values, functions, networks of the caller.
    terms
        The terms of all phases, by key: what they train lasts for the whole run.
    scaling
        How ``X`` was made of the data as they were given.
    dtype
        In which t-SNE and UMAP move free coordinates: ``"float32"`` or ``"float64"``.
    """

    X: NDArray[np.float32]
    module: Any = None
    device: str = "cpu"
    targets: Mapping[str, Any] = field(default_factory=dict[str, Any])
    terms: Mapping[str, Part] = field(default_factory=dict[str, Part])
    scaling: Scaling = field(default_factory=Scaling)
    dtype: str = "float32"


def make_stepper(
    phase: Phase,
    index: int,
    graph: Graph,
    embedding: NDArray[np.float32],
    *,
    seed: int,
    seen: Seen,
    before: Stepper | None = None,
    source: NDArray[np.float32] | None = None,
) -> Stepper:
    """Return the stepper of ``phase``, the run's phase number ``index``.

    Free coordinates start at ``embedding``, a network goes on from that of the stepper ``before``, or at
    its own first weights. ``source`` is what it measures affinities in, batch by batch, instead of the data.
    """
    if phase.model["name"] != "free":
        return _network_stepper(
            phase, index, graph, seen, embedding, seed=seed, before=before, source=source
        )
    return make_free_stepper(
        phase,
        index,
        graph,
        embedding,
        seed=seed,
        X=seen.X,
        before=before,
        where=(seen.device, seen.dtype),
    )


def _network_stepper(
    phase: Phase,
    index: int,
    graph: Graph,
    seen: Seen,
    start: NDArray[np.float32],
    *,
    seed: int,
    before: Any,
    source: NDArray[np.float32] | None,
) -> Stepper:
    from nbembed import networks

    rows = networks.Standardization.of(seen.X)
    given = rows.before(seen.scaling)
    shape = phase.model.get("shape")
    table = networks.Rows(seen.X, rows, shape=shape, device=seen.device)
    if phase.model["name"] == "points":
        # Points have no use for the data: they see their numbers.
        numbers = np.arange(len(seen.X), dtype=np.float32)[:, None]
        table = networks.Rows(numbers, device=seen.device)
    if before is None:
        module = seen.module
        if phase.model["name"] == "points":
            module = networks.Points(len(seen.X), phase.model["n_components"], seed=seed)
        elif phase.model["name"] != "module":
            module = networks.make_network(phase.model, seen.X.shape[1], seed=seed, rows=table)
        heads = networks.make_heads(seen.terms, module, table.first(2), seen.targets, seed=seed)
    else:
        module, heads = before.module, before.heads
    targets = _measured(phase, seen.targets, source)
    edges = targets.get(f"edges of {phase.sampler.get('relation')}")
    return networks.NetworkStepper(
        graph,
        table,
        module,
        _network_plan(phase),
        n_components=phase.model["n_components"],
        seed=seed,
        phase=index,
        device=seen.device,
        heads=heads,
        start=start,
        source=source,
        before=before,
        edges=None if edges is None else edges.graph,
        terms=networks.make_terms(phase.terms, heads, targets, given, device=seen.device),
    )


def _measured(
    phase: Phase, targets: Mapping[str, Any], source: NDArray[np.float32] | None
) -> dict[str, Any]:
    """Return targets, those that are relations in what a layer makes of the data measured in that."""
    if source is None:
        return dict(targets)
    return {
        key: target.at(source) if phase.affinities_from == getattr(target, "data", None) else target
        for key, target in targets.items()
    }


def _network_plan(phase: Phase) -> Any:
    """Return the numbers of ``phase`` as a network's stepper wants them."""
    from nbembed.networks import Plan

    a, b = (1.0, 1.0) if phase.kernel["name"] != "cauchy" else curve(phase, {})
    options = phase.sampler | phase.optimizer
    options["related"] = phase.sampler["name"] == "related_items"
    options["optimizer"] = "sgd" if phase.optimizer["name"] == "sgd" else "adam"
    if "degrees_of_freedom" in phase.kernel:
        options["degrees_of_freedom"] = phase.kernel["degrees_of_freedom"]
    return Plan(
        loss=phase.loss["name"],
        repulsion=phase.loss.get("repulsion_strength", 1.0),
        n_steps=phase.n_steps,
        a=a,
        b=b,
        **{key: value for key, value in options.items() if key not in ("name", "relation")},
    )
