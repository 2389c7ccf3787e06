"""What may watch a run: a callback sees every frame and may stop the run.

A callback never changes numbers: it gets frames, whose embedding is a copy.
"""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbembed.training import Frame

__all__ = ["Callback", "ProgressBar", "StopOnPlateau", "as_callbacks"]


class Callback:
    """The three moments of a run; override what you need."""

    def on_start(self, n_steps: int) -> None:
        """Take note that a run of ``n_steps`` steps begins; called once, before the first frame."""

    def on_frame(self, frame: "Frame") -> bool | None:
        """Take a frame; called with every one, those of the stages before the first step included.

        Return True to stop the run after this frame; its result is kept.
        """

    def on_end(self) -> None:
        """Take note that the run is over; called once, also when it was stopped or failed."""


class _FunctionCallback(Callback):
    """A plain function ``function(frame)`` as a callback."""

    def __init__(self, function: Callable[["Frame"], bool | None]) -> None:
        self.function = function

    def on_frame(self, frame: "Frame") -> bool | None:
        return self.function(frame)


class ProgressBar(Callback):
    """A tqdm bar: the phase, the step and the newest loss, on standard error or in the notebook.

    Parameters
    ----------
    heading
        A line written above the bar; none where it is empty. Default empty.
    """

    def __init__(self, heading: str = "") -> None:
        self.heading = heading
        self._bar: Any = None

    def on_start(self, n_steps: int) -> None:
        """Open the bar."""
        from tqdm.auto import tqdm

        if self.heading:
            tqdm.write(self.heading, file=sys.stderr)
        self._bar = tqdm(total=n_steps, desc="starting", unit="step")

    def on_frame(self, frame: "Frame") -> bool | None:
        """Move the bar to the frame's step."""
        if frame.phase != self._bar.desc:
            self._bar.set_description_str(frame.phase)
        self._bar.update(frame.step - self._bar.n)
        if frame.recorded_losses:
            self._bar.set_postfix({k: f"{v:.4g}" for k, v in frame.recorded_losses.items()})

    def on_end(self) -> None:
        """Close the bar, leaving its last state on the screen."""
        if self._bar is not None:
            self._bar.close()


class StopOnPlateau(Callback):
    """Stop when the loss has not fallen by ``min_delta`` for ``patience`` recorded values.

    Parameters
    ----------
    patience
        Number of recorded losses (one every 10 steps) without progress that are waited for, ≥ 1.
    min_delta
        Smallest fall, relative to the best loss so far, that counts as progress, ≥ 0.
    smoothing
        Number of the newest recorded losses whose mean is compared, ≥ 1. Default 1, which smooths nothing.

    Notes
    -----
    Another phase minimises another loss: it is waited for anew.
    """

    def __init__(self, *, patience: int = 10, min_delta: float = 1e-3, smoothing: int = 1) -> None:
        self.patience = patience
        self.smoothing = smoothing
        self.min_delta = min_delta

    def on_start(self, n_steps: int) -> None:  # noqa: ARG002
        """Forget what an earlier run left."""
        self._forget(None)

    def on_frame(self, frame: "Frame") -> bool | None:
        """Compare the newest recorded loss with the best one of the phase, smoothed."""
        loss = frame.recorded_loss
        if loss is None:
            return False
        if frame.phase != self._phase:
            self._forget(frame.phase)
        self._recent = [*self._recent, loss][-self.smoothing :]
        loss = sum(self._recent) / len(self._recent)
        if loss < self._best - self.min_delta * abs(loss):
            self._best, self._waited = loss, 0
            return False
        self._waited += 1
        return self._waited >= self.patience

    def _forget(self, phase: str | None) -> None:
        self._phase = phase
        self._best = float("inf")
        self._waited = 0
        self._recent: list[float] = []


def as_callbacks(
    callbacks: "Callback | Callable[[Any], Any] | Iterable[Any] | None",
) -> list[Callback]:
    """Return a list of callbacks from one callback, a function, several of them, or None."""
    if callbacks is None:
        return []
    if isinstance(callbacks, Callback):
        return [callbacks]
    if callable(callbacks):
        return [_FunctionCallback(callbacks)]
    return [c if isinstance(c, Callback) else _FunctionCallback(c) for c in callbacks]
