"""What can be changed while a run goes on, and when it acts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.kernels import Kernel, fit_ab, kernel_named
from nbembed.phases import Phase
from nbembed.training.stepping import Stepper

__all__ = [
    "LIVE",
    "check_live",
    "curve",
    "degrees_of",
    "effect_of",
    "exaggeration_of",
    "kernel_of",
    "live_parameters",
    "schedules_of",
    "set_live",
    "weights_of",
]

# The names a user may set in mid-run, by the loss of the phase.
LIVE: dict[str, tuple[str, ...]] = {
    "kl": ("learning_rate", "exaggeration", "momentum"),
    "rowwise_kl": ("learning_rate", "exaggeration", "momentum"),
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
    "pacmap": ("learning_rate",),
    "stress": (),
    "strain": (),
    "position": ("learning_rate",),
    "none": ("learning_rate",),
    "epochs": ("learning_rate",),
    "linked": ("learning_rate",),
}
# The KL divergence within mini-batches, by which a network learns, has no momentum.
LIVE_NETWORK_KL = ("learning_rate", "exaggeration")
# After the key of a term: the name under which its weight is changed in mid-run.
WEIGHT = "_weight"
# The smallest values that can be set; those of other names are 0.
LOWEST = {"n_negatives": 1, "spectrum": -1}
# The largest values of those that have one.
HIGHEST = {"spectrum": 3}
LEARNED = "learned"
# What a unit of the spectrum between t-SNE and UMAP multiplies attraction by, where all pairs repel.
FOUR = 4.0


def live_parameters(phase: Phase) -> tuple[str, ...]:
    """Return the names that :func:`set_live` accepts in ``phase``."""
    names = LIVE[phase.loss["name"]]
    if phase.loss["name"] == "kl" and phase.model["name"] != "free":
        names = LIVE_NETWORK_KL
    elif "density" in phase.loss:
        names += ("density_weight",)
    elif _slides(phase):
        names = ("learning_rate", "spectrum", "momentum")
    elif phase.loss["name"] == "kl" and _tails_move(phase):
        names += ("degrees_of_freedom",)
    idle = _idle(phase)
    names = tuple(name for name in names if name not in idle)
    return names + tuple(part["key"] + WEIGHT for part in phase.terms)


def _tails_move(phase: Phase) -> bool:
    """Return whether the degrees of freedom are a number that the stepper of ``phase`` heeds."""
    return phase.kernel.get("degrees_of_freedom", 1) not in (1, LEARNED)


def _slides(phase: Phase) -> bool:
    """Return whether the exaggeration of ``phase`` is told by a place on the spectrum."""
    return phase.loss["name"] == "kl" and "spectrum" in phase.loss


def _idle(phase: Phase) -> set[str]:
    """Return the names that other phases of this loss heed, and this one does not."""
    idle = set[str]()
    if "min_dist" not in phase.kernel:
        # The kernel is told by its a and b.
        idle |= {"min_dist", "spread"}
    if phase.loss.get("contrast") == "nce":
        # It learns the normalisation; the slider only said where that starts.
        idle |= {"spectrum"}
    if phase.loss["name"] == "matching":
        idle |= {"n_negatives"} if phase.sampler["repulsion"] != "sampled" else set()
        idle |= {"momentum"} if phase.optimizer["name"] == "decayed_sgd" else set()
    return idle


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
    elif name == "spectrum" and _slides(phase):
        stepper.set("exaggeration", exaggeration_of(phase, overrides))
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


def exaggeration_of(phase: Phase, overrides: Mapping[str, Any]) -> float:
    """Return the factor of a phase's attraction, with what was set in mid-run.

    Where the phase has a place s on the spectrum that is 4 to the power of s (Böhm, Berens & Kobak 2022, JMLR 23).
    """
    own = float(overrides.get("exaggeration", phase.optimizer["exaggeration"]))
    if not _slides(phase):
        return own
    return own * FOUR ** float(overrides.get("spectrum", phase.loss["spectrum"]))


def kernel_of(phase: Phase, overrides: dict[str, Any]) -> Kernel:
    """Return the kernel of a phase's map, with what was set in mid-run."""
    if phase.kernel["name"] == "cauchy":
        a, b = curve(phase, overrides)
        return kernel_named("cauchy", a=a, b=b)
    wanted = {**phase.kernel, **overrides}.get("degrees_of_freedom", 1.0)
    return kernel_named(phase.kernel["name"], dof=float(wanted))


def effect_of(phase: Phase, name: str) -> str:
    """Return when a change of ``name`` acts: ``"next step"`` or ``"needs a restart"``."""
    return "next step" if name in live_parameters(phase) else "needs a restart"


def schedules_of(stepper: Stepper, phase: Phase) -> dict[str, float]:
    """Return what changes in the course of ``phase`` beside the map, by name, as it stands."""
    live = live_parameters(phase)
    exaggerated = "exaggeration" in live or _slides(phase)
    values = {"exaggeration": stepper.get("exaggeration")} if exaggerated else {}
    if phase.kernel.get("degrees_of_freedom") == LEARNED:
        values["degrees_of_freedom"] = degrees_of(stepper)
    return values


def degrees_of(stepper: Stepper | None) -> float:
    """Return the degrees of freedom of Student's t in the map; 1 for methods without them."""
    own = getattr(stepper, "degrees_of_freedom", None)
    kernel = getattr(getattr(stepper, "objective", None), "kernel", None)
    return float(getattr(kernel, "degrees_of_freedom", 1.0) if own is None else own)


def check_live(phase: Phase, name: str, value: Any) -> None:
    """Raise unless ``value`` can be given to the live parameter ``name``."""
    if not isinstance(value, (int, float, np.number)) or isinstance(value, bool):
        raise InvalidTypeError(f"{name} must be a number, got {value!r}")
    lowest, highest = LOWEST.get(name, 0), HIGHEST.get(name, np.inf)
    above = name == "degrees_of_freedom"
    if (
        not (np.isfinite(value) and lowest <= value <= highest)
        or (name == "momentum" and value >= 1)
        or (above and value <= 0)
    ):
        bound = f"finite and at least {lowest}"
        bound = f"in [{lowest}, {highest}]" if name in HIGHEST else bound
        bound = "in [0, 1)" if name == "momentum" else bound
        bound = "finite and above 0" if above else bound
        raise InvalidInputError(f"{name} must be {bound}, got {value!r} (phase {phase.name!r})")
