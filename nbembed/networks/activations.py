"""What one part of a network makes of samples of any shape."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed._checks import nearest
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.networks.rows import Rows, block_size

__all__ = ["as_samples", "evaluating", "features", "home_of"]

# Parts of a network that an error names.
SHOWN = 12


def features(module: Any, X: Any, layer: str) -> NDArray[np.float32]:
    """Return what one part of a network makes of each sample, in evaluation mode, block by block.

    Parameters
    ----------
    module
        Any network; left as it is, each part of it in the mode it is in.
    X
        What ``module`` takes, n samples along the first axis: an array, a memory map or a tensor of shape
        (n, …), or :class:`~nbembed.networks.Rows`. Numbers become those of the weights, except where the
        network begins with an embedding of tokens, which takes whole numbers.
    layer
        Name of the part as in ``module.named_modules()``, for example ``"f100"`` or ``"hidden3"``.

    Returns
    -------
    ndarray of float32, shape (n, width)
        Pictures and sequences are flattened. Of a part that gives several things, such as an LSTM, the first;
        of a part that is used several times, what it gives last.

    Raises
    ------
    InvalidInputError
        If there is no such part (the message names the nearest), it is not used, its output has no entry for
        each sample, or ``X`` has no samples.
    InvalidTypeError
        If ``module`` is no network, or ``X`` does not hold numbers.
    """
    if not isinstance(module, nn.Module):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidTypeError(
            f"model must be a torch.nn.Module or a fitted parametric estimator, got {type(module).__name__}"
        )
    part = _part(module, layer)
    device, dtype = home_of(module)
    kept: dict[str, Any] = {}

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
        kept["output"] = output

    hook = part.register_forward_hook(keep)
    found: list[Tensor] = []
    try:
        with evaluating(module), torch.no_grad():
            for block in _blocks(X):
                module(block.to(device, dtype or block.dtype))
                found.append(_kept_rows(kept, layer, len(block)))
    finally:
        hook.remove()
    return torch.cat(found).numpy()


def as_samples(X: Any) -> Any:
    """Return ``X`` as a tensor or array of at least one sample along its first axis.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        If it has no samples or does not hold real numbers.
    """
    samples = X if isinstance(X, torch.Tensor) else np.asarray(X)
    if not isinstance(samples, torch.Tensor) and samples.dtype.kind not in "biuf":
        raise InvalidTypeError(
            f"X must hold real numbers, got dtype {samples.dtype}; convert it to numbers first"
        )
    if samples.ndim == 0 or len(samples) == 0:
        raise InvalidInputError(
            f"X must hold at least one sample along its first axis, got shape {tuple(samples.shape)}"
        )
    return samples


def home_of(module: nn.Module) -> tuple[torch.device, torch.dtype | None]:
    """Return where a network is and the type of its numbers; None if it takes whole numbers."""
    weights = [*module.parameters(), *module.buffers()]
    device = weights[0].device if weights else torch.device("cpu")
    holders = (part for part in module.modules() if next(part.parameters(False), None) is not None)
    if isinstance(next(holders, None), (nn.Embedding, nn.EmbeddingBag)):
        return device, None
    return device, next((w.dtype for w in weights if w.is_floating_point()), torch.float32)


@contextmanager
def evaluating(module: nn.Module) -> Generator[None]:
    """Have a network in evaluation mode inside; each part then gets the mode back that it had."""
    modes = [(part, part.training) for part in module.modules()]
    module.train(False)
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode


def _part(module: nn.Module, layer: str) -> nn.Module:
    parts = dict(module.named_modules())
    if layer not in parts or not layer:
        known = [name for name in parts if name]
        shown = ", ".join(known[:SHOWN]) + (", …" if len(known) > SHOWN else "")
        raise InvalidInputError(
            f"layer must be a part of the network ({shown}), got {layer!r}{nearest(layer, known)}"
        )
    return parts[layer]


def _blocks(X: Any) -> Iterator[Tensor]:
    """Yield the samples as tensors, a block at a time; those of a memory map are read then."""
    if isinstance(X, Rows):
        yield from X.blocks()
        return
    samples = as_samples(X)
    size = block_size(samples.shape[1:])
    for start in range(0, len(samples), size):
        part = samples[start : start + size]
        if isinstance(part, torch.Tensor):
            yield part.detach()
        else:
            block = np.array(part, order="C")
            yield torch.from_numpy(block.astype(block.dtype.newbyteorder("="), copy=False))


def _kept_rows(kept: dict[str, Any], layer: str, wanted: int) -> Tensor:
    """Return what the hook kept, one row for each of the ``wanted`` samples."""
    output = kept.pop("output", None)
    if output is None:
        raise InvalidInputError(
            f"layer must be a part that the network uses when it evaluates, got {layer!r}, which it does not call"
        )
    while isinstance(output, (tuple, list)):
        output = output[0]
    if not isinstance(output, torch.Tensor) or output.ndim == 0 or len(output) != wanted:
        found = tuple(output.shape) if isinstance(output, torch.Tensor) else type(output).__name__
        raise InvalidInputError(
            f"layer must give one entry for each of the {wanted} samples of a block along its first axis, got "
            f"{layer!r} with {found}; a recurrent part needs batch_first=True"
        )
    return output.detach().reshape(wanted, -1).float().cpu()
