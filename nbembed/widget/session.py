"""One run, shown: pulls it, measures it, and hands the publisher what the browser should see."""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from nbembed.training import Frame, Run
from nbembed.widget import packs
from nbembed.widget.control import RunControl
from nbembed.widget.curves import CurveFeed
from nbembed.widget.publisher import Publisher
from nbembed.widget.quality import LiveMetrics
from nbembed.widget.status import StatusLine

__all__ = ["Session"]

# Seconds between two status messages in a stage, between two without a frame in a run, and between
# two settings of the trait, which only a page that is just being loaded reads.
STAGE_PAUSE, MESSAGE_PAUSE, TRAIT_PAUSE = 0.1, 0.5, 1.0
# A run shorter than this is played again from its history, so that the motion is seen.
REPLAY_BELOW = 3.0
# Views whose story was told are remembered, so that repeated greetings do not repeat it.
REMEMBERED_VIEWS = 64
ENDED = ("done", "stopped", "error")


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
    status
        The run's status line.
    live_metrics
        Measure the map's quality while it moves.
    on_end
        Called in the worker after the end was published, where the worker publishes.
    """

    def __init__(
        self,
        run: Run,
        publisher: Publisher,
        set_traits: Callable[..., None],
        *,
        status: StatusLine,
        live_metrics: bool = True,
        on_end: Callable[[], None],
    ) -> None:
        self.run = run
        self.publisher = publisher
        self.status = status
        self.number = int(status.values["run"])
        # Who publishes: the cell's own thread, which calls `serve`, or the worker.
        self.cell_publishes = False
        self.control = RunControl(
            run,
            on_frame=self._on_frame,
            on_state=self._on_state,
            on_set=self._on_set,
            paused=True,
        )
        self._set_traits = set_traits
        self._on_end = on_end
        self._curves = CurveFeed()
        # Two rows are too few to tell near from far.
        measures = live_metrics and not run.ended and len(run.X) > 2  # noqa: PLR2004
        self._metrics = LiveMetrics(run) if measures else None
        if self._metrics is not None:
            note = self._metrics.note
            self.notes.update(trustworthiness=note, neighbor_recall=note)
        self._pump_lock = threading.RLock()
        self._outbox: dict[str, Any] = {}
        self._message_due = self._resend = self._story_due = self._is_publishing = False
        self._last_message = self._last_trait = float("-inf")
        self._told: deque[str] = deque(maxlen=REMEMBERED_VIEWS)
        # Called when a stage of the run has ended; its maps that were not sent yet.
        self.on_stage: Callable[[], None] = _nothing
        self._stage_ends = {0, *(stage.end for stage in run.stages)}
        self._stage_maps: list[packs.Moment] = []
        # Whether nothing was done yet with a run that has a history.
        self.is_standing = False

    @property
    def notes(self) -> dict[str, str]:
        """What is to be said of a curve, by its name."""
        return self._curves.notes

    def begin(self, mode: str, *, paused: bool = False) -> None:
        """Say what is going on, then let the worker begin.

        Parameters
        ----------
        mode
            ``"fit"``: a cell waits, and its thread publishes and calls :meth:`serve`; ``"start"``: the
            worker publishes.
        paused
            Begin paused.
        """
        self.cell_publishes = mode == "fit"
        self.publisher.begin(cell_waits=self.cell_publishes)
        state = "paused" if paused else "running"
        nothing: dict[str, Any] = {"curves": {}, "snapshot_info": {}, "snapshot": b""}
        # What stood here before anything was done is still what there is to see.
        self._set_traits(
            status=self.status.change(state=state, mode=mode),
            **({} if self.is_standing else nothing),
        )
        self.is_standing = False
        self.control.start(paused=paused)

    def stand(self, state: str = "paused") -> None:
        """Show a run as it stands, with its history; the first command lets the worker begin.

        Parameters
        ----------
        state
            ``"paused"``, or how a run that cannot go on has ended.
        """
        self.is_standing = True
        if state in ENDED:
            self.control.end(state)
        run = self.run
        status = self.status.change(
            state=state,
            phase=run.phase.name,
            step=run.step,
            stage=False,
            progress=None,
            seconds_left=None,
        )
        self.publisher.begin(cell_waits=False)
        traits = self._snapshot(status)
        traits.pop("history", None)
        self._set_traits(status=status, **traits)
        self._offer(run.embedding, run.step, run.phase.name, status)

    # ---- in the publishing thread -------------------------------------------------------------

    def serve(self) -> None:
        """Do what the cell's thread does from time to time while it waits for the worker."""
        self.pump()
        self._publish_traits()
        if self._story_due:
            self._story_due = False
            self._tell_story()

    def pump(self) -> None:
        """Send everything that waits: a frame, a changed state, what a new view asked for."""
        with self._pump_lock:
            now = time.monotonic()
            if self._resend:
                self._resend = False
                whole = {"status": self.status.at(), "curves": self._curves_now()}
                self.publisher.message({"t": "status", **whole})
                self.publisher.resend()
            if self._stage_maps:
                kept, self._stage_maps = self._stage_maps, []
                self._send_history(*packs.stage_pack(kept, number=self.number), replay=False)
            if self.publisher.pump(self._fresh_curves):
                self._last_message, self._message_due = now, False
            elif self._message_due or now - self._last_message > MESSAGE_PAUSE:
                self._say(now)

    def greet(self, view: str = "", *, is_fresh: bool = False) -> None:
        """Let a view that has come catch up; a fresh one has seen nothing and is told everything."""
        tells = is_fresh and view not in self._told
        if tells:
            self._told.append(view)
        self._resend = True
        if self._cell_is_busy():
            self._story_due |= tells
            if self._cell_is_busy():
                return  # the cell's thread does it, in a moment
        self.pump()
        if tells:
            # Not under the lock, and not in the worker: packing takes a while, and nobody waits.
            self._tell_story()

    def answer(self, seen: int) -> None:
        """Answer a poll of a view that has seen the frames up to number ``seen``."""
        if self._cell_is_busy():
            return  # the cell's thread is heard
        before = self.publisher.seq
        self.serve()
        if self.publisher.seq == before > seen:
            self.publisher.resend()  # another view has had it

    def retell(self) -> None:
        """Tell the views everything again: what they were told got lost on the way."""
        views = list(self._told)
        self._told.clear()
        for view in views:
            self.greet(view, is_fresh=True)

    def acknowledged(self) -> None:
        """Send the frame that has waited for the acknowledgement that came."""
        if self.publisher.waits and not self._cell_is_busy():
            self.pump()

    def page(self) -> tuple[dict[str, Any], bytes]:
        """Return status, history and curves as an exported page keeps them, and the history's bytes."""
        with self.control.between_steps:
            kept = packs.moments(self.run)
            curves = self._curves_now()
        info, body = self._page_pack(kept)
        status = {**self.status.at(), "seconds_left": None}
        if not self.control.finished.is_set():
            status["state"] = "stopped"  # on the page nothing goes on
        return {"status": status, "snapshot_info": info, "curves": curves}, body

    def _publish_traits(self) -> None:
        """Set the traits; only the publishing thread does, so that no older value comes last.

        Not under the lock: an observer of the user's may do anything, pausing the run for example.
        """
        with self._pump_lock:
            traits: dict[str, Any] = self._outbox
            self._outbox = {}
        now = time.monotonic()
        if not traits and self.control.state == "running" and now - self._last_trait > TRAIT_PAUSE:
            self._last_trait = now
            traits = {"status": self.status.at()}
        history = traits.pop("history", None)
        self._is_publishing = True
        try:
            self._set_traits(**traits)
        finally:
            self._is_publishing = False
        if history is not None:
            self._send_history(*history, replay=True)

    def _cell_is_busy(self) -> bool:
        return self.cell_publishes and not self.control.finished.is_set()

    def _fresh_curves(self) -> dict[str, Any]:
        """Return the part of a message that lets the curves grow."""
        fresh = self._curves.fresh(self.run.history.curves)
        return {"curves": fresh} if fresh else {}

    def _say(self, now: float) -> None:
        """Send the status alone; a run that rests has nothing new to say."""
        if not self._message_due and self.control.state != "running":
            return
        self._last_message, self._message_due = now, False
        self.publisher.message({"t": "status", "status": self.status.at(), **self._fresh_curves()})

    def _tell_story(self) -> None:
        story = self._story()
        if story is not None:
            self._send_history(*story, replay=False)

    def _story(self) -> packs.Pack | None:
        """Return the maps so far for a view that has none."""
        return packs.story_pack(self.run, number=self.number)

    def _page_pack(self, kept: list[packs.Moment]) -> packs.Pack:
        """Return the maps as an exported page keeps them."""
        return packs.page_pack(kept, number=self.number)

    def _curves_now(self) -> dict[str, Any]:
        """Return all curves as they stand."""
        return self._curves.whole(self.run.history.curves)

    def _send_history(self, info: dict[str, Any], body: bytes, *, replay: bool) -> None:
        self.publisher.message({"t": "history", "info": info, "replay": replay}, body)

    # ---- in the worker ------------------------------------------------------------------------

    def _on_frame(self, frame: Frame) -> None:
        status = self.status.follow(frame)
        if self._metrics is not None:
            self._metrics.follow(frame)
        if frame.is_stage:
            self._message_due |= time.monotonic() - self._last_message > STAGE_PAUSE
        elif self.publisher.wants_frame(4 * status["n"]):
            self._offer(frame.embedding, frame.step, frame.phase, status)
        if not frame.is_stage and frame.step in self._stage_ends:
            self._end_stage(frame)
        if self._publishes_itself():
            self.pump()
            self._publish_traits()

    def _end_stage(self, frame: Frame) -> None:
        """Have the map of a stage sent, which a browser must not miss."""
        if frame.step < self.run.n_steps:  # the last one is sent anyway
            with self._pump_lock:
                self._stage_maps.append((frame.step, frame.phase, frame.embedding))
        self.on_stage()

    def _publishes_itself(self) -> bool:
        """Return whether the worker publishes: no cell waits for it, and it is heard."""
        return not self.cell_publishes and not self.publisher.is_polled

    def _offer(self, embedding: Any, step: int, phase: str, status: dict[str, Any]) -> None:
        if embedding is not None:
            content = {"run": self.number, "step": step, "phase": phase, "status": status}
            self.publisher.offer(content, embedding)

    def _on_set(self) -> None:
        """Say what was set: at once where the run rests, else with the next step."""
        with self._pump_lock:
            self._outbox = self._outbox | {"status": self.status.read()}
            self._message_due = True
        # Not where an observer of the user's has set it, whom it would call again.
        if not self.cell_publishes and self.control.state != "running" and not self._is_publishing:
            self.pump()
            self._publish_traits()

    def _on_state(self) -> None:
        """Show exactly where a run stands that began, rests, goes on or has ended."""
        state = self.control.state
        ended = state in ENDED
        if state == "running":
            self.status.resumed()
        if self._metrics is not None:
            if ended:
                self._metrics.finish()
            self._metrics.goes_on()
        message = _explain(self.control.error) if self.control.error else None
        status = self.status.change(state=state, message=message)
        embedding = None if state == "running" else self.run.embedding
        outbox: dict[str, Any] = {"status": status}
        if ended and embedding is not None:
            outbox |= self._snapshot(status)
        with self._pump_lock:
            self._offer(embedding, self.run.step, status["phase"], status)
            self._outbox = outbox
            self._message_due = True
        if self._publishes_itself():
            self.pump()
            self._publish_traits()
        if ended:
            self.on_stage()
        if ended and not self.cell_publishes:
            self._on_end()

    def _snapshot(self, status: dict[str, Any]) -> dict[str, Any]:
        """Return the traits a saved notebook keeps, and the replay of a very short run."""
        kept = packs.moments(self.run)
        info, body = packs.snapshot_pack(kept, number=self.number)
        traits: dict[str, Any] = {
            # The bytes first: what describes them tells the browser to read them.
            "snapshot": body,
            "snapshot_info": info,
            "curves": self._curves.saved(self.run.history.curves),
        }
        if status["elapsed"] < REPLAY_BELOW and status["state"] == "done":
            traits["history"] = packs.replay_pack(kept, number=self.number)
        return traits


def _nothing() -> None:
    pass


def _explain(error: BaseException) -> str:
    return str(error) or type(error).__name__
