"""One run, shown: pulls it, measures it, and hands the publisher what the browser should see."""

import threading
import time
from collections.abc import Callable
from typing import Any

from nbembed import metrics, transport
from nbembed.training import Frame, Run
from nbembed.widget.control import RunControl
from nbembed.widget.publisher import CurveFeed, Publisher
from nbembed.widget.status import StatusLine

__all__ = ["Session"]

# Live metrics may take this share of the time since the first step.
METRIC_SHARE = 0.07
MIN_METRIC_PAUSE = 0.3
# Rows they look at: few, so that a short run has a curve too.
LIVE_ROWS = 500
# Status messages without a frame, and the trait that a reloaded page reads, per second.
MESSAGE_PAUSE, TRAIT_PAUSE = 0.1, 0.25
# A run shorter than this is played again from its history, so that the motion is seen.
REPLAY_BELOW = 3.0
# The history that a saved notebook carries.
SNAPSHOT_BYTES, SNAPSHOT_FRAMES = 2_000_000, 32
# The history that an exported page carries.
PAGE_BYTES, PAGE_FRAMES = 20_000_000, 120


class Session:
    """A run under control, with its way to the browser.

    Parameters
    ----------
    run
        The run.
    publisher
        The widget's publisher.
    set_traits
        Sets synced traits of the widget; called only by the thread that publishes.
    number, title
        Which run of the widget this is, and the method's name.
    mode
        ``"fit"``: the cell's own thread calls :meth:`pump`. ``"start"``: the worker publishes.
    paused
        Begin paused.
    """

    def __init__(
        self,
        run: Run,
        publisher: Publisher,
        set_traits: Callable[..., None],
        *,
        number: int,
        title: str,
        mode: str,
        paused: bool = False,
    ) -> None:
        self.run = run
        self.publisher = publisher
        self.cell_publishes = mode == "fit"
        self.status = StatusLine(run, number=number, title=title, mode=mode)
        self.control = RunControl(
            run, on_frame=self._on_frame, on_state=self._on_state, paused=paused
        )
        self._set_traits = set_traits
        self._curves = CurveFeed()
        self._quality: metrics.LiveQuality | None = None
        self._metric_seconds = 0.0
        self._first_step_at = self._last_metric = 0.0
        self._measured_step = -1
        self._pump_lock = threading.RLock()
        self._outbox: dict[str, Any] = {}
        self._message_due = self._resend = False
        self._last_message = self._last_trait = float("-inf")

    def begin(self) -> None:
        """Say what is going on, then let the worker begin."""
        state = self.control.state
        self._set_traits(
            status=self.status.change(state=state), curves={}, snapshot_info={}, snapshot=b""
        )
        self.control.start()

    # ---- in the publishing thread -------------------------------------------------------------

    def pump(self) -> None:
        """Send everything that waits: a frame, a changed state, what a new view asked for."""
        with self._pump_lock:
            now = time.monotonic()
            if self._resend:
                self._resend = False
                whole = self._curves.whole(self.run.history.curves)
                self.publisher.message({"t": "status", "status": self.status.at(), "curves": whole})
                self.publisher.resend()
            sent = self.publisher.pump()
            if not sent and (self._message_due or now - self._last_message > 2 * TRAIT_PAUSE):
                self._say(now)
            if sent:
                self._last_message, self._message_due = now, False
            if self._outbox:
                outbox, self._outbox = self._outbox, {}
                history = outbox.pop("history", None)
                self._set_traits(**outbox)
                if history is not None:
                    self.publisher.message(
                        {"t": "history", "info": history[0], "replay": True}, history[1]
                    )
            elif self.control.state == "running" and now - self._last_trait > TRAIT_PAUSE:
                self._last_trait = now
                self._set_traits(status=self.status.at())

    def greet(self) -> None:
        """Let a view that has come catch up."""
        self._resend = True
        if not self.cell_publishes or self.control.finished.is_set():
            self.pump()

    def page(self) -> tuple[dict[str, Any], bytes]:
        """Return status, history and curves as an exported page keeps them, and the history's bytes."""
        with self.control.between_steps:
            info, body = history_pack(
                self.run,
                number=self.status.values["run"],
                max_bytes=PAGE_BYTES,
                max_frames=PAGE_FRAMES,
            )
            curves = self._curves.whole(self.run.history.curves)
        status = {**self.status.at(), "seconds_left": None}
        if not self.control.finished.is_set():
            status["state"] = "stopped"  # on the page nothing goes on
        return {"status": status, "snapshot_info": info, "curves": curves}, body

    def _say(self, now: float) -> None:
        """Send the status alone; a run that rests has nothing new to say."""
        if not self._message_due and self.control.state != "running":
            return
        self._last_message, self._message_due = now, False
        fresh = self._curves.fresh(self.run.history.curves)
        self.publisher.message(
            {"t": "status", "status": self.status.at(), **({"curves": fresh} if fresh else {})}
        )

    # ---- in the worker ------------------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        status = self.status.follow(frame)
        if frame.is_stage:
            self._message_due |= time.monotonic() - self._last_message > MESSAGE_PAUSE
        else:
            self._measure(frame)
            if self.publisher.wants_frame(4 * status["n"]):
                self._offer(frame, status)
        if not self.cell_publishes:
            self.pump()

    def _offer(self, frame: Frame, status: dict[str, Any]) -> None:
        embedding = frame.embedding
        if embedding is None:
            return
        content: dict[str, Any] = {
            "run": status["run"],
            "step": frame.step,
            "phase": frame.phase,
            "status": status,
        }
        fresh = self._curves.fresh(self.run.history.curves)
        self.publisher.offer(content | ({"curves": fresh} if fresh else {}), embedding)

    def _on_state(self) -> None:
        """Show exactly where a run stands that began, rests, goes on or has ended."""
        state = self.control.state
        if state == "running":
            self.status.resumed()
        ended = state in ("done", "stopped", "error")
        if ended:
            self._measure_last()
        message = _explain(self.control.error) if self.control.error else None
        status = self.status.change(state=state, message=message)
        embedding = None if state == "running" else self.run.embedding
        if embedding is not None:
            content: dict[str, Any] = {
                "run": status["run"],
                "step": self.run.step,
                "phase": status["phase"],
                "status": status,
            }
            self.publisher.offer(
                content | {"curves": self._curves.fresh(self.run.history.curves)}, embedding
            )
        outbox: dict[str, Any] = {"status": status}
        if ended and embedding is not None:
            outbox |= self._snapshot(status)
        self._outbox = outbox
        self._message_due = True
        if not self.cell_publishes:
            self.pump()

    def _snapshot(self, status: dict[str, Any]) -> dict[str, Any]:
        """Return the traits a saved notebook keeps, and the replay of a very short run."""
        info, body = history_pack(self.run, number=status["run"])
        traits: dict[str, Any] = {
            "snapshot_info": info,
            "snapshot": body,
            "curves": self._curves.whole(self.run.history.curves),
        }
        if status["elapsed"] < REPLAY_BELOW and status["state"] == "done":
            traits["history"] = history_pack(
                self.run, number=status["run"], max_frames=2 * SNAPSHOT_FRAMES
            )
        return traits

    def _measure(self, frame: Frame) -> None:
        """Measure the map's quality, if the time spent on that so far allows it."""
        now = time.monotonic()
        if frame.step == 0 or self._first_step_at == 0.0:
            self._first_step_at = self._last_metric = now
            return
        elapsed = now - self._first_step_at
        if (
            now - self._last_metric < MIN_METRIC_PAUSE
            or self._metric_seconds > METRIC_SHARE * elapsed
        ):
            return
        self._take_measure(frame.embedding, frame.step)

    def _measure_last(self) -> None:
        """Measure the map that the run ended with."""
        embedding = self.run.embedding
        if embedding is not None and self.run.step > 0 and self.run.step != self._measured_step:
            self._take_measure(embedding, self.run.step)

    def _take_measure(self, embedding: Any, step: int) -> None:
        began = time.monotonic()
        if self._quality is None:
            self._quality = metrics.LiveQuality(
                self.run.X,
                n_neighbors=_neighborhood(len(self.run.X)),
                sample=min(LIVE_ROWS, len(self.run.X)),
            )
            note = f"measured on {self._quality.sample_size:,} of {len(self.run.X):,} rows"
            self._curves.notes = {"trustworthiness": note, "neighbor_recall": note}
        for name, value in self._quality.measure(embedding).items():
            self.run.history.add_value(name, step, value, by_clock=True)
        self._last_metric = time.monotonic()
        self._metric_seconds += self._last_metric - began
        self._measured_step = step


def history_pack(
    run: Run, *, number: int, max_bytes: int = SNAPSHOT_BYTES, max_frames: int = SNAPSHOT_FRAMES
) -> tuple[dict[str, Any], bytes]:
    """Return the thinned history of ``run``, its present map last, as one header and its bytes."""
    frames = [(f.step, f.phase, f.embedding) for f in run.history.frames if f.step < run.step]
    embedding = run.embedding
    if embedding is not None:
        frames.append((run.step, run.phase.name, embedding))
    each = 4 * len(run.X)
    info, body = transport.pack_history(frames, max_bytes=min(max_bytes, each * max_frames))
    return {"run": number, **info}, body


def _neighborhood(n: int) -> int:
    """Return the metrics' neighbourhood: 15, or what few rows allow."""
    return max(1, min(15, (n - 1) // 2 - 1))


def _explain(error: BaseException) -> str:
    return str(error) or type(error).__name__
