"""Where torch works, and on how many threads."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from nbembed.errors import InvalidInputError

__all__ = ["pick_device", "pinned_torch", "seeded_torch"]


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
def pinned_torch(n_threads: int) -> Generator[None]:
    """Run torch on ``n_threads`` threads inside."""
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded_torch(seed: int, device: str) -> Generator[None]:
    """Let dropout and the like draw from ``seed`` inside, and put the caller's generators back.

    Layers draw from torch's own generators: that of the CPU, and that of the graphics card they are on.
    """
    cards = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=cards):
        torch.default_generator.manual_seed(seed)
        for card in cards:
            with torch.cuda.device(card):
                torch.cuda.manual_seed(seed)
        yield
