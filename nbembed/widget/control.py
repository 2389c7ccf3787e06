"""Run control: one worker thread pulls the frames, commands reach it through a queue.

Nobody but the worker touches the run while it works. Whoever wants something puts a command into
the queue, which is read between two steps; handlers of browser messages may do that from any
thread. Reading the map from outside takes :attr:`RunControl.between_steps`.
"""

import contextvars
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

from nbembed._threads import process_ends
from nbembed.training import Frame, Run

__all__ = ["Command", "RunControl"]


@dataclass
class Command:
    """A wish for the worker: ``pause``, ``resume``, ``step``, ``stop`` or ``set``."""

    name: str
    n: int = 1
    parameter: str = ""
    value: float = 0.0
    answer: "Queue[Any]" = field(default_factory=Queue)


class RunControl:
    """A run that a worker thread carries out, with pause, single steps and stop.

    Parameters
    ----------
    run
        The run to pull.
    on_frame
        Called in the worker with every frame, right after it was pulled.
    on_state
        Called in the worker whenever :attr:`state` has changed.
    on_set
        Called in the worker whenever a parameter has been changed.
    paused
        Begin in the paused state, waiting for ``step`` or ``resume``.

    A run that stands (a branch, or one out of a file) has a control before anything is done with it:
    its worker begins with the first command, or with :meth:`start`.
    """

    def __init__(
        self,
        run: Run,
        *,
        on_frame: Callable[[Frame], None],
        on_state: Callable[[], None],
        on_set: Callable[[], None] = lambda: None,
        paused: bool = False,
    ) -> None:
        self.run = run
        self.state = "paused" if paused else "running"
        self.error: BaseException | None = None
        self.finished = threading.Event()
        self.between_steps = threading.Lock()
        self._on_frame, self._on_state, self._on_set = on_frame, on_state, on_set
        self._commands: Queue[Command] = Queue()
        # Steps left before the run pauses by itself; None is without end.
        self._allowed: int | None = 0 if paused else None
        self._starting = threading.Lock()
        self._is_started = False
        self._stepping: list[Command] = []
        # ipykernel 7.0 publishes only from threads that carry the context of a cell.
        context = contextvars.copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._work,), name="nbembed-run", daemon=True
        )

    @property
    def is_started(self) -> bool:
        """Whether the worker has begun."""
        return self._is_started

    def start(self, *, paused: bool | None = None) -> None:
        """Let the worker begin, if it has not; ``paused`` changes how, None leaves that as it is."""
        with self._starting:
            if self._is_started or self.finished.is_set():
                return
            self._is_started = True
            if paused is not None:
                self._begin_as(paused=paused)
            self._thread.start()

    def announce(self, *, paused: bool) -> None:
        """Settle how it will begin: what is shown before tells it, and an observer's command may begin it."""
        with self._starting:
            if not self._is_started:
                self._begin_as(paused=paused)

    def _begin_as(self, *, paused: bool) -> None:
        self._allowed = 0 if paused else None
        self.state = "paused" if paused else "running"

    def end(self, state: str) -> None:
        """Be a run that has ended, in ``state``, without anything having been done with it."""
        self.state = state
        self.finished.set()

    def send(self, command: Command) -> Command:
        """Put a command into the queue and return it; its ``answer`` comes when it was read."""
        self._commands.put(command)
        self.start()
        if self.finished.is_set():
            self._refuse_rest()
        return command

    def ask(self, command: Command) -> Any:
        """Put a command into the queue and wait for its answer.

        In the worker itself, where observers of the user's may run, nothing can be waited for: what
        is set is set at once, everything else happens before the next step.
        """
        if not self.is_worker():
            return self.send(command).answer.get()
        if command.name == "set":
            return self._set(command)
        self.send(command)
        return None

    def is_worker(self) -> bool:
        """Whether this is called in the worker."""
        return threading.current_thread() is self._thread

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the worker to end, unless this is called in it; return whether it has."""
        if self.is_worker() or not self._is_started:
            return self.finished.is_set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # ---- in the worker ------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._on_state()
            while self._read_commands() and self._pull():
                pass
        except BaseException as error:  # noqa: BLE001 - shown in the widget and raised again by fit()
            if not process_ends(error):
                self.error = error
                self._change("error")
        finally:
            self.finished.set()
            self._refuse_rest()

    def _read_commands(self) -> bool:
        """Obey all waiting commands, waiting for one while paused; False means stop."""
        while True:
            if self._allowed == 0:
                self._settle()
            try:
                command = self._commands.get(block=self._allowed == 0)
            except Empty:
                return True
            if not self._obey(command):
                return False

    def _obey(self, command: Command) -> bool:
        match command.name:
            case "stop":
                self.run.close()
                self._change("stopped")
                command.answer.put(None)
                return False
            case "pause":
                self._allowed = 0
            case "resume":
                self._allowed = None
                self._change("running")
            case "step":
                self._allowed = (self._allowed or 0) + command.n
                self._stepping.append(command)
                self._change("running")
                return True
            case "set":
                command.answer.put(self._set(command))
                return True
            case _:
                pass
        command.answer.put(None)
        return True

    def _set(self, command: Command) -> str | Exception:
        try:
            effect = self.run.set(command.parameter, command.value)
        except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
            return error
        # What is set is shown, also while the run rests.
        self._on_set()
        return effect

    def _pull(self) -> bool:
        """Pull one frame; False when there is none left."""
        with self.between_steps:
            before = self.run.step
            frame = next(self.run, None)
        if frame is None:
            self._change("done" if self.run.step == self.run.n_steps else "stopped")
            return False
        if self._allowed is not None:
            self._allowed -= self.run.step - before
        self._on_frame(frame)
        return True

    def _settle(self) -> None:
        """Say that the run rests now, once."""
        if self.state != "paused":
            self._change("paused")
        self._answer_steps()

    def _change(self, state: str) -> None:
        if self.state != state:
            self.state = state
            self._on_state()

    def _refuse_rest(self) -> None:
        """Answer what came too late, so that nobody waits for ever."""
        self._answer_steps()
        while True:
            try:
                self._commands.get_nowait().answer.put(None)
            except Empty:
                return

    def _answer_steps(self) -> None:
        while self._stepping:
            self._stepping.pop().answer.put(None)
