"""What a document says, as frozen parts whose names are looked up and whose links are checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from nbembed.spec import registry
from nbembed.spec.rules import wrong
from nbembed.spec.vocabulary import COMPILED_SAMPLING

__all__ = ["MAIN", "Described", "Loss", "Relation", "Stage", "Step", "described"]

Options = dict[str, Any]
# The data themselves, and their labels, among what keys name.
MAIN, LABELS = "main", "labels"
EPOCHS = 5
# What a loss of type relation compares: the relation of the data, and that of the map.
SIDES = ("global", "batch")
PREDEFINED = {"reconstruction": "mse", "classification": "cross_entropy", "position": "mse"}


@dataclass(frozen=True)
class Step:
    """One transform, or one model, sampler or optimizer: what is called, and with which options."""

    name: str
    options: Options = field(default_factory=Options)
    function: Any = None


@dataclass(frozen=True)
class Relation:
    """A recipe for relations between rows."""

    name: str
    level: str
    type: Step
    data: str
    transforms: tuple[Step, ...]


@dataclass(frozen=True)
class Loss:
    """A loss under its name."""

    name: str
    type: str
    func: Step
    data: tuple[str, ...]
    rels: tuple[str, ...]
    options: Options


@dataclass(frozen=True)
class Stage:
    """A training phase."""

    name: str
    length: int
    sampling: Step
    components: tuple[str, ...]
    weights: tuple[float, ...]
    optimizer: Step
    frozen: tuple[str, ...] = ()
    normalize: str = "none"
    model: Step | None = None
    init: str | None = None
    recursion: int | None = None


@dataclass(frozen=True)
class Described:
    """A whole document."""

    relations: Mapping[str, Relation]
    losses: Mapping[str, Loss]
    stages: tuple[Stage, ...]
    derived: Mapping[str, Mapping[str, Any]]
    model: Step | None
    seed: int | None = None
    rows: tuple[int, float] = (2, inf)
    title: str | None = None

    @property
    def is_compiled(self) -> bool:
        """Whether it says the phases of this package's own recipes."""
        return self.stages[0].sampling.name in COMPILED_SAMPLING


def described(document: Mapping[str, Any]) -> Described:
    """Return the parts of a document that follows the schema.

    Raises
    ------
    InvalidInputError
        For options that a name does not have, and for links that lead nowhere.
    """
    relations = _unique(
        _relation(item, f"relations[{i}]") for i, item in enumerate(document["relations"])
    )
    losses = _unique(
        _loss(item, f"losses[{i}]", relations) for i, item in enumerate(document["losses"])
    )
    phases = document["training phases"]
    stages = [
        _stage(item, f"training phases[{i}]", i, losses, relations) for i, item in enumerate(phases)
    ]
    kinds = [stage.sampling.name in COMPILED_SAMPLING for stage in stages]
    for i, kind in enumerate(kinds):
        if kind != kinds[0]:
            allowed = COMPILED_SAMPLING if kinds[0] else ("item", "edge")
            raise wrong(
                f"training phases[{i}].sampling.type",
                f"of one kind with that of the first phase: {', '.join(map(repr, allowed))}",
                stages[i].sampling.name,
            )
    derived: dict[str, Mapping[str, Any]] = {}
    for i, item in enumerate(document.get("derived data", ())):
        derived[item["name"]] = _derived(item, f"derived data[{i}]", relations, derived)
    model = _step("model", document["model"], "model") if "model" in document else None
    more: dict[str, Any] = {
        "title": document.get("name"),
        "seed": document.get("seed"),
        "rows": _span(document.get("rows", {})),
    }
    return Described(relations, losses, tuple(stages), derived, model, **more)


def _span(rows: int | Mapping[str, int]) -> tuple[int, float]:
    """Return the fewest and the most rows for which a document was written."""
    if isinstance(rows, int):
        return rows, rows
    return rows.get("from", 2), rows.get("to", inf)


def _unique(items: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, item in items:
        if item.name in found:
            raise wrong(f"{path}.name", "a name that nothing before it has", item.name)
        found[item.name] = item
    return found


def _step(kind: str, data: Mapping[str, Any], path: str) -> Step:
    entry = registry.entry(kind, data["type"], f"{path}.type")
    options = entry.checked(data.get("options", {}), f"{path}.options")
    return Step(entry.name, options, entry.function)


def _relation(item: Mapping[str, Any], path: str) -> tuple[str, Relation]:
    type_ = _step("relation", item, path)
    steps = item.get("transforms", ())
    transforms = tuple(
        _step("transform", t, f"{path}.transforms[{i}]") for i, t in enumerate(steps)
    )
    source = LABELS if type_.name == "pairwise_eq" else MAIN
    data = item.get("data", source)
    return path, Relation(item["name"], item["level"], type_, data, transforms)


def _loss(
    item: Mapping[str, Any], path: str, relations: Mapping[str, Relation]
) -> tuple[str, Loss]:
    type_ = registry.entry("loss type", item["type"], f"{path}.type")
    keys = item.get("keys", {})
    rels = _names(keys.get("rels", ()))
    options = item.get("options", {})
    called = item.get("func", PREDEFINED.get(type_.name, "none"))
    func = registry.entry("loss", called, f"{path}.func")
    if type_.name in ("relation", "own") or (type_.name == "triplet" and "func" in item):
        known = func.options if type_.name != "triplet" else {**type_.options, **func.options}
        taken = registry.Entry(func.name, known, open=func.open)
        options = taken.checked(options, f"{path}.options")
    else:
        options = type_.checked(options, f"{path}.options")
    if type_.name == "relation":
        _check_sides(rels, relations, f"{path}.keys.rels")
    if type_.name == "own" and func.function is None:
        wanted = "the name of a loss that you registered, where the type is own"
        raise wrong(f"{path}.func", wanted, item.get("func"))
    name = item.get("name", item["type"])
    step = Step(func.name, {}, func.function)
    return path, Loss(name, type_.name, step, _names(keys.get("data", ())), rels, options)


def _check_sides(rels: Sequence[str], relations: Mapping[str, Relation], path: str) -> None:
    """Raise unless they name a relation of the data and one of the map, in this order."""
    if len(rels) != len(SIDES):
        raise wrong(path, "the names of two relations, the global one first", list(rels))
    for i, (name, level) in enumerate(zip(rels, SIDES, strict=True)):
        known = [r.name for r in relations.values() if r.level == level]
        if name not in known:
            shown = ", ".join(map(repr, known)) or "none is there"
            raise wrong(
                f"{path}[{i}]", f"the name of a relation of level {level} ({shown})", name, known
            )


def _stage(
    item: Mapping[str, Any],
    path: str,
    number: int,
    losses: Mapping[str, Loss],
    relations: Mapping[str, Relation],
) -> Stage:
    sampling = {"type": "item"} | item.get("sampling", {})
    optimizer = {"type": "adam"} | item.get("optimizer", {})
    components = _names(item["loss"]["components"])
    for i, name in enumerate(components):
        if name not in losses:
            known = list(losses)
            wanted = f"the name of a loss ({', '.join(map(repr, known))})"
            raise wrong(f"{path}.loss.components[{i}]", wanted, name, known)
    if not components or len(set(components)) != len(components):
        raise wrong(f"{path}.loss.components", "a list of different losses", list(components))
    weights = item["loss"].get("weights", [1.0] * len(components))
    weights = weights if isinstance(weights, list) else [weights]
    if len(weights) != len(components):
        wanted = f"a list of {len(components)} numbers, one for each component"
        raise wrong(f"{path}.loss.weights", wanted, weights)
    sampler = _step("sampling", sampling, f"{path}.sampling")
    _check_sampled(sampler, relations, f"{path}.sampling.options.rels")
    if "epochs" in item and "steps" in item:
        raise wrong(f"{path}.steps", "left out where there are epochs", item["steps"])
    return Stage(
        name=item.get("name", f"phase {number + 1}"),
        length=item.get("steps", item.get("epochs", EPOCHS)),
        sampling=sampler,
        components=components,
        weights=tuple(float(weight) for weight in weights),
        optimizer=_step("optimizer", optimizer, f"{path}.optimizer"),
        frozen=_names(item.get("frozen", ())),
        normalize=item["loss"].get("normalize", "none"),
        model=_step("model", item["model"], f"{path}.model") if "model" in item else None,
        init=item.get("init"),
        recursion=item.get("recursion"),
    )


def _check_sampled(sampler: Step, relations: Mapping[str, Relation], path: str) -> None:
    for name in _names(sampler.options.get("rels", ())):
        known = [r.name for r in relations.values() if r.level == SIDES[0]]
        if name not in known:
            wanted = f"the name of a relation of level global ({', '.join(map(repr, known))})"
            raise wrong(path, wanted, name, known)


def _derived(
    item: Mapping[str, Any],
    path: str,
    relations: Mapping[str, Relation],
    before: Mapping[str, Any],
) -> Mapping[str, Any]:
    if item["name"] in before or item["name"] in (MAIN, LABELS):
        raise wrong(f"{path}.name", "a name that no data have", item["name"])
    if "values" in item:
        return {"values": item["values"]}
    if "data func" not in item:
        raise wrong(f"{path}.data func", "there, or values", None)
    function = registry.entry("data", item["data func"], f"{path}.data func")
    default = [["rels", ""]] if function.name == "spectral" else [["data", MAIN]]
    keys = item.get("keys", default)
    for i, key in enumerate(keys):
        if len(key) != 2 or key[0] not in ("data", "rels"):  # noqa: PLR2004
            raise wrong(f"{path}.keys[{i}]", "[data, a name] or [rels, a name]", key)
        if key[0] == "rels" and (key[1] not in relations or relations[key[1]].level != SIDES[0]):
            known = [r.name for r in relations.values() if r.level == SIDES[0]]
            wanted = f"the name of a relation of level global ({', '.join(map(repr, known))})"
            raise wrong(f"{path}.keys[{i}][1]", wanted, key[1], known)
    return {"function": function, "keys": [tuple(key) for key in keys], "path": path}


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
