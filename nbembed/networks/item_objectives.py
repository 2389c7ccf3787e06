"""Objectives of whole mini-batches of rows: the KL divergence of each, and the distance from a given map."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbembed import _checks
from nbembed.neighbors import Graph
from nbembed.networks.losses import kl, squared_distances
from nbembed.networks.objective import PROBE, Objective
from nbembed.networks.plan import Plan
from nbembed.networks.sampling import ItemBatches, Items

__all__ = ["BATCHES", "BatchObjective", "PositionObjective", "batch_affinities"]

BATCHES = ("redrawn", "fixed", "neighbors")
# Bandwidths lie within these powers of e around one over the mean squared distance of a row.
BRACKET, HALVINGS = 30.0, 26
# Affinities of fixed batches are kept where they take no more bytes than these.
KEPT_BYTES = 1_000_000_000
# Neighbours that a seed of a batch brings along, with repeats.
COMPANIONS = 4


@dataclass(frozen=True, eq=False)
class Related(Items):
    """A mini-batch of rows and the affinities among them.

    Attributes
    ----------
    P : tensor, shape (B, B)
        Symmetric, zero on the diagonal.
    """

    P: Tensor


class BatchObjective(Objective):
    r"""The KL divergence of t-SNE within mini-batches of rows.

    With ``plan.batches="redrawn"`` the rows are shuffled at the start of every epoch and the affinities are measured
    within each batch; ``"fixed"`` shuffles once, as published; ``"neighbors"`` fills a batch with shuffled rows
    and some of their neighbours, and restricts the affinities of all rows to it.

    Parameters
    ----------
    graph
        Affinities of all rows; used with ``"neighbors"``.
    plan
        Size and kind of the batches, and the perplexity within them.
    table
        All samples; indexed with numbers of rows it gives them.
    kernel
        Called with the live parameters it gives the kernel.
    device
        Where everything is drawn and kept.

    References
    ----------
    van der Maaten (2009), "Learning a parametric embedding by preserving local structure", AISTATS, sec. 3.
    """

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        table: Any,
        kernel: Callable[[Mapping[str, float]], Any],
        *,
        device: str,
    ) -> None:
        super().__init__()
        _checks.check_choice("batches", plan.batches, BATCHES)
        self.plan, self.device, self.table, self.kernel = plan, device, table, kernel
        self.n, self.n_rows = len(table), plan.batch_size
        self.order: Tensor
        self.at: Tensor
        self.register_buffer("order", torch.arange(self.n, device=device))
        # The number of the next batch; -1 before the rows were shuffled at all.
        self.register_buffer("at", torch.tensor(-1))
        self._kept: dict[int, Tensor] = {}
        self._edges = None if plan.batches != "neighbors" else _Edges(graph, device)

    def draw(self, generator: torch.Generator) -> Related:
        """Return the next batch of the epoch; at its end the rows are shuffled anew, unless they are fixed."""
        number, count = int(self.at), self.n_batches
        if number < 0 or (number >= count and self.plan.batches != "fixed"):
            order = torch.randperm(self.n, generator=generator, device=self.device)
            self.order.copy_(order)
        number = 0 if number < 0 else number % count
        self.at.fill_(number + 1)
        # A copy: the order changes in place.
        seeds = self.order[number * self.n // count : (number + 1) * self.n // count].clone()
        if self._edges is not None:
            return self._edges.batch(seeds, generator)
        return Related(seeds, self._affinities(seeds, number))

    @property
    def n_batches(self) -> int:
        """Batches of an epoch: of equal size, and of two rows at least."""
        share = 1 + COMPANIONS if self._edges is not None else 1
        return max(1, min(-(-self.n * share // self.n_rows), self.n // 2))

    def probe(self, generator: torch.Generator) -> Related:
        """Return one batch of rows, or of rows and their neighbours."""
        order = torch.randperm(self.n, generator=generator, device=self.device)
        rows = order[: max(2, self.n // self.n_batches)]
        if self._edges is not None:
            return self._edges.batch(rows, generator)
        return Related(rows, self._measured(rows))

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:
        """Return the KL divergence within the batch, in nats."""
        if not isinstance(items, Related):
            raise TypeError("an objective of related rows takes them")
        here = places[: len(items.rows)]
        value = kl(here, items.P, self.kernel(live), exaggeration=live.get("exaggeration", 1.0))
        return {"kl": value}

    def halve(self) -> int:
        """Make batches half as large."""
        self.n_rows = max(2, self.n_rows // 2)
        self.at.fill_(-1)
        self._kept.clear()
        return self.n_rows

    def _affinities(self, rows: Tensor, number: int) -> Tensor:
        """Return the affinities within a batch; those of fixed batches are measured once."""
        if self.plan.batches != "fixed":
            return self._measured(rows)
        if number in self._kept:
            return self._kept[number]
        P = self._measured(rows)
        if 4 * len(rows) * self.n <= KEPT_BYTES:
            self._kept[number] = P
        return P

    def _measured(self, rows: Tensor) -> Tensor:
        return batch_affinities(self.table[rows].flatten(1), self.plan.perplexity)


class PositionObjective(Objective):
    """The mean squared distance of rows from where a given map has them.

    Parameters
    ----------
    target
        The map, shape (n, n_components).
    size
        Rows of a mini-batch, at least 1; two where there are.
    device
        Where they are drawn.
    """

    def __init__(self, target: NDArray[np.float32], size: int, *, device: str) -> None:
        super().__init__()
        n = len(target)
        self.target = torch.from_numpy(target).to(device)
        self.batches = ItemBatches(n, min(max(2, size), n), device=device)
        self.n_rows = self.batches.batch_size

    def draw(self, generator: torch.Generator) -> Items:
        """Return rows, each as likely as any other."""
        return self.batches.draw(generator)

    def probe(self, generator: torch.Generator) -> Items:
        """Return up to 2048 different rows."""
        order = torch.randperm(self.batches.n, generator=generator, device=generator.device)
        return Items(order[: min(PROBE, self.batches.n)])

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return the mean squared distance."""
        apart = places[: len(items.rows)] - self.target[items.rows]
        return {"position": apart.square().sum(1).mean()}


def batch_affinities(rows: Tensor, perplexity: float) -> Tensor:
    r"""Return t-SNE's symmetric affinities among the rows of a batch, which sum to 1.

    Each row's bandwidth is bisected until the perplexity of its neighbours is the one asked for, or a third of the
    other rows if they are too few.

    Parameters
    ----------
    rows
        Shape (B, d), B at least 2.
    perplexity
        At least 1.

    Returns
    -------
    tensor, shape (B, B)

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 1 and sec. 2.
    """
    n = len(rows)
    target = float(np.log(max(1.0, min(perplexity, max(1.0, (n - 1) / 3)))))
    itself = torch.eye(n, dtype=torch.bool, device=rows.device)
    squared = squared_distances(rows, rows).clamp(min=0).masked_fill(itself, 0.0)
    squared = squared / (squared.sum(1, keepdim=True) / (n - 1)).clamp(min=1e-30)
    nearest = squared.masked_fill(itself, float("inf")).amin(1, keepdim=True)
    squared = (squared - nearest).masked_fill(itself, 0.0)
    low = squared.new_full((n, 1), -BRACKET)
    high = -low
    weights, total = torch.empty_like(squared), low
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        torch.mul(squared, -middle.exp(), out=weights)
        weights.exp_().masked_fill_(itself, 0.0)
        total = weights.sum(1, keepdim=True)
        entropy = total.log() + middle.exp() * (weights * squared).sum(1, keepdim=True) / total
        wide = entropy > target
        low, high = torch.where(wide, middle, low), torch.where(wide, high, middle)
    conditional = weights / total
    return (conditional + conditional.T) / (2 * n)


class _Edges:
    """The affinities of all rows, to draw neighbours from and to restrict to batches."""

    def __init__(self, graph: Graph, device: str) -> None:
        self.n = graph.n
        self.first = torch.from_numpy(graph.indptr).to(device)
        self.tails = torch.from_numpy(graph.indices.astype(np.int64)).to(device)
        self.weights = torch.from_numpy(graph.weights).to(device)
        sums = np.concatenate([[0.0], np.cumsum(graph.weights, dtype=np.float64)])
        self.sums = torch.from_numpy(sums).to(device)

    def batch(self, seeds: Tensor, generator: torch.Generator) -> Related:
        """Return seeds with some of their neighbours, each as likely as its affinity is large."""
        heads = seeds.repeat_interleave(COMPANIONS)
        size = (len(heads),)
        spots = torch.rand(size, generator=generator, dtype=torch.float64, device=seeds.device)
        low, high = self.sums[self.first[heads]], self.sums[self.first[heads + 1]]
        edges = torch.searchsorted(self.sums, low + spots * (high - low), right=True) - 1
        edges = edges.clamp(max=len(self.tails) - 1)
        there = (edges >= self.first[heads]) & (edges < self.first[heads + 1])
        rows = torch.unique(torch.cat([seeds, self.tails[edges[there]]]))
        return Related(rows, self.among(rows))

    def among(self, rows: Tensor) -> Tensor:
        """Return the affinities of different rows among each other, shape (B, B)."""
        place = torch.full((self.n,), -1, dtype=torch.int64, device=rows.device)
        place[rows] = torch.arange(len(rows), device=rows.device)
        counts = self.first[rows + 1] - self.first[rows]
        owner = torch.arange(len(rows), device=rows.device).repeat_interleave(counts)
        offset = torch.arange(len(owner), device=rows.device)
        offset = offset - (counts.cumsum(0) - counts)[owner]
        edges = self.first[rows][owner] + offset
        columns = place[self.tails[edges]]
        found = self.weights.new_zeros((len(rows), len(rows)))
        found[owner[columns >= 0], columns[columns >= 0]] = self.weights[edges[columns >= 0]]
        return found
