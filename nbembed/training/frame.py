"""One moment of a run."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.errors import FrameExpiredError

__all__ = ["Frame"]


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
        Steps done since the start of the run; 0 during the stages and for the starting map.
    n_steps : int
        Steps of the whole run.
    is_stage : bool
        True before the first map exists; ``embedding`` is then None.
    progress : float or None
        Finished fraction of a stage, 0 to 1; None where it cannot be known.
    learning_rate : float or None
        The learning rate of the step just done.
    exaggeration : float or None
        The factor on the attraction in the step just done, where the method has one.
    recorded_losses : dict
        The losses that the run's history recorded at this step; empty at most steps.
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
