"""Compile ahead what the steps will need: the first time on a machine that takes seconds."""

from typing import Any

import numpy as np

from nbembed.forces.contrastive import ContrastiveStepper
from nbembed.forces.gradient import GradientStepper
from nbembed.forces.matching import MatchingStepper, Switches
from nbembed.forces.pacmap import PacmapStepper, PairWeights
from nbembed.forces.repulsion import faster_repulsion
from nbembed.forces.sampled import SampledStepper
from nbembed.forces.scaling import StrainStepper, StressStepper
from nbembed.kernels import kernel_named
from nbembed.neighbors import Graph

__all__ = ["warm_up"]

# Points of the ring on which everything is called once.
SIZE = 16


def _complete(n: int) -> Graph:
    """Return a graph of distances in which everyone is as far from everyone."""
    others = np.array([[j for j in range(n) if j != i] for i in range(n)], dtype=np.int32)
    ends = np.arange(0, n * (n - 1) + 1, n - 1, dtype=np.int64)
    return Graph(ends, others.ravel(), np.ones(others.size, dtype=np.float32))


def warm_up(loss: str, n: int, n_components: int) -> None:
    """Call, on a few points, all that a stepper of ``n`` points will call.

    Parameters
    ----------
    loss
        The name of the loss, as phases have it.
    n, n_components
        Shape of the map to come: it decides how the repulsion is computed.
    """
    ring = np.arange(SIZE)
    neighbors = np.sort(np.stack([(ring - 1) % SIZE, (ring + 1) % SIZE], axis=1), axis=1)
    graph = Graph(
        np.arange(0, 2 * SIZE + 1, 2, dtype=np.int64),
        neighbors.ravel().astype(np.int32),
        np.full(2 * SIZE, 0.5 / SIZE, dtype=np.float32),
    )
    start = np.random.default_rng(0).normal(size=(SIZE, n_components)).astype(np.float32)
    stepper: Any
    if loss == "pacmap":
        weights = PairWeights(1.0, (1.0, 1.0), 1.0)
        counts = {"n_mid_near": 1, "n_far": 1, "n_steps": 2, "seed": 0}
        stepper = PacmapStepper(graph, start, X=start, weights=weights, learning_rate=1.0, **counts)
    elif loss == "stress":
        stepper = StressStepper(_complete(SIZE), start)
    elif loss == "strain":
        stepper = StrainStepper(_complete(SIZE), start, seed=0)
    elif loss in ("kl", "rowwise_kl"):
        repulsion = faster_repulsion(n, n_components)
        stepper = GradientStepper(
            graph, start, learning_rate=1.0, momentum=0.5, exaggeration=1.0, repulsion=repulsion
        )
    elif loss == "matching":
        kernel, switches = kernel_named("cauchy"), Switches(amplified=True)
        stepper = MatchingStepper(
            graph, start, kernel=kernel, switches=switches, learning_rate=1.0, n_steps=2, seed=0
        )
    else:
        sampled = ContrastiveStepper if loss == "contrastive" else SampledStepper
        stepper = sampled(graph, start, a=1.0, b=1.0, learning_rate=1.0, n_steps=2, seed=0)
    stepper.step()
    stepper.losses()
