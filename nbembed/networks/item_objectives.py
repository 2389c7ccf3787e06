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
from nbembed.networks.batch_affinities import batch_affinities, batch_memberships
from nbembed.networks.losses import batch_cross_entropy, kl
from nbembed.networks.objective import PROBE, Objective, Shuffled
from nbembed.networks.plan import Plan
from nbembed.networks.sampling import ItemBatches, Items

__all__ = ["BATCHES", "BatchObjective", "Links", "PositionObjective"]

BATCHES = ("redrawn", "fixed", "neighbors")
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


class BatchObjective(Shuffled):
    r"""The KL divergence of t-SNE, or the cross entropy of UMAP, within mini-batches of rows.

    With ``plan.batches="redrawn"`` the rows are shuffled at the start of every epoch and the affinities are measured
    within each batch; ``"fixed"`` shuffles once, as published; ``"neighbors"`` fills a batch with shuffled rows
    and some of their neighbours, and restricts the affinities of all rows to it.

    They are measured among the samples, or in a recursion among other rows, such as what a layer made of them.

    Parameters
    ----------
    graph
        Affinities of all rows; used with ``"neighbors"``.
    plan
        Loss, size and kind of the batches, and the perplexity or the number of neighbours within them.
    table
        All samples; indexed with numbers of rows it gives them.
    kernel
        Called with the live parameters it gives the kernel.
    device
        Where everything is drawn and kept.
    source
        The rows among which affinities are measured instead, shape (n, width). Default None.

    References
    ----------
    van der Maaten (2009), "Learning a parametric embedding by preserving local structure", AISTATS, sec. 3;
    Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE TVCG 28, eq. 11 to 14.
    """

    def __init__(
        self,
        graph: Graph,
        plan: Plan,
        table: Any,
        kernel: Callable[[Mapping[str, float]], Any],
        *,
        device: str,
        source: NDArray[np.float32] | None = None,
    ) -> None:
        super().__init__(len(table), device)
        _checks.check_choice("batches", plan.batches, BATCHES)
        self.plan, self.table, self.kernel = plan, table, kernel
        self.n_rows = plan.batch_size
        self.source = None if source is None else torch.from_numpy(source)
        self._kept: dict[int, Tensor] = {}
        self._edges = None if plan.batches != "neighbors" else Links(graph, device)

    def draw(self, generator: torch.Generator) -> Related:
        """Return the next batch of the epoch; at its end the rows are shuffled anew, unless they are fixed."""
        fixed = self.plan.batches == "fixed"
        seeds, number = self.next_part(self.n_batches, generator, fixed=fixed)
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
        """Return the KL divergence within the batch, or the two parts of the cross entropy, in nats."""
        if not isinstance(items, Related):
            raise TypeError("an objective of related rows takes them")
        here = places[: len(items.rows)]
        if self.plan.loss == "cross_entropy":
            pull, push = batch_cross_entropy(
                here, items.P, self.kernel(live), repulsion=live["repulsion_strength"]
            )
            return {"attraction": pull, "repulsion": push}
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
        """Return the affinities among rows, of the samples, of the source, or some of both."""
        if self.source is None:
            return self._related(self.table[rows].flatten(1))
        found = self._related(self.source[rows.cpu()].to(self.device))
        if not self.plan.mix:
            return found
        return found.lerp(self._related(self.table[rows].flatten(1)), self.plan.mix)

    def _related(self, samples: Tensor) -> Tensor:
        if self.plan.loss == "cross_entropy":
            return batch_memberships(samples, self.plan.n_neighbors)
        return batch_affinities(samples, self.plan.perplexity)


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


class Links:
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
