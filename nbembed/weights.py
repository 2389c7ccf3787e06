"""A trained network in one compact file, and its evaluation without torch.

The file is a safetensors file. All numbers are little-endian.

===========  =====================================================================================
bytes        what they hold
===========  =====================================================================================
0 to 7       N, the length of the header: an unsigned integer of 64 bits
8 to 7 + N   the header: JSON in UTF-8, filled up with spaces to a multiple of 8 bytes
from 8 + N   the numbers of all arrays, one array after the other, each in C order, larger types first
===========  =====================================================================================

The header is an object. Each key but ``"__metadata__"`` is the name of an array, such as ``"1.weight"``; its value is
``{"dtype": "F16" | "F32" | "F64", "shape": […], "data_offsets": [first, end]}``, offsets in bytes from 8 + N.
``header["__metadata__"]["nbembed"]`` is a text of JSON once more; in it ``"kind"`` is ``"weights"``, ``"arrays"`` holds
a checksum of each array, and ``"config"`` is::

    {"version": 1, "dtype": "float16" | "float32", "shape": [of one sample], "n_components": 2,
     "layers": [{"type": …, its options, and for each of its arrays the name: "weight": "1.weight"}, …]}

The layers are applied in their order to a batch of samples x, shape (n, …):

===============  ===================================================================================
type             what it gives
===============  ===================================================================================
standardize      ``(x - center) / divisor``; center is F64, divisor a number: this may cancel digits
flatten          all axes but the first become one
linear           ``x @ weight.T + bias``; weight (out, in)
affine           ``x * weight + bias`` for each column, or for each channel, which is axis 1
layer_norm       over the last axis: ``(x - mean) / sqrt(variance + eps) * weight + bias``
group_norm       the same over each of ``groups`` equal parts of the channels, all pixels together
relu             ``max(x, 0)``; likewise tanh, sigmoid, and silu, which is ``x * sigmoid(x)``
pictures         rows to pictures: (n, h · w · c) is read as (n, h, w, c) and becomes (n, c, h, w)
rows             pictures to rows, the way back
conv2d           cross-correlation with weight (out, in, height, width) at every ``stride`` of the picture with
                 ``padding`` zeros around it, plus bias
max_pool2d       the maximum of windows of ``size`` side by side; ``ceil`` keeps incomplete ones at the end
===============  ===================================================================================

Matrices and kernels have the dtype of the file, biases and normalizations are F32. Batch normalizations are
folded into their neighbours.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from nbembed import _checks, persistence
from nbembed.errors import InvalidInputError

__all__ = ["Weights", "read", "write"]

KIND, VERSION = "weights", 1
DTYPES = ("float16", "float32")

Array = NDArray[Any]
Layer = tuple[str, Mapping[str, Any], Mapping[str, Array]]


@dataclass(frozen=True, eq=False)
class Weights:
    """A network as its file describes it: call it with samples to have their places.

    Attributes
    ----------
    layers : list
        Type, options and arrays of each layer.
    shape : tuple of int
        Of one sample.
    n_components : int
        Columns of the map.
    dtype : str
        Of matrices and kernels.
    """

    layers: Sequence[Layer]
    shape: tuple[int, ...]
    n_components: int
    dtype: str

    def __call__(self, X: Array) -> NDArray[np.float64]:
        """Return the places of samples, shape (n, …) as they were given to the fit, computed in float64."""
        x = np.asarray(X, dtype=np.float64).reshape(-1, *self.shape)
        for kind, options, arrays in self.layers:
            x = EVALUATORS[kind](x, options, arrays)
        return x


def write(
    path: str | Path,
    layers: Sequence[Layer],
    *,
    shape: Sequence[int],
    n_components: int,
    dtype: str = "float32",
) -> None:
    """Write the layers of a network to one file, as the top of this module describes it.

    Raises
    ------
    InvalidInputError
        If ``dtype`` is another name, or a number is too large for float16.
    """
    _checks.check_choice("dtype", dtype, DTYPES)
    listed: list[dict[str, Any]] = []
    stored: dict[str, Array] = {}
    for number, (kind, options, arrays) in enumerate(layers):
        names = {name: f"{number}.{name}" for name in arrays}
        listed.append({"type": kind, **options, **names})
        for name, values in arrays.items():
            wanted = _stored_type(kind, name, dtype)
            if wanted == "float16" and np.abs(values).max(initial=0) > np.finfo(np.float16).max:
                raise InvalidInputError(
                    f"dtype must be 'float32' for weights up to {np.abs(values).max():.3g}, got 'float16', which ends "
                    "at 65504"
                )
            stored[names[name]] = values.astype(wanted)
    config = {
        "version": VERSION,
        "dtype": dtype,
        "shape": [int(side) for side in shape],
        "n_components": int(n_components),
        "layers": listed,
    }
    persistence.save(path, KIND, config, stored)


def read(path: str | Path) -> Weights:
    """Return the network that :func:`write` wrote.

    Raises
    ------
    InvalidInputError
        If the file holds something else, or is of a later version.
    """
    kind, config, arrays = persistence.load(path)
    if kind != KIND or config["version"] != VERSION:
        raise InvalidInputError(
            f"path must be a file that to_weights wrote, of version {VERSION}, got {path} of kind {kind!r}"
        )
    layers: list[Layer] = []
    for listed in config["layers"]:
        named = {
            key: value
            for key, value in listed.items()
            if isinstance(value, str) and value in arrays
        }
        options = {key: value for key, value in listed.items() if key not in named}
        layers.append((options.pop("type"), options, {k: arrays[v] for k, v in named.items()}))
    return Weights(layers, tuple(config["shape"]), config["n_components"], config["dtype"])


def _stored_type(kind: str, name: str, dtype: str) -> str:
    if kind == "standardize":
        return "float64"
    return dtype if name == "weight" and kind in ("linear", "conv2d") else "float32"


# ---- what the layers are ---------------------------------------------------------------------------

Options = Mapping[str, Any]
Arrays = Mapping[str, Array]


def _standardize(x: Array, options: Options, arrays: Arrays) -> Array:
    return (x - arrays["center"]) / options["divisor"]


def _flatten(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001 - as the others
    return x.reshape(len(x), -1)


def _linear(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
    return x @ arrays["weight"].astype(np.float64).T + arrays["bias"]


def _affine(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
    return _per_channel(x, arrays)


def _layer_norm(x: Array, options: Options, arrays: Arrays) -> Array:
    return _normalized(x, -1, options["eps"]) * arrays["weight"] + arrays["bias"]


def _group_norm(x: Array, options: Options, arrays: Arrays) -> Array:
    parts = x.reshape(len(x), options["groups"], -1)
    return _per_channel(_normalized(parts, -1, options["eps"]).reshape(x.shape), arrays)


def _pictures(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
    return x.reshape(len(x), *options["shape"]).transpose(0, 3, 1, 2)


def _rows(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
    return x.transpose(0, 2, 3, 1).reshape(len(x), -1)


def _convolution(x: Array, options: Options, arrays: Arrays) -> Array:
    (above, beside), (down, across) = options["padding"], options["stride"]
    padded = np.pad(x, ((0, 0), (0, 0), (above, above), (beside, beside)))
    weight = arrays["weight"].astype(np.float64)
    windows = sliding_window_view(padded, weight.shape[2:], axis=(2, 3))[:, :, ::down, ::across]
    found = np.einsum("nchwij,ocij->nohw", windows, weight, optimize=True)
    return found + arrays["bias"][:, None, None]


def _pooling(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
    height, width = options["size"]
    if options["ceil"]:
        missing = -x.shape[2] % height, -x.shape[3] % width
        x = np.pad(x, ((0, 0), (0, 0), (0, missing[0]), (0, missing[1])), constant_values=-np.inf)
    n, channels, rows, columns = *x.shape[:2], x.shape[2] // height, x.shape[3] // width
    x = x[:, :, : rows * height, : columns * width]
    return x.reshape(n, channels, rows, height, columns, width).max(axis=(3, 5))


def _sigmoid(x: Array) -> Array:
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def _normalized(x: Array, axis: int, eps: float) -> Array:
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / np.sqrt(np.square(centred).mean(axis=axis, keepdims=True) + eps)


def _per_channel(x: Array, arrays: Arrays) -> Array:
    sides = (-1, *[1] * (x.ndim - 2))
    return x * arrays["weight"].reshape(sides) + arrays["bias"].reshape(sides)


def _pointwise(function: Callable[[Array], Array]) -> Callable[[Array, Options, Arrays], Array]:
    """Return a function of each number as a layer."""

    def layer(x: Array, options: Options, arrays: Arrays) -> Array:  # noqa: ARG001
        return function(x)

    return layer


EVALUATORS: dict[str, Callable[[Array, Options, Arrays], Array]] = {
    "standardize": _standardize,
    "flatten": _flatten,
    "linear": _linear,
    "affine": _affine,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "relu": _pointwise(lambda x: np.maximum(x, 0)),
    "tanh": _pointwise(np.tanh),
    "sigmoid": _pointwise(_sigmoid),
    "silu": _pointwise(lambda x: x * _sigmoid(x)),
    "pictures": _pictures,
    "rows": _rows,
    "conv2d": _convolution,
    "max_pool2d": _pooling,
}
