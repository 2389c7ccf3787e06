"""densMAP's term for networks: a sum over all points, of which a mini-batch sees a few, as running sums."""

import torch
from torch import Tensor

from nbembed.errors import InvalidInputError
from nbembed.networks.batches import Batch
from nbembed.networks.linked_objectives import Linked
from nbembed.networks.terms.base import Term

__all__ = ["Density"]

# Added to mean squared distances before their logarithm, and to the variance of radii.
TINY = 1e-8
# What is summed over the points that were seen: 1, R, R², r, r², R r.
SUMS = 6


class Density(Term):
    r"""Less the correlation of local radii in the map with those in the data, from -1 to 1: densities are kept.

    The log radius of a point is :math:`r_i = \ln \sum_j \mu_{ij} d_{ij}^2 / \sum_j \mu_{ij}`, in the data and in the
    map. A mini-batch holds a few edges of a few points, drawn in proportion to :math:`\mu`: their squared lengths move
    a running mean of each point, and six sums over all points move with it. The gradient is that of the correlation
    of all points, along the edges of the mini-batch.

    Parameters
    ----------
    radii
        Log radii of the data, shape (n,).
    memory
        How much of the running mean of a point stays when the point is seen again, 0 to below 1.
    shift
        Added to the variance of the map's radii, at least 0: keeps the correlation tame where they are alike.

    References
    ----------
    Narayan, Berger & Cho (2021), Nature Biotechnology 39, Methods; there the map's edges weigh as much as they are
    close in the map, and all are summed in every epoch. That mini-batches cannot is an open problem of Hinterreiter et
    al. (2023), EuroVis, sec. 6.5.
    """

    def __init__(
        self, key: str, weight: float, radii: Tensor, *, memory: float = 0.9, shift: float = 0.1
    ) -> None:
        super().__init__(key, weight)
        self._radii, self._memory, self._shift = radii.double(), memory, shift
        # Of points that were not seen yet it is below 0. Both are part of the state of a run.
        self.spread: Tensor
        self.sums: Tensor
        self.register_buffer("spread", torch.full_like(self._radii, -1.0))
        self.register_buffer("sums", self._radii.new_zeros(SUMS))

    def forward(self, batch: Batch) -> Tensor:
        """Return less the correlation; in training the sums take the edges of the mini-batch in before."""
        if not self.training:
            return -self.correlation().float()
        items = batch.items
        if not isinstance(items, Linked):
            raise InvalidInputError(f"loss {self.key!r} needs mini-batches of edges")
        lengths = (batch.places[items.heads] - batch.places[items.tails]).square().sum(1).double()
        ends, at = torch.unique(torch.cat([items.heads, items.tails]), return_inverse=True)
        rows, both = batch.rows[ends], torch.cat([lengths, lengths])
        count = torch.zeros_like(self._radii[rows]).index_add(0, at, torch.ones_like(both))
        fresh = torch.zeros_like(count).index_add(0, at, both) / count
        now = self._take_in(rows, fresh.detach())
        slope = self._slope(rows, torch.log(now + TINY))
        # As much as all points would have been worth, of which these are a sample.
        share = len(self._radii) / len(rows)
        moved = (slope * fresh / (now + TINY)).sum() * share
        return (moved.detach() - moved - self.correlation()).float()

    def correlation(self) -> Tensor:
        """Return the correlation over the points seen so far, 0 before any."""
        count, covariance, own, deviation = self._moments()
        return torch.where(count > 1, covariance / (own * deviation), 0.0)

    # ---- inside -------------------------------------------------------------------------------

    def _take_in(self, rows: Tensor, fresh: Tensor) -> Tensor:
        """Move running means of points, and the sums; return the means."""
        before = self.spread[rows]
        seen = before >= 0
        now = torch.where(seen, self._memory * before + (1 - self._memory) * fresh, fresh)
        self.sums += self._powers(rows, now).sum(1)
        self.sums -= (self._powers(rows, before.clamp(min=0)) * seen).sum(1)
        self.spread[rows] = now
        return now

    def _powers(self, rows: Tensor, spread: Tensor) -> Tensor:
        """Return what each point adds to the sums, shape (6, B)."""
        own, found = self._radii[rows], torch.log(spread + TINY)
        return torch.stack([torch.ones_like(own), own, own**2, found, found**2, own * found])

    def _moments(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return the number of points, the covariance, and both deviations."""
        count = self.sums[0].clamp(min=1)
        own, own_squared, found, found_squared, product = self.sums[1:] / count
        deviation = ((found_squared - found**2).clamp(min=0) + self._shift).sqrt()
        own_deviation = (own_squared - own**2).clamp(min=0).sqrt() + TINY
        return self.sums[0], product - own * found, own_deviation, deviation

    def _slope(self, rows: Tensor, radii: Tensor) -> Tensor:
        """Return the slope of the correlation by the radius of each of some points."""
        count, covariance, own, deviation = self._moments()
        means = self.sums[[1, 3]] / count.clamp(min=1)
        ahead = (self._radii[rows] - means[0]) / deviation
        behind = covariance * (radii - means[1]) / deviation**3
        return (ahead - behind) / (own * count.clamp(min=1))
