"""One moment of a run, and what was set in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import FrameExpiredError

__all__ = ["Event", "Frame", "total"]


@dataclass(frozen=True)
class Event:
    """A parameter changed in mid-run, after ``step`` steps."""

    step: int
    phase: str
    name: str
    value: float


def total(losses: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Return the sum of all losses, each times its weight, or 1."""
    return float(sum(weights.get(name, 1.0) * value for name, value in losses.items()))


class Frame:
    """What a run looks like after one step, or during a stage before the first step.

    What costs something is computed when it is asked for and then kept: ``embedding`` copies the
    map, ``losses`` evaluates the loss. Both can be asked for until the run moves on; later only
    what was asked for in time is there. Asking never changes the run.

    Attributes
    ----------
    phase : str
        Name of the phase or stage, for example ``"finding neighbours"`` or ``"optimization"``.
    step : int
        Steps done since the start of the run; 0 during the first stages and for the starting map.
    n_steps : int
        Steps of the whole run.
    is_stage : bool
        True before the first map exists, and between two phases while affinities are computed anew;
        ``embedding`` is then None.
    progress : float or None
        Finished fraction of a stage, 0 to 1; None where it cannot be known.
    learning_rate : float or None
        The learning rate of the step just done.
    exaggeration : float or None
        The factor on the attraction in the step just done, where the method has one.
    recorded_losses : dict
        The losses that the run's history recorded at this step; empty at most steps.
    recursion : int or None
        The number of the recursion, 0 before the first; None for methods without them.
    affinities_from : str
        What the affinities of the phase were measured in: ``"input"`` (the data), ``"embedding"`` or a layer.
    weights : dict
        Weights of the terms that are added to the loss, by name; what is minimised is the sum of all
        losses, each times its weight, or 1.
    """

    def __init__(  # noqa: PLR0913 - what there is to say of a moment
        self,
        *,
        phase: str,
        step: int,
        n_steps: int,
        progress: float | None = None,
        learning_rate: float | None = None,
        exaggeration: float | None = None,
        recorded_losses: dict[str, float] | None = None,
        weights: dict[str, float] | None = None,
        recursion: int | None = None,
        affinities_from: str = "input",
        read_embedding: Callable[[], NDArray[np.float32]] | None = None,
        read_losses: Callable[[], dict[str, float]] | None = None,
    ) -> None:
        self.phase = phase
        self.step = step
        self.n_steps = n_steps
        self.progress = progress
        self.learning_rate = learning_rate
        self.exaggeration = exaggeration
        self.recorded_losses = recorded_losses or {}
        self.weights = weights or {}
        self.recursion = recursion
        self.affinities_from = affinities_from
        self.is_stage = read_embedding is None
        self._readers: dict[str, Callable[[], Any]] | None = {}
        if read_embedding is not None and read_losses is not None:
            self._readers = {"embedding": read_embedding, "losses": read_losses}
        self._kept: dict[str, Any] = {}

    @property
    def embedding(self) -> NDArray[np.float32] | None:
        """The map, shape (n_samples, n_components), a copy; None during a stage."""
        return None if self.is_stage else self._read("embedding")

    @property
    def losses(self) -> dict[str, float]:
        """The true loss of this map under its name; never the exaggerated one. {} in a stage."""
        return {} if self.is_stage else dict(self._read("losses"))

    @property
    def loss(self) -> float:
        """What is minimised, for this map: the sum of all losses, each times its weight; 0 in a stage."""
        return total(self.losses, self.weights)

    @property
    def recorded_loss(self) -> float | None:
        """What is minimised, where the history recorded it at this step: weights included."""
        if not self.recorded_losses:
            return None
        return total(self.recorded_losses, self.weights)

    def expire(self) -> None:
        """Forget the way to the run, which is about to move on."""
        self._readers = None

    def _read(self, name: str) -> Any:
        if name not in self._kept:
            if self._readers is None:
                raise FrameExpiredError(
                    f"the {name} of step {self.step} was not asked for before the run moved on; "
                    f"read frame.{name} inside the loop, or use run.history"
                )
            self._kept[name] = self._readers[name]()
        return self._kept[name]

    def __repr__(self) -> str:
        return f"Frame(phase={self.phase!r}, step={self.step}, n_steps={self.n_steps})"
