"""EmbedWidget: a map that trains before your eyes."""

import base64
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from nbembed import _checks, export, metrics
from nbembed.estimators import Embedder
from nbembed.widget.arguments import choose_estimator
from nbembed.widget.colors import encode_labels
from nbembed.widget.display import CellMemory
from nbembed.widget.inbox import Inbox
from nbembed.widget.publisher import PROTOCOL, Publisher
from nbembed.widget.routing import keep_route_of_front_end
from nbembed.widget.run_widget import RunWidget
from nbembed.widget.status import idle_status

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nbembed.training import History, Run

__all__ = ["EmbedWidget"]

_STATIC = Path(__file__).parent.parent / "static"
_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of nbembed is missing here: run make in a checkout, or reinstall."; } };"""


def _bundle(name: str, missing: str) -> str:
    """Return a built file as text: a string, so that no file watcher holds the widget."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.exists() else missing


class EmbedWidget(RunWidget):
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

    height = traitlets.Int(420).tag(sync=True)
    color_spec = traitlets.Dict().tag(sync=True)
    color_values = traitlets.Bytes(b"").tag(sync=True)

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


def _map_of(run: "Run") -> "NDArray[Any]":
    embedding = run.embedding
    assert embedding is not None  # noqa: S101 - asked for only once there is a map
    return embedding
