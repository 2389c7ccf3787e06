"""What can be changed while a run goes on, and when it acts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.kernels import fit_ab
from nbembed.phases import Phase
from nbembed.training.stepping import Stepper

__all__ = [
    "LIVE",
    "check_live",
    "curve",
    "effect_of",
    "exaggeration_of",
    "live_parameters",
    "set_live",
    "weights_of",
]

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
# The smallest values that can be set; those of other names are 0.
LOWEST = {"n_negatives": 1, "spectrum": -1}


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
