"""Descent on UMAP's cross entropy along sampled edges."""

from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.compiling import INLINED
from nbembed.forces.hashing import draws, stream, substreams
from nbembed.forces.losses import (
    Pairs,
    attraction_loss,
    degrees_of,
    drawn_pairs,
    edges_of_some,
    every_pair,
    repulsion_loss,
)
from nbembed.forces.powers import power
from nbembed.forces.stepper import Points, Stepper
from nbembed.forces.turns import (
    BLOCK,
    LOW_BITS,
    ONE,
    RUN,
    SOFTENING,
    TINY,
    TURNS,
    TWO,
    Edges,
    Law,
    Pool,
    clipped,
    most_edges,
    room_for,
    take_turns,
)
from nbembed.neighbors import Graph

__all__ = [
    "LOW_BITS",
    "TURNS",
    "Edges",
    "Law",
    "SampledStepper",
    "clipped",
    "differences",
    "pull",
    "push",
]

# The reported loss takes all pairs up to this many points, and a fixed sample of pairs above; all edges
# up to this many rows, and those of so many rows above.
EXACT_LOSS_LIMIT, LOSS_PAIRS, LOSS_ROWS = 600, 200_000, 10_000
# Up to this many points a turn is done sooner than a second thread has woken up.
ALONE_LIMIT = 4_000


class SampledStepper(Stepper):
    r"""One step is one epoch of UMAP: every edge acts as often as its weight says.

    An edge acts in step :math:`e` when :math:`e\,\mu_{ij}/\max\mu` passes a whole number. It then
    pulls its head twice by :math:`2ab\,d^{2(b-1)}/(1 + a d^{2b})`, where umap-learn pulls both ends
    once and meets the edge again in the other direction; and ``n_negatives`` random vertices push
    the head away.

    The edges of a vertex are dealt out to a few turns. In a turn each vertex gathers the moves of
    its own row and reads the others where they were before the turn, so threads cannot interfere:
    all edges that act pull from where it was, then random vertices push from where that leads. They
    are runs of the vertices in a random order, fixed for the phase, where they were before the epoch.
    Without turns a vertex would make all moves of an epoch in one burst, while its neighbours
    stand still: that tears groups apart (loss on the digits 0.79 with one turn, 0.70 with four and
    more, as for umap-learn, which interleaves the vertices).

    Parameters
    ----------
    graph
        Symmetric fuzzy memberships.
    embedding
        Start, shape (n, n_components).
    a, b
        Shape of the kernel, see :func:`nbembed.kernels.fit_ab`.
    learning_rate
        Of the first step; it falls linearly to 0 over ``n_steps``.
    n_steps
        Steps that are planned; edges too weak to act once in as many take no part.
    n_negatives
        Random vertices per acting edge.
    repulsion_strength
        Factor of the repulsion.
    seed, phase
        What, with step, vertex and number, the random vertices are a hash of.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, sec. 3.2 and algorithm 5; umap-learn's
    ``optimize_layout_euclidean``.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        a: float,
        b: float,
        learning_rate: float,
        n_steps: int,
        n_negatives: int = 5,
        repulsion_strength: float = 1.0,
        seed: int,
        phase: int = 0,
    ) -> None:
        super().__init__(
            graph,
            embedding,
            a=a,
            b=b,
            learning_rate=learning_rate,
            n_negatives=n_negatives,
            repulsion_strength=repulsion_strength,
        )
        self._n_steps = max(int(n_steps), 1)
        self._moved = np.empty_like(self._points)
        self._name = (int(seed), int(phase))
        self._edges = _sampled_edges(graph, self._n_steps)
        self._room = most_edges(self._edges, graph.n), self._points.shape[1]
        order = _shuffled(graph.n, self._name)
        # Filled anew in every step: to get pages from the system takes longer than to fill them.
        self._gathered = np.empty((len(order), self._points.shape[1]), dtype=np.float32)
        self._pool = Pool(order, np.empty(self._gathered.shape[::-1], dtype=np.float32))
        self._degrees = degrees_of(graph)
        self._pairs = _loss_pairs(self._degrees, self._name)
        self._ties = edges_of_some(graph, self._degrees, LOSS_ROWS)

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        left = max(0.0, 1.0 - self.n_done / self._n_steps)
        return self._live["learning_rate"] * left

    def step(self) -> None:
        """Run one epoch."""
        live = self._live
        law = Law(
            np.float32(live["a"]),
            np.float32(live["b"]),
            np.float32(live["repulsion_strength"]),
            np.float32(self.learning_rate),
            round(live["n_negatives"]),
        )
        time = np.uint64(self.n_done + 1)
        np.take(self._points, self._pool.order, axis=0, out=self._gathered, mode="clip")
        np.copyto(self._pool.places, self._gathered.T)
        key = stream(*self._name, self.n_done)
        self._take_turns((self._edges, self._pool, law, time, key, self._axes))
        self.n_done += 1

    def _take_turns(self, given: tuple[Any, ...]) -> None:
        """Move every point along the edges of one turn after the other."""
        n_blocks = -(-len(self._points) // BLOCK)
        if len(self._points) <= ALONE_LIMIT:
            everything = (0, n_blocks), (0, TURNS), self._points, self._moved, *given
            take_turns(*everything, room=room_for(*self._room))
            return
        for turn in range(TURNS):
            given_now = self._points, self._moved, *given
            share(n_blocks, partial(_turn_part, turn, given_now, self._room))
            self._points, self._moved = self._moved, self._points

    def losses(self) -> dict[str, float]:
        r"""Return the terms of the sampled cross entropy per acting edge, in expectation, in nats.

        Their sum is :math:`[\sum_{ij} \mu_{ij} (-\ln w_{ij}) + \sum_i d_i m\,\frac{1}{n}
        \sum_k -\ln(1 - w_{ik})] / \sum_{ij} \mu_{ij}` with :math:`d_i = \sum_j \mu_{ij}` and
        ``n_negatives`` :math:`m`; for many points the first sum is over the edges of a fixed sample of rows and the
        second over one of pairs.
        """
        live, mass = self._live, float(self._degrees.sum())
        curve = live["a"], live["b"]
        attraction = attraction_loss(self._points, self._ties, *curve)
        repulsion = live["n_negatives"] * repulsion_loss(self._points, self._pairs, *curve)
        return {"attraction": attraction / mass, "repulsion": repulsion / mass}


def _sampled_edges(graph: Graph, n_steps: int) -> Edges:
    largest = graph.weights.max(initial=0.0)
    kept = np.flatnonzero(graph.weights >= largest / n_steps)
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))[kept]
    places = rows + graph.n * draws(stream(len(kept)), len(kept), TURNS)
    order = np.argsort(places, kind="stable")
    relative = graph.weights[kept][order].astype(np.float64) / (largest or 1.0)
    clock = np.minimum(relative * 2.0**32, 2.0**32 - 1.0).astype(np.uint32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(places, minlength=TURNS * graph.n))])
    heads, tails = rows[order].astype(np.uint32), graph.indices[kept][order].astype(np.uint32)
    return Edges(indptr.astype(np.int64), heads, tails, clock)


def _shuffled(n: int, name: tuple[int, int]) -> NDArray[np.uint32]:
    """Return the vertices in random order, and the first ``RUN`` of them once more."""
    keys = substreams(stream(*name, -2), np.arange(n, dtype=np.uint64))
    return np.resize(np.argsort(keys, kind="stable").astype(np.uint32), n + RUN)


def _loss_pairs(degrees: NDArray[np.float64], name: tuple[int, int]) -> Pairs:
    """Return all pairs, or a fixed sample of them, with the weight d_i/n of their mean."""
    n = len(degrees)
    if n <= EXACT_LOSS_LIMIT:
        return every_pair(degrees, 0, n)
    return drawn_pairs(degrees, LOSS_PAIRS, *name, -1)


def _turn_part(
    turn: int, given: tuple[Any, ...], room: tuple[int, int], first: int, last: int
) -> None:
    take_turns((first, last), (turn, turn + 1), *given, room=room_for(*room))


@numba.njit(**INLINED)
def pull(here: Points, other: Points, law: Law, axes: tuple[int, ...], difference: Points) -> None:
    """Move ``here`` along an edge."""
    squared = differences(here, other, axes, difference)
    raised = power(squared, law.b)
    force = TWO * law.a * law.b * raised / (squared * (ONE + law.a * raised))
    for d in range(len(axes)):
        here[d] -= law.learning_rate * clipped(force * difference[d])


@numba.njit(**INLINED)
def push(here: Points, other: Points, law: Law, axes: tuple[int, ...], difference: Points) -> None:
    """Move ``here`` away from a random vertex."""
    squared = differences(here, other, axes, difference)
    softened = (SOFTENING + squared) * (ONE + law.a * power(squared, law.b))
    force = TWO * law.repulsion_strength * law.b / softened
    for d in range(len(axes)):
        here[d] += law.learning_rate * clipped(force * difference[d])


@numba.njit(**INLINED)
def differences(
    here: Points, other: Points, axes: tuple[int, ...], difference: Points
) -> np.float32:
    """Fill ``difference`` and return the squared distance, at least 1e-12."""
    squared = TINY
    for d in range(len(axes)):
        difference[d] = here[d] - other[d]
        squared += difference[d] * difference[d]
    return squared
