"""What a trained network makes of rows, whatever the rows they come with."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed._checks import nearest
from nbembed._scaling import Scaling
from nbembed.errors import InvalidInputError
from nbembed.networks.models import Network

__all__ = ["Standardization", "features", "place", "ready", "weights_of", "with_weights"]

# Rows that go through a network at once.
BLOCK = 2048


@dataclass(frozen=True, eq=False)
class Standardization:
    """Centring of every column and one scale for all of them, so that distances keep their ratios."""

    mean: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, X: NDArray[Any]) -> "Standardization":
        """Return what gives ``X`` mean 0 in each column and mean square 1; constant data only mean 0."""
        mean = X.mean(axis=0, dtype=np.float64)
        spread = float(np.sqrt(X.var(axis=0, dtype=np.float64).mean()))
        return cls(mean, spread or 1.0)

    def forward(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """Return standardized rows."""
        return ((X - self.mean) / self.scale).astype(np.float32)

    def before(self, scaling: Scaling) -> "Standardization":
        """Return what takes the data as they were given, before ``scaling``, to the same rows."""
        shift = 0.0 if scaling.shift is None else scaling.shift
        return Standardization((self.mean + shift) * scaling.divisor, self.scale * scaling.divisor)

    def back(self, Z: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows as they were before :meth:`forward`."""
        return (Z * self.scale + self.mean).astype(np.float32)


def ready(module: nn.Module, device: str, *, ours: bool | None = None) -> nn.Module:
    """Return a copy of a network that places rows: in evaluation mode, and exact where it can be.

    On the CPU the networks of this room (``ours``; None looks) compute in float64. Sums of float32 depend
    on how many rows are multiplied at once, in the last digits; these do not after rounding, to about 1e-7
    of the map.
    """
    model = copy.deepcopy(module).train(False).requires_grad_(requires_grad=False)
    exact = isinstance(module, Network) if ours is None else ours
    return model.double() if device == "cpu" and exact else model


def place(module: nn.Module, rows: NDArray[np.float32], device: str) -> NDArray[np.float32]:
    """Return the output of a network for each row, float32.

    Parameters
    ----------
    module
        What :func:`ready` returned.
    rows
        Standardized rows, shape (n_rows, n_features).
    device
        Where ``module`` is.
    """
    exact = next((p.dtype for p in module.parameters()), torch.float32)
    with torch.no_grad():
        parts = [
            module(torch.from_numpy(rows[start : start + BLOCK]).to(device, exact)).cpu()
            for start in range(0, len(rows), BLOCK)
        ]
    return torch.cat(parts).float().numpy()


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


def features(
    module: nn.Module, rows: NDArray[np.float32], layer: str, device: str = "cpu"
) -> NDArray[np.float32]:
    """Return what one part of a network makes of each row, in evaluation mode.

    Parameters
    ----------
    module
        Any network; left as it is.
    rows
        What ``module`` takes, shape (n_rows, …).
    layer
        Name of the part as in ``module.named_modules()``, for example ``"f100"`` or ``"hidden3"``.
    device
        Where ``module`` is. Default ``"cpu"``.

    Returns
    -------
    ndarray of float32, shape (n_rows, width)
        Pictures and sequences are flattened.

    Raises
    ------
    InvalidInputError
        If there is no such part; the message names the nearest.
    """
    parts = dict(module.named_modules())
    if layer not in parts or not layer:
        known = [name for name in parts if name]
        raise InvalidInputError(
            f"layer must be a part of the network ({', '.join(known[:12])}), got {layer!r}{nearest(layer, known)}"
        )
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: Any, output: Tensor) -> None:
        seen.append(output.detach().flatten(1).float().cpu())

    hook = parts[layer].register_forward_hook(keep)
    mode = module.training
    module.train(False)
    try:
        with torch.no_grad():
            for start in range(0, len(rows), BLOCK):
                module(torch.from_numpy(rows[start : start + BLOCK]).to(device))
    finally:
        hook.remove()
        module.train(mode)
    return torch.cat(seen).numpy()
