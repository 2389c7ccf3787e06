"""The parameters of a run as the panel beside the map offers them: which, from where to where, and when they act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from nbembed.estimators import Embedder
from nbembed.training import Run, live_parameters

__all__ = ["described", "live_values", "readable"]

NUMBER = (int, float, np.number)
# After the key of a term stands the weight with which it is added to the loss.
WEIGHT = "_weight"
STARTS = ("pca", "spectral", "random")
# What exaggeration does to a map (Böhm, Berens & Kobak 2022, JMLR 23, "Attraction-repulsion spectrum in
# neighbor embeddings").
SPECTRUM = ((1.0, "t-SNE"), (4.0, "like UMAP"), (30.0, "like Laplacian eigenmaps"))


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
    "random_state": Range(0, 99, integer=True),
}
# A weight that is 0 still has somewhere to go.
WEIGHTS = Range(0, 10)


def described(estimator: Embedder, run: Run) -> list[dict[str, Any]]:
    """Return what the panel offers: names, kinds, ranges, and the values that the run began with.

    A parameter that can change in mid-run comes before those that need a restart.
    """
    known = estimator.get_params(deep=False)
    live = dict.fromkeys(name for phase in run.phases for name in live_parameters(phase))
    names = [*live, *(name for name in known if name not in live)]
    values = (
        known | {"learning_rate": _planned_rate(known, run)} if "learning_rate" in known else known
    )
    found = [_described(name, values.get(name), len(run.X), is_live=name in live) for name in names]
    return [one | {"restart": one["name"] in known} for one in found if one is not None]


def _planned_rate(known: Mapping[str, Any], run: Run) -> Any:
    """Return the learning rate, or what the method takes in its place where it is left to it."""
    rate = known["learning_rate"]
    return run.phases[-1].optimizer.get("learning_rate", rate) if rate is None else rate


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
            values[name] = value
        elif isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            return None
        else:
            values[name] = int(value) if spec["integer"] else float(value)
    return values


def _described(name: str, value: Any, n: int, *, is_live: bool) -> dict[str, Any] | None:
    """Return one parameter; None for what has no slider."""
    if name == "init" and isinstance(value, str):
        return {
            "name": name,
            "kind": "choice",
            "live": False,
            "value": value,
            "choices": list(STARTS),
        }
    span = RANGES.get(name, WEIGHTS if name.endswith(WEIGHT) else None)
    if name == "learning_rate" and value == "auto":
        value = max(200.0, float(n))  # t-SNE's own choice without exaggeration
    number = isinstance(value, NUMBER) and not isinstance(value, bool)
    if span is None or not (number or is_live):
        return None
    low, high = span.low, span.high
    if span.relative:
        low, high = (low * float(value), high * float(value)) if number else (1e-4, 1e4)
    if name in ("perplexity", "n_neighbors"):
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
    return described | ({"marks": [list(m) for m in SPECTRUM]} if name == "exaggeration" else {})
