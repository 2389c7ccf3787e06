"""What a document means for some data: phases, and all that a run needs beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.phases import Part, Phase
from nbembed.spec import registry
from nbembed.spec.arrays import Arrays
from nbembed.spec.combinations import check_phases
from nbembed.spec.document import Spec
from nbembed.spec.lowering import lowered
from nbembed.spec.parts import Described, Relation, Step
from nbembed.spec.rules import wrong
from nbembed.spec.writing import for_rows, phases_of
from nbembed.training.preparation import HEEDED

__all__ = ["Meant", "meant"]

# Without a word about the model.
HIDDEN = [100, 50]
# Losses whose names in curves would be those of something else.
TAKEN = ("loss", "learning_rate", "exaggeration", "degrees_of_freedom", "extent")
ROWS_OF = " rows"


@dataclass(frozen=True, eq=False)
class Meant:
    """Phases and what goes with them.

    Attributes
    ----------
    phases : list of Phase
    targets : dict
        What terms need, by key.
    module : torch.nn.Module or None
        The network that is not one of the package's.
    start : ndarray or None
        The starting map that was given.
    seed : int
    classes : ndarray or None
        What labels are, where anything learns from them.
    """

    phases: list[Phase]
    targets: dict[str, Any]
    module: Any
    start: NDArray[np.float32] | None
    seed: int
    classes: NDArray[Any] | None


def meant(
    spec: Spec,
    X: NDArray[np.float32],
    y: Any,
    *,
    data: Mapping[str, Any],
    model: Any,
    n_components: int,
    seed: int,
) -> Meant:
    """Return what a document means for data.

    Parameters
    ----------
    spec
        The document.
    X, y
        Checked data, and labels, which are looked at only where the document asks for them.
    data
        Further arrays by name.
    model
        What places points, where the document does not say; what it says else, or None.
    n_components
        Columns of the map, where the document does not say.
    seed
        Fixes all draws.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        With the path in the document, for what cannot be trained so.
    """
    parts = spec.parts
    arrays = Arrays(parts, X, y, data, n_components, seed)
    metrics = {name: _metric(relation) for name, relation in parts.relations.items()}
    if parts.is_compiled:
        return _compiled(parts, arrays, metrics, model)
    part, module = _model(parts.model, model, X.shape[1], n_components)
    arrays.n_components = part["n_components"]
    phases, targets = lowered(parts, arrays, part, metrics)
    _check_names(phases)
    return Meant(phases, targets, module, None, seed, arrays.classes)


def _metric(relation: Relation) -> Any:
    """Return what a metric's name stands for: the caller's function, or the name."""
    name = relation.type.options.get("metric", "euclidean")
    entry = registry.entry("metric", name, f"relations.{relation.name}.options.metric")
    return entry.function or entry.name


# ---- the words of the paper -----------------------------------------------------------------------


def _model(said: Step | None, given: Any, n_features: int, n_components: int) -> tuple[Part, Any]:
    """Return the ``model`` of phases, and the network itself where it is not one of the package's."""
    if hasattr(given, "named_parameters"):
        part: Part = {"name": "module", "n_components": n_components}
        return part, given
    step = said if given is None else _step(given)
    if step is None:
        step = Step("fcnn", {"hidden": HIDDEN, "normalization": "none"})
    options = {"n_components": n_components} | step.options
    if step.function is not None:
        more = {key: value for key, value in options.items() if key != "n_components"}
        module = step.function(n_features, options["n_components"], **more)
        if not hasattr(module, "named_parameters"):
            raise wrong(
                "model.type", "the name of a function that returns a torch.nn.Module", step.name
            )
        return {"name": "module", "n_components": options["n_components"]}, module
    match step.name:
        case "free":
            return {"name": "points", "n_components": options["n_components"]}, None
        case "linear":
            more = {"name": "fcnn", "hidden": [], "normalization": "none"}
            return more | {"n_components": options["n_components"]}, None
        case "module":
            raise wrong(
                "model.type",
                "given to Routine(spec, model=module), which the document leaves open",
                "module",
            )
        case _:
            return {"name": step.name} | options, None


def _step(given: Any) -> Step:
    if isinstance(given, str):
        given = {"type": given}
    if not isinstance(given, Mapping) or set(given) - {"type", "options"} or "type" not in given:
        raise InvalidTypeError(
            "model must be a torch.nn.Module, the name of a model, or {'type': name, 'options': {…}}, "
            f"got {given!r}"
        )
    entry = registry.entry("model", given["type"], "model.type")
    options = given.get("options", {})
    if not isinstance(options, Mapping):
        raise wrong("model.options", "a dictionary", options)
    return Step(entry.name, entry.checked(options, "model.options"), entry.function)


def _check_names(phases: list[Phase]) -> None:
    """Raise for names of losses under which a run has another curve."""
    for part in (part for phase in phases for part in phase.terms):
        if part["key"] in TAKEN:
            wanted = f"a name that no curve of a run has ({', '.join(TAKEN)} have one)"
            raise wrong(f"losses.{part['key']}.name", wanted, part["key"])


# ---- the words of the package's own phases --------------------------------------------------------


def _compiled(parts: Described, arrays: Arrays, metrics: dict[str, Any], model: Any) -> Meant:
    phases = phases_of(parts)
    check_phases(phases)
    named = {str(r.type.options.get("metric")): metrics[r.name] for r in parts.relations.values()}
    phases = [_fitting(phase, len(arrays.X), named) for phase in phases]
    arrays.n_components = phases[0].model["n_components"]
    for phase in phases[1:]:
        if phase.model != phases[0].model:
            raise wrong("training phases[1].model", "that of the first phase", phase.model)
    module = model if hasattr(model, "named_parameters") else None
    if (phases[0].model["name"] == "module") != (module is not None):
        wanted = "given to Routine(spec, model=module) if and only if the document says 'module'"
        raise wrong("model.type", wanted, phases[0].model["name"])
    targets = _targets(phases, arrays)
    start = _start(phases, arrays)
    return Meant(phases, targets, module, start, arrays.seed, arrays.classes)


def _fitting(phase: Phase, n: int, metrics: Mapping[str, Any]) -> Phase:
    """Return a phase whose neighbours are those of ``n`` rows, and whose metric is a function if it is the caller's."""
    part = dict(phase.neighbors)
    part["metric"] = metrics.get(str(part["metric"]), part["metric"])
    return for_rows(replace(phase, neighbors=part), n)


def _targets(phases: list[Phase], arrays: Arrays) -> dict[str, Any]:
    """Return what terms and affinities need of labels and of arrays that were given."""
    found: dict[str, Any] = {}
    asks = {str(phase.affinities["name"]) for phase in phases}
    heeds = any("target_weight" in phase.affinities for phase in phases)
    if "equal_label" in asks or (heeds and arrays.y is not None):
        found[HEEDED] = arrays("labels")
    for part in (part for phase in phases for part in phase.terms):
        key = str(part["key"])
        match part["name"]:
            case "classification" | "triplet":
                found[key] = arrays("labels")
            case "position":
                found[key] = _places(arrays, key)
            case "attribute":
                found[key] = arrays.numbers(key, f"losses.{key}").ravel()
            case _:
                pass
    return found


def _places(arrays: Arrays, key: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return rows and where they should be, given under the name of a loss and that with ``" rows"``."""
    arrays.check(key, f"losses.{key}")
    places, rows = np.asarray(arrays(key)), key + ROWS_OF
    if places.ndim != 2 or places.shape[1] != arrays.n_components:  # noqa: PLR2004
        wanted = f"places with {arrays.n_components} columns, as the map has"
        raise wrong(f"losses.{key}", wanted, f"shape {places.shape}")
    numbers = np.asarray(arrays(rows)) if rows in arrays.names else np.arange(len(places))
    numbers = numbers.astype(np.int64).ravel()
    inside = len(numbers) and numbers.min() >= 0 and numbers.max() < len(arrays.X)
    if len(numbers) != len(places) or not inside:
        wanted = f"{len(places)} numbers of rows, 0 to {len(arrays.X) - 1}"
        raise wrong(f"derived data.{rows}", wanted, numbers.tolist())
    return numbers, places


def _start(phases: list[Phase], arrays: Arrays) -> NDArray[np.float32] | None:
    if not any(phase.init == {"name": "array"} for phase in phases):
        return None
    if "init" not in arrays.names:
        raise InvalidInputError(
            "spec at derived data: must hold the starting map under the name 'init', or Routine(spec, data={'init': …})"
        )
    return _checks.check_init(arrays("init"), len(arrays.X), arrays.n_components)
