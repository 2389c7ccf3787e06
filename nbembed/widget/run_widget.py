"""The widget's run control: begin, pause, step, change and end a run."""

import contextvars
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import traitlets

from nbembed import _checks
from nbembed.errors import NbembedError, NotKeptError, RunEndedError
from nbembed.estimators import Embedder
from nbembed.training import KeptRun, live_parameters
from nbembed.widget.control import Command
from nbembed.widget.inbox import MAX_STEPS
from nbembed.widget.parameters import described, readable
from nbembed.widget.publisher import PROTOCOL, Publisher
from nbembed.widget.session import Session
from nbembed.widget.shown_widget import ShownWidget
from nbembed.widget.status import StatusLine
from nbembed.widget.texts import as_sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from nbembed.training import Run

__all__ = ["RunWidget"]

# How often the waiting cell publishes, in seconds.
_BEAT = 0.02
# Traits with bytes in them.
BINARY = ("snapshot", "snapshot_info", "encodings", "selection", "group")
# How long a widget that retires waits for its worker, which a search for neighbours may keep busy.
_RETIRE_SECONDS = 5.0


class RunWidget(ShownWidget):
    """A widget with a run: everything of :class:`EmbedWidget` that starts, steers and ends one.

    A subclass sets ``_estimator``, ``_data``, ``_y`` and ``_publisher`` before a run begins, and
    ``_live_metrics`` to False where nothing is to be measured during it.
    """

    _estimator: Embedder
    _data: "NDArray[Any]"
    _y: Any
    _publisher: Publisher
    _session: Session | None = None
    _live_metrics: bool = True
    # What the panel of parameters offers. No trait: in a saved notebook nothing can be changed.
    _offer: "Sequence[dict[str, Any]]" = ()
    _is_retired = False
    _runs = 0

    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    snapshot_info = traitlets.Dict().tag(sync=True)
    snapshot = traitlets.Bytes(b"").tag(sync=True, to_json=as_sent)
    curves = traitlets.Dict().tag(sync=True)

    # ---- running ------------------------------------------------------------------------------

    def fit(self, *, show: bool | None = None) -> Self:
        """Train the map while it shows itself, wait for the end, and return the widget.

        Interrupting the kernel (■) stops the training and keeps the map reached so far. The buttons
        act where the kernel can take messages while a cell runs; where it cannot, they say so, and
        :meth:`start` keeps them live.

        Parameters
        ----------
        show
            Show the widget in this cell. None: unless it is there already, by itself or inside
            another widget such as ``HBox([w, slider])``.
        """
        session = self._begin("fit", show=show)
        try:
            self._publish_until_finished(session)
        except KeyboardInterrupt:
            session.control.send(Command("stop"))
            self._publish_until_finished(session)
        self._still.refresh()
        self._raise_error(session)
        return self

    def start(self, *, show: bool | None = None) -> Self:
        """Begin to train in the background and return at once: every button stays live.

        Parameters
        ----------
        show
            Show the widget in this cell; None as in :meth:`fit`.
        """
        self._begin("start", show=show)
        return self

    def pause(self) -> Self:
        """Rest after the step that is being done; the map stays, and nothing is lost."""
        self._command("pause")
        return self

    def resume(self) -> Self:
        """Go on after a pause."""
        self._command("resume")
        return self

    def step(self, n: int = 1, *, show: bool | None = None) -> Self:
        """Do exactly ``n`` steps, then rest; begins a run if there is none. Waits for the steps.

        Parameters
        ----------
        n
            Number of steps, at least 1.
        show
            Show the widget in this cell. None: if this begins a run, and as in :meth:`fit`.
        """
        _checks.check_number("n", n, low=1, high=MAX_STEPS, integer=True)
        if self._session is None:
            self._begin("start", paused=True, show=show)
        elif show:
            self._show(show=show)
        session = self._live_session()
        self._publisher.cell_waits()
        session.control.ask(Command("step", n=int(n)))
        if not self._still.is_filled:
            self._still.refresh()
        self._raise_error(session)
        return self

    def stop(self) -> Self:
        """End the run and keep the map reached so far."""
        if self._session is not None and not self._session.control.finished.is_set():
            self._session.control.send(Command("stop"))
            self._session.control.join()
            self._keep()
        return self

    def close(self) -> None:
        """Stop the run and free the widget."""
        self.stop()
        super().close()

    def wait(self, timeout: float | None = None) -> Self:
        """Wait for the end of a run in the background, at most ``timeout`` seconds (None: no limit).

        A paused run does not end by itself: this says so instead of waiting for ever.
        """
        session = self._live_session(ended_is_fine=True)
        self._publisher.cell_waits()
        if timeout is None and session.control.state == "paused":
            raise RunEndedError(
                "wait() needs a run that goes on, got a paused one; call resume() first, or wait(timeout=…)"
            )
        if session.control.finished.wait(timeout):
            session.control.join()
            self._raise_error(session)
        return self

    def set(self, **parameters: Any) -> dict[str, str]:
        """Change parameters of the run; says for each when it acts.

        Returns
        -------
        dict
            ``"next step"``, or ``"needs a restart: w.restart(perplexity=50)"`` for what has no
            meaning in mid-run; that one is left as it is.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X, method="tsne", n_iter=20, early_exaggeration_iter=10).step(5)
        >>> w.set(exaggeration=4, perplexity=20)
        {'exaggeration': 'next step', 'perplexity': 'needs a restart: w.restart(perplexity=20)'}
        >>> _ = w.stop()
        """
        session = self._live_session()
        self._check_names("set()", parameters)
        effects: dict[str, str] = {}
        for name, value in parameters.items():
            answer = session.control.ask(Command("set", parameter=name, value=value))
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                raise RunEndedError(
                    f"cannot set {name}: the run has ended; use w.restart({name}={value!r})"
                )
            effects[name] = (
                f"{answer}: w.restart({name}={value!r})" if answer == "needs a restart" else answer
            )
        return effects

    def restart(self, *, show: bool | None = None, **parameters: Any) -> Self:
        """Begin anew in the background, with ``parameters`` changed; keeps nothing of the old run.

        Parameters
        ----------
        show
            Show the widget in this cell; None as in :meth:`fit`.
        **parameters
            Hyper-parameters of the method, for example ``perplexity=50``.
        """
        known = self._estimator.get_params(deep=False)
        for name in parameters:
            if name not in known:
                raise _checks.unknown_keyword("restart()", name, known)
        self.stop()
        self._estimator = type(self._estimator)(**(known | parameters))
        self._estimator.check_parameters(len(self._data))
        return self.start(show=show)

    # ---- inside -------------------------------------------------------------------------------

    def _check_names(self, called: str, names: "Iterable[str]") -> None:
        """Raise for a name that is neither a hyper-parameter nor something that can be set in mid-run."""
        run = None if self._session is None else self._session.run
        phases = [] if run is None else run.phases
        live = [name for phase in phases for name in live_parameters(phase)]
        known = list(dict.fromkeys([*self._estimator.get_params(deep=False), *live]))
        for name in names:
            if name not in known:
                raise _checks.unknown_keyword(called, name, known)

    @property
    def _title(self) -> str:
        """What the widget shows, in a word or two."""
        return self._estimator.title

    def _needs_one(self, asked: str) -> None:
        """Raise for what cannot be had where there are several maps."""

    @property
    def _has_data(self) -> bool:
        """False for a run that was loaded without its data."""
        return self._session is None or not isinstance(self._session.run, KeptRun)

    def _needs_data(self, asked: str) -> None:
        """Raise for what cannot be had of a run that was loaded without its data."""
        self._needs_one(asked)
        if not self._has_data:
            raise NotKeptError(
                f"{asked} needs the data, which the file of this run does not hold; save it with data=True"
            )

    def _begin(self, mode: str, *, paused: bool = False, show: bool | None = None) -> Session:
        """Take the run that stands, or make a new one; show the widget, and let it go."""
        self._needs_data(f"{mode}()")
        session = self._session
        if session is None or session.control.finished.is_set():
            session = self._session = self._session_of(self._estimator.run(self._data, self._y))
        elif session.control.is_started:
            raise RunEndedError(
                f"{mode}() needs the run before to have ended, got one that is {self._state()}; call stop() first"
            )
        session.control.announce(paused=paused)
        self._show(show=show)
        session.begin(mode, paused=paused)
        return session

    def _restart_with(self, wanted: Any) -> None:
        """Begin anew with parameters that the browser has sent; what is wrong with them is said there."""
        parameters = readable(wanted, self._offer)
        if parameters is None:
            return
        try:
            known = self._estimator.get_params(deep=False)
            changed = type(self._estimator)(**(known | parameters))
            changed.check_parameters(len(self._data))
            changed.heeded(self._y, len(self._data))
        except NbembedError as error:
            self._publisher.message({"t": "refused", "text": str(error)})
            return
        # Not here: a handler must not wait for the worker. ipykernel 7.0 publishes only from threads that
        # carry the context of a cell.
        begin = partial(contextvars.copy_context().run, self.restart, show=False, **parameters)
        threading.Thread(target=begin, name="nbembed-restart", daemon=True).start()

    def _session_of(self, run: "Run") -> Session:
        """Return a session for ``run``, the next of this widget."""
        self._runs += 1
        self._offer = described(self._estimator, run)
        return Session(
            run,
            self._publisher,
            self._set_traits,
            status=StatusLine(
                run, number=self._runs, title=self._title, to_scale=self._estimator.to_scale
            ),
            live_metrics=self._live_metrics,
            on_end=self._refresh_still,
        )

    def _publish_until_finished(self, session: Session) -> None:
        """Publish from this thread, which belongs to the cell, until the worker has ended."""
        while not session.control.finished.wait(_BEAT):
            session.serve()
        session.control.join()
        session.serve()

    def _refresh_still(self) -> None:
        """Draw the picture beside the view anew, unless nobody will look at it."""
        if not self._is_retired:
            self._still.refresh()

    def _words(self) -> str:
        return f"{self._title} map of {len(self._data):,} points"

    def _retire(self) -> None:
        self._is_retired = True
        session = self._session
        if session is not None:
            session.control.send(Command("stop"))
            session.control.join(_RETIRE_SECONDS)
        super()._retire()

    def _keep(self) -> None:
        """Take the fitted arrays over into the estimator."""
        session = self._session
        if session is not None:
            with session.control.between_steps:
                self._estimator.keep(session.run)

    def _raise_error(self, session: Session) -> None:
        if session.control.finished.is_set():
            self._keep()
        if session.control.error is not None:
            raise session.control.error

    def _command(self, name: str) -> None:
        self._live_session().control.ask(Command(name))

    def _live_session(self, *, ended_is_fine: bool = False) -> Session:
        if self._session is None:
            raise RunEndedError("nothing runs yet; call fit(), start() or step() first")
        if self._session.control.finished.is_set() and not ended_is_fine:
            raise RunEndedError(
                f"the run has ended ({self._state()}); call fit() or start() for a new one"
            )
        return self._session

    def _run_with_map(self) -> "Run":
        if self._session is None or not self._session.run.has_map:
            raise RunEndedError("there is no map yet; call fit(), start() or step() first")
        return self._session.run

    def _state(self) -> str:
        return "idle" if self._session is None else self._session.control.state

    def _resend_bytes(self) -> None:
        """Send again, as text, what a host has lost that has no way for binary buffers."""
        self.send_state([name for name in BINARY if self.has_trait(name)])

    def _set_traits(self, **values: Any) -> None:
        # One by one: ipywidgets' way to send several at once is not made for several threads.
        for name, value in values.items():
            setattr(self, name, value)
