"""A network as a list of simple layers and their numbers, for whoever evaluates it without torch."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from nbembed.errors import InvalidInputError
from nbembed.networks.directions import Directions, GaussianNoise
from nbembed.networks.models import Autoencoder, Network, Pictures, PicturesToRows

__all__ = ["layers_of"]

# One layer: its type, its options, and its arrays in float64.
Layer = tuple[str, dict[str, Any], dict[str, NDArray[np.float64]]]

# Functions of each number, by the name that the file gives them.
POINTWISE: dict[type[nn.Module], str] = {
    nn.ReLU: "relu",
    nn.Tanh: "tanh",
    nn.Sigmoid: "sigmoid",
    nn.SiLU: "silu",
}
# What does nothing in evaluation mode.
IDLE = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.AlphaDropout, nn.Identity, GaussianNoise)


def layers_of(module: nn.Module) -> list[Layer]:
    """Return the layers of a network in evaluation mode, batch normalization folded into its neighbours.

    A batch normalization is a factor and a shift of each column. They go into the dense layer or the
    convolution before it, else into the dense layer after it; where neither is there, they are a layer of
    type ``"affine"``.

    Parameters
    ----------
    module
        A network of this room, or ``nn.Sequential`` of linear and convolutional layers, normalizations, poolings
        and functions of each number.

    Raises
    ------
    InvalidInputError
        If a part of it cannot be written; the message names it.
    """
    found = list(_walk(module, "model"))
    return _forward_folded(_backward_folded(found))


def _walk(module: nn.Module, name: str) -> Iterator[Layer]:
    """Yield the layers of a network, one below the other."""
    if isinstance(module, Autoencoder):
        module = module.encoder
    if isinstance(module, Network):
        yield "flatten", {}, {}
    if isinstance(module, nn.Sequential):
        for child, part in module.named_children():
            yield from _walk(part, f"{name}.{child}")
        return
    if isinstance(module, IDLE):
        return
    kind = type(module)
    if kind in POINTWISE:
        yield POINTWISE[kind], {}, {}
    elif kind in WRITERS:
        yield WRITERS[kind](module)
    else:
        raise _unknown(module, name)


def _unknown(module: nn.Module, name: str) -> InvalidInputError:
    known = sorted(kind.__name__ for kind in (*WRITERS, *POINTWISE, *IDLE))
    return InvalidInputError(
        f"model must be made of nn.Sequential and {', '.join(known)} to be written as weights, got "
        f"{type(module).__name__} ({name}); to_onnx takes any network"
    )


def _linear(module: Any) -> Layer:
    return "linear", {}, _arrays(weight=module.weight, bias=_bias(module, module.out_features))


def _directions(module: Any) -> Layer:
    return "linear", {}, _arrays(weight=module.weight, bias=np.zeros(len(module.weight)))


def _convolution(module: Any) -> Layer:
    plain = module.groups == 1 and module.dilation == (1, 1) and module.padding_mode == "zeros"
    if not plain or isinstance(module.padding, str):
        raise InvalidInputError(
            f"model must have convolutions without groups or dilation, padded by numbers of zeros, got {module}"
        )
    options = {"stride": list(module.stride), "padding": list(module.padding)}
    return "conv2d", options, _arrays(weight=module.weight, bias=_bias(module, module.out_channels))


def _pooling(module: Any) -> Layer:
    size, stride = _pair(module.kernel_size), _pair(module.stride)
    if size != stride or _pair(module.padding) != [0, 0] or _pair(module.dilation) != [1, 1]:
        raise InvalidInputError(
            f"model must pool windows side by side, without padding or dilation, got {module}"
        )
    return "max_pool2d", {"size": size, "ceil": bool(module.ceil_mode)}, {}


def _layer_norm(module: Any) -> Layer:
    if len(module.normalized_shape) != 1:
        raise InvalidInputError(f"model must normalize over the last axis alone, got {module}")
    return "layer_norm", {"eps": module.eps}, _scale_and_shift(module, module.normalized_shape[0])


def _group_norm(module: Any) -> Layer:
    options = {"eps": module.eps, "groups": module.num_groups}
    return "group_norm", options, _scale_and_shift(module, module.num_channels)


def _batch_norm(module: Any) -> Layer:
    if module.running_var is None:
        raise InvalidInputError(f"model must keep running means and variances, got {module}")
    arrays = _scale_and_shift(module, module.num_features)
    mean, variance = (v.detach().cpu().double().numpy() for v in (module.running_mean, module.running_var))  # fmt: skip
    scale = arrays["weight"] / np.sqrt(variance + module.eps)
    return "affine", {}, {"weight": scale, "bias": arrays["bias"] - mean * scale}


def _flatten(module: Any) -> Layer:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise InvalidInputError(f"model must flatten whole samples, got {module}")
    return "flatten", {}, {}


def _pictures(module: Any) -> Layer:
    return "pictures", {"shape": list(module.shape)}, {}


def _rows(module: Any) -> Layer:  # noqa: ARG001 - as the others
    return "rows", {}, {}


WRITERS: dict[type[nn.Module], Callable[[Any], Layer]] = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.MaxPool2d: _pooling,
    nn.LayerNorm: _layer_norm,
    nn.GroupNorm: _group_norm,
    nn.BatchNorm1d: _batch_norm,
    nn.BatchNorm2d: _batch_norm,
    nn.Flatten: _flatten,
    Pictures: _pictures,
    PicturesToRows: _rows,
    Directions: _directions,
}


def _backward_folded(layers: list[Layer]) -> list[Layer]:
    """Fold every factor and shift into the dense layer or convolution right before it."""
    found: list[Layer] = []
    for layer in layers:
        if layer[0] != "affine" or not found or found[-1][0] not in ("linear", "conv2d"):
            found.append(layer)
            continue
        kind, options, arrays = found[-1]
        scale, shift = layer[2]["weight"], layer[2]["bias"]
        if len(scale) != len(arrays["bias"]):
            raise InvalidInputError(
                "model must normalize batches of rows or of pictures to be written as weights, got one of "
                f"{len(scale)} columns after a layer of {len(arrays['bias'])}; to_onnx takes any network"
            )
        weight = arrays["weight"] * scale.reshape(-1, *[1] * (arrays["weight"].ndim - 1))
        found[-1] = kind, options, {"weight": weight, "bias": arrays["bias"] * scale + shift}
    return found


def _forward_folded(layers: list[Layer]) -> list[Layer]:
    """Fold what is left into the dense layer right after it; a convolution's border would see no shift."""
    found: list[Layer] = []
    for layer in layers:
        if layer[0] != "linear" or not found or found[-1][0] != "affine":
            found.append(layer)
            continue
        scale, shift = found[-1][2]["weight"], found[-1][2]["bias"]
        weight, bias = layer[2]["weight"], layer[2]["bias"]
        found[-1] = "linear", {}, {"weight": weight * scale, "bias": bias + weight @ shift}
    return found


def _arrays(**tensors: Any) -> dict[str, NDArray[np.float64]]:
    return {
        name: value if isinstance(value, np.ndarray) else value.detach().cpu().double().numpy()
        for name, value in tensors.items()
    }


def _bias(module: Any, width: int) -> Any:
    return np.zeros(width) if module.bias is None else module.bias


def _scale_and_shift(module: Any, width: int) -> dict[str, NDArray[np.float64]]:
    weight = np.ones(width) if module.weight is None else module.weight
    return _arrays(weight=weight, bias=_bias(module, width))


def _pair(value: Any) -> list[int]:
    return [int(v) for v in value] if isinstance(value, (tuple, list)) else [int(value)] * 2
