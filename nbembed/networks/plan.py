"""How a network is trained, as numbers."""

import math
from dataclasses import dataclass

__all__ = ["Plan"]

# Share of the learning rate that is left at the end of the cosine.
LAST = 0.01
# Share of the mini-batches after which nothing is exaggerated any more.
RAMP = 0.15


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    loss
        ``"cross_entropy"``, ``"neg_tsne"``, ``"info_nce"`` or ``"nce"``, on mini-batches of edges; ``"kl"`` or
        ``"cross_entropy"`` within mini-batches of ``related`` rows; ``"position"`` for the distance from a given
        map; ``"none"`` for mini-batches of rows on which only terms act, ``"epochs"`` for those that visit
        every row once in an epoch, ``"linked"`` for the rows of edges.
    n_steps
        Steps of the phase.
    batches_per_step
        Mini-batches that make one step.
    batch_size
        Edges of a mini-batch, or rows.
    n_negatives, negatives
        See :class:`~nbembed.networks.sampling.EdgeBatches`.
    learning_rate
        Of Adam, at its highest.
    repulsion
        Factor on the repulsion.
    a, b
        The Cauchy kernel.
    schedule
        ``"cosine"`` lets the learning rate fall to a hundredth, ``"constant"`` does not.
    warm_up
        Mini-batches during which the learning rate rises.
    clip
        Largest length of the gradient, or with ``clip_by="value"`` largest of its numbers; None does not
        clip. The network and each head of a term are clipped on their own.
    clip_by
        ``"norm"`` or ``"value"``.
    mixup
        Each end of an edge is moved towards the other, before the network sees it, by a random share of
        their difference, up to this one; in [0, 0.5]. 0 moves nothing.
    related
        Whether a mini-batch holds rows with the affinities among them, instead of edges.
    batches
        Of related rows: ``"redrawn"``, ``"fixed"`` or ``"neighbors"``, see
        :class:`~nbembed.networks.item_objectives.BatchObjective`.
    perplexity, n_neighbors
        Of the affinities within a mini-batch of related rows, with ``"kl"`` and with ``"cross_entropy"``.
    mix
        Share of the affinities among the samples in a recursion, whose affinities are measured elsewhere; 0 to 1.
    part, parts
        The phase is this part, counted from 0, of so many equal ones that share one course of the learning rate.
    degrees_of_freedom
        Of Student's t; 1 leaves the Cauchy kernel as it is. ``"learned"`` starts at 1.
    exaggeration
        Factor on the attraction at the start, which falls linearly to 1 over the first 15 % of the
        mini-batches.
    precision
        ``"float32"``, or ``"bfloat16"`` for what the network computes in training before its last layer; weights,
        places and losses are float32 always.
    held_out
        Of mini-batches of rows: the share of all rows that training does not see, and on which the loss is
        measured then.
    n_others
        Rows that are no neighbours, for each edge of mini-batches with the loss ``"linked"``.
    optimizer, momentum
        ``"adam"``, or ``"sgd"`` with a momentum of at least 0, below 1.
    frozen
        Parts of the network, by name, and heads, by the key of their term, that stay as they are.
    normalize
        Whether each term is divided by the size that it has when the phase begins.
    """

    loss: str
    n_steps: int
    batches_per_step: int
    batch_size: int
    learning_rate: float
    n_negatives: int = 1
    repulsion: float = 1.0
    a: float = 1.0
    b: float = 1.0
    negatives: str = "batch"
    schedule: str = "cosine"
    warm_up: int = 50
    clip: float | None = 4.0
    clip_by: str = "norm"
    mixup: float = 0.0
    related: bool = False
    batches: str = "redrawn"
    perplexity: float = 30.0
    n_neighbors: int = 15
    mix: float = 0.0
    part: int = 0
    parts: int = 1
    degrees_of_freedom: float | str = 1.0
    exaggeration: float = 1.0
    precision: str = "float32"
    held_out: float = 0.0
    n_others: int = 5
    optimizer: str = "adam"
    momentum: float = 0.0
    frozen: tuple[str, ...] = ()
    normalize: bool = False

    def rate(self, n_done: int) -> float:
        """Return the share of the learning rate that the mini-batch after ``n_done`` takes."""
        n_batches = self.n_steps * self.batches_per_step
        n_done += self.part * n_batches
        rise = min(1.0, (n_done + 1) / max(1, self.warm_up))
        if self.schedule == "constant":
            return rise
        part = min(1.0, n_done / (self.parts * n_batches))
        return rise * (LAST + (1.0 - LAST) * 0.5 * (1.0 + math.cos(math.pi * part)))

    def exaggerated(self, n_done: int) -> float:
        """Return the factor on the attraction that the mini-batch after ``n_done`` takes."""
        part = n_done / (RAMP * self.n_steps * self.batches_per_step)
        return 1.0 + (self.exaggeration - 1.0) * max(0.0, 1.0 - part)
