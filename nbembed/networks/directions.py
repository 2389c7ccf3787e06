"""The first layers of a dense network: principal directions of the data, and noise."""

from math import prod

import torch
from torch import Tensor, nn

from nbembed.networks.devices import pinned_torch
from nbembed.networks.rows import Rows, block_size

__all__ = ["Directions", "GaussianNoise"]

# Numbers of the data that directions are computed from at most, and columns up to which by a full decomposition.
SAMPLE, EXACT = 1 << 26, 1000
# Further directions and passes of the subspace iteration (Halko, Martinsson & Tropp 2011).
OVERSAMPLING, PASSES = 10, 6
# Directions with less than this share of the largest variance are noise of rounding: they give 0.
NOTHING = 1e-10


class Directions(nn.Module):
    """The coordinates of rows along the principal directions of the data, all on one scale.

    Their mean variance is 1; distances keep their ratios but for what lies in other directions.

    Parameters
    ----------
    n_features
        Columns of the rows.
    n_directions
        How many directions there are; those that the data do not have give 0.
    """

    weight: Tensor

    def __init__(self, n_features: int, n_directions: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_directions, n_features))

    def forward(self, rows: Tensor) -> Tensor:
        """Return the coordinates, shape (n_rows, n_directions)."""
        return nn.functional.linear(rows, self.weight)

    def fit(self, rows: Rows, *, seed: int) -> None:
        """Take the directions of standardized rows, or of every so many of them where there are very many."""
        with pinned_torch(1), torch.no_grad():
            variances, vectors = _principal(rows, *self.weight.shape, seed=seed)
            there = variances > NOTHING * variances.max()
            scale = (variances * there).mean().clamp(min=torch.finfo(variances.dtype).tiny).rsqrt()
            found = vectors * (there * scale)[:, None]
            self.weight.zero_()[: len(found)] = found.to(self.weight)

    def table(self, rows: Rows) -> Tensor:
        """Return the coordinates of all rows of a table, on its device."""
        return torch.cat([self(block.flatten(1)) for block in rows.blocks()])


class GaussianNoise(nn.Module):
    """Adds noise in training and nothing in evaluation: new rows are placed better by what learned with it.

    It draws from torch's own generator, as dropout does; a stepper fixes that.

    Parameters
    ----------
    scale
        Standard deviation, where the columns that come in have about 1.

    References
    ----------
    Bishop (1995), "Training with noise is equivalent to Tikhonov regularization", Neural Computation 7.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = float(scale)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the rows, shaken in training."""
        return rows + self.scale * torch.randn_like(rows) if self.training else rows


def _principal(
    rows: Rows, n_directions: int, n_features: int, *, seed: int
) -> tuple[Tensor, Tensor]:
    """Return variances, falling, and directions, shape (n_found, n_features), of rows whose mean is 0.

    The largest coordinate of a direction is positive, so that it does not depend on the solver's whim.
    """
    wanted = min(n_directions, len(rows), n_features)
    if n_features <= EXACT:
        variances, columns = torch.linalg.eigh(_times(rows, None))
    else:
        # Subspace iteration: no matrix of all pairs of columns is held.
        size = min(wanted + OVERSAMPLING, n_features)
        draw = torch.Generator().manual_seed(seed)
        basis = torch.randn((n_features, size), generator=draw, dtype=torch.float64)
        for _ in range(PASSES):
            basis = torch.linalg.qr(_times(rows, basis))[0]
        variances, inside = torch.linalg.eigh(basis.T @ _times(rows, basis))
        columns = basis @ inside
    variances, columns = variances.flip(0)[:wanted], columns.flip(1)[:, :wanted]
    largest = columns.abs().argmax(0, keepdim=True)
    return variances, (columns * columns.gather(0, largest).sign()).T


def _times(rows: Rows, basis: Tensor | None) -> Tensor:
    """Return the covariance of the rows, times ``basis`` if there is one, summed block by block."""
    n_features = prod(rows.shape)
    chosen = torch.arange(0, len(rows), max(1, len(rows) * n_features // SAMPLE))
    width = n_features if basis is None else basis.shape[1]
    total = torch.zeros((n_features, width), dtype=torch.float64)
    for part in chosen.split(block_size(rows.shape)):
        block = rows[part].flatten(1).cpu()
        total += block.T @ (block if basis is None else block @ basis.float())
    return total / len(chosen)
