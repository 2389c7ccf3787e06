"""Objectives on which nothing is lost: mini-batches of rows, or of the rows of edges, for terms to act on."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph
from nbembed.networks.objective import PROBE, Objective, Shuffled
from nbembed.networks.sampling import EdgeBatches, Items

__all__ = ["EpochObjective", "Linked", "LinkedObjective"]

# Times that a row drawn as none of the neighbours is drawn again where it is one.
TRIES = 4


@dataclass(frozen=True, eq=False)
class Linked(Items):
    """The rows of some edges, each once, and who is joined with whom.

    Attributes
    ----------
    heads, tails : tensor of int64, shape (B,)
        Positions in ``rows`` of both ends of each edge.
    others : tensor of int64, shape (B, m)
        Positions of rows that no edge joins with the head.
    apart : tensor of bool, shape (B, m)
        False where none was found.
    """

    heads: Tensor
    tails: Tensor
    others: Tensor
    apart: Tensor


class EpochObjective(Shuffled):
    """Mini-batches of rows; an epoch visits every row once, in shuffled order.

    Parameters
    ----------
    n
        Rows of the data.
    size
        Rows of a mini-batch, at least 1.
    device
        Where they are drawn.
    """

    def __init__(self, n: int, size: int, *, device: str) -> None:
        super().__init__(n, device)
        self.n_rows = min(size, n)

    def draw(self, generator: torch.Generator) -> Items:
        """Return the next rows of the epoch."""
        return Items(self.next_part(-(-self.n // self.n_rows), generator)[0])

    def probe(self, generator: torch.Generator) -> Items:
        """Return up to 2048 different rows."""
        order = torch.randperm(self.n, generator=generator, device=self.device)
        return Items(order[: min(PROBE, self.n)])

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return nothing: only terms count."""
        return {}

    def halve(self) -> int:
        """Make mini-batches half as large."""
        self.n_rows = max(1, self.n_rows // 2)
        self.at.fill_(-1)
        return self.n_rows


class LinkedObjective(Objective):
    """Mini-batches of edges, drawn in proportion to their weights, and rows that no edge joins with their heads.

    Parameters
    ----------
    graph
        Relations of the rows; at least one edge.
    size
        Edges of a mini-batch, at least 1.
    n_others
        Rows without an edge, for each edge of the mini-batch.
    device
        Where everything is drawn and kept.

    Raises
    ------
    InvalidInputError
        If there is no edge.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 3.4 and 5.2; the published code draws other rows among the joined
    ones too.
    """

    def __init__(self, graph: Graph, size: int, n_others: int, *, device: str) -> None:
        super().__init__()
        if not len(graph.indices):
            raise InvalidInputError(
                "the relation that edges are drawn from must hold one, got none; is it of equal labels that all differ?"
            )
        self.edges = EdgeBatches(graph, size, n_others, device=device)
        self.n_rows = size

    def draw(self, generator: torch.Generator) -> Linked:
        """Return edges, other rows, and every row of them once."""
        return self._drawn(generator, self.n_rows)

    def probe(self, generator: torch.Generator) -> Linked:
        """Return as many edges as have up to 2048 rows."""
        return self._drawn(generator, PROBE // (2 + self.edges.n_negatives) + 1)

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return nothing: only terms count."""
        return {}

    def halve(self) -> int:
        """Make batches of edges half as large."""
        self.n_rows = max(1, self.n_rows // 2)
        return self.n_rows

    def _drawn(self, generator: torch.Generator, size: int) -> Linked:
        edges = self.edges
        heads, tails = edges.edges(generator, size)
        shape = (size, edges.n_negatives)

        def anyone() -> Tensor:
            return torch.randint(edges.n, shape, generator=generator, device=edges.device)

        others = anyone()
        for _ in range(TRIES):
            others = torch.where(edges.joined(heads[:, None], others), anyone(), others)
        apart = ~edges.joined(heads[:, None], others)
        everyone = torch.cat([heads, tails, others.flatten()])
        rows, places = torch.unique(everyone, return_inverse=True)
        ends = places[: 2 * size].reshape(2, size)
        return Linked(rows, ends[0], ends[1], places[2 * size :].reshape(shape), apart)
