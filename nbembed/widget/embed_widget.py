"""EmbedWidget: a map that trains before your eyes."""

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbembed import _checks, export, metrics
from nbembed.encodings import as_text
from nbembed.estimators import Embedder
from nbembed.persistence import replacing
from nbembed.widget import packs
from nbembed.widget.advice import advise
from nbembed.widget.arguments import choose_estimator, read_hover, read_images
from nbembed.widget.compare_widget import CompareWidget
from nbembed.widget.details import Details
from nbembed.widget.inbox import Inbox, Questions
from nbembed.widget.publisher import PROTOCOL, Publisher
from nbembed.widget.selection import pack_rows
from nbembed.widget.status import idle_status
from nbembed.widget.story_widget import CONTENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nbembed.training import History, Recursed, Run

__all__ = ["EmbedWidget"]

_STATIC = Path(__file__).parent.parent / "static"
_NOT_BUILT = """export default { render({ el }) {
  el.textContent = "The front end of nbembed is missing here: run make in a checkout, or reinstall."; } };"""
# Names of the map's coordinates in a data frame; maps of more dimensions have c1, c2, …
_AXES = ("x", "y", "z")


def _bundle(name: str, missing: str) -> str:
    """Return a built file as text: a string, so that no file watcher holds the widget."""
    path = _STATIC / name
    return path.read_text(encoding="utf-8") if path.exists() else missing


class EmbedWidget(CompareWidget):
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
        ``"umap"`` (default), ``"tsne"``, ``"parametric_umap"``, ``"parametric_tsne"``, ``"autoencoder"``,
        ``"projection"``, or an estimator such as ``nb.TSNE(perplexity=50)``.
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
        method: "str | Embedder" = "umap",
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
            resend=self._resend_bytes,
        )
        self._inbox = Inbox(self._publisher, lambda: self._session, questions)
        self.on_msg(self._inbox.receive)

    # ---- results ------------------------------------------------------------------------------

    @property
    def embedding_(self) -> "NDArray[Any]":
        """The map as it is now, shape (n_samples, n_components), float32, a copy."""
        self._needs_one("embedding_")
        run = self._run_with_map()
        with self._live_session(ended_is_fine=True).control.between_steps:
            return _map_of(run)

    @property
    def history_(self) -> "History":
        """Maps and curves of the run so far; see :class:`nbembed.training.History`."""
        self._needs_one("history_")
        return self._run_with_map().history

    @property
    def recursions_(self) -> "list[Recursed]":
        """What the run looked like at the end of each recursion so far; empty for methods without them.

        See :class:`nbembed.DRE`. During a run too.
        """
        return self._run_with_map().recursions

    @property
    def estimator_(self) -> Embedder:
        """The fitted estimator, with ``embedding_``, ``loss_`` and ``save``."""
        self._run_with_map()
        self._needs_data("estimator_")
        self._keep()
        return self._estimator

    def metrics(self, *, n_neighbors: int = 15) -> "metrics.Report | metrics.Comparison":
        """Return how faithful the map is: see :func:`nbembed.metrics.report`.

        Of several maps, see :func:`nbembed.metrics.compare`.
        """
        labels = None if self._labels is None else self._labels.values
        if self._hung:
            return metrics.compare(
                self._maps_with_data("metrics()"), self._data, labels, n_neighbors=n_neighbors
            )
        self._needs_data("metrics()")
        return metrics.report(self._data, self.embedding_, labels=labels, n_neighbors=n_neighbors)

    def to_frame(self) -> Any:
        """Return the rows with their places in the map, and whether they are selected.

        Returns
        -------
        DataFrame
            If ``X`` is a data frame, one of its library with its columns and its index, then
            ``"x"``, ``"y"`` (``"z"``) and ``"selected"``; maps of more than three dimensions have
            ``"c1"``, ``"c2"``, … A name that ``X`` has already gets ``"_map"`` at its end. Otherwise one
            of pandas with the places, the labels, the columns shown on hover, and ``"selected"``.

        Raises
        ------
        RunEndedError
            If there is no map yet.
        MissingPackageError
            If ``X`` is no data frame, and pandas is not installed.
        """
        Y = self.embedding_
        axes: Iterable[str] = _AXES
        if Y.shape[1] > len(_AXES):
            axes = (f"c{i + 1}" for i in range(Y.shape[1]))
        new: dict[str, NDArray[Any]] = dict(zip(axes, Y.T.copy(), strict=False))
        new["selected"] = np.zeros(len(Y), dtype=bool)
        new["selected"][self.selection] = True
        labels = [] if self._labels is None else [self._labels]
        hover = [self._table.column(name) for name in self._details.hover]
        return self._table.extended(new, instead=[*labels, *hover])

    # ---- pictures and pages -------------------------------------------------------------------

    def plot(self, *, ax: Any = None, title: str | None = None) -> "Figure":
        """Return a static matplotlib figure of the map as it is coloured now, with its caption.

        All points are in it: the selection and the filter are the live view's.

        Parameters
        ----------
        ax
            Axes to draw into; None makes a new figure.
        title
            Plain text above the map; None is the method's name.
        """
        from nbembed import figures  # matplotlib takes a while, and a live map does not need it

        if self._hung:
            return self._plot_all(ax=ax, title=title)
        return figures.map(
            self.embedding_,
            encodings=self._encodings_of(),
            ax=ax,
            title=self._estimator.title if title is None else title,
            caption=figures.caption(self._trustworthiness()),
        )

    def to_png(self, path: str | Path, *, title: str | None = None, dpi: float = 200.0) -> Path:
        """Write :meth:`plot` as a PNG file, which is replaced at once or not at all; return its path.

        Parameters
        ----------
        path
            The file.
        title
            Plain text above the map; None is the method's name.
        dpi
            Pixels per inch, 20 to 1200, of a picture that is 6.4 by 4.8 inches. Default 200.
        """
        from nbembed import figures

        _checks.check_number("dpi", dpi, low=20, high=1200)
        return _written(path, figures.png(self.plot(title=title), dpi=dpi))

    def to_svg(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write :meth:`plot` as an SVG file, which is replaced at once or not at all; return its path.

        Text stays text. The points of a map of more than 20,000 are one picture in it.
        """
        from nbembed import figures

        return _written(path, figures.svg(self.plot(title=title)))

    def to_gif(
        self,
        path: str | Path,
        *,
        title: str | None = None,
        fps: float = 12.0,
        max_frames: int = 60,
        fixed_axes: bool = True,
    ) -> Path:
        """Write the history of the run as a GIF, which is replaced at once or not at all; return its path.

        The points are coloured as now; a colour that is measured is measured for every picture. A
        picture takes about a fifth of a second to draw, more with many points.

        Parameters
        ----------
        path
            The file.
        title, fps, max_frames, fixed_axes
            As in :func:`nbembed.films.gif`; no title is the method's name.
        """
        from nbembed import figures, films

        moments = packs.moments(self._run_with_map())
        content = films.gif(
            moments,
            encodings_of=self._encodings_of,
            title=self._estimator.title if title is None else title,
            caption=figures.caption(),
            fps=fps,
            max_frames=max_frames,
            fixed_axes=fixed_axes,
        )
        return _written(path, content)

    def to_html(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write one offline page with the map, its history and the curves; return its path.

        The page needs no kernel and no network. It holds the present look, selection and filter, and
        what the cards say of the rows, if that takes at most 5 MB; pictures it does not hold, nor
        the columns that colour nothing now.
        """
        self._run_with_map()
        payload, snapshot = self._live_session(ended_is_fine=True).page()
        payload |= {
            "protocol": PROTOCOL,
            "height": self.height,
            "encodings": {name: as_text(spec) for name, spec in self._encodings_of().items()},
            "fields": {**self.fields, "images": False},
            "selection": as_text(pack_rows(self.selection, len(self._data)), of="data"),
            "filter": self.filter,
            "gallery": self.gallery,
            "arrangement": self.arrangement,
        }
        extra, buffers = self._page_parts(payload)
        details = self._details.page()
        n, d = self._data.shape
        heading = title or f"{self._title} of {n:,} × {d} data"
        return export.write_page(
            path,
            {**payload, **extra} | ({} if details is None else {"details": details}),
            {"snapshot": snapshot, **buffers},
            heading,
        )

    # ---- showing ------------------------------------------------------------------------------

    def __repr__(self) -> str:
        n, d = self._data.shape
        if self._hung:
            return f"EmbedWidget(maps={len(self._hung)}, n={n}, d={d})"
        return (
            f"EmbedWidget(method={self._estimator.title!r}, n={n}, d={d}, state={self._state()!r})"
        )

    def _picture_png(self) -> bytes | None:
        """Return the map as it is now for readers without a kernel; None before there is one."""
        if self._session is None or not self._session.run.has_map:
            return None
        from nbembed import figures

        return figures.small_png(self.plot())

    def _trustworthiness(self) -> float | None:
        """Return what was measured last, None before that."""
        curve = self.history_.curves.get("trustworthiness")
        return curve.values[-1] if curve is not None and curve.values else None


def _map_of(run: "Run") -> "NDArray[Any]":
    embedding = run.embedding
    assert embedding is not None  # noqa: S101 - asked for only once there is a map
    return embedding


def _written(path: str | Path, content: bytes) -> Path:
    with replacing(path) as beside:
        beside.write_bytes(content)
    return Path(path)
