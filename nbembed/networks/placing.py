"""What a trained network makes of rows, whatever the rows they come with."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from nbembed.networks.models import Network
from nbembed.networks.rows import Rows

__all__ = ["place", "ready", "weights_of", "with_weights"]


def ready(module: nn.Module, device: str, *, ours: bool | None = None) -> nn.Module:
    """Return a copy of a network that places rows: in evaluation mode, and exact where it can be.

    On the CPU the networks of this room (``ours``; None looks) compute in float64. Sums of float32 depend
    on how many rows are multiplied at once, in the last digits; these do not after rounding, to about 1e-7
    of the map.
    """
    model = copy.deepcopy(module).train(False).requires_grad_(requires_grad=False)
    exact = isinstance(module, Network) if ours is None else ours
    return model.double() if device == "cpu" and exact else model


def place(module: nn.Module, rows: NDArray[np.float32] | Rows, device: str) -> NDArray[np.float32]:
    """Return the output of a network for each row, float32, computed block by block.

    Parameters
    ----------
    module
        What :func:`ready` returned.
    rows
        Standardized samples, shape (n_rows, …), or where they come from.
    device
        Where ``module`` is.
    """
    exact = next((p.dtype for p in module.parameters()), torch.float32)
    samples = Rows.of(rows, device)
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
