"""What an objective is: it draws mini-batches and says what is lost on them."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nbembed.networks.sampling import Items

__all__ = ["PROBE", "Objective"]

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
