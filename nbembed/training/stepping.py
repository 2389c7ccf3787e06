"""What the loop asks of whatever moves the points."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State

__all__ = ["Stepper"]


class Stepper(Protocol):
    """The inner loop of a phase: one call of ``step`` is one step.

    Attributes
    ----------
    frame_every : int
        Steps between two maps that the history keeps: 1 where a map costs nothing.
    loss_every : int
        Steps between two losses that the history keeps at most, where its own number is larger.
    """

    frame_every: int
    loss_every: int

    @property
    def learning_rate(self) -> float:
        """The learning rate now in force."""
        ...

    def step(self) -> None:
        """Do one step."""
        ...

    def embedding(self) -> NDArray[np.float32]:
        """Return a copy of the map."""
        ...

    def losses(self) -> dict[str, float]:
        """Return the true loss of the present map."""
        ...

    def get(self, name: str) -> Any:
        """Return the live parameter ``name``."""
        ...

    def set(self, name: str, value: Any) -> None:
        """Change the live parameter ``name`` from the next step on."""
        ...

    def state_dict(self) -> State:
        """Return all that is needed to go on bit by bit."""
        ...

    def load_state_dict(self, state: State) -> None:
        """Go on from what ``state_dict`` returned."""
        ...
