"""Descent on UMAP's cross entropy along sampled edges, on a device."""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbembed._types import State
from nbembed.forces.hashing import stream
from nbembed.forces.sampled import SampledStepper
from nbembed.forces.turns import BLOCK, LOW_BITS, MAX_FORCE, RUN, SOFTENING, TINY, TURNS
from nbembed.neighbors import Graph
from nbembed.tensor_forces.hashing import draws, substreams
from nbembed.tensor_forces.sums import add_at

__all__ = ["TensorSampledStepper"]


class Turn(NamedTuple):
    """The edges of one turn, by rows: both ends, and the weight in 2^-32."""

    heads: Tensor
    tails: Tensor
    clock: Tensor


class Slope(NamedTuple):
    """The numbers that forces depend on."""

    a: float
    b: float
    repulsion_strength: float
    learning_rate: float


class TensorSampledStepper(SampledStepper):
    """:class:`~nbembed.forces.SampledStepper` with torch tensors; positions come back after every step.

    The same edges act, the same vertices are drawn, and the moves are the same but for rounding.

    Parameters
    ----------
    graph, embedding, options
        As there.
    device
        Where torch works: ``"cuda"``, ``"mps"`` or, to compare, ``"cpu"``.
    dtype
        ``"float32"`` or ``"float64"``, of positions and moves.

    Attributes
    ----------
    exact : ndarray of ``dtype``, shape (n, n_components)
        The positions before they are rounded to float32.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        device: str,
        dtype: str = "float32",
        **options: Any,
    ) -> None:
        super().__init__(graph, embedding, **options)
        self.exact = self._points if dtype == "float32" else np.array(embedding, dtype)
        self._device = device
        self._places = torch.tensor(self.exact, device=device)
        self._turns = [self._turn(number) for number in range(TURNS)]
        order = self._pool.order[: graph.n].astype(np.int64)
        self._in_order = torch.from_numpy(order).to(device)

    def step(self) -> None:
        """Run one epoch."""
        live = self._live
        slope = Slope(live["a"], live["b"], live["repulsion_strength"], self.learning_rate)
        before = self._places
        for number, turn in enumerate(self._turns):
            key = stream(*self._name, self.n_done, number)
            self._places = self._places + self._moves(turn, key, slope, before)
        self.n_done += 1
        self.exact[...] = self._places.cpu().numpy()
        self._points[...] = self.exact

    def load_state_dict(self, state: State) -> None:
        """Go back to a state; the steps from there are the same, bit by bit."""
        super().load_state_dict(state)
        self._points[...] = self.exact
        self._places = torch.tensor(self.exact, device=self._device)

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"embedding": self.exact}

    def _turn(self, number: int) -> Turn:
        indptr, heads, indices, clock = self._edges
        n = len(self._places)
        edges = slice(indptr[n * number], indptr[n * (number + 1)])
        arrays = (array[edges].astype(np.int64) for array in (heads, indices, clock))
        return Turn(*(torch.from_numpy(array).to(self._device) for array in arrays))

    def _moves(self, turn: Turn, key: np.uint64, slope: Slope, before: Tensor) -> Tensor:
        """Return how far each vertex moves; ``before`` is where those were that push."""
        # The product passes a whole number of 2^32 when its low bits fall back.
        acts = ((turn.clock * (self.n_done + 1)) & int(LOW_BITS)) < turn.clock
        heads, tails = turn.heads[acts], turn.tails[acts]
        here = self._places[heads]
        apart = here - self._places[tails]
        first = _pull(apart, slope)
        pulled = add_at(heads, first + _pull(apart + first, slope), len(self._places))
        n_negatives = round(self._live["n_negatives"])
        if not n_negatives:
            return pulled
        others = self._drawn(heads, key, n_negatives)
        there = here + pulled[heads]
        pushes = _push(there[:, None] - before[others], slope)
        pushes[others == heads[:, None]] = 0.0
        return pulled + add_at(heads, pushes.sum(1), len(self._places))

    def _drawn(self, heads: Tensor, key: np.uint64, n_negatives: int) -> Tensor:
        """Return the vertices that push the head of each edge away: those that the processor draws."""
        n, blocks = len(self._places), heads // BLOCK
        counts = torch.bincount(blocks, minlength=-(-n // BLOCK))
        rank = torch.arange(len(heads), device=heads.device) - (counts.cumsum(0) - counts)[blocks]
        numbers = torch.arange(n_negatives, device=heads.device)
        runs = (rank // RUN)[:, None] * n_negatives + numbers
        starts = draws(substreams(key, blocks)[:, None], runs, n)
        return self._in_order[(starts + (rank % RUN)[:, None]) % n]


def _pull(apart: Tensor, slope: Slope) -> Tensor:
    """Return the move along an edge, from the difference of its ends."""
    squared = (apart * apart).sum(-1, keepdim=True) + float(TINY)
    power = squared**slope.b
    force = 2.0 * slope.a * slope.b * power / (squared * (1.0 + slope.a * power))
    return -slope.learning_rate * (force * apart).clamp(-float(MAX_FORCE), float(MAX_FORCE))


def _push(apart: Tensor, slope: Slope) -> Tensor:
    """Return the move away from a random vertex."""
    squared = (apart * apart).sum(-1, keepdim=True) + float(TINY)
    softened = (float(SOFTENING) + squared) * (1.0 + slope.a * squared**slope.b)
    force = 2.0 * slope.repulsion_strength * slope.b / softened
    return slope.learning_rate * (force * apart).clamp(-float(MAX_FORCE), float(MAX_FORCE))
