"""The parameters of a run as the panel beside the map offers them: which, from where to where, and when they act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from nbembed.estimators import Embedder
from nbembed.training import Run, live_parameters
from nbembed.training.preparation import HEEDED

__all__ = ["described", "live_values", "readable"]

NUMBER = (int, float, np.number)
AUTO = "auto"
# After the key of a term stands the weight with which it is added to the loss.
WEIGHT = "_weight"
# Switches that are on or off.
FLAGS = ("normalized", "pseudo_distance", "symmetric_attraction", "symmetric", "densmap")
OFF, ON = "off", "on"
# What exaggeration does to a map (Böhm, Berens & Kobak 2022, JMLR 23, "Attraction-repulsion spectrum in
# neighbor embeddings").
MARKS = {
    "exaggeration": ((1.0, "t-SNE"), (4.0, "like UMAP"), (30.0, "like Laplacian eigenmaps")),
    "spectrum": ((0.0, "t-SNE"), (1.0, "UMAP")),
}


@dataclass(frozen=True)
class Range:
    """From where to where a slider goes.

    ``relative`` ends are factors of the value.
    """

    low: float
    high: float
    integer: bool = False
    log: bool = False
    relative: bool = False


RANGES = {
    "learning_rate": Range(1 / 30, 30, log=True, relative=True),
    "exaggeration": Range(0.5, 50, log=True),
    "spectrum": Range(-1, 3),
    "degrees_of_freedom": Range(0.1, 10, log=True),
    "momentum": Range(0, 0.99),
    "n_negatives": Range(1, 50, integer=True, log=True),
    "repulsion_strength": Range(0, 10),
    "min_dist": Range(0, 1),
    "spread": Range(0.5, 3),
    "perplexity": Range(2, 200, log=True),
    "n_neighbors": Range(2, 200, integer=True, log=True),
    "early_exaggeration": Range(1, 50, log=True),
    "early_exaggeration_iter": Range(0, 1000, integer=True),
    "n_iter": Range(10, 5000, integer=True, log=True),
    "n_epochs": Range(10, 5000, integer=True, log=True),
    "n_batches": Range(10, 100_000, integer=True, log=True),
    "local_connectivity": Range(0, 10),
    "set_op_mix_ratio": Range(0, 1),
    "target_weight": Range(0, 1),
    "dens_lambda": Range(0, 10),
    "dens_frac": Range(0, 1),
    "dens_var_shift": Range(0, 1),
    "geodesic": Range(2, 200, integer=True, log=True),
    "a": Range(0.1, 10, log=True),
    "b": Range(0.1, 3, log=True),
    "mid_near_ratio": Range(0, 5),
    "far_ratio": Range(0, 10),
    "random_state": Range(0, 99, integer=True),
}
# What has no meaning without labels to heed.
OF_LABELS = ("target_weight", "target_metric")
# A weight that is 0 still has somewhere to go.
WEIGHTS = Range(0, 10)


def described(estimator: Embedder, run: Run) -> list[dict[str, Any]]:
    """Return what the panel offers: names, kinds, ranges, and the values that the run began with.

    A parameter that can change in mid-run comes before those that need a restart.
    """
    known = estimator.get_params(deep=False)
    live = dict.fromkeys(name for phase in run.phases for name in live_parameters(phase))
    names = [*live, *(name for name in known if name not in live)]
    if HEEDED not in run.targets:
        names = [name for name in names if name not in OF_LABELS]
    values = (
        known | {"learning_rate": _planned_rate(known, run)} if "learning_rate" in known else known
    )
    found = [
        _choice(name, values.get(name), estimator.choices)
        or _described(name, values.get(name), len(run.X), is_live=name in live)
        for name in names
    ]
    return [one | {"restart": one["name"] in known} for one in found if one is not None]


def _planned_rate(known: Mapping[str, Any], run: Run) -> Any:
    """Return the learning rate, or what the method takes in its place where it is left to it."""
    rate, last = known["learning_rate"], run.phases[-1]
    if rate in (None, AUTO):
        rate = last.optimizer.get("learning_rate", rate)
    if rate == AUTO and last.loss["name"] == "kl":
        return max(200.0, float(len(run.X)))  # t-SNE's own choice without exaggeration
    return rate


def live_values(run: Run) -> dict[str, float]:
    """Return what can be changed in the present phase of a run, with the values now in force."""
    return {} if run.ended or not run.has_map else run.live


def readable(content: Any, offered: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the values that a browser wants to restart with, None for what cannot be meant."""
    if not isinstance(content, Mapping) or not content:
        return None
    kinds = {one["name"]: one for one in offered}
    values: dict[str, Any] = {}
    for name, value in content.items():
        spec = kinds.get(name)
        if spec is None:
            return None
        if spec["kind"] == "choice":
            if value not in spec["choices"]:
                return None
            values[name] = value == ON if spec["choices"] == [OFF, ON] else value
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            return None
        else:
            values[name] = int(value) if spec["integer"] else float(value)
    return values


def _choice(name: str, value: Any, choices: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    """Return a parameter that is one of a few names, or on or off; None for others."""
    if name in FLAGS and isinstance(value, (bool, np.bool_)):
        value, names = (ON if value else OFF), [OFF, ON]
    elif name in choices and isinstance(value, str):
        names = list(choices[name])
    else:
        return None
    return {"name": name, "kind": "choice", "live": False, "value": value, "choices": names}


def _described(name: str, value: Any, n: int, *, is_live: bool) -> dict[str, Any] | None:
    """Return one parameter that is a number; None for what has no slider."""
    span = RANGES.get(name, WEIGHTS if name.endswith(WEIGHT) else None)
    number = isinstance(value, NUMBER) and not isinstance(value, bool)
    if span is None or not (number or is_live):
        return None
    low, high = span.low, span.high
    if span.relative:
        low, high = (low * float(value), high * float(value)) if number else (1e-4, 1e4)
    if name in ("perplexity", "n_neighbors", "geodesic"):
        high = max(low + 1, min(high, (n - 1) // 3 if name == "perplexity" else n - 1))
    if number:
        low, high = min(low, float(value)), max(high, float(value))
    described = {
        "name": name,
        "kind": "number",
        "live": is_live,
        "value": float(value) if number else None,
    }
    described |= {"low": low, "high": high, "integer": span.integer, "log": span.log}
    return described | ({"marks": [list(m) for m in MARKS[name]]} if name in MARKS else {})
