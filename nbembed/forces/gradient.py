"""Descent along the full gradient of t-SNE's Kullback-Leibler divergence."""

from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed._types import State
from nbembed.forces.attraction import attract
from nbembed.forces.losses import attraction_loss
from nbembed.forces.repulsion import repulsion_named
from nbembed.forces.stepper import Points, Stepper
from nbembed.neighbors import Graph

__all__ = ["GradientStepper", "Rates", "move_points"]

# Change of a coordinate's gain when its gradient keeps pointing against its motion, and its floor.
GAIN_UP, GAIN_DOWN, MIN_GAIN = 0.2, 0.8, 0.01


class Rates(NamedTuple):
    """The numbers a step depends on, all float32."""

    exaggeration: np.float32
    inverse_sum: np.float32
    learning_rate: np.float32
    momentum: np.float32
    max_step_norm: np.float32


class GradientStepper(Stepper):
    r"""Gradient descent with momentum and gains on :math:`\sum p_{ij} \ln(p_{ij}/q_{ij})`.

    The gradient is taken without the factor 4 of the paper, as openTSNE does: its learning rate
    is n over the exaggeration.

    Parameters
    ----------
    graph
        Joint affinities that sum to 1.
    embedding
        Start, shape (n, n_components).
    learning_rate
        Length of a step per unit of gradient.
    momentum
        Share of the last move that is kept, in [0, 1).
    exaggeration
        Factor of the attraction.
    repulsion
        "exact", "fft" (one or two components) or "auto".
    max_step_norm
        Longest move of a point in one step, in units of the embedding.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 5; Jacobs (1988), Neural Networks 1, for the
    gains; openTSNE's ``gradient_descent`` for their constants.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        learning_rate: float,
        momentum: float,
        exaggeration: float,
        repulsion: str = "auto",
        max_step_norm: float = 5.0,
    ) -> None:
        super().__init__(
            graph,
            embedding,
            learning_rate=learning_rate,
            momentum=momentum,
            exaggeration=exaggeration,
        )
        self._max_step_norm = np.float32(max_step_norm)
        self._repulsion = repulsion_named(repulsion, *self._points.shape)
        self._velocity = np.zeros_like(self._points)
        self._gains = np.ones_like(self._points)
        self._attraction = np.empty_like(self._points)
        self._push = np.empty_like(self._points)
        # The sum of all kernels at the present positions, once it is known.
        self._Z: float | None = None
        p = graph.weights.astype(np.float64)
        self._mass = float(p.sum())
        self._negentropy = float((p * np.log(p)).sum())

    def step(self) -> None:
        """Move the points once.

        Raises
        ------
        FloatingPointError
            If a position is no longer finite.
        """
        live = self._live
        rates = Rates(
            np.float32(live["exaggeration"]),
            np.float32(1.0 / self._repel()),
            np.float32(live["learning_rate"]),
            np.float32(live["momentum"]),
            self._max_step_norm,
        )
        self._attract()
        arrays = (self._points, self._velocity, self._gains, self._attraction, self._push)
        share(len(self._points), lambda first, last: move_points(first, last, *arrays, rates))
        # numpy is ten times faster along rows than down columns.
        centre = np.ascontiguousarray(self._points.T).mean(axis=1, dtype=np.float64)
        self.n_done += 1
        self._Z = None
        if not np.isfinite(centre).all():
            raise FloatingPointError(
                f"positions are no longer finite after step {self.n_done}; "
                "lower learning_rate or exaggeration"
            )
        self._points -= centre.astype(np.float32)

    def losses(self) -> dict[str, float]:
        """Return the divergence of the present embedding, without exaggeration, in nats."""
        graph, Z = self.graph, self._repel()
        edges = graph.indptr, graph.indices, graph.weights
        attraction = attraction_loss(self._points, edges, 1.0, 1.0)
        return {"kl": self._negentropy + attraction + self._mass * float(np.log(Z))}

    def forces(self) -> tuple[Points, Points]:
        """Return attraction (not exaggerated) and repulsion of every point.

        Four times their difference is the gradient of the divergence.
        """
        Z = self._repel()
        self._attract()
        return self._attraction.copy(), self._push / np.float32(Z)

    def load_state_dict(self, state: State) -> None:
        """Go back to a state; the steps from there are the same, bit by bit."""
        super().load_state_dict(state)
        self._Z = None

    def _attract(self) -> None:
        """Compute the attraction of every point, not exaggerated."""
        attract(self.graph, self._points, self._attraction)

    def _repel(self) -> float:
        """Return the sum of kernels at the present positions, whose repulsion is kept with it."""
        if self._Z is None:
            self._Z = self._repulsion(self._points, self._push)
        return self._Z

    def _arrays(self) -> dict[str, Points]:
        return {"embedding": self._points, "velocity": self._velocity, "gains": self._gains}


@numba.njit(nogil=True, cache=True)
def move_points(
    first: int,
    last: int,
    points: Points,
    velocity: Points,
    gains: Points,
    attraction: Points,
    repulsion: Points,
    rates: Rates,
) -> None:
    """Move points with momentum and gains against attraction less repulsion."""
    n_components = points.shape[1]
    for i in range(first, last):
        squared = np.float32(0.0)
        for d in range(n_components):
            slope = rates.exaggeration * attraction[i, d] - rates.inverse_sum * repulsion[i, d]
            if np.sign(velocity[i, d]) != np.sign(slope):
                gains[i, d] += np.float32(GAIN_UP)
            else:
                gains[i, d] = gains[i, d] * np.float32(GAIN_DOWN) + np.float32(MIN_GAIN)
            move = rates.momentum * velocity[i, d] - rates.learning_rate * gains[i, d] * slope
            velocity[i, d] = move
            squared += move * move
        shrink = np.float32(1.0)
        if squared > rates.max_step_norm * rates.max_step_norm:
            shrink = rates.max_step_norm / np.sqrt(squared)
        for d in range(n_components):
            velocity[i, d] *= shrink
            points[i, d] += velocity[i, d]
