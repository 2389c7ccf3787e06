"""Mini-batches of rows, and of edges, each with places that count as noise."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from nbembed import _checks
from nbembed.neighbors import Graph

__all__ = ["NEGATIVES", "EdgeBatches", "ItemBatches", "Items", "Pairs"]

# Fewer rows than these hold out none.
FEW = 20
NEGATIVES = ("batch", "uniform", "permuted")


@dataclass(frozen=True, eq=False)
class Items:
    """One mini-batch: which rows go through the network.

    Attributes
    ----------
    rows : tensor of int64
        Rows of the data.
    """

    rows: Tensor

    @property
    def size(self) -> int:
        """Number of rows; of a batch of edges, number of edges."""
        return len(self.rows)


@dataclass(frozen=True, eq=False)
class Pairs(Items):
    """One mini-batch of edges, and which rows of it are compared.

    Attributes
    ----------
    rows : tensor of int64
        Rows of the data: the B heads, the B tails, then rows drawn as noise, if any.
    noise : tensor of int64
        Positions in ``rows``: shape (C,) if the noise is common to all edges, (B, C) if each has its own.
    mask : tensor of bool, shape (B, C), or None
        Where the noise is neither head nor tail of its edge.
    """

    noise: Tensor
    mask: Tensor | None

    @property
    def size(self) -> int:
        """Number of edges."""
        return len(self.noise if self.mask is None else self.mask)


class ItemBatches:
    """Draws rows with replacement, each as likely as any other.

    Parameters
    ----------
    n
        Rows of the data.
    batch_size
        Rows of a batch, at least 0.
    held_out
        Share of the rows that is never drawn; of fewer than 20 rows, none. Default 0.
    seed
        Fixes which those are. Default 0.
    device
        Where they are drawn. Default ``"cpu"``.

    Attributes
    ----------
    held_out : tensor of int64
        Rows that are never drawn, ascending.
    """

    def __init__(
        self, n: int, batch_size: int, *, held_out: float = 0.0, seed: int = 0, device: str = "cpu"
    ) -> None:
        _checks.check_number("batch_size", batch_size, low=0, integer=True)
        self.n, self.batch_size, self.device = n, batch_size, device
        count = round(held_out * n) if n >= FEW else 0
        # On the CPU, so that all devices hold out the same.
        order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
        self.held_out = order[:count].sort().values.to(device)
        self._training = order[count:].sort().values.to(device)

    def draw(self, generator: torch.Generator) -> Items:
        """Return the next batch; all that is random comes from ``generator``."""
        size = (self.batch_size,)
        n = len(self._training)
        return Items(
            self._training[torch.randint(n, size, generator=generator, device=self.device)]
        )


class EdgeBatches:
    r"""Draws edges in proportion to their weights, with replacement, and noise.

    Parameters
    ----------
    graph
        Symmetric affinities; an edge stands in it in both directions.
    batch_size
        Edges of a batch, at least 1.
    n_negatives
        Places of noise: common to all edges of the batch, or per edge with ``"permuted"``.
    negatives
        Where the noise comes from: ``"batch"`` (default) takes it from heads and tails of the batch, which
        costs nothing; ``"uniform"`` from all rows, which go through the network in addition;
        ``"permuted"`` gives each edge its own from the tails, as published with Parametric UMAP.
    device
        Where everything is drawn and kept. Default ``"cpu"``.

    Raises
    ------
    InvalidInputError
        If a number is too small or the name is unknown.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 3.1.
    """

    def __init__(
        self,
        graph: Graph,
        batch_size: int,
        n_negatives: int,
        *,
        negatives: str = "batch",
        device: str = "cpu",
    ) -> None:
        _checks.check_number("batch_size", batch_size, low=1, integer=True)
        _checks.check_number("n_negatives", n_negatives, low=1, integer=True)
        _checks.check_choice("negatives", negatives, NEGATIVES)
        self.n, self.device = graph.n, device
        self.batch_size, self.n_negatives, self.negatives = batch_size, n_negatives, negatives
        heads = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
        self._heads = torch.from_numpy(heads).to(device)
        self._tails = torch.from_numpy(graph.indices.astype(np.int64)).to(device)
        self._sums = torch.from_numpy(np.cumsum(graph.weights, dtype=np.float64)).to(device)

    def draw(self, generator: torch.Generator, batch_size: int | None = None) -> Pairs:
        """Return the next batch; all that is random comes from ``generator``."""
        size, device = batch_size or self.batch_size, self.device
        heads, tails = self.edges(generator, size)
        rows = torch.cat([heads, tails])
        count = self.n_negatives
        if self.negatives == "permuted":
            spots = torch.randint(size, (size, count), generator=generator, device=device)
            return Pairs(rows, spots + size, None)
        if self.negatives == "uniform":
            drawn = torch.randint(self.n, (count,), generator=generator, device=device)
            rows, noise = torch.cat([rows, drawn]), torch.arange(2 * size, 2 * size + count)
            noise = noise.to(device)
        else:
            noise = torch.randint(2 * size, (count,), generator=generator, device=device)
        others = rows[noise]
        mask = (heads[:, None] != others) & (tails[:, None] != others)
        return Pairs(rows, noise, mask)

    def edges(self, generator: torch.Generator, size: int) -> tuple[Tensor, Tensor]:
        """Return the rows at both ends of ``size`` edges, drawn in proportion to their weights."""
        spots = torch.rand(size, generator=generator, dtype=torch.float64, device=self.device)
        edges = torch.searchsorted(self._sums, spots * self._sums[-1], right=True)
        edges = edges.clamp(max=len(self._sums) - 1)
        return self._heads[edges], self._tails[edges]

    def joined(self, heads: Tensor, others: Tensor) -> Tensor:
        """Return whether an edge leads from each of ``heads`` to its row of ``others``, or both are one row.

        Parameters
        ----------
        heads, others
            Numbers of rows, of shapes that fit each other.
        """
        wanted = heads * self.n + others
        known = self._heads * self.n + self._tails
        spots = torch.searchsorted(known, wanted).clamp(max=len(known) - 1)
        return (known[spots] == wanted) | (heads == others)
