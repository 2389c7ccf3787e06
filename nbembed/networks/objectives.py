"""Objectives: which rows a mini-batch holds, and what is lost on their places."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph
from nbembed.networks import losses
from nbembed.networks.item_objectives import BatchObjective, PositionObjective
from nbembed.networks.kernels import LearnedKernel
from nbembed.networks.linked_objectives import EpochObjective, LinkedObjective
from nbembed.networks.losses import squared_distances
from nbembed.networks.objective import PROBE, Objective
from nbembed.networks.plan import Plan
from nbembed.networks.sampling import EdgeBatches, ItemBatches, Items, Pairs

__all__ = ["LOSSES", "EdgeObjective", "ItemObjective", "Objective", "make_objective"]

LOSSES: dict[str, Callable[..., tuple[Tensor, Tensor]]] = {
    "cross_entropy": losses.cross_entropy,
    "neg_tsne": losses.neg_tsne,
    "info_nce": losses.info_nce,
    "nce": losses.nce,
}


class EdgeObjective(Objective):
    """Mini-batches of edges with noise, and one of :data:`LOSSES`.

    Parameters
    ----------
    graph
        Symmetric affinities of the rows.
    plan
        The loss and its numbers.
    device
        Where everything is drawn and kept.
    """

    def __init__(self, graph: Graph, plan: Plan, *, device: str) -> None:
        super().__init__()
        self.name, self.mixup, self.plan = plan.loss, plan.mixup, plan
        self.log_z = nn.Parameter(torch.zeros((), device=device))
        self.batches = EdgeBatches(
            graph, plan.batch_size, plan.n_negatives, negatives=plan.negatives, device=device
        )
        self.n_edges = len(graph.indices)
        self.n_rows = plan.batch_size

        self.kernel = LearnedKernel(plan, device=device)

    def draw(self, generator: torch.Generator) -> Pairs:
        """Return edges, drawn in proportion to their weights, and noise."""
        return self.batches.draw(generator)

    def probe(self, generator: torch.Generator) -> Pairs:
        """Return up to 2048 edges and noise."""
        return self.batches.draw(generator, min(PROBE, self.n_edges))

    def inputs(self, items: Items, table: Any, generator: torch.Generator) -> Tensor:
        """Return the rows, with mixup heads and tails moved towards each other."""
        rows = table[items.rows]
        if not self.mixup:
            return rows
        size = self.batches.batch_size
        shape = (2 * size, *[1] * (rows.ndim - 1))
        shares = torch.rand(shape, generator=generator, device=rows.device)
        other = torch.cat([rows[size : 2 * size], rows[:size]])
        mixed = rows[: 2 * size].lerp(other, self.mixup * shares)
        return torch.cat([mixed, rows[2 * size :]])

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:
        """Return attraction and repulsion in nats per edge."""
        if not isinstance(items, Pairs):
            raise TypeError("an objective of edges takes edges")
        size = items.size
        heads, tails = places[:size], places[size : 2 * size]
        edges = (heads - tails).square().sum(1)
        if items.noise.ndim == 1:
            noise = squared_distances(heads, places[items.noise])
        else:
            noise = (heads[:, None] - places[items.noise]).square().sum(2)
        options: dict[str, Any] = {"repulsion": live["repulsion_strength"]}
        if self.name == "nce":
            options["log_z"] = self.log_z
        kernel = self.kernel(live)
        pull, push = LOSSES[self.name](edges, noise, items.mask, kernel, **options)
        return {"attraction": live.get("exaggeration", 1.0) * pull, "repulsion": push}

    def halve(self) -> int:
        """Make batches of edges half as large."""
        self.n_rows = self.batches.batch_size = max(1, self.batches.batch_size // 2)
        return self.n_rows


class ItemObjective(Objective):
    """Mini-batches of rows on which nothing is lost: for phases that consist of terms.

    Parameters
    ----------
    batches
        Draws the rows; batches of 0 rows where all terms bring rows of their own.
    """

    def __init__(self, batches: ItemBatches) -> None:
        super().__init__()
        self.batches, self.n_rows = batches, batches.batch_size

    def draw(self, generator: torch.Generator) -> Items:
        """Return rows, each as likely as any other."""
        return self.batches.draw(generator)

    def probe(self, generator: torch.Generator) -> Items:
        """Return the rows that are held out, or up to 2048 of all."""
        if self.n_rows and len(self.batches.held_out):
            return Items(self.batches.held_out)
        order = torch.randperm(self.batches.n, generator=generator, device=generator.device)
        return Items(order[: min(PROBE, self.batches.n) if self.n_rows else 0])

    def losses(self, items: Items, places: Tensor, live: Mapping[str, float]) -> dict[str, Tensor]:  # noqa: ARG002
        """Return nothing: only terms count."""
        return {}

    def halve(self) -> int:
        """Make batches of rows half as large."""
        self.n_rows = self.batches.batch_size = max(1, self.batches.batch_size // 2)
        return self.n_rows


def make_objective(  # noqa: PLR0913 - what an objective is made of
    graph: Graph,
    plan: Plan,
    table: Any,
    start: NDArray[np.float32] | None,
    *,
    needs_rows: bool,
    seed: int,
    device: str,
    source: NDArray[np.float32] | None = None,
    edges: Graph | None = None,
) -> Objective:
    """Return the objective that ``plan`` names.

    Parameters
    ----------
    graph
        Affinities of the rows; without edges where there are none.
    plan
        The loss and its numbers.
    table
        All samples; indexed with numbers of rows it gives them.
    start
        The map that a loss called ``"position"`` aims at.
    needs_rows
        Whether a term acts on rows of the batch.
    seed
        Fixes which rows are held out.
    device
        Where the network is.
    source
        Rows among which the affinities of mini-batches are measured instead of the samples.
    edges
        What mini-batches for the loss ``"linked"`` are drawn from.

    Raises
    ------
    InvalidInputError
        If there is no loss of that name.
    """
    if plan.related:
        _checks.check_choice("loss", plan.loss, ("kl", "cross_entropy"))
        kernel = LearnedKernel(plan, device=device)
        return BatchObjective(graph, plan, table, kernel, device=device, source=source)
    _checks.check_choice("loss", plan.loss, (*LOSSES, "position", "none", "epochs", "linked"))
    match plan.loss:
        case "position":
            if start is None:
                raise InvalidInputError("loss 'position' needs a starting map, got None")
            return PositionObjective(start, plan.batch_size, device=device)
        case "epochs":
            return EpochObjective(len(table), plan.batch_size, device=device)
        case "linked":
            known = graph if edges is None else edges
            return LinkedObjective(known, plan.batch_size, plan.n_others, device=device)
        case "none":
            # Batch normalization needs two rows.
            size = min(max(2, plan.batch_size), graph.n) if needs_rows else 0
            held_out = plan.held_out
            batches = ItemBatches(graph.n, size, held_out=held_out, seed=seed, device=device)
            return ItemObjective(batches)
        case _:
            return EdgeObjective(graph, plan, device=device)
