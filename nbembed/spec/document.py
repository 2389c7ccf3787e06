"""A method as a document."""

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import yaml

from nbembed.errors import InvalidTypeError
from nbembed.phases import Phase
from nbembed.spec.checking import checked
from nbembed.spec.diagram import Diagram
from nbembed.spec.parts import Described, described
from nbembed.spec.reading import filled, limited, plain, read_json, read_yaml
from nbembed.spec.writing import document_of

__all__ = ["Spec"]

JSON = ".json"


@dataclass(frozen=True, eq=False)
class Spec:
    """A method as plain data: relations of rows, losses that compare them, phases that train on the losses.

    What stands in it is checked when it is made; a mistake is named with its path in the document, what was found
    there, what is allowed, and the nearest name. Nothing in it is ever imported or run: its names are looked up in
    :func:`nbembed.spec.names`, where :func:`nbembed.spec.register` puts functions of yours.

    Parameters
    ----------
    data
        A dictionary with ``relations``, ``losses``, ``training phases`` and, if wanted, ``derived data``, ``model``,
        ``seed`` and ``name``; :func:`nbembed.spec.json_schema` says all of it. Underscores in keys are spaces.
    values
        What takes the place of names in angle brackets, as the paper has them: ``{"p": 30}`` for ``<p>``.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        At the first mistake.

    References
    ----------
    Hinterreiter et al. (2023), "ParaDime: A framework for parametric dimensionality reduction", EuroVis, sec. 3.

    Examples
    --------
    >>> import nbembed as nb
    >>> spec = nb.Spec.from_yaml('''
    ... relations:
    ... - {name: far, level: global, type: pairwise}
    ... - {name: near, level: batch, type: pairwise}
    ... losses:
    ... - {name: mds, type: relation, func: mse, keys: {rels: [far, near]}}
    ... training phases:
    ... - {loss: {components: mds}, epochs: 3}
    ... ''')
    >>> X, _ = nb.datasets.iris()
    >>> nb.Routine(spec, device="cpu", random_state=0).fit_transform(X).shape
    (150, 2)
    """

    data: Mapping[str, Any]
    values: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.data, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidTypeError(
                f"spec must be a dictionary at the top, got {type(self.data).__name__}"
            )
        whole = filled(plain(limited(self.data), ""), dict(self.values or {}))
        document = checked(plain(limited(whole), ""))
        object.__setattr__(self, "data", document)
        object.__setattr__(self, "values", None)
        object.__setattr__(self, "parts", described(document))

    parts: Described = None  # pyright: ignore[reportAssignmentType]

    @classmethod
    def of(cls, spec: Any) -> "Spec":
        """Return a spec from one, a dictionary, text, or the path of a YAML or JSON file."""
        if isinstance(spec, Spec):
            return spec
        if isinstance(spec, Mapping):
            return cls(spec)
        is_json = str(spec).lstrip().startswith("{") or Path(str(spec)[:200]).suffix == JSON
        return cls.from_json(spec) if is_json else cls.from_yaml(spec)

    @classmethod
    def from_yaml(cls, source: Any, values: Mapping[str, Any] | None = None) -> Self:
        """Return the spec of a YAML document: its text, or the path of its file."""
        return cls(read_yaml(source), values)

    @classmethod
    def from_json(cls, source: Any, values: Mapping[str, Any] | None = None) -> Self:
        """Return the spec of a JSON document: its text, or the path of its file."""
        return cls(read_json(source), values)

    @classmethod
    def of_phases(
        cls, phases: Sequence[Phase], *, given: Mapping[str, Any] | None = None, **more: Any
    ) -> Self:
        """Return the spec of a recipe's phases.

        Parameters
        ----------
        phases
            What an estimator's ``phases`` returns.
        given
            Arrays that terms and the start need beside them, by name.
        more
            Further entries of the document: ``name``, ``rows``, ``seed``.
        """
        return cls(document_of(phases, given or {}, more))

    def to_dict(self) -> dict[str, Any]:
        """Return the document as dictionaries and lists of one's own."""
        return copy.deepcopy(dict(self.data))

    def to_yaml(self, path: str | Path | None = None) -> str:
        """Return the document as YAML, and write it to ``path`` if one is given."""
        text = yaml.safe_dump(self.to_dict(), sort_keys=False, allow_unicode=True, width=100)
        return _written(text, path)

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the document as JSON, and write it to ``path`` if one is given."""
        return _written(json.dumps(self.to_dict(), indent=2, ensure_ascii=False), path)

    def with_weights(self, weights: Mapping[str, float]) -> "Spec":
        """Return the same method with other weights of its losses, by their names, in all phases that have them."""
        from nbembed.spec.rules import number, wrong

        document = self.to_dict()
        for name, weight in weights.items():
            if name not in self.parts.losses:
                known = list(self.parts.losses)
                raise wrong(
                    f"weights.{name}", f"of one of the losses {', '.join(known)}", name, known
                )
            number(0).check(weight, f"weights.{name}")
        for phase, stage in zip(document["training phases"], self.parts.stages, strict=True):
            pairs = zip(stage.components, stage.weights, strict=True)
            phase["loss"]["weights"] = [float(weights.get(name, old)) for name, old in pairs]
        return Spec(document)

    def diagram(
        self, *, active: str | None = None, losses: Mapping[str, float] | None = None
    ) -> Diagram:
        """Return the method as a picture: data, relations, losses and phases from left to right.

        Parameters
        ----------
        active
            The name of the phase that is lit, with its losses: ``frame.phase`` of a run.
        losses
            Values to be written beside losses: ``frame.losses``.
        """
        return Diagram(self.parts, self.title, active=active, losses=losses)

    @cached_property
    def title(self) -> str:
        """What people call the method."""
        return self.parts.title or " + ".join(self.parts.stages[-1].components)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spec) and self.data == other.data

    def __hash__(self) -> int:
        return hash(self.to_json())

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: the document, whose names are looked up again."""
        return {"data": self.to_dict()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        object.__setattr__(self, "data", state["data"])
        object.__setattr__(self, "values", None)
        object.__setattr__(self, "parts", described(state["data"]))

    def __repr__(self) -> str:
        stages = ", ".join(stage.name for stage in self.parts.stages)
        return f"Spec({self.title!r}, phases=[{stages}])"


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
