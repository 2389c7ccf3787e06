"""Which parts of a recipe's phase go together: compiled loops are made for some of them."""

from dataclasses import dataclass
from typing import Any

from nbembed.phases import Phase
from nbembed.spec.rules import wrong

__all__ = ["check_phases"]

NETWORKS = ("fcnn", "cnn", "module")
FREE = ("free",)
WEIGHED = ("perplexity", "multiscale", "fuzzy_union", "joint", "equal_label")
GRADIENT = {"momentum_gains": ("learning_rate", "momentum", "exaggeration")}
DECAYED = {"decayed_sgd": ("learning_rate",)}
MATCHED = {"decayed_sgd": GRADIENT["momentum_gains"], **GRADIENT}
ADAM = {"adam": ("learning_rate",)}
# Rates that compiled loops can find themselves.
AUTOMATIC = ("kl", "rowwise_kl", "matching")


@dataclass(frozen=True)
class Combination:
    """What goes with a loss under one sampling.

    Attributes
    ----------
    optimizers : dict
        Names, and the options that each cannot do without.
    models, kernels, affinities : tuple of str
    options : tuple of str
        Of the loss, without which it cannot be.
    """

    optimizers: dict[str, tuple[str, ...]]
    models: tuple[str, ...] = FREE
    kernels: tuple[str, ...] = ("student_t", "cauchy", "gaussian", "distance")
    affinities: tuple[str, ...] = WEIGHED
    options: tuple[str, ...] = ()


EDGES = Combination(ADAM, NETWORKS, ("student_t", "cauchy"))
RELATED = Combination(ADAM, NETWORKS, ("student_t", "cauchy"), (*WEIGHED, "none"))
ALONE = Combination(ADAM, NETWORKS, affinities=(*WEIGHED, "none"))
TAILS = ("student_t", "gaussian")
COMBINATIONS: dict[str, dict[str, Combination]] = {
    "everything": {
        "kl": Combination(GRADIENT, kernels=TAILS),
        "rowwise_kl": Combination(GRADIENT, kernels=TAILS),
        "stress": Combination({"majorization": ()}, affinities=("distances",)),
        "strain": Combination({"subspace_iteration": ()}, affinities=("distances",)),
    },
    "edges": {
        "negative_sampling": Combination(DECAYED, kernels=("cauchy",), options=("repulsion_strength",)),
        "contrastive": Combination(DECAYED, kernels=("cauchy",), options=("contrast", "spectrum")),
    },
    "gathered": {
        "matching": Combination(MATCHED, kernels=("student_t", "cauchy"), options=("divergence", "normalized")),
    },
    "near_mid_far": {
        "pacmap": Combination(ADAM, affinities=("scaled_pairs",), options=("near", "mid_near", "far")),
    },
    "edge_batches": dict.fromkeys(("cross_entropy", "neg_tsne", "info_nce", "nce", "position"), EDGES),
    "related_items": dict.fromkeys(("kl", "cross_entropy"), RELATED),
    "items": {"none": ALONE, "position": ALONE},
}  # fmt: skip
SAMPLED = ("batch_size", "batches_per_step")
NEEDED: dict[str, tuple[str, ...]] = {
    "edges": ("n_negatives",),
    "gathered": ("weights", "repulsion", "symmetric_attraction", "n_negatives"),
    "near_mid_far": ("n_mid_near", "n_far"),
    "edge_batches": (*SAMPLED, "n_negatives"),
    "related_items": (*SAMPLED, "batches"),
    "items": SAMPLED,
}
DENSITY = {"density_weight", "density_share", "variance_shift"}


def check_phases(phases: list[Phase]) -> None:
    """Raise where the parts of a phase do not go together, or one lacks an option.

    Raises
    ------
    InvalidInputError
        With the path in the document, what was found and what goes with the other parts.
    """
    for number, phase in enumerate(phases):
        path = f"training phases[{number}]"
        _check(phase, path)
        if number == 0:
            _check_first(phase, path)
        elif phase.init not in (None, {"name": "network"}):
            wanted = "left out after the first phase, which the others go on from"
            raise wrong(f"{path}.init", wanted, phase.init["name"])
        if phase.model["name"] == "free" and phase.affinities_from not in ("input", "embedding"):
            wanted = "'main' or 'embedding' where no network has layers"
            raise wrong(f"{path}: data of its relation", wanted, phase.affinities_from)


def _check(phase: Phase, path: str) -> None:
    sampling, loss = str(phase.sampler["name"]), str(phase.loss["name"])
    fitting = COMBINATIONS[sampling]
    if loss not in fitting:
        wanted = f"one of {', '.join(map(repr, fitting))} with sampling {sampling!r}"
        raise wrong(f"{path}: func of its loss", wanted, loss, tuple(fitting))
    found = fitting[loss]
    _one_of(f"{path}.optimizer.type", phase.optimizer["name"], tuple(found.optimizers), loss)
    _one_of("model.type", phase.model["name"], found.models, loss)
    _one_of(
        f"{path}: transform of its relation at level batch",
        phase.kernel["name"],
        found.kernels,
        loss,
    )
    _one_of(
        f"{path}: transform of its global relation",
        phase.affinities["name"],
        found.affinities,
        loss,
    )
    _has(f"{path}.sampling.options", phase.sampler, NEEDED.get(sampling, ()), sampling)
    needed = found.optimizers[phase.optimizer["name"]]
    _has(f"{path}.optimizer.options", phase.optimizer, needed, phase.optimizer["name"])
    _has(f"{path}: options of its loss", phase.loss, found.options, loss)
    rate = phase.optimizer.get("learning_rate")
    if isinstance(rate, str) and loss not in AUTOMATIC:
        raise wrong(f"{path}.optimizer.options.learning_rate", f"a number with {loss!r}", rate)
    if "lr" in phase.optimizer:
        raise wrong(f"{path}.optimizer.options.lr", "called learning rate with this sampling", "lr")
    if loss == "kl" and "spectrum" in phase.loss and phase.model["name"] != "free":
        raise wrong(
            f"{path}: spectrum of its loss", "left out with a network", phase.loss["spectrum"]
        )
    density = phase.loss.get("density", {})
    if set(density) - DENSITY or not all(isinstance(v, (int, float)) for v in density.values()):
        raise wrong(
            f"{path}: density of its loss", f"numbers called {', '.join(sorted(DENSITY))}", density
        )


def _check_first(phase: Phase, path: str) -> None:
    names = ("pca", "spectral", "random", "array")
    if phase.model["name"] != "free" and phase.loss["name"] != "position":
        names = (*names, "network")
    found = None if phase.init is None else phase.init["name"]
    _one_of(f"{path}.init", found, names, phase.loss["name"])
    if phase.affinities_from != "input":
        wanted = "'main' in the first phase, before there is a map"
        raise wrong(f"{path}: data of its relation", wanted, phase.affinities_from)
    if phase.init == {"name": "spectral"} and phase.affinities["name"] == "none":
        raise wrong(f"{path}.init", "another one without relations", "spectral")


def _one_of(path: str, value: Any, allowed: tuple[str, ...], loss: str) -> None:
    if value not in allowed:
        wanted = f"one of {', '.join(map(repr, allowed))} with the loss {loss!r}"
        raise wrong(path, wanted, value, allowed)


def _has(path: str, part: dict[str, Any], needed: tuple[str, ...], owner: str) -> None:
    for name in needed:
        if name not in part:
            raise wrong(f"{path}.{name}", f"there: {owner!r} needs it", None)
