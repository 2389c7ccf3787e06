"""Layers; what is random of them comes from a generator of one's own, never from torch's global one."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from nbembed import _checks

__all__ = ["NORMALIZATIONS", "Units", "block", "convolution", "dense", "linear"]

NORMALIZATIONS = ("layer", "batch", "none")
# Side of the kernels of convolutions, with a border that keeps the size of the picture.
KERNEL, BORDER = 3, 1


class Units(nn.Module):
    """A map in other units: times ``scale``, and moved by ``offset``. Nothing in it is trained."""

    scale: Tensor
    offset: Tensor

    def __init__(self, scale: float, offset: Sequence[float]) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor(float(scale)))
        self.register_buffer("offset", torch.tensor([float(number) for number in offset]))

    def forward(self, places: Tensor) -> Tensor:
        """Return the places in these units."""
        return places * self.scale + self.offset


def linear(n_in: int, n_out: int, generator: torch.Generator, *, bias: float = 0.0) -> nn.Module:
    """Return a dense layer with torch's uniform weights and all biases equal to ``bias``."""
    return _drawn(nn.utils.skip_init(nn.Linear, n_in, n_out), generator, bias)


def convolution(n_in: int, n_out: int, generator: torch.Generator) -> nn.Module:
    """Return a 3 × 3 convolution that keeps the size of the picture; its biases are zero."""
    layer = nn.utils.skip_init(nn.Conv2d, n_in, n_out, KERNEL, padding=BORDER)
    return _drawn(layer, generator, 0.0)


def block(
    layer: nn.Module, width: int, normalization: str = "none", *, pictures: bool = False
) -> nn.Sequential:
    """Return ``layer`` with ReLU and a normalization.

    Parameters
    ----------
    layer
        Gives ``width`` columns, or channels where it gives ``pictures``.
    normalization
        ``"layer"`` normalizes every row before ReLU, ``"batch"`` every column after ReLU, as in
        DRE's model A; ``"none"``. Of pictures, the channels of one are normalized together.

    Raises
    ------
    InvalidInputError
        If ``normalization`` is another name.
    """
    _checks.check_choice("normalization", normalization, NORMALIZATIONS)
    match normalization:
        case "layer":
            norm = nn.GroupNorm(1, width) if pictures else nn.LayerNorm(width)
            return nn.Sequential(layer, norm, nn.ReLU())
        case "batch":
            norm = nn.BatchNorm2d(width) if pictures else nn.BatchNorm1d(width)
            return nn.Sequential(layer, nn.ReLU(), norm)
        case _:
            return nn.Sequential(layer, nn.ReLU())


def dense(
    widths: Sequence[int],
    generator: torch.Generator,
    *,
    normalization: str = "none",
    bias: float = 0.0,
) -> nn.Sequential:
    """Return dense layers with ReLU between them.

    Parameters
    ----------
    widths
        Columns of the input, of each hidden layer, and of the output.
    generator
        Draws the weights.
    normalization
        That of :func:`block`, for the hidden layers.
    bias
        Where the biases start.
    """
    layers: list[nn.Module] = []
    pairs = list(pairwise(widths))
    for place, (n_in, n_out) in enumerate(pairs):
        layer = linear(n_in, n_out, generator, bias=bias)
        hidden = place < len(pairs) - 1
        layers.extend(block(layer, n_out, normalization) if hidden else [layer])
    return nn.Sequential(*layers)


def _drawn(layer: Any, generator: torch.Generator, bias: float) -> nn.Module:
    nn.init.kaiming_uniform_(layer.weight, a=math.sqrt(5), generator=generator)
    nn.init.constant_(layer.bias, bias)
    return layer
