"""Terms about distances: their correlation, and rows that were changed a little."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from nbembed.networks.batches import Batch
from nbembed.networks.losses import TINY
from nbembed.networks.sampling import Items
from nbembed.networks.terms.base import Term

__all__ = ["AUGMENTATIONS", "Consistency", "Correlation", "correlation"]

# Added to variances: the correlation of what does not vary is 0, with a finite slope.
VARIANCE_FLOOR = 1e-6
# Random pairs for each row of a batch of rows, and for each edge of a batch of edges.
PAIRS = 4
# Standard deviation of "noise", whose inputs have variance 1 on average; share that "dropout" sets to the mean.
NOISE, DROPPED = 0.3, 0.2
# Pixels by which "shift" moves a picture at most.
SHIFT = 2


class Correlation(Term):
    r"""Less the Pearson correlation of distances in the map with those of the rows, from -1 to 1.

    Over random pairs of the batch, four for each edge or row of it: what is far apart counts as much as what is
    near. Distances are Euclidean, between standardized rows as the network sees them.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, eq. 5.1.
    """

    def forward(self, batch: Batch) -> Tensor:
        """Return less the correlation."""
        n = batch.n_items
        device, generator = batch.places.device, batch.generators[self.key]
        pairs = torch.randint(n, (2, PAIRS * batch.items.size), generator=generator, device=device)
        first, second = pairs
        apart = (batch.rows[first] != batch.rows[second]).to(batch.places.dtype)
        far = [
            (rows[first] - rows[second]).flatten(1).square().sum(1).clamp(min=TINY).sqrt()
            for rows in (batch.inputs, batch.places)
        ]
        return -correlation(far[0], far[1], apart / apart.sum().clamp(min=1))


class Consistency(Term):
    r"""A row that was changed a little stays near its place: :math:`-\ln w` of the two, in nats.

    This is the attraction of an edge between the row and what was made of it, with the kernel of the map.

    Parameters
    ----------
    augment
        ``augment(rows, generator)`` changes rows as the network sees them, shape (B, …), and draws
        from ``generator`` alone.

    References
    ----------
    Böhm, Berens & Kobak (2023), "Unsupervised visualization of image datasets using contrastive learning",
    ICLR, eq. 2.
    """

    def __init__(
        self, key: str, weight: float, augment: Callable[[Tensor, torch.Generator], Tensor]
    ) -> None:
        super().__init__(key, weight)
        self._augment = augment

    def bring(
        self,
        table: Any,  # noqa: ARG002
        items: Items,
        inputs: Tensor,
        generator: torch.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return what was made of the first rows that the objective drew: of edges, the heads."""
        count = items.size
        changed = self._augment(inputs[:count], generator)
        if changed.shape != inputs[:count].shape:
            raise ValueError(
                f"augment must keep the shape of the rows, {tuple(inputs[:count].shape)}, got {tuple(changed.shape)}"
            )
        return items.rows[:count], changed

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean attraction between rows and what was made of them."""
        changed = self.own(batch, batch.places)
        far = (batch.places[: len(changed)] - changed).square().sum(1)
        return functional.softplus(batch.kernel.odds(far)).mean()


def correlation(first: Tensor, second: Tensor, shares: Tensor) -> Tensor:
    """Return Pearson's correlation of two rows of numbers, each place weighted with its share.

    Parameters
    ----------
    first, second, shares
        Shape (B,); the shares are at least 0 and need not sum to 1. Where nothing varies the value is 0.
    """
    shares = shares / shares.sum().clamp(min=torch.finfo(shares.dtype).tiny)

    def centred(values: Tensor) -> Tensor:
        values = values - (shares * values).sum()
        # Before the floor both have a variance of about 1: the floor is the same in all units.
        scale = (shares * values.detach().square()).sum().sqrt()
        return values / scale.clamp(min=TINY)

    a, b = centred(first), centred(second)
    deviations = [((shares * x.square()).sum() + VARIANCE_FLOOR).sqrt() for x in (a, b)]
    return (shares * a * b).sum() / (deviations[0] * deviations[1])


def noise(rows: Tensor, generator: torch.Generator) -> Tensor:
    """Return rows plus Gaussian noise of standard deviation 0.3, the columns having 1 on average."""
    return rows + NOISE * torch.empty_like(rows).normal_(generator=generator)


def dropout(rows: Tensor, generator: torch.Generator) -> Tensor:
    """Return rows in which a fifth of all numbers was set to its column's mean, which is 0."""
    kept = torch.rand(rows.shape, generator=generator, device=rows.device) >= DROPPED
    return rows * kept


def shift(rows: Tensor, generator: torch.Generator, *, shape: tuple[int, int, int]) -> Tensor:
    """Return pictures moved by up to two pixels up or down and left or right; borders are repeated.

    Parameters
    ----------
    rows
        Pixel by pixel, row by row, with their channels together.
    shape
        Height, width and channels.
    """
    height, width, _ = shape
    pictures = rows.reshape(len(rows), *shape)
    device = rows.device
    moves = torch.randint(-SHIFT, SHIFT + 1, (2, len(rows), 1), generator=generator, device=device)
    up = (torch.arange(height, device=device) + moves[0]).clamp(0, height - 1)
    left = (torch.arange(width, device=device) + moves[1]).clamp(0, width - 1)
    number = torch.arange(len(rows), device=device)[:, None, None]
    return pictures[number, up[:, :, None], left[:, None, :]].reshape(rows.shape)


AUGMENTATIONS: dict[str, Callable[..., Tensor]] = {
    "noise": noise,
    "dropout": dropout,
    "shift": shift,
}
