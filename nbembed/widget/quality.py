"""The quality of the map while it moves, measured within a share of the run's time."""

import time

from nbembed.metrics import LiveQuality
from nbembed.training import Frame, Run

__all__ = ["LiveMetrics", "neighborhood"]

# Part of the run's time that measuring may take, and seconds it may take beside that.
SHARE, GRACE = 0.05, 0.05
# Seconds more at the end, so that the last map of a short run is measured too.
LAST_GRACE = 0.3
# Seconds between two measurements: more of them would not be seen.
PAUSE = 0.3
# Rows they look at: few, so that a short run has a curve too.
ROWS = 300
# First guesses of what a piece of the preparation and a measurement take, the latter for a point.
PIECE_SECONDS, SECONDS_PER_POINT = 0.01, 1e-6


class LiveMetrics:
    """Adds values of trustworthiness and neighbour recall to a run's history.

    Before anything is measured, the ranks in the data must be known. They are worked out bit by bit
    between the steps, and each bit, like each measurement, waits until the share of the time that
    it is likely to take has been earned: no step is held up by more than some milliseconds for it.

    Parameters
    ----------
    run
        The run; its worker calls everything here.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        n = len(run.X)
        self._quality = LiveQuality(run.X, neighborhood(n), sample=min(ROWS, n), is_ready=False)
        self._preparation = self._quality.prepare()
        self.spent = self._worked = 0.0
        self._piece, self._measurement = PIECE_SECONDS, n * SECONDS_PER_POINT
        self._since = time.monotonic()
        self._last = float("-inf")
        self._measured_step = -1

    @property
    def note(self) -> str:
        """What the values stand for."""
        return f"measured on {self._quality.sample_size:,} of {len(self._run.X):,} rows"

    def goes_on(self) -> None:
        """Note that the run works from now on: a pause earns nothing."""
        self._since = time.monotonic()

    def follow(self, frame: Frame) -> None:
        """Do what has been earned since the last frame, which may be nothing."""
        now = time.monotonic()
        self._worked += now - self._since
        while not self._quality.is_ready and self._affords(self._piece):
            self._prepare_more()
        if (
            self._quality.is_ready
            and frame.step > 0
            and now - self._last >= PAUSE
            and self._affords(self._measurement)
        ):
            self._measure(frame.step)
        self._since = time.monotonic()

    def finish(self) -> None:
        """Measure the map the run has ended with, if that can be had soon."""
        step = self._run.step
        while not self._quality.is_ready and self._affords(self._piece, LAST_GRACE):
            self._prepare_more()
        if self._quality.is_ready and step > 0 and step != self._measured_step:
            self._measure(step)

    def _affords(self, seconds: float, grace: float = GRACE) -> bool:
        return self.spent + seconds <= SHARE * self._worked + grace

    def _prepare_more(self) -> None:
        began = time.monotonic()
        next(self._preparation, None)
        took = time.monotonic() - began
        # One slow piece, the first one above all, does not make the others slow.
        self._piece = 0.5 * (self._piece + min(took, 4 * self._piece))
        self.spent += took

    def _measure(self, step: int) -> None:
        began = time.monotonic()
        embedding = self._run.embedding
        if embedding is not None:
            for name, value in self._quality.measure(embedding).items():
                self._run.history.add_value(name, step, value, by_clock=True)
        self._last, self._measured_step = time.monotonic(), step
        took = self._last - began
        self._measurement = 0.5 * (self._measurement + min(took, 4 * self._measurement))
        self.spent += took


def neighborhood(n: int) -> int:
    """Return the metrics' neighbourhood: 15, or what few rows allow."""
    return max(1, min(15, (n - 1) // 2 - 1))
