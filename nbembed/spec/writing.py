"""The phases of this package's recipes as a document, and back, without loss."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nbembed.errors import InvalidTypeError
from nbembed.phases import Part, Phase
from nbembed.spec.parts import MAIN, Described, Loss, Relation, Stage, Step
from nbembed.spec.reading import plain
from nbembed.spec.rules import wrong

__all__ = ["TERM_TYPES", "document_of", "for_rows", "phases_of"]

# What documents call the terms of a loss, where it is not what code calls them.
TERM_TYPES = {"correlation": "distance correlation", "attribute": "correlation"}
TERM_NAMES = {"distance_correlation": "correlation", "correlation": "attribute"}
INPUT = "input"


def document_of(
    phases: Sequence[Phase], given: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the document of phases.

    Parameters
    ----------
    phases
        At least one.
    given
        Arrays that are needed beside them, by name; they become derived data.
    more
        Further entries.

    Raises
    ------
    InvalidTypeError
        If a part is code without a name, such as a function of the caller's as metric.
    """
    book = _Book()
    stages = [book.stage(phase) for phase in phases]
    models = [stage.pop("model") for stage in stages]
    found: dict[str, Any] = {key: value for key, value in more.items() if value is not None}
    found["model"] = models[0]
    for stage, model in zip(stages, models, strict=True):
        if model != models[0]:
            stage["model"] = model
    if given:
        found["derived data"] = [
            {"name": name, "values": plain(values, name)} for name, values in given.items()
        ]
    return found | {
        "relations": list(book.relations.values()),
        "losses": list(book.losses.values()),
        "training phases": stages,
    }


def for_rows(phase: Phase, n: int) -> Phase:
    """Return what a phase of a document means for ``n`` rows: no row has more neighbours than there are others."""
    all_rows = phase.loss["name"] in ("stress", "strain")
    k = n - 1 if all_rows else min(int(phase.neighbors["n_neighbors"]), n - 1)
    return replace(phase, neighbors=phase.neighbors | {"n_neighbors": k})


class _Book:
    """Relations and losses by name, each written once."""

    def __init__(self) -> None:
        self.relations: dict[str, Any] = {}
        self.losses: dict[str, Any] = {}

    def stage(self, phase: Phase) -> dict[str, Any]:
        """Return a phase that names its relations and losses, and write these down."""
        metric = phase.neighbors["metric"]
        if not isinstance(metric, str):
            raise InvalidTypeError(
                f"metric must have a name to stand in a document, got {metric!r}; register it: "
                "nbembed.spec.register('metric')"
            )
        source = MAIN if phase.affinities_from == INPUT else phase.affinities_from
        shared = {"level": "global", "type": "neighbor", "data": source}
        p = self._named(
            self.relations,
            "p",
            shared | {"options": dict(phase.neighbors), "transforms": [_typed(phase.affinities)]},
        )
        shared = {"level": "batch", "type": "pairwise", "data": MAIN}
        q = self._named(self.relations, "q", shared | {"transforms": [_typed(phase.kernel)]})
        options = {key: value for key, value in phase.loss.items() if key != "name"}
        loss = {"type": "relation", "func": phase.loss["name"], "keys": {"rels": [p, q]}}
        components = [self._named(self.losses, phase.loss["name"], loss | _options(options))]
        weights = [1.0]
        for part in phase.terms:
            options = {k: v for k, v in part.items() if k not in ("name", "key", "weight")}
            term = {"type": TERM_TYPES.get(part["name"], part["name"])} | _options(options)
            components.append(self._named(self.losses, part["key"], term))
            weights.append(float(part["weight"]))
        found: dict[str, Any] = {"name": phase.name, "steps": int(phase.n_steps)}
        found |= {
            "sampling": _typed(phase.sampler),
            "loss": {"components": components, "weights": weights},
        }
        found["optimizer"] = _typed(phase.optimizer)
        found["model"] = _typed(phase.model)
        if phase.init is not None:
            found["init"] = phase.init["name"]
        return found | ({} if phase.recursion is None else {"recursion": int(phase.recursion)})

    @staticmethod
    def _named(book: dict[str, Any], name: str, entry: dict[str, Any]) -> str:
        """Write an entry down, under a name with a number where the name is that of another one."""
        number = 1
        while True:
            called = name if number == 1 else f"{name} #{number}"
            made = {"name": called} | entry
            if book.setdefault(called, made) == made:
                return called
            number += 1


def phases_of(parts: Described) -> list[Phase]:
    """Return the phases that :func:`document_of` wrote down.

    Raises
    ------
    InvalidInputError
        If the document says more than a recipe's phases can.
    """
    return [_phase(stage, parts, f"training phases[{i}]") for i, stage in enumerate(parts.stages)]


def _phase(stage: Stage, parts: Described, path: str) -> Phase:
    first, *others = (parts.losses[name] for name in stage.components)
    if first.type != "relation" or stage.weights[0] != 1.0:
        wanted = (
            f"a loss of type relation and weight 1 first, with sampling {stage.sampling.name!r}"
        )
        raise wrong(f"{path}.loss.components[0]", wanted, first.name)
    if stage.frozen or stage.normalize != "none":
        wanted = "without frozen parts and normalized weights, which need sampling by item or edge"
        raise wrong(path, wanted, stage.name)
    p, q = (parts.relations[name] for name in first.rels)
    model = stage.model or parts.model
    if model is None:
        raise wrong("model", f"there with sampling {stage.sampling.name!r}", None)
    n_components = int(model.options.get("n_components", 2))
    return Phase(
        name=stage.name,
        n_steps=stage.length,
        neighbors=_search(p, path),
        affinities=_only(p),
        kernel=_only(q),
        sampler=_part(stage.sampling),
        loss={"name": first.func.name} | first.options,
        optimizer=_part(stage.optimizer),
        model=_part(model) | {"n_components": n_components},
        init=None if stage.init is None else {"name": stage.init},
        affinities_from=INPUT if p.data == MAIN else p.data,
        recursion=stage.recursion,
        terms=[
            _term(loss, weight, n_components)
            for loss, weight in zip(others, stage.weights[1:], strict=True)
        ],
    )


def _search(relation: Relation, path: str) -> Part:
    options = relation.type.options
    if relation.type.name != "neighbor" or "n_neighbors" not in options:
        wanted = f"of type neighbor with n_neighbors, for the sampling of {path}"
        raise wrong(f"relations.{relation.name}", wanted, relation.type.name)
    return {"metric": "euclidean", "method": "auto"} | options


def _only(relation: Relation) -> Part:
    if len(relation.transforms) != 1 or relation.transforms[0].function is not None:
        wanted = "one transform of this package, with this sampling"
        shown = [step.name for step in relation.transforms]
        raise wrong(f"relations.{relation.name}.transforms", wanted, shown)
    return _part(relation.transforms[0])


def _term(loss: Loss, weight: float, n_components: int) -> Part:
    if loss.type in ("relation", "own", "density"):
        wanted = "of a type that adds to another loss, with this sampling"
        raise wrong(f"losses.{loss.name}.type", wanted, loss.type)
    name = TERM_NAMES.get(loss.type, loss.type)
    key = loss.name.split(" #")[0]
    known = {"name": name, "key": key, "n_components": n_components} | _needed(name)
    return known | loss.options | {"weight": weight}


def _needed(name: str) -> Part:
    """Return what the makers of terms cannot do without."""
    match name:
        case "reconstruction":
            return {"loss": "mse", "detach": False}
        case "classification" | "position":
            return {"batch_size": 128}
        case "triplet":
            return {"batch_size": 128, "margin": 1.0}
        case "attribute":
            return {"component": 0}
        case "consistency":
            return {"augment": "noise"}
        case _:
            return {}


def _part(step: Step) -> Part:
    return {"name": step.name} | step.options


def _typed(part: Part) -> dict[str, Any]:
    options = {key: value for key, value in part.items() if key != "name"}
    return {"type": part["name"]} | _options(options)


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {"options": dict(options)} if options else {}
