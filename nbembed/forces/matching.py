"""Descent on what sets P and Q apart, with every choice between t-SNE and UMAP as a switch."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.forces.divergences import DIVERGENCES, Collected, Terms, factors, terms_of
from nbembed.forces.gradient import Rates, move_points
from nbembed.forces.hashing import stream
from nbembed.forces.pairs import ALL_OTHERS, CROSS, pull_edges, push_pairs
from nbembed.forces.spline import SplineRepulsion
from nbembed.forces.stepper import Points, Stepper
from nbembed.forces.turns import LOW_BITS
from nbembed.kernels import Kernel, check_grid
from nbembed.neighbors import Graph

__all__ = ["MatchingStepper", "Switches"]

# Longest move of a point in one amplified step; largest slope along a coordinate in a plain one.
MAX_STEP_NORM, MAX_SLOPE = np.float32(5.0), 1.0
# The reported loss takes all pairs up to this many points, and some for each point above.
EXACT_LOSS_LIMIT, LOSS_DRAWS = 2_000, 64

Forces = NDArray[np.float64]
# Forces with the factor of the repulsion, with the kernel times that, and the sums over all pairs.
Pushed = tuple[Forces, Forces, Forces]
Counts = NDArray[np.int64]


class Switches(NamedTuple):
    """What :class:`MatchingStepper` chooses.

    Attributes
    ----------
    divergence
        ``"kl"`` or ``"frobenius"``.
    normalized
        Whether Q is divided by its sum, as P is then.
    weights
        ``"explicit"`` multiplies every edge by its affinity in every step; ``"sampled"`` lets it act
        with the largest affinity, as often as its own affinity says.
    repulsion
        ``"sampled"`` draws other points for each acting edge; ``"exact"`` takes all; ``"fft"`` takes all by
        a potential on a grid, to within a hundredth: normalised, in one or two dimensions, for kernels
        that are smooth at distance 0 (b = 1, finite c).
    symmetric_attraction
        Whether an edge moves both its ends, which doubles the attraction of a symmetric graph.
    amplified
        Momentum, gains and a constant learning rate; else plain descent with a rate that falls
        linearly to 0.
    softening
        Added to squared distances in the repulsion of the cross entropy, >= 0.
    """

    divergence: str = "kl"
    normalized: bool = False
    weights: str = "explicit"
    repulsion: str = "sampled"
    symmetric_attraction: bool = False
    amplified: bool = False
    softening: float = 1e-3

    def check(self) -> None:
        """Raise for a name that is none of those above."""
        for name, value, known in (
            ("divergence", self.divergence, DIVERGENCES),
            ("weights", self.weights, ("explicit", "sampled")),
            ("repulsion", self.repulsion, ("sampled", "exact", "fft")),
        ):
            if value not in known:
                names = " or ".join(map(repr, known))
                raise InvalidInputError(f"{name} must be {names}, got {value!r}")


class MatchingStepper(Stepper):
    """Gradient descent on a divergence of P from Q, collected over all points before they move.

    The losses and gradients are those of :mod:`nbembed.forces.divergences`. A step goes along a
    quarter of the gradient, as t-SNE's learning rate expects; for the normalised Frobenius norm, along
    Z times that.

    Parameters
    ----------
    graph
        Affinities; with ``switches.normalized`` they must sum to 1.
    embedding
        Start, shape (n, n_components).
    kernel
        Similarity in the map.
    switches
        See :class:`Switches`.
    learning_rate
        Length of a step per unit of a quarter of the gradient.
    momentum
        Share of the last move that is kept, in [0, 1); plain descent does not use it.
    exaggeration
        Factor of the attraction.
    n_negatives
        Points that each acting edge draws. Normalised, they are an estimate of all others: more of
        them make it better. Otherwise each is one repulsion, of weight 1 - mean(p) in the cross entropy
        where weights are explicit, else 1: more of them repel more.
    n_steps
        Steps that are planned.
    seed, phase
        What, with step, vertex and number, the draws are a hash of.

    References
    ----------
    Draganov et al., GDR, sec. 3 and 4.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        kernel: Kernel,
        switches: Switches,
        learning_rate: float,
        momentum: float = 0.9,
        exaggeration: float = 1.0,
        n_negatives: int = 1,
        n_steps: int,
        seed: int,
        phase: int = 0,
    ) -> None:
        super().__init__(
            graph,
            embedding,
            learning_rate=learning_rate,
            momentum=momentum,
            exaggeration=exaggeration,
            n_negatives=n_negatives,
        )
        switches.check()
        if switches.repulsion == "fft":
            check_grid(
                normalized=switches.normalized, b=kernel.b, n_components=self._points.shape[1]
            )
        self.kernel, self.switches = kernel, switches
        self._n_steps, self._name = max(int(n_steps), 1), (int(seed), int(phase))
        self._velocity = np.zeros_like(self._points)
        self._gains = np.ones_like(self._points)
        self._clock = _clock(graph)
        p = graph.weights.astype(np.float64)
        self._mean = float(p.mean()) if len(p) else 0.0
        self._constants = float((p * np.log(p)).sum()), float((p * p).sum()), float(p.sum())

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        rate = self._live["learning_rate"]
        if self.switches.amplified:
            return rate
        return rate * max(0.0, 1.0 - self.n_done / self._n_steps)

    def step(self) -> None:
        """Move the points once.

        Raises
        ------
        FloatingPointError
            If a position is no longer finite.
        """
        edges, counts = self.graph, np.diff(self.graph.indptr)
        if self.switches.weights == "sampled":
            edges = _acting(self.graph, self._clock, self.n_done + 1)
            counts = _acting_counts(edges)
        pushed = self._push_of_step(counts)
        self._move(self._terms(edges, pushed, both_ends=self._both_ends, measured=False))
        self.n_done += 1
        centre = self._points.mean(axis=0, dtype=np.float64)
        if not np.isfinite(centre).all():
            raise FloatingPointError(
                f"positions are no longer finite after step {self.n_done}; "
                "lower learning_rate or exaggeration"
            )
        self._points -= centre.astype(np.float32)

    def forces(self) -> tuple[Forces, Forces]:
        """Return attraction (not exaggerated) and repulsion of every point, over all pairs."""
        terms = self._over_all(both_ends=self._both_ends)
        return terms.attraction, terms.repulsion

    def gradient(self) -> Forces:
        """Return the gradient of the divergence over all pairs, as if nothing was sampled or exaggerated."""
        terms = self._over_all(both_ends=False)
        return 4.0 * (terms.attraction - terms.repulsion) / terms.scale

    def losses(self) -> dict[str, float]:
        """Return the loss that the steps minimise in expectation, without exaggeration.

        Normalised or with exact repulsion that is the divergence over all pairs. Else the repulsion of a
        row is as strong as its draws make it. For many points sums over pairs are estimated from a
        fixed sample for each point.
        """
        n, whole = self.graph.n, self._is_whole()
        factor = np.ones(n) if whole else self._expected_draws() / (n - 1)
        counts = _all_others(n)
        if n > EXACT_LOSS_LIMIT:
            counts = np.full(n, LOSS_DRAWS, dtype=np.int64)
            factor = factor * ((n - 1) / LOSS_DRAWS)
        pushed = self._pushed(counts, stream(*self._name, -1), factor)
        return self._terms(self.graph, pushed, known=whole).losses

    # ---- inside -------------------------------------------------------------------------------

    @property
    def _both_ends(self) -> bool:
        return self.switches.symmetric_attraction

    def _is_whole(self) -> bool:
        """Return whether the repulsion stands for that of all pairs."""
        return self.switches.normalized or self.switches.repulsion != "sampled"

    def _draw_weight(self) -> float:
        """Return the weight of one drawn repulsion where draws stand for themselves."""
        explicit = self.switches.weights == "explicit" and self.switches.divergence == "kl"
        return 1.0 - self._mean if explicit else 1.0

    def _expected_draws(self) -> NDArray[np.float64]:
        """Return the summed weights of the draws of each row in one step, in expectation."""
        if self.switches.weights == "explicit":
            acts = np.diff(self.graph.indptr).astype(np.float64)
        else:
            relative = self.graph.weights / (self.graph.weights.max(initial=0.0) or 1.0)
            acts = _row_sums(self.graph.indptr, relative.astype(np.float64))
        return acts * round(self._live["n_negatives"]) * self._draw_weight()

    def _push_of_step(self, acts: Counts) -> Pushed:
        """Return the repulsion of the next step, in which each row has so many acting edges."""
        repulsion = self.switches.repulsion
        if repulsion == "fft":
            return _push_by_grid(
                self._points, self.kernel, squared=self.switches.divergence == "frobenius"
            )
        drawn = _everyone(self.graph.n) if repulsion == "exact" else self._drawn(acts)
        counts, factor = drawn
        key = stream(*self._name, self.n_done)
        return self._pushed(counts, key, factor, logarithms=False)

    def _drawn(self, acts: Counts) -> tuple[Counts, Forces]:
        """Return how many points each row draws in a step, and how much each draw counts."""
        n, switches = self.graph.n, self.switches
        # Normalised, a row without an acting edge needs an estimate of all others as well.
        counts = np.maximum(acts, int(switches.normalized)) * round(self._live["n_negatives"])
        if switches.normalized:
            return counts, (n - 1) / counts
        return counts, np.full(n, self._draw_weight())

    def _pushed(
        self, counts: Counts, key: np.uint64, factor: Forces, *, logarithms: bool = True
    ) -> Pushed:
        """Return the repulsion of the points that rows draw, where ``factor`` is what each draw of a row counts."""
        switches = self.switches
        pushing = factors(switches.divergence, normalized=switches.normalized)[1]
        given = self._points, counts, key, self.kernel, pushing, switches.softening
        found = push_pairs(*given, logarithms=logarithms)
        push, more, sums = (part * factor[:, None] for part in found)
        return push, more, sums.sum(axis=0)

    def _over_all(self, *, both_ends: bool) -> Terms:
        counts, factor = _everyone(self.graph.n)
        pushed = self._pushed(counts, np.uint64(0), factor)
        return self._terms(self.graph, pushed, both_ends=both_ends, known=True)

    def _terms(
        self,
        edges: Graph,
        pushed: Pushed,
        *,
        both_ends: bool = False,
        known: bool | None = None,
        measured: bool = True,
    ) -> Terms:
        """Return forces and, where they are ``measured``, losses, whose logarithms take longer than the forces.

        ``known`` says that pairs of the graph repel with 1 - p and not as others do, by default where
        all pairs are summed over.
        """
        switches, kernel, softening = self.switches, self.kernel, self.switches.softening
        pulling, pushing = factors(switches.divergence, normalized=switches.normalized)
        given = _both_ways(edges) if both_ends else edges
        pull, edge_sums = pull_edges(given, self._points, kernel, pulling, 0.0, logarithms=measured)
        push, more, pair_sums = pushed
        back, along = np.zeros_like(pull), edge_sums.sum(axis=0)
        if pushing == CROSS and (self._is_whole() if known is None else known):
            back, _ = pull_edges(
                self.graph, self._points, kernel, CROSS, softening, logarithms=False
            )
        else:
            along[2] = 0.0
        # An edge that pulls twice is still one edge of P.
        along[0] *= 0.5 if both_ends else 1.0
        found = Collected(pull, back, push, more, along, pair_sums, self._constants)
        return terms_of(switches.divergence, found, normalized=switches.normalized)

    def _move(self, terms: Terms) -> None:
        exaggeration, rate = self._live["exaggeration"], self.learning_rate
        if not self.switches.amplified:
            slope = exaggeration * terms.attraction - terms.repulsion
            self._points -= (rate * np.clip(slope, -MAX_SLOPE, MAX_SLOPE)).astype(np.float32)
            return
        rates = Rates(
            np.float32(exaggeration),
            np.float32(1.0),
            np.float32(rate),
            np.float32(self._live["momentum"]),
            MAX_STEP_NORM,
        )
        forces = terms.attraction.astype(np.float32), terms.repulsion.astype(np.float32)
        arrays = (self._points, self._velocity, self._gains, *forces)
        share(len(self._points), lambda first, last: move_points(first, last, *arrays, rates))

    def _arrays(self) -> dict[str, Points]:
        return {"embedding": self._points, "velocity": self._velocity, "gains": self._gains}


def _all_others(n: int) -> Counts:
    return np.full(n, ALL_OTHERS, dtype=np.int64)


def _everyone(n: int) -> tuple[Counts, Forces]:
    return _all_others(n), np.ones(n)


def _push_by_grid(points: Points, kernel: Kernel, *, squared: bool) -> Pushed:
    """Return the repulsion of all points on each by the kernel, and where ``squared`` also by its square."""
    push, twice = np.empty_like(points), np.zeros_like(points)
    sums = np.zeros(3)
    sums[0] = SplineRepulsion(kernel)(points, push)
    if squared:
        # The square of the kernel has twice its logarithmic slope.
        sums[1] = SplineRepulsion(kernel._replace(c=2.0 * kernel.c))(points, twice)
    return push.astype(np.float64), 0.5 * twice.astype(np.float64), sums


def _both_ways(graph: Graph) -> Graph:
    """Return a graph in which each edge pulls both its ends."""
    matrix = graph.to_scipy()
    return Graph.from_scipy(matrix + matrix.T)


def _clock(graph: Graph) -> NDArray[np.uint64]:
    """Return each weight as a share of the largest, in 2^-32."""
    relative = graph.weights.astype(np.float64) / (graph.weights.max(initial=0.0) or 1.0)
    return np.minimum(relative * 2.0**32, 2.0**32 - 1.0).astype(np.uint64)


def _acting(graph: Graph, clock: NDArray[np.uint64], time: int) -> Graph:
    """Return the edges that act in a step, each with the largest weight; the others have 0."""
    acts = ((clock * np.uint64(time)) & LOW_BITS) < clock
    weights = np.where(acts, graph.weights.max(initial=0.0), 0.0).astype(np.float32)
    return Graph(graph.indptr, graph.indices, weights)


def _acting_counts(acting: Graph) -> Counts:
    return _row_sums(acting.indptr, (acting.weights > 0).astype(np.float64)).astype(np.int64)


def _row_sums(indptr: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.diff(np.concatenate([[0.0], np.cumsum(values)])[indptr])
