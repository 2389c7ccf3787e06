"""Descent along the full gradient of t-SNE's Kullback-Leibler divergence, on a device."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nbembed._types import State
from nbembed.forces.gradient import GAIN_DOWN, GAIN_UP, MIN_GAIN, GradientStepper
from nbembed.neighbors import Graph
from nbembed.tensor_forces.edges import Edges
from nbembed.tensor_forces.repulsion import repulsion_on
from nbembed.tensor_forces.sums import total

__all__ = ["TensorGradientStepper"]


class TensorGradientStepper(GradientStepper):
    """:class:`~nbembed.forces.GradientStepper` with torch tensors; positions come back after every step.

    Parameters
    ----------
    graph, embedding, options
        As there.
    device
        Where torch works: ``"cuda"``, ``"mps"`` or, to compare, ``"cpu"``.
    dtype
        ``"float32"`` or ``"float64"``, of positions, velocities and forces.

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
        self._velocity, self._gains = np.zeros_like(self.exact), np.ones_like(self.exact)
        self._device = device
        self._name = str(options.get("repulsion", "auto"))
        self._edges = Edges(graph, device, getattr(torch, dtype))
        self._upload()

    def step(self) -> None:
        """Move the points once.

        Raises
        ------
        FloatingPointError
            If a position is no longer finite.
        """
        push, Z = self._push_of_all()
        slope = self._live["exaggeration"] * self._edges.pull(self._places) - push / Z.to(
            push.dtype
        )
        self._move(slope)
        self._known = self._Z = None
        self.n_done += 1
        self.exact[...] = self._places.cpu().numpy()
        self._points[...] = self.exact
        if not np.isfinite(self._points).all():
            raise FloatingPointError(
                f"positions are no longer finite after step {self.n_done}; "
                "lower learning_rate or exaggeration"
            )

    def state_dict(self) -> State:
        """Return copies of everything that the next steps depend on."""
        self._velocity[...] = self._speeds.cpu().numpy()
        self._gains[...] = self._factors.cpu().numpy()
        return super().state_dict()

    def load_state_dict(self, state: State) -> None:
        """Go back to a state; the steps from there are the same, bit by bit."""
        super().load_state_dict(state)
        self._points[...] = self.exact
        self._upload()

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"embedding": self.exact, "velocity": self._velocity, "gains": self._gains}

    def _upload(self) -> None:
        """Take the positions, velocities and gains of the processor over."""
        here = (self.exact, self._velocity, self._gains)
        self._places, self._speeds, self._factors = (
            torch.tensor(array, device=self._device) for array in here
        )
        self._known: tuple[Tensor, Tensor] | None = None

    def _move(self, slope: Tensor) -> None:
        """Move with momentum and gains against ``slope``, no point further than allowed."""
        turned = torch.sign(self._speeds) != torch.sign(slope)
        slower = self._factors * GAIN_DOWN + MIN_GAIN
        self._factors = torch.where(turned, self._factors + GAIN_UP, slower)
        speeds = self._live["momentum"] * self._speeds
        speeds -= self._live["learning_rate"] * self._factors * slope
        length = (speeds * speeds).sum(1, keepdim=True).sqrt()
        longest = float(self._max_step_norm)
        self._speeds = torch.where(length > longest, speeds * (longest / length), speeds)
        places = self._places + self._speeds
        self._places = places - total_by_column(places) / len(places)

    def _push_of_all(self) -> tuple[Tensor, Tensor]:
        """Return the repulsion, which is kept until the next step, and the sum of all kernels."""
        if self._known is None:
            self._known = repulsion_on(self._name, self._places)
        return self._known

    def _attract(self) -> None:
        self._attraction[...] = self._edges.pull(self._places).cpu().numpy()

    def _repel(self) -> float:
        push, Z = self._push_of_all()
        self._push[...] = push.cpu().numpy()
        return float(Z)


def total_by_column(places: Tensor) -> Tensor:
    """Return the sum of each column, as exact as the device can."""
    return torch.stack([total(column) for column in places.T]).to(places.dtype)
