"""From a phase to the stepper that carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import Scaling
from nbembed._types import State
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.kernels import fit_ab
from nbembed.neighbors import Graph
from nbembed.phases import Part, Phase

__all__ = [
    "Seen",
    "Stepper",
    "curve",
    "effect_of",
    "live_parameters",
    "make_stepper",
    "set_live",
    "weights_of",
]


class Stepper(Protocol):
    """The inner loop of a phase: one call of ``step`` is one step.

    Attributes
    ----------
    frame_every : int
        Steps between two maps that the history keeps: 1 where a map costs nothing.
    loss_every : int
        Steps between two losses that the history keeps at most, where its own number is larger.
    """

    frame_every: int
    loss_every: int

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
    "negative_sampling": (
        "learning_rate",
        "n_negatives",
        "repulsion_strength",
        "min_dist",
        "spread",
    ),
    "cross_entropy": ("learning_rate", "repulsion_strength", "min_dist", "spread"),
    "neg_tsne": ("learning_rate", "repulsion_strength", "min_dist", "spread"),
    "info_nce": ("learning_rate",),
    "nce": ("learning_rate",),
    "position": ("learning_rate",),
    "none": ("learning_rate",),
}
# The KL divergence within mini-batches, by which a network learns, has no momentum.
LIVE_NETWORK_KL = ("learning_rate", "exaggeration")
# After the key of a term: the name under which its weight is changed in mid-run.
WEIGHT = "_weight"


def live_parameters(phase: Phase) -> tuple[str, ...]:
    """Return the names that :func:`set_live` accepts in ``phase``."""
    names = LIVE[phase.loss["name"]]
    if phase.loss["name"] == "kl" and phase.model["name"] != "free":
        names = LIVE_NETWORK_KL
    return names + tuple(part["key"] + WEIGHT for part in phase.terms)


def weights_of(phase: Phase, overrides: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the terms of ``phase``, with what was set in mid-run, by key."""
    return {
        part["key"]: overrides.get(part["key"] + WEIGHT, float(part["weight"]))
        for part in phase.terms
    }


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
        Where torch works.
    targets
        What terms need beside plain data, by key: labels, values, functions, networks of the caller.
    terms
        The terms of all phases, by key: what they train lasts for the whole run.
    scaling
        How ``X`` was made of the data as they were given.
    """

    X: NDArray[np.float32]
    module: Any = None
    device: str = "cpu"
    targets: Mapping[str, Any] = field(default_factory=dict[str, Any])
    terms: Mapping[str, Part] = field(default_factory=dict[str, Part])
    scaling: Scaling = field(default_factory=Scaling)


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
    match phase.loss["name"]:
        case "kl":
            return _gradient_stepper(phase, graph, embedding)
        case "negative_sampling":
            return _sampled_stepper(phase, index, graph, embedding, seed=seed)
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
    if before is None:
        module = seen.module
        if phase.model["name"] != "module":
            module = networks.make_network(phase.model, seen.X.shape[1], seed=seed, rows=table)
        heads = networks.make_heads(seen.terms, module, table.first(2), seen.targets, seed=seed)
    else:
        module, heads = before.module, before.heads
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
        terms=networks.make_terms(phase.terms, heads, seen.targets, given, device=seen.device),
    )


def _network_plan(phase: Phase) -> Any:
    """Return the numbers of ``phase`` as a network's stepper wants them."""
    from nbembed.networks import Plan

    a, b = (1.0, 1.0) if phase.kernel["name"] != "cauchy" else curve(phase, {})
    options = phase.sampler | phase.optimizer
    options["related"] = phase.sampler["name"] == "related_items"
    if "degrees_of_freedom" in phase.kernel:
        options["degrees_of_freedom"] = phase.kernel["degrees_of_freedom"]
    return Plan(
        loss=phase.loss["name"],
        repulsion=phase.loss.get("repulsion_strength", 1.0),
        n_steps=phase.n_steps,
        a=a,
        b=b,
        **{key: value for key, value in options.items() if key != "name"},
    )


def check_live(phase: Phase, name: str, value: Any) -> None:
    """Raise unless ``value`` can be given to the live parameter ``name``."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be a number, got {value!r}")
    lowest = 1 if name == "n_negatives" else 0
    if not (np.isfinite(value) and value >= lowest) or (name == "momentum" and value >= 1):
        bound = "in [0, 1)" if name == "momentum" else f"finite and at least {lowest}"
        raise InvalidInputError(f"{name} must be {bound}, got {value!r} (phase {phase.name!r})")
