"""The same orders of neighbours, worked out on another device by torch."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import InvalidInputError
from nbembed.metrics.budget import block_rows, each_block
from nbembed.metrics.ranking import COLUMN_BLOCK, FEW_FEATURES, SORT_ROWS, Space

__all__ = ["DeviceSpace", "space_on"]

# Of each pair: its distance, its place in a running count, and what comparisons leave.
BYTES_PER_PAIR = 24


def space_on(points: NDArray[Any], device: str) -> Space:
    """Return points whose neighbours are ranked on a device, "cpu" or what torch calls another.

    Raises
    ------
    InvalidInputError
        If the device is not there, or has no float64.
    """
    name = str(device)
    return Space(points) if name == "cpu" else DeviceSpace(points, _checked(name))


class DeviceSpace(Space):
    """Points whose distances are calculated and compared by torch, in float64.

    Of points at exactly the same distance the one of the smaller index is nearer. Other rounding
    than on the processor may turn round two points whose distances differ by less than it.

    Parameters
    ----------
    points
        Finite numbers, shape (n_samples, n_features).
    device
        Where to; torch's name.
    """

    def __init__(self, points: NDArray[Any], device: str) -> None:
        import torch

        super().__init__(points)
        self._torch: Any = torch
        self._device = device
        self._samples: Any = torch.empty(self.points.shape, dtype=torch.float64, device=device)
        for start in range(0, self.n, COLUMN_BLOCK):
            part = slice(start, start + COLUMN_BLOCK)
            self._samples[part] = torch.from_numpy(self.shifted(self.points[part])).to(device)
        self._norms: Any = self._samples.square().sum(1)

    def rank(
        self,
        rows: NDArray[np.intp],
        n_neighbors: int,
        targets: NDArray[np.intp] | None = None,
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the nearest points of ``rows`` and the ranks of ``targets``, as on the processor."""
        wanted = np.empty((len(rows), 0), dtype=np.intp) if targets is None else targets
        nearest = np.empty((len(rows), n_neighbors), dtype=np.intp)
        ranks = np.empty(wanted.shape, dtype=np.intp)

        def work(first: int, last: int) -> None:
            distances = self._to_others(rows[first:last])
            nearest[first:last] = _first(distances, n_neighbors)
            ranks[first:last] = self._ranks(distances, wanted[first:last])

        each_block(len(rows), block_rows(BYTES_PER_PAIR * self.n), work)
        return nearest, ranks

    def orders(self, block: NDArray[np.intp]) -> Iterator[NDArray[np.intp]]:
        """Return all points as seen from each of ``block``, some rows at a time."""
        sorted_ = self._to_others(block).argsort(dim=1, stable=True).cpu().numpy()
        for start in range(0, len(block), SORT_ROWS):
            yield sorted_[start : start + SORT_ROWS]

    def squared_distances(self, block: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return squared distances times ``scale`` squared, shape (len(block), n_samples)."""
        return self._distances(block).cpu().numpy()

    def _distances(self, block: NDArray[np.intp]) -> Any:
        chosen = self._torch.as_tensor(block, device=self._device)
        here, others = self._samples[chosen], self._samples
        if others.shape[1] > FEW_FEATURES:
            products = self._torch.addmm(self._norms, here, others.T, alpha=-2.0)
            return products + self._norms[chosen, None]
        # Differences cancel nothing.
        return sum((here[:, t : t + 1] - others[:, t]).square() for t in range(others.shape[1]))

    def _to_others(self, block: NDArray[np.intp]) -> Any:
        """Return squared distances; a point is infinitely far from itself."""
        distances = self._distances(block)
        distances[np.arange(len(block)), block] = np.inf
        return distances

    def _ranks(self, distances: Any, targets: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many points are before each target, and one more."""
        wanted = self._torch.as_tensor(targets, device=self._device)
        ranks = self._torch.ones_like(wanted)
        index = self._torch.arange(self.n, device=self._device)
        for m in range(wanted.shape[1]):
            target = wanted[:, m : m + 1]
            far = distances.gather(1, target)
            ranks[:, m] += (distances < far).sum(1)
            ranks[:, m] += ((distances == far) & (index < target)).sum(1)
        return ranks.cpu().numpy()


def _first(distances: Any, count: int) -> NDArray[np.intp]:
    """Return the ``count`` nearest of each row, in order."""
    if count == 0:
        return np.empty((len(distances), 0), dtype=np.intp)
    limit = distances.kthvalue(count, dim=1, keepdim=True).values
    nearer, level = distances < limit, distances == limit
    room = count - nearer.sum(1, keepdim=True)
    chosen = nearer | (level & (level.cumsum(1) <= room))
    found = chosen.nonzero()[:, 1].reshape(-1, count)
    order = distances.gather(1, found).argsort(dim=1, stable=True)
    return found.gather(1, order).cpu().numpy()


def _checked(device: str) -> str:
    """Return the name of a device that is there and can do what is asked of it."""
    import torch

    try:
        # Back again: there are devices that hold no numbers.
        torch.zeros(1, dtype=torch.float64, device=device).cpu()
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise InvalidInputError(
            f"device must be 'cpu', or a device with float64 that torch finds, such as 'cuda', got {device!r}: "
            f"{reason}; leave it out to use all cores"
        ) from None
    return device
