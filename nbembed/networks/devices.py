"""Where torch works, and on how many threads."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from nbembed.errors import InvalidInputError

__all__ = ["pick_device", "pinned_torch"]


def pick_device(device: str) -> str:
    """Return the device that ``"auto"`` stands for: CUDA, else MPS, else the CPU.

    Raises
    ------
    InvalidInputError
        If the device is not there.
    """
    there = ["cpu"]
    if torch.backends.mps.is_available():
        there.insert(0, "mps")
    if torch.cuda.is_available():
        there.insert(0, "cuda")
    if device == "auto":
        return there[0]
    if device.split(":", maxsplit=1)[0] not in there:
        raise InvalidInputError(
            f"device must be 'auto' or one of {', '.join(map(repr, there))} on this machine, got {device!r}"
        )
    return device


@contextmanager
def pinned_torch(n_threads: int, seed: int | None = None) -> Generator[None]:
    """Run torch on ``n_threads`` threads inside; with a seed, put back its global generator too."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        with torch.random.fork_rng(devices=[], enabled=seed is not None):
            yield
    finally:
        torch.set_num_threads(before)
