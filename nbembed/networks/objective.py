"""What an objective is: it draws mini-batches and says what is lost on them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nbembed.networks.sampling import Items

__all__ = ["PROBE", "Objective", "Shuffled"]

# Edges, or rows, on which the loss of the map is measured, the same at every step.
PROBE = 2048


class Objective(nn.Module):
    """Draws mini-batches of rows and says what is lost on their places.

    Attributes
    ----------
    n_rows : int
        Rows that one mini-batch sends through the network, at least.
    """

    n_rows: int

    def draw(self, generator: torch.Generator) -> Items:
        """Return the next mini-batch; all that is random comes from ``generator``."""
        raise NotImplementedError

    def probe(self, generator: torch.Generator) -> Items:
        """Return the mini-batch on which the loss of the map is measured."""
        raise NotImplementedError

    def inputs(self, items: Items, table: Any, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        """Return what the network sees of a mini-batch in training; ``table`` holds all rows."""
        return table[items.rows]

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:
        """Return the parts of the loss under their names; what is minimised is their sum.

        Parameters
        ----------
        items
            The mini-batch.
        places
            Where the network puts its rows, in their order.
        live
            Parameters that can be changed in mid-run: ``"repulsion_strength"``, ``"a"``, ``"b"``.
        """
        raise NotImplementedError

    def halve(self) -> int:
        """Make mini-batches half as large, and return how large they are then; 1 is the least."""
        raise NotImplementedError


class Shuffled(Objective):
    """Base of the objectives that go through all rows in shuffled order, a part of them after the other.

    Parameters
    ----------
    n
        Rows of the data.
    device
        Where they are drawn.
    """

    def __init__(self, n: int, device: str) -> None:
        super().__init__()
        self.n, self.device = n, device
        self.order: Tensor
        self.at: Tensor
        self.register_buffer("order", torch.arange(n, device=device))
        # The number of the next part; -1 before the rows were shuffled at all.
        self.register_buffer("at", torch.tensor(-1))

    def next_part(
        self, count: int, generator: torch.Generator, *, fixed: bool = False
    ) -> tuple[Tensor, int]:
        """Return the rows of the next of ``count`` parts, and its number.

        After the last one the rows are shuffled anew, unless they are ``fixed``.
        """
        number = int(self.at)
        if number < 0 or (number >= count and not fixed):
            order = torch.randperm(self.n, generator=generator, device=self.device)
            self.order.copy_(order)
        number = 0 if number < 0 else number % count
        self.at.fill_(number + 1)
        # A copy: the order changes in place.
        rows = self.order[number * self.n // count : (number + 1) * self.n // count].clone()
        return rows, number
