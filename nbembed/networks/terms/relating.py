"""Terms that compare relations: those of the data with those of the map, three rows, or as the caller says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nbembed.errors import InvalidInputError
from nbembed.networks.batches import Batch
from nbembed.networks.linked_objectives import Linked
from nbembed.networks.losses import TINY
from nbembed.networks.relating import FUNCTIONS, BatchRelation, difference
from nbembed.networks.terms.base import Term

__all__ = ["EdgeTriplet", "Own", "Related", "Relation"]

Function = Callable[..., Tensor]


@dataclass(frozen=True, eq=False)
class Related:
    """What the term of a relation works on.

    Attributes
    ----------
    stored
        Relations of all rows: anything whose ``among(rows)`` gives those among some rows.
    relation
        That of the map.
    function
        The caller's, of both relations; None for one of the package's.
    options
        What it is called with besides.
    on_edges
        Whether edges of mini-batches were drawn from these relations.
    """

    stored: Any
    relation: BatchRelation
    function: Function | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_edges: bool = False


class Relation(Term):
    """Relations of the data, restricted to the mini-batch, compared with those of the map.

    In mini-batches of edges that were drawn from these relations, the edges count as 1 and the pairs without an
    edge as 0. Else all pairs of rows of the mini-batch are compared.

    References
    ----------
    Hinterreiter et al. (2023), "ParaDime: A framework for parametric dimensionality reduction", EuroVis, sec. 3.3.
    """

    def __init__(self, key: str, weight: float, name: str, related: Related) -> None:
        super().__init__(key, weight)
        self._name, self._related = name, related

    def forward(self, batch: Batch) -> Tensor:
        """Return the value of the function."""
        if self._related.on_edges and isinstance(batch.items, Linked):
            return self._of_edges(batch.items, batch.places)
        n, related = batch.n_items, self._related
        p = related.stored.among(batch.rows[:n])
        q = related.relation.all_pairs(batch.places[:n])
        if related.function is not None:
            return checked(related.function(p, q, **related.options), self.key)
        return difference(self._name, p, q)

    def _of_edges(self, items: Linked, places: Tensor) -> Tensor:
        related = self._related
        near = related.relation.of_pairs(places[items.heads], places[items.tails])
        heads = items.heads[:, None].expand_as(items.others)[items.apart]
        far = related.relation.of_pairs(places[heads], places[items.others[items.apart]])
        q = torch.cat([near, far])
        p = torch.cat([torch.ones_like(near), torch.zeros_like(far)])
        if related.function is not None:
            return checked(related.function(p, q, **related.options), self.key)
        return FUNCTIONS[self._name](p, q)


class EdgeTriplet(Term):
    r""":math:`\max(d(a,b) - d(a,c) + m, 0)` of edges ab and rows c that no edge joins with a; the mean over them.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, eq. 2.
    """

    def __init__(self, key: str, weight: float, *, margin: float) -> None:
        super().__init__(key, weight)
        self._margin = margin

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean over triplets."""
        items = batch.items
        if not isinstance(items, Linked):
            raise InvalidInputError(f"loss {self.key!r} needs mini-batches of edges")
        a = batch.places[items.heads]

        def far(others: Tensor, origin: Tensor) -> Tensor:
            return (origin - others).square().sum(-1).clamp(min=TINY).sqrt()

        near = far(batch.places[items.tails], a)[:, None]
        away = far(batch.places[items.others], a[:, None])
        values = functional.relu(near - away + self._margin) * items.apart
        return values.sum() / items.apart.sum().clamp(min=1)


class Own(Term):
    """A function of the caller's, of the places of a mini-batch and of columns of data.

    Parameters
    ----------
    function
        ``function(places, *columns, **options)`` returns a tensor without dimension.
    columns
        Arrays with a row for each row of the data.
    """

    def __init__(
        self, key: str, weight: float, function: Function, columns: Sequence[Tensor], options: Any
    ) -> None:
        super().__init__(key, weight)
        self._function, self._columns, self._options = function, columns, options

    def forward(self, batch: Batch) -> Tensor:
        """Return what the function returns."""
        n = batch.n_items
        parts = [column[batch.rows[:n]] for column in self._columns]
        return checked(self._function(batch.places[:n], *parts, **self._options), self.key)


def checked(value: Any, key: str) -> Tensor:
    """Return what a function of the caller's returned; raise where it is no tensor of one number."""
    if not isinstance(value, Tensor) or value.numel() != 1:
        shown = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise InvalidInputError(f"loss {key!r} must return a tensor of one number, got {shown}")
    return value.reshape(())
