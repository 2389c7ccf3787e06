"""EmbedWidget: a map that trains before your eyes."""

import base64
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import anywidget
import traitlets

from nbembed import _checks, export, metrics
from nbembed.errors import RunEndedError
from nbembed.estimators import Embedder
from nbembed.widget.arguments import choose_estimator
from nbembed.widget.colors import encode_labels
from nbembed.widget.control import Command
from nbembed.widget.display import CellMemory, show
from nbembed.widget.inbox import MAX_STEPS, Inbox
from nbembed.widget.publisher import PROTOCOL, Publisher
from nbembed.widget.routing import keep_route_of_front_end
from nbembed.widget.session import Session
from nbembed.widget.status import idle_status

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nbembed.training import History, Run

__all__ = ["EmbedWidget"]

_STATIC = Path(__file__).parent.parent / "static"
_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of nbembed is missing here: run make in a checkout, or reinstall."; } };"""
# How often the waiting cell publishes, in seconds.
_BEAT = 0.02


def _bundle(name: str, missing: str) -> str:
    """Return a built file as text: a string, so that no file watcher holds the widget."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.exists() else missing


class EmbedWidget(anywidget.AnyWidget):
    """A map of high-dimensional data that shows how it is made.

    Parameters
    ----------
    X
        Data, shape (n_samples, n_features): array, data frame, torch tensor, sparse matrix.
    labels
        One value per row to colour by: names or numbers. They never influence the map.
    method
        ``"umap"`` (default), ``"tsne"``, or an estimator such as ``nb.TSNE(perplexity=50)``.
    height
        Height of the map in CSS pixels, 150 to 2000. Default 420.
    **parameters
        Hyper-parameters of the method, for example ``perplexity=50``.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> w = nb.EmbedWidget(X, labels=y, n_epochs=20, random_state=0).fit()
    >>> w
    EmbedWidget(method='UMAP', n=150, d=4, state='done')
    >>> w.embedding_.shape
    (150, 2)
    """

    _esm = _bundle("widget.js", _NOT_BUILT)
    _css = _bundle("widget.css", "")

    _session: Session | None = None

    protocol = traitlets.Int(PROTOCOL).tag(sync=True)
    height = traitlets.Int(420).tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    color_spec = traitlets.Dict().tag(sync=True)
    color_values = traitlets.Bytes(b"").tag(sync=True)
    snapshot_info = traitlets.Dict().tag(sync=True)
    snapshot = traitlets.Bytes(b"").tag(sync=True)
    curves = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        X: Any,
        *,
        labels: Any = None,
        method: "str | Embedder" = "umap",
        height: int = 420,
        **parameters: Any,
    ) -> None:
        _checks.check_number("height", height, low=150, high=2000, integer=True)
        own = inspect.signature(EmbedWidget.__init__).parameters
        self._estimator = choose_estimator(method, parameters, own=own)
        data = _checks.check_data(X, metric=str(self._estimator.metric))
        self._estimator.check_parameters(len(data))
        self._labels = _checks.check_labels(labels, len(data))
        self._data = data
        self._runs = 0
        self._shown = CellMemory()
        color, values = encode_labels(self._labels)
        super().__init__(
            height=height,
            color_spec=color,
            color_values=values,
            status=idle_status(self._estimator.title, *data.shape),
        )
        keep_route_of_front_end(self.comm)
        self._publisher = Publisher(self.send)
        self._inbox = Inbox(self._publisher, lambda: self._session)
        self.on_msg(self._inbox.receive)

    # ---- running ------------------------------------------------------------------------------

    def fit(self) -> Self:
        """Train the map while it shows itself, wait for the end, and return the widget.

        Interrupting the kernel (■) stops the training and keeps the map reached so far. The buttons
        act where the kernel can take messages while a cell runs; where it cannot, they say so, and
        :meth:`start` keeps them live.
        """
        session = self._begin("fit")
        try:
            self._publish_until_finished(session)
        except KeyboardInterrupt:
            session.control.send(Command("stop"))
            self._publish_until_finished(session)
        session.pump()
        self._raise_error(session)
        return self

    def start(self) -> Self:
        """Begin to train in the background and return at once: every button stays live."""
        self._begin("start")
        return self

    def pause(self) -> Self:
        """Rest after the step that is being done; the map stays, and nothing is lost."""
        self._command("pause")
        return self

    def resume(self) -> Self:
        """Go on after a pause."""
        self._command("resume")
        return self

    def step(self, n: int = 1) -> Self:
        """Do exactly ``n`` steps, then rest; begins a run if there is none. Waits for the steps.

        Parameters
        ----------
        n
            Number of steps, at least 1.
        """
        _checks.check_number("n", n, low=1, high=MAX_STEPS, integer=True)
        if self._session is None:
            self._begin("start", paused=True)
        session = self._live_session()
        session.control.send(Command("step", n=int(n))).answer.get()
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
        known = self._estimator.get_params(deep=False)
        effects: dict[str, str] = {}
        for name, value in parameters.items():
            if name not in known:
                raise _checks.unknown_keyword("set()", name, known)
            answer = session.control.send(Command("set", parameter=name, value=value)).answer.get()
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

    def restart(self, **parameters: Any) -> Self:
        """Begin anew in the background, with ``parameters`` changed; keeps nothing of the old run."""
        known = self._estimator.get_params(deep=False)
        for name in parameters:
            if name not in known:
                raise _checks.unknown_keyword("restart()", name, known)
        self.stop()
        self._estimator = type(self._estimator)(**(known | parameters))
        self._estimator.check_parameters(len(self._data))
        return self.start()

    # ---- results ------------------------------------------------------------------------------

    @property
    def embedding_(self) -> "NDArray[Any]":
        """The map as it is now, shape (n_samples, n_components), float32, a copy."""
        run = self._run_with_map()
        with self._live_session(ended_is_fine=True).control.between_steps:
            return _map_of(run)

    @property
    def history_(self) -> "History":
        """Maps and curves of the run so far; see :class:`nbembed.training.History`."""
        return self._run_with_map().history

    @property
    def estimator_(self) -> Embedder:
        """The fitted estimator, with ``embedding_``, ``loss_`` and ``save``."""
        self._run_with_map()
        self._keep()
        return self._estimator

    def metrics(self, *, n_neighbors: int = 15) -> "metrics.Report":
        """Return how faithful the map is: see :func:`nbembed.metrics.report`."""
        return metrics.report(
            self._data, self.embedding_, labels=self._labels, n_neighbors=n_neighbors
        )

    def plot(self, *, ax: Any = None, title: str | None = None) -> "Figure":
        """Return a static matplotlib figure of the map."""
        from nbembed import figures  # matplotlib takes a while, and a live map does not need it

        return figures.map(
            self.embedding_, labels=self._labels, ax=ax, title=title or self._estimator.title
        )

    def to_html(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write one offline page with the map, its history and the curves; return its path.

        The page needs no kernel and no network.
        """
        self._run_with_map()
        payload, snapshot = self._live_session(ended_is_fine=True).page()
        payload |= {"protocol": PROTOCOL, "height": self.height, "color_spec": self.color_spec}
        n, d = self._data.shape
        heading = title or f"{self._estimator.title} of {n:,} × {d} data"
        return export.write_page(
            path, payload, {"snapshot": snapshot, "color_values": self.color_values}, heading
        )

    # ---- showing ------------------------------------------------------------------------------

    def __repr__(self) -> str:
        n, d = self._data.shape
        return (
            f"EmbedWidget(method={self._estimator.title!r}, n={n}, d={d}, state={self._state()!r})"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        text = {"text/plain": repr(self)}
        if self._shown.here():
            return text
        self._shown.mark()
        bundle: Any = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, **text, **self._picture()}, metadata

    def _picture(self) -> dict[str, str]:
        """Return the map as it is now for readers without a kernel; nothing before there is one."""
        if self._session is None or self._session.run.prepared is None:
            return {}
        from nbembed import figures

        return {"image/png": base64.b64encode(figures.png(self.plot())).decode("ascii")}

    def _ipython_display_(self, **kwargs: Any) -> None:
        """Show the widget under ipywidgets 7, which displays by itself instead of by bundles."""
        inherited = getattr(super(), "_ipython_display_", None)
        if inherited is None:
            raise NotImplementedError
        if not self._shown.here():
            self._shown.mark()
            inherited(**kwargs)

    # ---- inside -------------------------------------------------------------------------------

    def _begin(self, mode: str, *, paused: bool = False) -> Session:
        """Make a run and a session for it, show the widget, and let it go."""
        if self._session is not None and not self._session.control.finished.is_set():
            raise RunEndedError(
                f"{mode}() needs the run before to have ended, got one that is {self._state()}; call stop() first"
            )
        self._runs += 1
        run = self._estimator.run(self._data)
        self._session = Session(
            run,
            self._publisher,
            self._set_traits,
            number=self._runs,
            title=self._estimator.title,
            mode=mode,
            paused=paused,
        )
        if not self._shown.here():
            show(self)
        self._session.begin()
        return self._session

    def _publish_until_finished(self, session: Session) -> None:
        """Publish from this thread, which belongs to the cell, until the worker has ended."""
        while not session.control.finished.wait(_BEAT):
            session.pump()
        session.control.join()
        session.pump()

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
        self._live_session().control.send(Command(name)).answer.get()

    def _live_session(self, *, ended_is_fine: bool = False) -> Session:
        if self._session is None:
            raise RunEndedError("nothing runs yet; call fit(), start() or step() first")
        if self._session.control.finished.is_set() and not ended_is_fine:
            raise RunEndedError(
                f"the run has ended ({self._state()}); call fit() or start() for a new one"
            )
        return self._session

    def _run_with_map(self) -> "Run":
        if self._session is None or self._session.run.prepared is None:
            raise RunEndedError("there is no map yet; call fit(), start() or step() first")
        return self._session.run

    def _state(self) -> str:
        return "idle" if self._session is None else self._session.control.state

    def _set_traits(self, **values: Any) -> None:
        with self.hold_sync():
            for name, value in values.items():
                setattr(self, name, value)


def _map_of(run: "Run") -> "NDArray[Any]":
    embedding = run.embedding
    assert embedding is not None  # noqa: S101 - asked for only once there is a map
    return embedding
