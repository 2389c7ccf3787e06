"""What a network sees of the data: rows, standardized and folded into samples, in memory or on disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbembed._scaling import Scaling, blocks, is_on_disk, mean_and_variance

__all__ = ["BLOCK", "Rows", "Standardization", "block_size"]

# Samples that go through a network at once, and numbers they may hold together.
BLOCK, BLOCK_NUMBERS = 2048, 1 << 20
# Share of the free memory of a graphics card that data may take.
SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Standardization:
    """Centring of every column and one scale for all of them, so that distances keep their ratios."""

    mean: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, X: NDArray[Any]) -> "Standardization":
        """Return what gives ``X`` mean 0 in each column and mean square 1; constant data only mean 0."""
        mean, variance = mean_and_variance(X)
        return cls(mean, float(np.sqrt(variance.mean())) or 1.0)

    def forward(self, X: NDArray[Any]) -> NDArray[np.float32]:
        """Return standardized rows."""
        # In float32: data whose mean is far beyond their spread were shifted before they came here.
        Z = np.subtract(X, self.mean.astype(np.float32), dtype=np.float32)
        Z *= np.float32(1.0 / self.scale)
        return Z

    def before(self, scaling: Scaling) -> "Standardization":
        """Return what takes the data as they were given, before ``scaling``, to the same rows."""
        shift = 0.0 if scaling.shift is None else scaling.shift
        return Standardization((self.mean + shift) * scaling.divisor, self.scale * scaling.divisor)

    def back(self, Z: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows as they were before :meth:`forward`."""
        return (Z * self.scale + self.mean).astype(np.float32)


class Rows:
    """Standardized rows of a table, folded into the shape of a sample, on the device of a network.

    They lie there all together where they fit. Those of a memory map, and those that would fill half of a
    graphics card's free memory, stay where they are; what is asked for is fetched and standardized then. The
    numbers are the same either way.

    Parameters
    ----------
    X
        The table, shape (n_rows, n_features).
    standardization
        How the network's numbers are made of it; None where they are already.
    shape
        Of one sample; None for that of a row. Its product is n_features.
    device
        Where the network is. Default ``"cpu"``.
    once
        Whether they are passed once: then there is no use in holding them all standardized. Default False.

    Attributes
    ----------
    shape : tuple of int
        That of one sample.
    resident : bool
        Whether all rows lie on the device.
    """

    def __init__(
        self,
        X: NDArray[Any],
        standardization: Standardization | None = None,
        *,
        shape: Sequence[int] | None = None,
        device: str = "cpu",
        once: bool = False,
    ) -> None:
        self.shape = tuple(X.shape[1:] if shape is None else shape)
        self.device = device
        self._X, self._standardization = X, standardization
        self.resident = not once and not is_on_disk(X) and 4 * X.size <= _room(device)
        if self.resident:
            parts = (self._ready(block) for block in blocks(X))
            table = X if standardization is None else _joined(parts, X.shape)
            self._rows = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32)).to(device)

    @classmethod
    def of(cls, rows: "NDArray[Any] | Rows", device: str) -> "Rows":
        """Return ``rows``, an array of standardized samples perhaps, as such."""
        return rows if isinstance(rows, Rows) else cls(rows, device=device)

    def __len__(self) -> int:
        return len(self._X)

    def __getitem__(self, numbers: Tensor) -> Tensor:
        """Return the samples of these numbers, shape (len(numbers), …)."""
        if self.resident:
            return self._rows[numbers].reshape(-1, *self.shape)
        wanted = numbers.cpu().numpy()
        found = np.empty((len(wanted), self._X.shape[1]), dtype=np.float32)
        size = block_size(self.shape)
        for start in range(0, len(wanted), size):
            part = slice(start, start + size)
            found[part] = self._ready(self._X[wanted[part]])
        return self._folded(found)

    def first(self, count: int) -> Tensor:
        """Return the first samples, as many as there are."""
        return self[torch.arange(min(count, len(self)))]

    def part(self, start: int, stop: int) -> Tensor:
        """Return the samples from ``start`` up to ``stop``."""
        if self.resident:
            return self._rows[start:stop].reshape(-1, *self.shape)
        return self._folded(self._ready(self._X[start:stop]))

    def blocks(self) -> Iterator[Tensor]:
        """Yield all samples in their order, as many at once as a network should see.

        A block is to be used before the next one is asked for, which may lie in its place.
        """
        size = block_size(self.shape)
        # One buffer for all: new ones would leave gaps in the heap, as large as the data in the end.
        buffer = None if self.resident else np.empty((size, *self._X.shape[1:]), dtype=np.float32)
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            if buffer is None:
                yield self._rows[part].reshape(-1, *self.shape)
                continue
            here = buffer[: len(self._X[part])]
            here[:] = self._ready(self._X[part])
            yield self._folded(here)

    def _folded(self, rows: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(rows).to(self.device).reshape(-1, *self.shape)

    def _ready(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        if self._standardization is None:
            return np.asarray(rows, dtype=np.float32)
        return self._standardization.forward(rows)


def block_size(shape: Sequence[int]) -> int:
    """Return how many samples of this shape go through a network at once."""
    return max(1, min(BLOCK, BLOCK_NUMBERS // max(1, prod(shape))))


def _joined(parts: Iterator[NDArray[np.float32]], shape: Sequence[int]) -> NDArray[np.float32]:
    """Return the parts one below the other, holding one of them beside the whole."""
    whole = np.empty(shape, dtype=np.float32)
    start = 0
    for part in parts:
        whole[start : start + len(part)] = part
        start += len(part)
    return whole


def _room(device: str) -> float:
    """Return the bytes that data may take on a device; no bound where it shares the computer's memory."""
    if not device.startswith("cuda"):
        return float("inf")
    return SHARE * torch.cuda.mem_get_info(torch.device(device))[0]
