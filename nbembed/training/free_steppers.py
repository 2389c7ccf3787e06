"""From a phase to the stepper that moves free coordinates."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, edge_lengths
from nbembed.phases import Phase
from nbembed.training.live import LIVE, curve, exaggeration_of, kernel_of
from nbembed.training.stepping import Stepper

__all__ = ["make_free_stepper"]

# Draws of all points in a step for each unit of the learning rate.
DRAWS_PER_RATE = 1_000.0
# Device and precision of the compiled loops.
COMPILED = ("cpu", "float32")


def make_free_stepper(
    phase: Phase,
    index: int,
    graph: Graph,
    embedding: NDArray[np.float32],
    *,
    seed: int,
    X: NDArray[np.float32] | None = None,
    before: Any = None,
    where: tuple[str, str] = COMPILED,
) -> Stepper:
    """Return the stepper of ``phase``, the run's phase number ``index``, from ``embedding`` on.

    ``X``, the data, and ``before``, the stepper of the phase before, are for losses that need them. ``where``
    is a device and a precision: torch does the work of t-SNE and UMAP where it is not the compiled loops'.
    """
    name = phase.loss["name"]
    if where != COMPILED:
        # A map is float32; where it is worked out in more digits, the next phase goes on from these.
        start = getattr(before, "exact", embedding)
        return _tensor_stepper(phase, index, graph, start, seed=seed, where=where)
    if name in ("kl", "rowwise_kl"):
        return _gradient_stepper(phase, graph, embedding)
    if name == "pacmap":
        return _pacmap_stepper(phase, graph, embedding, seed=seed, X=X, before=before)
    if name in ("stress", "strain"):
        return _scaling_stepper(phase, graph, embedding, seed=seed)
    if name not in SAMPLED and name != "negative_sampling":
        raise InvalidInputError(f"loss must be one of {sorted(LIVE)}, got {name!r}")
    if name == "negative_sampling":
        return _sampled_stepper(phase, index, graph, embedding, seed=seed, X=X)
    return SAMPLED[name](phase, index, graph, embedding, seed=seed)


def _gradient_stepper(phase: Phase, graph: Graph, embedding: NDArray[np.float32]) -> Stepper:
    from nbembed.forces import GradientStepper, KernelStepper, RowwiseStepper, TailedStepper

    kernel = phase.kernel
    if kernel["name"] not in ("student_t", "gaussian"):
        raise InvalidInputError(
            f"loss 'kl' works with kernel 'student_t' or 'gaussian', got {kernel['name']!r}"
        )
    options = _gradient_options(phase, graph.n)
    degrees = kernel.get("degrees_of_freedom", 1.0)
    if phase.loss["name"] == "rowwise_kl":
        return RowwiseStepper(graph, embedding, kernel=kernel_of(phase, {}), **options)
    if kernel["name"] == "gaussian":
        return KernelStepper(graph, embedding, kernel=kernel_of(phase, {}), **options)
    if degrees == 1:
        return GradientStepper(graph, embedding, **options)
    return TailedStepper(graph, embedding, degrees_of_freedom=degrees, **options)


def _gradient_options(phase: Phase, n: int) -> dict[str, Any]:
    optimizer = phase.optimizer
    return {
        "learning_rate": _gradient_learning_rate(phase, n),
        "momentum": optimizer["momentum"],
        "exaggeration": exaggeration_of(phase, {}),
    }


def _gradient_learning_rate(phase: Phase, n: int) -> float:
    """Return the number for ``"auto"``: n / exaggeration, at least 200 (Belkina et al. 2019)."""
    rate = phase.optimizer["learning_rate"]
    return max(200.0, n / exaggeration_of(phase, {})) if rate == "auto" else float(rate)


def _sampled_stepper(
    phase: Phase,
    index: int,
    graph: Graph,
    embedding: NDArray[np.float32],
    *,
    seed: int,
    X: Any,
) -> Stepper:
    from nbembed.forces import DensityStepper, SampledStepper, log_radii

    if phase.kernel["name"] != "cauchy":
        raise InvalidInputError(
            f"loss 'negative_sampling' works with kernel 'cauchy', got {phase.kernel['name']!r}"
        )
    options = _sampled_options(phase, index, seed)
    density = phase.loss.get("density")
    if density is None:
        return SampledStepper(graph, embedding, **options)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    lengths = edge_lengths(X, rows, graph.indices, phase.neighbors["metric"])
    return DensityStepper(
        graph, embedding, radii=log_radii(graph, lengths**2), **density, **options
    )


def _sampled_options(phase: Phase, index: int, seed: int) -> dict[str, Any]:
    a, b = curve(phase, {})
    return {
        "a": a,
        "b": b,
        "learning_rate": phase.optimizer["learning_rate"],
        "n_steps": phase.n_steps,
        "n_negatives": phase.sampler["n_negatives"],
        "repulsion_strength": phase.loss["repulsion_strength"],
        "seed": seed,
        "phase": index,
    }


def _tensor_stepper(
    phase: Phase,
    index: int,
    graph: Graph,
    embedding: NDArray[np.floating],
    *,
    seed: int,
    where: tuple[str, str],
) -> Stepper:
    from nbembed.tensor_forces import TensorGradientStepper, TensorSampledStepper

    loss, kernel = phase.loss["name"], phase.kernel
    there: dict[str, Any] = dict(zip(("device", "dtype"), where, strict=True))
    is_cauchy = kernel["name"] == "student_t" and kernel.get("degrees_of_freedom", 1.0) == 1
    if loss == "kl" and is_cauchy:
        options = _gradient_options(phase, graph.n)
        return TensorGradientStepper(graph, embedding, **there, **options)
    if loss == "negative_sampling" and phase.loss.get("density") is None:
        options = _sampled_options(phase, index, seed)
        return TensorSampledStepper(graph, embedding, **there, **options)
    raise InvalidInputError(
        f"device and dtype must be {COMPILED} for loss {loss!r} with kernel {kernel['name']!r}, got {where}"
    )


def _contrastive_stepper(
    phase: Phase, index: int, graph: Graph, embedding: NDArray[np.float32], *, seed: int
) -> Stepper:
    from nbembed.forces import ContrastiveStepper

    a, b = curve(phase, {})
    return ContrastiveStepper(
        graph,
        embedding,
        contrast=phase.loss["contrast"],
        spectrum=phase.loss["spectrum"],
        a=a,
        b=b,
        learning_rate=phase.optimizer["learning_rate"],
        n_steps=phase.n_steps,
        n_negatives=phase.sampler["n_negatives"],
        seed=seed,
        phase=index,
    )


def _matching_stepper(
    phase: Phase, index: int, graph: Graph, embedding: NDArray[np.float32], *, seed: int
) -> Stepper:
    from nbembed.forces import MatchingStepper, Switches

    loss, sampler, optimizer = phase.loss, phase.sampler, phase.optimizer
    rate = optimizer["learning_rate"]
    if rate == "auto":
        rate = _matching_learning_rate(phase, graph)
    return MatchingStepper(
        graph,
        embedding,
        kernel=kernel_of(phase, {}),
        switches=Switches(
            divergence=loss["divergence"],
            normalized=loss["normalized"],
            weights=sampler["weights"],
            repulsion=sampler["repulsion"],
            symmetric_attraction=sampler["symmetric_attraction"],
            amplified=optimizer["name"] == "momentum_gains",
        ),
        learning_rate=rate,
        momentum=optimizer["momentum"],
        exaggeration=optimizer["exaggeration"],
        n_negatives=sampler["n_negatives"],
        n_steps=phase.n_steps,
        seed=seed,
        phase=index,
    )


def _matching_learning_rate(phase: Phase, graph: Graph) -> float:
    """Return the number for ``"auto"``: t-SNE's, lower where its repulsion is estimated from few draws."""
    if not phase.loss["normalized"]:
        # Without a normalisation forces do not fall with the number of points.
        return 1.0
    rate = _gradient_learning_rate(phase, graph.n)
    if phase.sampler["repulsion"] != "sampled":
        return rate
    # The noise of a step is inverse to the draws; above this it tears maps of digits apart.
    draws = phase.sampler["n_negatives"] * len(graph.indices)
    return min(rate, draws / DRAWS_PER_RATE)


def _pacmap_stepper(
    phase: Phase,
    graph: Graph,
    embedding: NDArray[np.float32],
    *,
    seed: int,
    X: Any,
    before: Any,
) -> Stepper:
    from nbembed.forces import PacmapStepper, PairWeights

    loss = phase.loss
    return PacmapStepper(
        graph,
        embedding,
        X=X,
        weights=PairWeights(loss["near"], tuple(loss["mid_near"]), loss["far"]),
        learning_rate=phase.optimizer["learning_rate"],
        n_mid_near=phase.sampler["n_mid_near"],
        n_far=phase.sampler["n_far"],
        n_steps=phase.n_steps,
        seed=seed,
        before=before,
    )


def _scaling_stepper(
    phase: Phase, graph: Graph, embedding: NDArray[np.float32], *, seed: int
) -> Stepper:
    from nbembed.forces import StrainStepper, StressStepper

    if phase.loss["name"] == "stress":
        return StressStepper(graph, embedding)
    return StrainStepper(graph, embedding, seed=seed)


# What draws at random, by the name of the loss.
SAMPLED: dict[str, Callable[..., Stepper]] = {
    "contrastive": _contrastive_stepper,
    "matching": _matching_stepper,
}
