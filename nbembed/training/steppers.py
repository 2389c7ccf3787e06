"""From a phase to the stepper that carries it out."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.kernels import Kernel, fit_ab, kernel_named
from nbembed.neighbors import Graph
from nbembed.phases import Phase

__all__ = [
    "Stepper",
    "curve",
    "effect_of",
    "exaggeration_of",
    "live_parameters",
    "make_stepper",
    "set_live",
]


class Stepper(Protocol):
    """The inner loop of a phase: one call of ``step`` is one step."""

    @property
    def learning_rate(self) -> float:
        """The learning rate now in force."""
        ...

    def step(self) -> None:
        """Do one step."""
        ...

    def embedding(self) -> NDArray[np.float32]:
        """Return a copy of the map."""
        ...

    def losses(self) -> dict[str, float]:
        """Return the true loss of the present map."""
        ...

    def get(self, name: str) -> Any:
        """Return the live parameter ``name``."""
        ...

    def set(self, name: str, value: Any) -> None:
        """Change the live parameter ``name`` from the next step on."""
        ...

    def state_dict(self) -> State:
        """Return all that is needed to go on bit by bit."""
        ...

    def load_state_dict(self, state: State) -> None:
        """Go on from what ``state_dict`` returned."""
        ...


# The names a user may set in mid-run, by the loss of the phase.
LIVE: dict[str, tuple[str, ...]] = {
    "kl": ("learning_rate", "exaggeration", "momentum"),
    "matching": ("learning_rate", "exaggeration", "momentum", "n_negatives"),
    "negative_sampling": (
        "learning_rate",
        "n_negatives",
        "repulsion_strength",
        "min_dist",
        "spread",
    ),
    "contrastive": ("learning_rate", "n_negatives", "spectrum", "min_dist", "spread"),
}
# Draws of all points in a step for each unit of the learning rate.
DRAWS_PER_RATE = 1_000.0
# The smallest values that can be set; those of other names are 0.
LOWEST = {"n_negatives": 1, "spectrum": -1}


def live_parameters(phase: Phase) -> tuple[str, ...]:
    """Return the names that :func:`set_live` accepts in ``phase``."""
    return LIVE[phase.loss["name"]]


def make_stepper(
    phase: Phase, index: int, graph: Graph, embedding: NDArray[np.float32], *, seed: int
) -> Stepper:
    """Return the stepper of ``phase``, the run's phase number ``index``, starting at ``embedding``."""
    if phase.model["name"] != "free":
        raise InvalidInputError(f"model must be 'free', got {phase.model['name']!r}")
    match phase.loss["name"]:
        case "kl":
            return _gradient_stepper(phase, graph, embedding)
        case "negative_sampling":
            return _sampled_stepper(phase, index, graph, embedding, seed=seed)
        case "contrastive":
            return _contrastive_stepper(phase, index, graph, embedding, seed=seed)
        case "matching":
            return _matching_stepper(phase, index, graph, embedding, seed=seed)
        case name:
            raise InvalidInputError(f"loss must be one of {sorted(LIVE)}, got {name!r}")


def set_live(stepper: Stepper, phase: Phase, overrides: dict[str, Any], name: str) -> None:
    """Hand the override ``name`` to the stepper in the stepper's own terms."""
    if name in ("min_dist", "spread"):
        a, b = curve(phase, overrides)
        stepper.set("a", a)
        stepper.set("b", b)
    else:
        stepper.set(name, overrides[name])


def curve(phase: Phase, overrides: dict[str, Any]) -> tuple[float, float]:
    """Return the a and b of a phase's Cauchy kernel, with what was set in mid-run."""
    kernel = phase.kernel
    if not {"min_dist", "spread"} & set(overrides) and kernel.get("a") and kernel.get("b"):
        return kernel["a"], kernel["b"]
    return fit_ab(
        overrides.get("min_dist", kernel.get("min_dist", 0.1)),
        overrides.get("spread", kernel.get("spread", 1.0)),
    )


def effect_of(phase: Phase, name: str) -> str:
    """Return when a change of ``name`` acts: ``"next step"`` or ``"needs a restart"``."""
    return "next step" if name in live_parameters(phase) else "needs a restart"


def _gradient_stepper(phase: Phase, graph: Graph, embedding: NDArray[np.float32]) -> Stepper:
    from nbembed.forces import GradientStepper

    if phase.kernel["name"] != "student_t":
        raise InvalidInputError(
            f"loss 'kl' works with kernel 'student_t', got {phase.kernel['name']!r}"
        )
    optimizer = phase.optimizer
    return GradientStepper(
        graph,
        embedding,
        learning_rate=_gradient_learning_rate(optimizer, graph.n),
        momentum=optimizer["momentum"],
        exaggeration=optimizer["exaggeration"],
    )


def _gradient_learning_rate(optimizer: dict[str, Any], n: int) -> float:
    """Return the number for ``"auto"``: n / exaggeration, at least 200 (Belkina et al. 2019)."""
    rate = optimizer["learning_rate"]
    return max(200.0, n / optimizer["exaggeration"]) if rate == "auto" else float(rate)


def _sampled_stepper(
    phase: Phase, index: int, graph: Graph, embedding: NDArray[np.float32], *, seed: int
) -> Stepper:
    from nbembed.forces import SampledStepper

    if phase.kernel["name"] != "cauchy":
        raise InvalidInputError(
            f"loss 'negative_sampling' works with kernel 'cauchy', got {phase.kernel['name']!r}"
        )
    a, b = curve(phase, {})
    return SampledStepper(
        graph,
        embedding,
        a=a,
        b=b,
        learning_rate=phase.optimizer["learning_rate"],
        n_steps=phase.n_steps,
        n_negatives=phase.sampler["n_negatives"],
        repulsion_strength=phase.loss["repulsion_strength"],
        seed=seed,
        phase=index,
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
        kernel=_kernel(phase),
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
    rate = _gradient_learning_rate(phase.optimizer, graph.n)
    if phase.sampler["repulsion"] == "exact":
        return rate
    # The noise of a step is inverse to the draws; above this it tears maps of digits apart.
    draws = phase.sampler["n_negatives"] * len(graph.indices)
    return min(rate, draws / DRAWS_PER_RATE)


def _kernel(phase: Phase) -> Kernel:
    if phase.kernel["name"] == "cauchy":
        a, b = curve(phase, {})
        return kernel_named("cauchy", a=a, b=b)
    return kernel_named(phase.kernel["name"], dof=phase.kernel.get("dof", 1.0))


def exaggeration_of(stepper: Stepper, phase: Phase) -> float | None:
    """Return the factor of the attraction, None where the phase has none."""
    return stepper.get("exaggeration") if "exaggeration" in live_parameters(phase) else None


def check_live(phase: Phase, name: str, value: Any) -> None:
    """Raise unless ``value`` can be given to the live parameter ``name``."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be a number, got {value!r}")
    lowest = LOWEST.get(name, 0)
    if not (np.isfinite(value) and value >= lowest) or (name == "momentum" and value >= 1):
        bound = "in [0, 1)" if name == "momentum" else f"finite and at least {lowest}"
        raise InvalidInputError(f"{name} must be {bound}, got {value!r} (phase {phase.name!r})")
