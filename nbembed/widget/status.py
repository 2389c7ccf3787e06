"""The status line: what runs, where it stands, how long it will still take."""

import time
from typing import Any

from nbembed._types import NOT_TO_SCALE
from nbembed.phases import Phase
from nbembed.training import Frame, Run
from nbembed.widget.parameters import live_values

__all__ = ["StatusLine", "idle_status"]

# Rough throughput of one CPU core, to say "about 3 s" before anything was measured:
# multiply-adds of a distance search, and pairs of a force evaluation, per second.
SEARCH_RATE, FORCE_RATE = 3e10, 2.5e7
# Approximate search, seconds per row and feature (measured: 70,000 x 784, two threads).
APPROXIMATE_SECONDS = 7.5e-8
EXACT_ROWS = 10_000
# What a grid costs, in pairs.
GRID_PAIRS = 200_000


class StatusLine:
    """Turns frames into the ``status`` trait, and measures the time that is left.

    Parameters
    ----------
    run
        The run it speaks of.
    number
        Which run of this widget it is; the browser drops frames of older ones.
    title
        The method's name.
    to_scale
        Which distances of its map mean something.
    """

    def __init__(self, run: Run, *, number: int, title: str, to_scale: str = NOT_TO_SCALE) -> None:
        self._began = time.monotonic()
        self._run = run
        self._expected = expected_seconds(run)
        self.values: dict[str, Any] = idle_status(title, *run.X.shape) | {
            "device": run.device.upper(),
            "run": number,
            "to_scale": to_scale,
            "state": "running",
            "mode": "start",
            "phase": "finding neighbours",
            "stage": True,
            "n_steps": run.n_steps,
            "seconds_left": self._expected,
        }
        self._first_step: tuple[float, int] | None = None

    def follow(self, frame: Frame) -> dict[str, Any]:
        """Take the frame's place in the run over and return the status."""
        now = time.monotonic()
        if not frame.is_stage and self._first_step is None and frame.step > 0:
            self._first_step = (now, frame.step)
        self.values.update(
            phase=frame.phase,
            stage=frame.is_stage,
            progress=frame.progress,
            step=frame.step,
            seconds_left=self._seconds_left(now, frame.step),
            live=live_values(self._run),
        )
        return self.at(now)

    def at(self, now: float | None = None) -> dict[str, Any]:
        """Return the status with its clock brought up to ``now``."""
        now = time.monotonic() if now is None else now
        self.values["elapsed"] = round(now - self._began, 2)
        return dict(self.values)

    def read(self) -> dict[str, Any]:
        """Take over what was set and what is in force, where the run is not working, and return the status."""
        run = self._run
        events = [[event.step, event.name, event.value] for event in run.events]
        self.values.update(events=events, live=live_values(run))
        return self.at()

    def change(self, **values: Any) -> dict[str, Any]:
        """Change some of the values and return the status."""
        self.read()
        self.values.update(values)
        if self.values["state"] in ("done", "stopped", "error"):
            self.values.update(seconds_left=None, progress=None, stage=False, live={})
        return self.at()

    def resumed(self) -> None:
        """Measure the pace anew: a pause is not work."""
        self._first_step = None

    def _seconds_left(self, now: float, step: int) -> float | None:
        if self._first_step is None or step <= self._first_step[1]:
            return max(0.0, self._expected - (now - self._began)) if step <= 1 else None
        begun, first = self._first_step
        pace = (now - begun) / (step - first)
        return round(pace * (self.values["n_steps"] - step), 1)


def idle_status(title: str, n: int, d: int) -> dict[str, Any]:
    """Return the status before any run of ``n`` rows and ``d`` columns."""
    return {
        "run": 0, "state": "idle", "mode": None, "title": title, "n": n, "d": d, "device": "CPU",
        "phase": "", "stage": False, "progress": None, "step": 0, "n_steps": 0, "elapsed": 0.0,
        "to_scale": NOT_TO_SCALE, "seconds_left": None, "message": None, "pull": False, "events": [], "live": {},
    }  # fmt: skip


def expected_seconds(run: Run) -> float:
    """Return a rough guess of the whole run's seconds from its size alone."""
    n, d = run.X.shape
    search = n * n * d / SEARCH_RATE if n <= EXACT_ROWS else 10.0 + n * d * APPROXIMATE_SECONDS
    steps = 0.0
    for phase in run.phases:
        k = int(phase.neighbors["n_neighbors"])
        pairs = _pairs_of_step(phase, n, k)
        steps += phase.n_steps * pairs / FORCE_RATE / 2
    return round(search + steps, 1)


def _pairs_of_step(phase: Phase, n: int, k: int) -> float:
    """Return how many pairs a step of ``phase`` looks at, roughly, with ``k`` neighbours of ``n`` rows."""
    sampler = phase.sampler
    if "n_far" in sampler:
        return n * 2.0 * (k + sampler["n_mid_near"] + sampler["n_far"])
    if sampler.get("repulsion") == "fft":
        return n * 2.0 * k + GRID_PAIRS
    if "n_negatives" in sampler and sampler.get("repulsion") != "exact":
        # Edges that act in a step: some two of each row, but all of them where each is multiplied by its weight.
        acting = k if sampler.get("weights") == "explicit" else 2
        return n * float(acting) * sampler["n_negatives"]
    if phase.loss["name"] in ("stress", "strain", "rowwise_kl", "matching"):
        return float(n) * n
    return n * 2.0 * k + GRID_PAIRS
