"""What comes out of a widget: the map, the numbers, the rows, pictures and pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nbembed import _checks, export, metrics
from nbembed.encodings import as_text
from nbembed.estimators import Embedder
from nbembed.persistence import replacing
from nbembed.widget import packs
from nbembed.widget.publisher import PROTOCOL
from nbembed.widget.selection import pack_rows
from nbembed.widget.signals_widget import SignalsWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nbembed.training import History, Recursed, Run

__all__ = ["ResultsWidget"]

# Names of the map's coordinates in a data frame; maps of more dimensions have c1, c2, …
_AXES = ("x", "y", "z")


class ResultsWidget(SignalsWidget):
    """A widget that hands out what it shows."""

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
            caption=figures.caption(self._trustworthiness(), self._estimator.to_scale),
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
            caption=figures.caption(to_scale=self._estimator.to_scale),
            fps=fps,
            max_frames=max_frames,
            fixed_axes=fixed_axes,
        )
        return _written(path, content)

    def to_html(self, path: str | Path, *, title: str | None = None) -> Path:
        """Write one offline page with the map, its history and the curves; return its path.

        The page needs no kernel and no network. It opens on the map and on the maps after each phase and recursion,
        with the affinities that changed most. It holds the present look, selection and filter, and
        what the cards say of the rows, if that takes at most 5 MB; pictures it does not hold, nor
        the columns that colour nothing now. Where the teaching panel is open and there are at most 300 rows, the
        page holds its views of the selected rows and of some from all over the data, 12 in all, with each control at
        some values for the first of them; it says which.
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
            "gallery": self._gallery_now(),
            "view": self.view,
            **self._page_affinities(),
            "arrangement": self.arrangement,
        }
        extra, buffers = self._page_parts(payload)
        taught, plates = self._page_lesson()
        details = self._details.page()
        n, d = self._data.shape
        heading = title or f"{self._title} of {n:,} × {d} data"
        return export.write_page(
            path,
            {**payload, **extra, **taught} | ({} if details is None else {"details": details}),
            {"snapshot": snapshot, **buffers, **plates},
            heading,
        )

    # ---- inside -------------------------------------------------------------------------------

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
