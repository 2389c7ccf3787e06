"""A dense network as plain arrays: what it does to rows, step by step, for reading without torch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed.errors import InvalidTypeError
from nbembed.networks.directions import Directions, GaussianNoise
from nbembed.networks.layers import Units

__all__ = ["written"]

# What leaves rows as they are when a network evaluates.
NOTHING = (nn.Identity, nn.Dropout, nn.Flatten, GaussianNoise)


def written(module: nn.Module) -> list[tuple[Any, ...]]:
    """Return the steps of a dense network in evaluation mode.

    Returns
    -------
    list of tuple
        ``("linear", W, b)`` is ``h @ W.T + b``; ``("norm", g, s, eps)`` gives every row mean 0 and
        variance 1, then ``h * g + s``; ``("scale", g, s)`` is ``h * g + s``; ``("relu",)``. Arrays are float64.

    Raises
    ------
    InvalidTypeError
        If a part is none of these, such as a convolution.
    """
    leaves = (part for part in module.modules() if not any(True for _ in part.children()))
    return [step for leaf in leaves for step in _steps(leaf)]


def _steps(leaf: nn.Module) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    match leaf:
        case nn.Linear():
            bias = np.zeros(leaf.out_features) if leaf.bias is None else _numbers(leaf.bias)
            found.append(("linear", _numbers(leaf.weight), bias))
        case Directions():
            found.append(("linear", _numbers(leaf.weight), np.zeros(len(leaf.weight))))
        case nn.LayerNorm():
            found.append(("norm", _numbers(leaf.weight), _numbers(leaf.bias), leaf.eps))
        case nn.BatchNorm1d():
            g = _numbers(leaf.weight) / np.sqrt(_numbers(leaf.running_var) + leaf.eps)
            found.append(("scale", g, _numbers(leaf.bias) - g * _numbers(leaf.running_mean)))
        case Units():
            found.append(("scale", _numbers(leaf.scale), _numbers(leaf.offset)))
        case nn.ReLU():
            found.append(("relu",))
        case _ if not isinstance(leaf, NOTHING):
            raise InvalidTypeError(
                f"only dense networks are written out, got one with {type(leaf).__name__}; "
                "take model='fcnn'"
            )
        case _:
            pass
    return found


def _numbers(tensor: Any) -> NDArray[np.float64]:
    found: Tensor = tensor
    return found.detach().cpu().double().numpy().copy()
