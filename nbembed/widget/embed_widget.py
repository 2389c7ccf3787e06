"""EmbedWidget: a map that trains before your eyes."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbembed import _checks
from nbembed.widget.advice import advise
from nbembed.widget.arguments import choose_estimator, read_hover, read_images
from nbembed.widget.details import Details
from nbembed.widget.diagrams import live_diagram
from nbembed.widget.inbox import Inbox, Questions
from nbembed.widget.publisher import Publisher
from nbembed.widget.results_widget import ResultsWidget
from nbembed.widget.status import idle_status
from nbembed.widget.story_widget import CONTENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import HTML

    from nbembed.estimators import Embedder
    from nbembed.spec import Spec


__all__ = ["EmbedWidget"]

_STATIC = Path(__file__).parent.parent / "static"
_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of nbembed is missing here: run make in a checkout, or reinstall."; } };"""


def _bundle(name: str, missing: str) -> str:
    """Return a built file as text: a string, so that no file watcher holds the widget."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.exists() else missing


class EmbedWidget(ResultsWidget):
    """A map of high-dimensional data that shows how it is made.

    Parameters
    ----------
    X
        Data, shape (n_samples, n_features): array, list, data frame (pandas, polars, pyarrow), torch
        tensor, memory map, sparse matrix. Of a data frame the numeric columns are embedded, and all
        columns can colour and be shown on hover. It is kept by reference, not copied.
    labels
        One value per row, or a column's name: classes or numbers that colour the map and never
        influence it. As a column's name it takes that column out of the embedding.
        :meth:`metrics` measures how well the map separates classes.
    y
        One value per row, or a column's name: what a method learns from, as in ``fit(X, y)``, for example
        ``method="parametric_umap", terms=["classification"]``; -1, None and NaN are unknown. It colours
        nothing. Methods that do not learn from labels ignore it.
    color, size, opacity
        A column's name or one value per row, as in :meth:`color`, :meth:`size` and :meth:`opacity`.
        ``color`` comes before ``labels``, and its column stays in the embedding if it is numeric;
        it may be a measure such as ``"trustworthiness"``.
    hover
        What the card of a point shows: a list of column names, a dict or data frame of values by
        name, or the values of one column. Default: the columns of a data frame that are not
        embedded, at most 8. The values can colour as well.
    images
        A picture for each row, shown on its card: an array or tensor of shape (n, h, w) or
        (n, h, w, 3 or 4), unsigned bytes or floats from 0 to 1 (another range is scaled by its ends); a
        sequence of PNG, JPEG or WebP bytes, paths, PIL images or arrays; or the name of a column
        with such. Read one at a time when a card is shown; nothing is ever downloaded.
    features
        Names of the columns of a data frame to embed, numeric or boolean. Default: every numeric
        column that ``labels`` and ``y`` do not take.
    method
        ``"umap"`` (default), ``"tsne"``, ``"neighbor_embedding"``, ``"gdr"``, ``"largevis"``, ``"pacmap"``, ``"sne"``,
        ``"mds"``, ``"isomap"``, ``"parametric_umap"``, ``"parametric_tsne"``, ``"dre"``, ``"autoencoder"``,
        ``"projection"``, an estimator such as ``nb.TSNE(perplexity=50)``, or a method as a document: a
        :class:`nbembed.Spec`, a dictionary, YAML, or the path of a file.
    height
        Height of the map in CSS pixels, 150 to 2000. Default 420.
    live_metrics
        Whether the quality of the map is measured while it trains. Default True.
    **parameters
        Hyper-parameters of the method, for example ``perplexity=50``.

    Attributes
    ----------
    selection : list of int
        Positions of the selected rows. Set it to positions or a boolean mask; ``selected`` are the
        rows themselves. ``w.observe(f, "selection")`` calls ``f`` when it changes.
    group : list of int
        Positions of the rows that are kept to compare the selection with; see :meth:`compare_groups`.
    filter : dict
        What is shown: ``{}`` for all, ``{"categories": [name, …]}`` or ``{"range": [low, high]}`` of
        what colours the points. A new colour resets it.
    moment : int
        The step on show; -1 follows the newest.
    view : str
        ``"map"``, or ``"recursions"``: the map after each phase and recursion, with their scores; see :meth:`arrange`.

    Raises
    ------
    InvalidInputError, InvalidTypeError
        Naming the argument, what it must be, what it got and what to do.

    Warns
    -----
    UserWarning
        If columns of a data frame have very different scales, look like codes of categories, are
        left out without anyone having said so, or are embedded and a class to colour by.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> w = nb.EmbedWidget(X, labels=y, n_epochs=20, random_state=0).fit()
    >>> w
    EmbedWidget(method='UMAP', n=150, d=4, state='done')
    >>> w.embedding_.shape
    (150, 2)
    >>> w.selection = y == "setosa"
    >>> w.selected.shape
    (50, 4)
    """

    _esm = _bundle("widget.js", _NOT_BUILT)
    _css = _bundle("widget.css", "")

    def __init__(  # noqa: PLR0913 - all of them say what is shown
        self,
        X: Any,
        *,
        labels: Any = None,
        y: Any = None,
        color: Any = None,
        size: Any = None,
        opacity: Any = None,
        hover: Any = None,
        images: Any = None,
        features: Any = None,
        method: "str | Embedder | Spec | Mapping[str, Any] | Path" = "umap",
        height: int = 420,
        live_metrics: bool = True,
        **parameters: Any,
    ) -> None:
        _checks.check_number("height", height, low=150, high=2000, integer=True)
        _checks.check_flag("live_metrics", live_metrics)
        own = inspect.signature(EmbedWidget.__init__).parameters
        self._estimator = choose_estimator(method, parameters, own=own)
        self._live_metrics = live_metrics
        self._read_data(X, labels=labels, y=y, images=images, features=features)
        self._read_look(labels, {"color": color, "size": size, "opacity": opacity})
        self._details = Details(
            self._table,
            len(self._data),
            hover=read_hover(self._table, hover, len(self._data)),
            pictures=read_images(self._table, images, len(self._data)),
        )
        said = (labels, y, color, size, opacity, hover, images, features)
        bare = all(argument is None for argument in said)
        advise(self._table, self._data, features=features, color=color, is_bare=bare)
        self._come_alive(height)

    @classmethod
    def _of(cls, content: "Mapping[str, Any]", *, height: int) -> "EmbedWidget":
        """Return a widget of what another one, or a file, holds instead of a caller's arguments."""
        widget = cls.__new__(cls)
        for name in CONTENT:
            setattr(widget, name, content[name])
        widget._come_alive(height)  # noqa: SLF001 - one of ours
        return widget

    def _come_alive(self, height: int) -> None:
        """Become a widget, once what it shows is read."""
        self._get_ready()
        super().__init__(
            height=height,
            encodings={channel: look.spec for channel, look in self._looks.items()},
            fields=self._offered(),
            status=idle_status(self._estimator.title, *self._data.shape),
        )
        self._publisher = Publisher(self.send)
        questions = Questions(
            details=self._tell,
            search=self._search,
            color=self._recolor,
            restart=self._restart_with,
            parameters=lambda: self._offer,
            neighbors=self._tell_neighbors,
            groups=self._tell_groups,
            affinities=self._tell_affinities,
            plate=self._tell_plate,
            signals=self._tell_signals,
            resend=self._resend_bytes,
        )
        self._inbox = Inbox(self._publisher, lambda: self._session, questions)
        self.on_msg(self._inbox.receive)

    # ---- showing ------------------------------------------------------------------------------

    def diagram(self) -> "HTML":
        """Return the method as a picture that follows the run: data, relations, losses and phases.

        The phase that trains and its losses are lit, with their newest values; a screen reader reads the same in
        words. ``method.spec().diagram()`` is a picture that stands still.

        Raises
        ------
        InvalidTypeError
            If the method has a part without a name, such as a metric that is code.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X, method="tsne", n_iter=20, early_exaggeration_iter=10)
        >>> "<svg" in w.diagram().value
        True
        """
        self._needs_one("diagram()")
        return live_diagram(self, lambda: self._estimator, len(self._data), lambda: self._session)

    def __repr__(self) -> str:
        n, d = self._data.shape
        if self._hung:
            return f"EmbedWidget(maps={len(self._hung)}, n={n}, d={d})"
        return (
            f"EmbedWidget(method={self._estimator.title!r}, n={n}, d={d}, state={self._state()!r})"
        )
