"""What a trained network makes of rows, whatever the rows they come with."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nbembed._threads import share
from nbembed.networks.devices import pinned_torch
from nbembed.networks.models import Network
from nbembed.networks.rows import Rows, block_size

__all__ = ["place", "quick", "ready", "weights_of", "with_weights"]

# Rows up to which float64 costs nothing that anybody notices.
FEW = 64
# Rows that stay in a core's cache while they are standardized and multiplied.
TOGETHER = 1024


def ready(module: nn.Module, device: str, *, ours: bool | None = None) -> nn.Module:
    """Return a copy of a network that places rows: in evaluation mode, and exact where it can be.

    On the CPU the networks of this room (``ours``; None looks) compute in float64. Sums of float32 depend
    on how many rows are multiplied at once, in the last digits; these do not after rounding, to about 1e-7
    of the map.
    """
    model = copy.deepcopy(module).train(False).requires_grad_(requires_grad=False)
    exact = isinstance(module, Network) if ours is None else ours
    return model.double() if device == "cpu" and exact else model


def quick(module: nn.Module, device: str) -> nn.Module | None:
    """Return a copy of a network for the places of many rows, in float32; None where :func:`ready` is as quick."""
    if device != "cpu" or not isinstance(module, Network):
        return None
    model = copy.deepcopy(module).train(False).requires_grad_(requires_grad=False)
    for part in model.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = True
    return model


def place(
    module: nn.Module,
    rows: NDArray[np.float32] | Rows,
    device: str,
    *,
    many: nn.Module | None = None,
) -> NDArray[np.float32]:
    """Return the output of a network for each row, float32, computed block by block.

    Parameters
    ----------
    module
        What :func:`ready` returned.
    rows
        Standardized samples, shape (n_rows, …), or where they come from.
    device
        Where ``module`` is.
    many
        What :func:`quick` returned, for more rows than 64: it takes a fifth of the time, on all threads in use,
        and gives the same places to about 5e-7 of the map, whatever the number of threads. Default None.
    """
    samples = Rows.of(rows, device)
    if many is not None and len(samples) > FEW:
        return _shared_out(many, samples)
    exact = next((p.dtype for p in module.parameters()), torch.float32)
    found = np.empty((len(samples), 0), dtype=np.float32)
    start = 0
    with torch.no_grad():
        for block in samples.blocks():
            part = module(block.to(exact)).float().cpu().numpy()
            if not start:
                found = np.empty((len(samples), *part.shape[1:]), dtype=np.float32)
            found[start : start + len(part)] = part
            start += len(part)
    return found


def _shared_out(module: nn.Module, samples: Rows) -> NDArray[np.float32]:
    """Return the places of many samples; each thread takes blocks, which are the same for any number of threads."""
    size = min(TOGETHER, block_size(samples.shape))
    with torch.no_grad():
        width = module(samples.first(2)).shape[1]
    found = np.empty((len(samples), width), dtype=np.float32)

    def work(first: int, last: int) -> None:
        with pinned_torch(1), torch.no_grad():
            for number in range(first, last):
                part = slice(number * size, (number + 1) * size)
                found[part] = module(samples.part(part.start, part.stop)).numpy()

    share(-(-len(samples) // size), work)
    return found


def weights_of(module: nn.Module) -> dict[str, NDArray[Any]]:
    """Return the weights of a network under their names, as arrays of at least one dimension."""
    state = module.state_dict()
    return {name: np.atleast_1d(value.cpu().numpy()) for name, value in state.items()}


def with_weights(module: nn.Module, weights: Mapping[str, NDArray[Any]]) -> nn.Module:
    """Give a network, in place, the weights that :func:`weights_of` returned, and return it."""
    state = module.state_dict()
    module.load_state_dict(
        {name: torch.from_numpy(weights[name]).reshape(old.shape) for name, old in state.items()}
    )
    return module
