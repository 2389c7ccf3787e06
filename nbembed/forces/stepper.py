"""What every stepper of free coordinates has in common."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import InvalidTypeError
from nbembed.neighbors import Graph

__all__ = ["Stepper"]

Points = NDArray[np.float32]


class Stepper(ABC):
    """Moves the points of an embedding step by step.

    Attributes
    ----------
    n_done : int
        Steps done since the beginning.
    frame_every : int
        Steps between two maps that a history keeps: a copy costs nothing.
    loss_every : int
        Steps between two losses that it keeps at most.
    """

    frame_every = 1
    loss_every = 10

    def __init__(self, graph: Graph, embedding: NDArray[np.floating], **live: float) -> None:
        self.graph = graph
        self.n_done = 0
        self._points: Points = np.array(embedding, dtype=np.float32, order="C")
        self._live = {name: float(value) for name, value in live.items()}
        # Its length is a compile-time constant of the kernels, so that their loops unroll.
        self._axes = (0,) * self._points.shape[1]

    @property
    def live(self) -> frozenset[str]:
        """Names of the parameters that :meth:`set` changes between two steps."""
        return frozenset(self._live)

    def get(self, name: str) -> float:
        """Return the present value of a live parameter."""
        self._check_live(name)
        return self._live[name]

    def set(self, name: str, value: float) -> None:
        """Change a live parameter from the next step on.

        Raises
        ------
        InvalidTypeError
            If the stepper has no live parameter of this name.
        """
        self._check_live(name)
        self._live[name] = float(value)

    def _check_live(self, name: str) -> None:
        if name not in self._live:
            raise InvalidTypeError(
                f"{name!r} is no parameter that can be changed during this phase; "
                f"those that can are {', '.join(sorted(self._live))}"
            )

    def embedding(self) -> Points:
        """Return a copy of the present positions."""
        return self._points.copy()

    @property
    def view(self) -> Points:
        """The present positions without a copy, read-only, until the next step."""
        view = self._points.view()
        view.flags.writeable = False
        return view

    @property
    def learning_rate(self) -> float:
        """Learning rate of the next step."""
        return self._live["learning_rate"]

    @abstractmethod
    def step(self) -> None:
        """Move the points once."""

    @abstractmethod
    def losses(self) -> dict[str, float]:
        """Return the true loss of the present embedding, by name."""

    def state_dict(self) -> State:
        """Return copies of everything that the next steps depend on."""
        arrays = {name: array.copy() for name, array in self._arrays().items()}
        return {"n_done": self.n_done, **self._live, **arrays}

    def load_state_dict(self, state: State) -> None:
        """Go back to a state; the steps from there are the same, bit by bit."""
        self.n_done = int(state["n_done"])
        for name in self._live:
            self._live[name] = float(state[name])
        for name, array in self._arrays().items():
            array[...] = state[name]

    def _arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return the arrays that steps change, to be saved and restored in place."""
        return {"embedding": self._points}
