"""One mini-batch after its pass through the network: what losses and terms look at."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from nbembed._checks import nearest
from nbembed.errors import InvalidInputError
from nbembed.networks.losses import Cauchy
from nbembed.networks.sampling import Items

__all__ = ["Batch", "recording", "widths_of"]


@dataclass(frozen=True, eq=False)
class Batch:
    """One mini-batch: first the rows that the objective drew, then those that terms brought.

    Attributes
    ----------
    items : Items
        What the objective drew; with edges, positions of heads, tails and noise.
    rows : tensor of int64, shape (R,)
        Numbers of rows of the data.
    inputs : tensor, shape (R, …)
        Standardized rows as the network saw them.
    places : tensor, shape (R, n_components)
        Where it put them.
    hidden : mapping from str to tensor of shape (R, width)
        Outputs of the layers that terms asked for; ``""`` is what enters the last dense layer.
    slices : mapping from str to slice
        Which of the R rows a term brought, by its key.
    generators : mapping from str to torch.Generator
        Where a term draws from, by its key. Each has its own: a term changes no draw of another.
    kernel : Cauchy
        From distances in the map to similarities.
    """

    items: Items
    rows: Tensor
    inputs: Tensor
    places: Tensor
    hidden: Mapping[str, Tensor]
    slices: Mapping[str, slice]
    generators: Mapping[str, torch.Generator]
    kernel: Cauchy

    @property
    def n_items(self) -> int:
        """Rows that the objective drew; they come first."""
        return len(self.items.rows)

    @cached_property
    def shares(self) -> Tensor:
        """One over the number of different rows that the objective drew, 0 where a row comes again.

        The sum over the batch times this is the mean over its rows, each counted once.
        """
        ordered, order = self.items.rows.sort(stable=True)
        first = torch.ones_like(ordered, dtype=self.places.dtype)
        first[1:] = (ordered[1:] != ordered[:-1]).to(first.dtype)
        return torch.zeros_like(first).index_copy(0, order, first / first.sum().clamp(min=1))

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of one value for each of the first rows, every row counted once."""
        return (values * self.shares).sum()


@contextmanager
def recording(module: nn.Module, layers: Iterable[str]) -> Generator[dict[str, Tensor]]:
    """Fill a dictionary with what ``layers`` give whenever rows go through ``module`` inside.

    ``""`` stands for what enters the last dense layer. The hooks are gone afterwards, so that copies of
    the network have none.

    Raises
    ------
    InvalidInputError
        If the network has no such part.
    """
    seen: dict[str, Tensor] = {}
    parts = dict(module.named_modules())
    handles: list[Any] = []
    try:
        handles.extend(_watch(parts, layer, seen) for layer in layers)
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def widths_of(module: nn.Module, inputs: Tensor, layers: Iterable[str]) -> dict[str, int]:
    """Return the number of columns of each layer's output, in evaluation mode."""
    mode = module.training
    module.train(False)
    try:
        with torch.no_grad(), recording(module, layers) as seen:
            module(inputs)
    finally:
        module.train(mode)
    return {layer: int(output.shape[1]) for layer, output in seen.items()}


def _watch(parts: Mapping[str, nn.Module], layer: str, seen: dict[str, Tensor]) -> Any:
    """Let a part of a network write what it gives, or what enters it, into ``seen``."""
    if layer:
        if layer not in parts:
            known = [name for name in parts if name]
            raise InvalidInputError(
                f"layer must be a part of the network ({', '.join(known[:12])}), got {layer!r}{nearest(layer, known)}"
            )

        def after(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
            seen[layer] = output.flatten(1)

        return parts[layer].register_forward_hook(after)
    dense = [part for part in parts.values() if isinstance(part, nn.Linear)]
    if not dense:
        raise InvalidInputError(
            "layer must name the part of the network that a term looks at, got None for a network without a dense "
            f"layer; its parts are {', '.join(name for name in parts if name)}"
        )

    def before(_module: nn.Module, inputs: Any) -> None:
        seen[""] = inputs[0].flatten(1)

    return dense[-1].register_forward_pre_hook(before)
