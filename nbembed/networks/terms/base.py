"""What every term of a loss is."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from nbembed.networks.batches import Batch
from nbembed.networks.sampling import Items

__all__ = ["Term"]


class Term(nn.Module):
    """Something that is added to a loss: a number that a mini-batch gives, times a weight.

    A term may bring rows of its own into the mini-batch, look at a hidden layer, and have a head, a
    network that is trained along.

    Parameters
    ----------
    key
        Under which its value, its weight and its rows are found.
    weight
        Its factor in what is minimised, at least 0. The value that is reported does not have it.

    Attributes
    ----------
    layer : str or None
        The part of the network whose output it needs; ``""`` is what enters the last dense layer.
    needs_rows : bool
        Whether it acts on the rows of the objective, not only on its own.
    head : torch.nn.Module or None
        What is trained along.
    """

    layer: str | None = None
    needs_rows = True
    head: nn.Module | None

    def __init__(self, key: str, weight: float) -> None:
        super().__init__()
        self.key, self.weight = key, weight
        self.head = None

    def bring(
        self,
        table: Any,  # noqa: ARG002
        items: Items,  # noqa: ARG002
        inputs: Tensor,  # noqa: ARG002
        generator: torch.Generator,  # noqa: ARG002
    ) -> tuple[Tensor, Tensor] | None:
        """Return the numbers of rows that the term brings, and what the network is to see of them.

        Parameters
        ----------
        table
            All standardized rows; indexed with numbers of rows it gives them.
        items, inputs
            What the objective drew, and what the network will see of it.
        generator
            The term's own; everything random comes from it.
        """
        return None

    def forward(self, batch: Batch) -> Tensor:
        """Return the value of the term, without its weight."""
        raise NotImplementedError

    def own(self, batch: Batch, values: Tensor) -> Tensor:
        """Return the part of ``values`` that belongs to the rows which the term brought."""
        return values[batch.slices[self.key]]


Terms = Mapping[str, Term]
