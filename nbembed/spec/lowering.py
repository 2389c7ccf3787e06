"""From a document in the paper's words to phases that a run carries out, and what their terms need beside them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbembed.phases import Part, Phase
from nbembed.spec.arrays import Arrays, Column, Places
from nbembed.spec.parts import LABELS, MAIN, Described, Loss, Stage
from nbembed.spec.relations import MEASURABLE, PAIRWISE, Known, Radii, Target
from nbembed.spec.rules import wrong

__all__ = ["lowered"]

# Defaults of the published code.
BATCH, RATE, LEARNING_RATE = 50, 5, 0.01
# How much of a running mean stays when a point is seen again.
MEMORY = 0.9
FUNCTIONS = ("mse", "kl", "cross_entropy", "bce")
# In the map also relations of this shape.
OF_MAP = ("pairwise", "neighbor", "fromto", "differences")
# What tells distances as well as edges.
MEASURED = ("pairwise", "neighbor", "geodesic")
OF_PLACES = (*PAIRWISE, "normalize", "normalize_rows", "symmetrize")


def lowered(
    parts: Described, arrays: Arrays, model: Part, metrics: dict[str, Any]
) -> tuple[list[Phase], dict[str, Any]]:
    """Return phases, and the targets of their terms.

    Parameters
    ----------
    parts
        The document.
    arrays
        What its names of data stand for.
    model
        The ``model`` of every phase.
    metrics
        What names of metrics stand for, by the name of the relation: a function of the caller's, or the name.

    Raises
    ------
    InvalidInputError
        With the path in the document, for what cannot be trained so.
    """
    return _Lowering(parts, arrays, model, metrics).result()


@dataclass
class _Lowering:
    parts: Described
    arrays: Arrays
    model: Part
    metrics: dict[str, Any]

    def result(self) -> tuple[list[Phase], dict[str, Any]]:
        """Return phases and targets."""
        self.known = {
            name: Known(
                relation, self.arrays, self.arrays.seed, self.metrics.get(name, "euclidean")
            )
            for name, relation in self.parts.relations.items()
            if relation.level == "global"
        }
        self.arrays.relations.update(self.known)
        self.targets: dict[str, Any] = {}
        phases = [self._phase(stage, i) for i, stage in enumerate(self.parts.stages)]
        return phases, self.targets

    def _phase(self, stage: Stage, number: int) -> Phase:
        path = f"training phases[{number}]"
        if stage.model is not None:
            raise wrong(
                f"{path}.model", "left out: a network lasts for all phases", stage.model.name
            )
        losses = [self.parts.losses[name] for name in stage.components]
        n, size = len(self.arrays.X), int(stage.sampling.options.get("batch_size", BATCH))
        edges = self._edges(stage, losses, path)
        size = size if edges else min(size, n)
        sampler: Part = {"name": "epochs", "batch_size": size, "batches_per_step": -(-n // size)}
        if edges:
            rate = int(stage.sampling.options.get("rate", RATE))
            sampler |= {"name": "linked", "relation": edges, "n_others": rate}
            self.targets[f"edges of {edges}"] = self.known[edges]
        terms = [
            self._term(loss, weight, edges, size)
            for loss, weight in zip(losses, stage.weights, strict=True)
        ]
        return Phase(
            name=stage.name,
            n_steps=stage.length,
            neighbors={"n_neighbors": 1, "metric": "euclidean", "method": "auto"},
            affinities={"name": "none"},
            kernel={"name": "student_t"},
            sampler=sampler,
            loss={"name": "linked" if edges else "epochs"},
            optimizer=self._optimizer(stage, path),
            model=self.model,
            init={"name": "network"} if number == 0 else None,
            affinities_from=self._source(losses, edges, number),
            recursion=stage.recursion,
            terms=terms,
        )

    def _edges(self, stage: Stage, losses: list[Loss], path: str) -> str:
        """Return the relation that edges are drawn from; "" where items are."""
        if stage.sampling.name != "edge":
            return ""
        wanted = stage.sampling.options.get("rels")
        if isinstance(wanted, (list, tuple)):
            if len(wanted) != 1:
                raise wrong(
                    f"{path}.sampling.options.rels", "the name of one relation", list(wanted)
                )
            wanted = wanted[0]
        first = [loss.rels[0] for loss in losses if loss.type == "relation"]
        if wanted is None and not first:
            raise wrong(f"{path}.sampling.options.rels", "there: no loss names a relation", None)
        return wanted or first[0]

    def _optimizer(self, stage: Stage, path: str) -> Part:
        name, options = stage.optimizer.name, dict(stage.optimizer.options)
        if name not in ("adam", "sgd"):
            wanted = f"'adam' or 'sgd' with sampling {stage.sampling.name!r}"
            raise wrong(f"{path}.optimizer.type", wanted, name)
        rate = options.pop("learning_rate", options.pop("lr", LEARNING_RATE))
        options.pop("lr", None)
        if isinstance(rate, str):
            raise wrong(f"{path}.optimizer.options.learning rate", "a number above 0", rate)
        for key in ("exaggeration", "part", "parts"):
            if key in options:
                wanted = f"left out with sampling {stage.sampling.name!r}"
                raise wrong(f"{path}.optimizer.options.{key}", wanted, options[key])
        plain: Part = {"schedule": "constant", "warm_up": 0, "clip": None, "clip_by": "norm"}
        more = {"frozen": list(stage.frozen)} if stage.frozen else {}
        more |= {"normalize": True} if stage.normalize == "initial" else {}
        return {"name": name, "learning_rate": float(rate)} | plain | options | more

    def _source(self, losses: list[Loss], edges: str, number: int) -> str:
        """Return what the relations of a phase are measured in, where it is a layer of the network."""
        names = [loss.rels[0] for loss in losses if loss.type == "relation"] + (
            [edges] if edges else []
        )
        found = {self.parts.relations[name].data: name for name in names}
        layers = [data for data in found if data not in self.arrays.names]
        if not layers:
            return "input"
        path = f"relations.{found[layers[0]]}.data"
        if number == 0 or len(layers) > 1:
            why = (
                "in the first phase, before anything was learned"
                if number == 0
                else "more than one in a phase"
            )
            wanted = f"the name of data ({', '.join(map(repr, self.arrays.names))}), not of a layer {why}"
            raise wrong(path, wanted, layers[0], self.arrays.names)
        return layers[0]

    # ---- terms --------------------------------------------------------------------------------

    def _term(self, loss: Loss, weight: float, edges: str, size: int) -> Part:
        part: Part = {"key": loss.name, "weight": weight, "n_components": self.arrays.n_components}
        make = getattr(self, f"_{loss.type}")
        return part | make(loss, edges, size)

    def _relation(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        path = f"losses.{loss.name}"
        first, second = (self.parts.relations[name] for name in loss.rels)
        function = loss.func.function
        if function is None and loss.func.name not in FUNCTIONS:
            wanted = f"{', '.join(map(repr, FUNCTIONS))}, or yours, with sampling by item or edge"
            raise wrong(f"{path}.func", wanted, loss.func.name)
        if function is None and loss.options:
            raise wrong(f"{path}.options", "left out with sampling by item or edge", loss.options)
        if second.type.name not in OF_MAP:
            wanted = f"one of {', '.join(map(repr, OF_MAP))} at level batch"
            raise wrong(f"relations.{second.name}.type", wanted, second.type.name)
        either = {first.type.name, second.type.name}
        if function is None and "differences" in either:
            raise wrong(f"{path}.func", "a loss of yours for differences", loss.func.name)
        metric = str(self.metrics[second.name])
        if metric not in MEASURABLE:
            wanted = f"one of {', '.join(MEASURABLE)} at level batch"
            raise wrong(f"relations.{second.name}.options.metric", wanted, metric, MEASURABLE)
        on_edges = bool(edges) and edges == loss.rels[0]
        self._check_steps(second, on_edges=on_edges)
        known = self.known[first.name]
        self.targets[loss.name] = Target(known, second, function, loss.options, on_edges)
        return {"name": "relation", "func": loss.func.name}

    def _check_steps(self, relation: Any, *, on_edges: bool) -> None:
        allowed = PAIRWISE if on_edges else OF_PLACES
        for i, step in enumerate(relation.transforms):
            if step.function is None and step.name not in allowed:
                where = "on pairs that were drawn" if on_edges else "at level batch"
                wanted = f"one of {', '.join(map(repr, allowed))} {where}, or yours"
                raise wrong(
                    f"relations.{relation.name}.transforms[{i}].type", wanted, step.name, allowed
                )
            if step.options.get("degrees_of_freedom") == "learned":
                path = f"relations.{relation.name}.transforms[{i}].options"
                raise wrong(f"{path}.degrees of freedom", "a number with this sampling", "learned")

    def _classification(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        name = next((name for name in loss.data if name != MAIN), LABELS)
        self.arrays.check(name, f"losses.{loss.name}.keys.data")
        self._needs_network(loss)
        codes = self.arrays(name)
        if np.asarray(codes).dtype.kind not in "iu" or np.ndim(codes) != 1 or np.max(codes) < 1:
            raise wrong(f"losses.{loss.name}.keys.data", "the name of at least two classes", name)
        self.targets[loss.name] = codes
        found = {"name": "classification", "layer": loss.options.get("layer")}
        return found | {"batch_size": int(loss.options.get("batch_size", size))}

    def _reconstruction(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        self._needs_network(loss)
        for key in ("likelihood", "spread", "own"):
            if loss.options.get(key):
                raise wrong(f"losses.{loss.name}.options.{key}", "left out", loss.options[key])
        return {"name": "reconstruction", "loss": "mse", "detach": False} | loss.options

    def _position(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        name = next((name for name in loss.data if name != MAIN), "")
        path = f"losses.{loss.name}.keys.data"
        self.arrays.check(name, path)
        self.targets[loss.name] = Places(self.arrays, name, path)
        whole = name in self.parts.derived and "values" not in self.parts.derived[name]
        whole = whole or bool(np.isfinite(self.arrays.numbers(name, path)).all())
        default = {"batch_size": size, "everywhere": whole}
        return {"name": "position"} | default | loss.options

    def _triplet(self, loss: Loss, edges: str, size: int) -> Part:
        margin = float(loss.options.get("margin", 1.0))
        if edges:
            return {"name": "edge_triplet", "margin": margin}
        name = next((name for name in loss.data if name not in (MAIN, "data")), LABELS)
        self.arrays.check(name, f"losses.{loss.name}.keys.data")
        self.targets[loss.name] = self.arrays(name)
        return {"name": "triplet", "margin": margin, "batch_size": size}

    def _correlation(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        options, path = loss.options, f"losses.{loss.name}"
        feature = int(options.get("feature", options.get("i", 1) - 1))
        component = int(options.get("component", options.get("j", 1) - 1))
        name = loss.data[0] if loss.data else MAIN
        values = self.arrays.numbers(name, f"{path}.keys.data")
        if feature >= values.shape[1]:
            wanted = f"a column of {name!r}, which has {values.shape[1]}"
            raise wrong(f"{path}.options.feature", wanted, feature)
        if component >= self.arrays.n_components:
            wanted = f"an axis of the map, which has {self.arrays.n_components}"
            raise wrong(f"{path}.options.component", wanted, component)
        column = values[:, feature]
        spread = float(np.nanstd(column)) if np.isfinite(column).any() else 0.0
        if not spread > 0:
            raise wrong(f"{path}.options.feature", "a column that varies", feature)
        self.targets[loss.name] = (column - np.nanmean(column)) / spread
        return {"name": "attribute", "component": component}

    def _distance_correlation(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        self._needs_network(loss)
        return {"name": "correlation"}

    def _consistency(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        self._needs_network(loss)
        return {"name": "consistency", "augment": "noise"} | loss.options

    def _density(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        path = f"losses.{loss.name}"
        if not edges:
            wanted = "another type without sampling by edge: it acts on edges of mini-batches"
            raise wrong(f"{path}.type", wanted, loss.type)
        if loss.rels not in ((), (edges,)):
            wanted = f"left out, or the relation that edges are drawn from, {edges!r}"
            raise wrong(f"{path}.keys.rels", wanted, list(loss.rels))
        kind = self.parts.relations[edges].type
        if kind.name not in MEASURED or kind.function is not None:
            wanted = f"one of {', '.join(map(repr, MEASURED))} with a loss of densities"
            raise wrong(f"relations.{edges}.type", wanted, kind.name)
        self.targets[loss.name] = Radii(self.known[edges])
        return {"name": "density", "memory": float(loss.options.get("memory", MEMORY))}

    def _divergence(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        wanted = "another type with sampling by item or edge; nbembed.Autoencoder(variational=True) has it"
        raise wrong(f"losses.{loss.name}.type", wanted, loss.type)

    def _own(self, loss: Loss, edges: str, size: int) -> Part:  # noqa: ARG002
        path = f"losses.{loss.name}.keys.data"
        for name in loss.data:
            self.arrays.check(name, path)
        self.targets[loss.name] = Column(self.arrays, loss.data, path, loss.func.function)
        return {"name": "own", "options": loss.options}

    def _needs_network(self, loss: Loss) -> None:
        if self.model["name"] == "points":
            wanted = "one that free points can have: a classifier or a decoder reads a network"
            raise wrong(f"losses.{loss.name}.type", wanted, loss.type)
