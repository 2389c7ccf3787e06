"""What a head makes of rows after training."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nbembed.networks.batches import recording
from nbembed.networks.rows import Rows

__all__ = ["read_head"]


def read_head(
    module: nn.Module, head: nn.Module, layer: str, rows: NDArray[np.float32] | Rows, device: str
) -> NDArray[np.float64]:
    """Return what ``head`` makes of the output of a layer, for each row.

    Parameters
    ----------
    module, head
        What :func:`nbembed.networks.ready` returned, of one type of numbers.
    layer
        ``""`` is what enters the last dense layer.
    rows
        Standardized samples, or where they come from.
    device
        Where both are.
    """
    exact = next(module.parameters()).dtype
    parts: list[NDArray[np.float64]] = []
    with torch.no_grad(), recording(module, [layer]) as seen:
        for block in Rows.of(rows, device).blocks():
            module(block.to(exact))
            hidden = seen[layer].to(next(head.parameters()).dtype)
            parts.append(head(hidden).cpu().double().numpy())
    return np.concatenate(parts)
