"""Points without a network: their coordinates are the weights."""

import torch
from torch import Tensor, nn

__all__ = ["Points"]


class Points(nn.Module):
    """A table of coordinates that are trained themselves; its input are numbers of rows, shape (n, 1).

    Parameters
    ----------
    n
        Points.
    n_components
        Coordinates of each.
    seed
        Fixes where they start: normally distributed.

    References
    ----------
    Hinterreiter et al. (2023), EuroVis, sec. 6.3.
    """

    def __init__(self, n: int, n_components: int, *, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.places = nn.Parameter(torch.randn((n, n_components), generator=generator))

    def forward(self, numbers: Tensor) -> Tensor:
        """Return the places of the points of these numbers."""
        return self.places[numbers[:, 0].long()]
