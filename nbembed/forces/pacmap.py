"""Descent on PaCMAP's losses: near, mid-near and far pairs, each with a force law of its own."""

from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST, INLINED
from nbembed.forces.hashing import draw, stream, substream
from nbembed.forces.stepper import Points, Stepper
from nbembed.neighbors import Graph

__all__ = ["PacmapStepper", "PairWeights", "drawn_pairs_of", "rest_near"]

# d~ = 1 + d^2, at which a near pair, a mid-near pair and a far pair exert half of their strength.
NEAR, MID_NEAR, FAR = 10.0, 10_000.0, 1.0
# Points of which the second nearest becomes a mid-near pair; tries to find a far one.
CANDIDATES, TRIES = 6, 50
# Adam's constants, as published.
DECAY, SQUARED_DECAY, SMALL = 0.9, 0.999, 1e-7
# Streams of draws.
MID_STREAM, FAR_STREAM = -3, -4
# Steps of a new point among its neighbours.
STEPS = 100


class PairWeights(NamedTuple):
    """Weights of the three kinds of pairs; that of mid-near ones goes from the first number to the second."""

    near: float
    mid_near: tuple[float, float]
    far: float


class PacmapStepper(Stepper):
    r"""One step is one of Adam along the gradient of all pairs.

    With :math:`\tilde d = 1 + d^2` a near pair costs :math:`\tilde d/(10 + \tilde d)`, a mid-near one
    :math:`\tilde d/(10^4 + \tilde d)`, a far one :math:`1/(1 + \tilde d)`, each times the weight of its kind.

    Parameters
    ----------
    graph
        The near pairs, from each row.
    embedding
        Start, shape (n, n_components).
    X
        The data, among which mid-near pairs are chosen.
    weights
        See :class:`PairWeights`.
    learning_rate
        Adam's.
    n_mid_near, n_far
        Pairs of each kind and row, at least 0.
    n_steps
        Steps that are planned.
    seed
        What the draws are a hash of. They are the same in all phases.
    before
        The stepper of the phase before, whose moments go on; None to begin anew.

    References
    ----------
    Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22(201), sec. 5 and algorithm 1; Kingma & Ba (2015), ICLR.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        X: Points,
        weights: PairWeights,
        learning_rate: float,
        n_mid_near: int,
        n_far: int,
        n_steps: int,
        seed: int,
        before: Any = None,
    ) -> None:
        super().__init__(graph, embedding, learning_rate=learning_rate)
        self.weights, self._n_steps = weights, max(int(n_steps), 1)
        pairs = drawn_pairs_of(X, graph, n_mid_near, n_far, seed=seed)
        self._pairs = [_both_ways(graph.n, each) for each in (_pairs_of(graph), *pairs)]
        self._first, self._second = (np.zeros(self._points.shape) for _ in range(2))
        self._count = np.zeros(1, dtype=np.int64)
        if isinstance(before, PacmapStepper):
            self.load_state_dict(before.state_dict() | {"n_done": 0, **self._live})
            self._points[...] = embedding

    def step(self) -> None:
        """Move the points once.

        Raises
        ------
        FloatingPointError
            If a position is no longer finite.
        """
        slope, _ = self._slope_and_losses()
        self._count += 1
        time = int(self._count[0])
        self._first += (1.0 - DECAY) * (slope - self._first)
        self._second += (1.0 - SQUARED_DECAY) * (slope**2 - self._second)
        rate = self.learning_rate * np.sqrt(1.0 - SQUARED_DECAY**time) / (1.0 - DECAY**time)
        move = rate * self._first / (np.sqrt(self._second) + SMALL)
        self._points -= move.astype(np.float32)
        self.n_done += 1
        if not np.isfinite(self._points).all():
            raise FloatingPointError(
                f"positions are no longer finite after step {self.n_done}; lower learning_rate"
            )

    def losses(self) -> dict[str, float]:
        """Return the losses of the three kinds of pairs per row, each times its present weight."""
        _, losses = self._slope_and_losses()
        names = ("near", "mid_near", "far")
        return {name: loss / self.graph.n for name, loss in zip(names, losses, strict=True)}

    def gradient(self) -> NDArray[np.float64]:
        """Return the gradient of the weighted sum of all losses."""
        return self._slope_and_losses()[0]

    # ---- inside -------------------------------------------------------------------------------

    def _present_weights(self) -> tuple[float, float, float]:
        first, last = self.weights.mid_near
        share_done = min(self.n_done / self._n_steps, 1.0)
        return self.weights.near, first + (last - first) * share_done, self.weights.far

    def _slope_and_losses(self) -> tuple[NDArray[np.float64], list[float]]:
        slope, losses = np.zeros(self._points.shape), list[float]()
        scales = (NEAR, MID_NEAR, FAR)
        for pairs, weight, scale in zip(self._pairs, self._present_weights(), scales, strict=True):
            sums = np.zeros(CHUNKS)
            if weight:
                law = weight, scale, scale == FAR
                given = (self._points, pairs.indptr, pairs.indices, pairs.weights, law, slope, sums)
                share(CHUNKS, lambda first, last, given=given: _add_slope(first, last, *given))
            losses.append(float(sums.sum()))
        return slope, losses

    def _arrays(self) -> dict[str, NDArray[Any]]:
        moments = {"first": self._first, "second": self._second, "count": self._count}
        return {"embedding": self._points, **moments}


def drawn_pairs_of(
    X: Points, near: Graph, n_mid_near: int, n_far: int, *, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ends of mid-near and of far pairs of each row, shapes (n, n_mid_near) and (n, n_far).

    A mid-near end is the second nearest of six random points; a far end is any that is no near one.
    """
    mid = np.empty((len(X), n_mid_near), dtype=np.int64)
    far = np.empty((len(X), n_far), dtype=np.int64)
    keys = stream(seed, MID_STREAM), stream(seed, FAR_STREAM)
    given = (np.ascontiguousarray(X), near.indptr, near.indices, keys, mid, far)
    share(CHUNKS, lambda first, last: _draw_pairs(first, last, *given))
    return mid, far


def rest_near(neighbors: Points, start: Points) -> Points:
    """Return where a new point rests among near pairs alone.

    Parameters
    ----------
    neighbors
        Their places, shape (k, n_components).
    start
        Shape (n_components,).
    """
    places, here = neighbors.astype(np.float64), start.astype(np.float64)
    for _ in range(STEPS):
        grown = 1.0 + ((here - places) ** 2).sum(axis=1)
        pull = (NEAR + grown) ** -2.0
        here = (pull[:, None] * places).sum(axis=0) / pull.sum()
    return here.astype(np.float32)


def _pairs_of(graph: Graph) -> Graph:
    return Graph(graph.indptr, graph.indices, np.ones(len(graph.indices), dtype=np.float32))


def _both_ways(n: int, pairs: Any) -> Graph:
    """Return the graph in which both ends of a pair know it, as often as it was drawn."""
    if isinstance(pairs, Graph):
        matrix: Any = pairs.to_scipy()
    else:
        ends = np.arange(n + 1) * pairs.shape[1]
        ones = np.ones(pairs.size, dtype=np.float32)
        matrix = sparse.csr_matrix((ones, pairs.ravel(), ends), shape=(n, n))
    return Graph.from_scipy(matrix + matrix.T)


@numba.njit(**FAST)
def _add_slope(
    first: int,
    last: int,
    points: Points,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    counts: NDArray[np.float32],
    law: tuple[float, float, bool],
    slope: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add the gradient of one kind of pairs, and sum their losses; each pair is met from both ends."""
    n, n_components = points.shape
    weight, scale, far = law
    difference = np.empty(n_components)
    for chunk in range(first, last):
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            for e in range(indptr[i], indptr[i + 1]):
                grown = 1.0
                for d in range(n_components):
                    difference[d] = np.float64(points[i, d]) - np.float64(points[indices[e], d])
                    grown += difference[d] * difference[d]
                strength = weight * counts[e]
                pull = 2.0 * strength * (-1.0 if far else scale) / (scale + grown) ** 2
                sums[chunk] += 0.5 * strength * (1.0 if far else grown) / (scale + grown)
                for d in range(n_components):
                    slope[i, d] += pull * difference[d]


@numba.njit(**FAST)
def _draw_pairs(
    first: int,
    last: int,
    X: Points,
    indptr: NDArray[np.int64],
    indices: NDArray[np.int32],
    keys: tuple[np.uint64, np.uint64],
    mid: NDArray[np.int64],
    far: NDArray[np.int64],
) -> None:
    n = len(X)
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        own = substream(keys[0], i)
        for number in range(mid.shape[1]):
            mid[i, number] = _second_of_six(X, i, substream(own, number))
        own = substream(keys[1], i)
        near = indices[indptr[i] : indptr[i + 1]]
        for number in range(far.shape[1]):
            far[i, number] = _no_near_one(near, i, n, substream(own, number))


@numba.njit(**INLINED)
def _second_of_six(X: Points, i: int, key: np.uint64) -> np.int64:
    """Return the second nearest of six random rows; the nearest where all are one."""
    nearest, second, best, next_best = np.int64(-1), np.int64(-1), np.inf, np.inf
    for candidate in range(CANDIDATES):
        j = draw(key, candidate, len(X) - 1)
        if j >= i:
            j += 1
        squared = 0.0
        for d in range(X.shape[1]):
            squared += (np.float64(X[i, d]) - np.float64(X[j, d])) ** 2
        if squared < best:
            second, next_best, nearest, best = nearest, best, j, squared
        elif squared < next_best and j != nearest:
            second, next_best = j, squared
    return nearest if second < 0 else second


@numba.njit(**INLINED)
def _no_near_one(near: NDArray[np.int32], i: int, n: int, key: np.uint64) -> np.int64:
    """Return a random row that is no near one, or any where there are hardly others."""
    j = np.int64(-1)
    for number in range(TRIES):
        j = draw(key, number, n - 1)
        if j >= i:
            j += 1
        at = np.searchsorted(near, j)
        if at == len(near) or near[at] != j:
            break
    return j
