"""Opening the widget for comparing: branches, seeds, methods, or any maps of the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
import traitlets
from numpy.typing import NDArray

from nbembed import _checks, metrics
from nbembed.columns import Column
from nbembed.errors import InvalidInputError, InvalidTypeError, NotKeptError, RunEndedError
from nbembed.estimators import Embedder, find_method
from nbembed.tables import Table
from nbembed.training import KeptRun
from nbembed.transport import check_map
from nbembed.widget.arguments import as_column_of, read_hover
from nbembed.widget.details import Details
from nbembed.widget.gallery import (
    Arrangement,
    GallerySession,
    Hung,
    check_maps,
    names_of,
    scores_of,
)
from nbembed.widget.look_widget import make_look
from nbembed.widget.selection import InvalidTraitError
from nbembed.widget.status import StatusLine
from nbembed.widget.story_widget import StoryWidget
from nbembed.widget.traits import kept

__all__ = ["CompareWidget"]

STABILITY = "stability"
# Names of the scores for readers, and whether less of it is better.
MEASURES = {
    "trustworthiness": ("trustworthiness", False),
    "neighbor_recall": ("neighbour recall", False),
    "stability": ("stability", False),
    "difference": ("difference", True),
}


class CompareWidget(StoryWidget):
    """A widget that may show several maps of the same rows instead of one.

    Attributes
    ----------
    gallery : dict
        What is compared, ``{}`` where one map is shown.
    arrangement : dict
        ``{"mode", "align", "onto"}``, see :meth:`arrange`. The browser changes it as well.
    """

    gallery = traitlets.Dict().tag(sync=True, from_json=kept("gallery"))
    arrangement = Arrangement()

    @classmethod
    def compare(
        cls,
        maps: Any,
        *,
        X: Any = None,
        labels: Any = None,
        color: Any = None,
        names: Sequence[str] | None = None,
        height: int = 420,
    ) -> Self:
        """Return a widget that shows several maps of the same rows: side by side, one over the other, or in turn.

        All maps are turned, mirrored, scaled to one size and moved onto the first one (Procrustes), so that what
        differs is not the way they happen to lie; no neighbourhood changes. They share selection, hover, zoom,
        colours and the moment of the run. Beside them stand their scores: trustworthiness and neighbour recall
        where the data are known, stability (how much of a point's 15 neighbours it has in the other maps too, as
        Jaccard index, on average), and the difference from the first map (Procrustes disparity, 0 to 1). The column
        ``"stability"`` colours each point by its own; see :func:`nbembed.metrics.neighbor_jaccard`.

        Parameters
        ----------
        maps
            2 to 12 of them: widgets with a run (branches, seeds, methods), fitted estimators, arrays of shape
            (n_samples, 2); a list, or a dict from names. Widgets are taken as they stand now.
        X
            The data. None takes those of the first widget.
        labels, color
            As for the widget itself. None takes the look of the first widget; where nothing colours the
            points, their stability does.
        names
            What to call the maps. None says in what they differ.
        height
            Height of a single map in CSS pixels, 150 to 2000. Default 420.

        Raises
        ------
        InvalidInputError, InvalidTypeError
            If the maps are not of the same rows, or something is no map.
        RunEndedError
            If a widget has no map yet.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, y = nb.datasets.iris()
        >>> seeds = [nb.EmbedWidget(X, labels=y, n_epochs=20, random_state=i).fit() for i in range(3)]
        >>> both = nb.EmbedWidget.compare(seeds)
        >>> both
        EmbedWidget(maps=3, n=150, d=4)
        >>> both.arrange("over", align="selection").arrangement["mode"]
        'over'
        >>> both.stability_.shape
        (150,)
        """
        _checks.check_number("height", height, low=150, high=2000, integer=True)
        given, called = _listed(maps, names)
        first = next((item for item in given if isinstance(item, CompareWidget)), None)
        content = _content(first, given, X=X, labels=labels, color=color)
        hung = [
            _hung(item, name, content["_data"].shape)
            for item, name in zip(given, called, strict=True)
        ]
        check_maps([each.run.embedding for each in hung])
        if names is None and not isinstance(maps, Mapping):
            hung = [replace(h, name=name) for h, name in zip(hung, names_of(hung), strict=True)]
        known = content["_data"] if content["_data"].shape[1] else None
        scored = scores_of([each.run.embedding for each in hung], known)
        return cls._opened(content, hung, scored, height=height)

    # ---- reading and arranging ------------------------------------------------------------------

    def arrange(
        self, mode: str | None = None, *, align: str | None = None, onto: "int | str | None" = None
    ) -> Self:
        """Arrange the maps that are compared, or those of the recursions; what is left out stays as it is.

        Parameters
        ----------
        mode
            ``"beside"`` (side by side), ``"large"`` (one large, the others beside it), ``"over"`` (one over the
            other, each in a colour of its own), or ``"flicker"`` (in turn, at the same place).
        align
            What is aligned: ``"all"`` points, the ``"selection"`` (at least 3 points), or ``"none"``: then
            the maps are only moved and scaled.
        onto
            The map that the others are aligned with, by its name or number.
        """
        if not self.gallery:
            self._needs_gallery("arrange()")
        wanted = {"mode": mode, "align": align, "onto": self._number_of(onto)}
        self.arrangement = self.arrangement | {k: v for k, v in wanted.items() if v is not None}
        return self

    @property
    def maps_(self) -> "dict[str, NDArray[np.float64]]":
        """The maps that are compared by their names, aligned as the widget shows them at the end of the runs."""
        self._needs_gallery("maps_")
        found = {each.name: each.run.embedding for each in self._hung}
        onto = list(found.values())[self.arrangement["onto"]]
        rows: Any = None
        if self.arrangement["align"] == "selection" and len(self.selection) > 2:  # noqa: PLR2004
            rows = np.array(self.selection)
        turns = self.arrangement["align"] != "none"
        return {
            name: metrics.align(Y, onto, rows=rows, turn=turns, same_size=True)
            for name, Y in found.items()
        }

    @property
    def stability_(self) -> NDArray[np.float64]:
        """How stable each point's neighbourhood is, 0 to 1: see :func:`nbembed.metrics.neighbor_jaccard`."""
        self._needs_gallery("stability_")
        return self._table.column(STABILITY).values

    # ---- inside -------------------------------------------------------------------------------

    _hung: Sequence[Hung] = ()

    def shared_content(self) -> dict[str, Any]:
        """Return what makes this widget, for another one that adds columns of its own."""
        content = self._content()
        # Without the data there is nothing to measure.
        if self._session is not None and isinstance(self._session.run, KeptRun):
            content["_data"] = np.empty((len(self._data), 0), dtype=np.float32)
        return content | {"_table": self._table.copy()}

    @classmethod
    def _opened(
        cls,
        content: dict[str, Any],
        hung: Sequence[Hung],
        scored: tuple[list[dict[str, float]], NDArray[np.float64], str],
        *,
        height: int,
    ) -> Self:
        """Return the widget that shows ``hung``."""
        scores, stability, note = scored
        column = Column(STABILITY, stability)
        content["_table"].add(column)
        if "color" not in content["_looks"]:
            content["_looks"] = {**content["_looks"], "color": make_look("color", column, {})}
        widget = cls._of(content, height=height)
        there = [name for name in MEASURES if any(name in score for score in scores)]
        widget._hang(  # noqa: SLF001 - one of ours
            hung,
            {
                "kind": "compare",
                "maps": [
                    {
                        "name": h.name,
                        "step": h.run.step,
                        "scores": s,
                        "events": [[e.step, e.name, e.value] for e in h.run.events],
                    }
                    for h, s in zip(hung, scores, strict=True)
                ],
                "measures": [
                    {"name": m, "label": MEASURES[m][0], "lower": MEASURES[m][1]} for m in there
                ],
                "note": note,
            },
        )
        return widget

    def _hang(self, hung: Sequence[Hung], gallery: dict[str, Any]) -> None:
        """Show several maps."""
        self._hung, self.gallery = list(hung), gallery
        # The run with the most steps leads through time.
        leader = max(self._hung, key=lambda each: each.run.step)
        self._runs += 1
        session = GallerySession(
            leader.run,
            self._publisher,
            self._set_traits,
            status=StatusLine(leader.run, number=self._runs, title=self._title),
            live_metrics=False,
            on_end=self._refresh_still,
        )
        session.hung = self._hung
        self._session = session
        session.stand("done")

    @property
    def _title(self) -> str:
        return f"{len(self._hung)} maps compared" if self._hung else super()._title

    def _number_of(self, onto: "int | str | None") -> int | None:
        names = [each["name"] for each in self.gallery["maps"]]
        if not isinstance(onto, str):
            return onto
        if onto not in names:
            raise InvalidTraitError(
                f"onto must name a map ({', '.join(map(repr, names))}), got {onto!r}"
            )
        return names.index(onto)

    def _needs_gallery(self, asked: str) -> None:
        if not self._hung:
            raise RunEndedError(
                f"{asked} needs several maps; open them by EmbedWidget.compare([…])"
            )

    def _gallery_now(self) -> dict[str, Any]:
        """Return what is shown of several maps, complete."""
        return self.gallery

    def _needs_one(self, asked: str) -> None:
        if self._hung:
            raise RunEndedError(
                f"{asked} needs one run, and this widget compares {len(self._hung)} maps; call it on one of those "
                "that were compared, or see maps_, stability_ and metrics()"
            )

    def _maps_with_data(self, asked: str) -> dict[str, NDArray[np.float32]]:
        """Return the maps by their names; raise where the data are not known."""
        if not self._data.shape[1]:
            raise NotKeptError(f"{asked} needs the data; give them: compare([…], X=X)")
        return {each.name: each.run.embedding for each in self._hung}

    def _plot_all(self, *, ax: Any, title: str | None) -> Any:
        """Return a figure of all maps, aligned."""
        from nbembed import quality_figures

        if ax is not None:
            raise InvalidInputError(
                "ax must be None for several maps: they make a figure of their own"
            )
        look = self._looks.get("color")
        labels = None if look is None else look.column.values
        return quality_figures.compare_maps(dict(self.maps_), labels=labels, title=title or "")

    def as_hung(self, name: str) -> Hung:
        """Return the map of this widget with its history, as it stands."""
        self._needs_one("compare()")
        run, session = self._run_with_map(), self._live_session(ended_is_fine=True)
        with session.control.between_steps:
            kept = KeptRun.of(run)
        return Hung(
            name, kept, self._title, self._estimator.get_params(deep=False), dict(session.notes)
        )


def _listed(maps: Any, names: Sequence[str] | None) -> tuple[list[Any], list[str]]:
    """Return the maps, and their names as the caller gave them."""
    if isinstance(maps, Mapping):
        given, called = list(maps.values()), [str(name) for name in maps]
    elif isinstance(maps, (list, tuple)):
        given, called = list(maps), [f"map {i + 1}" for i in range(len(maps))]
    else:
        raise InvalidTypeError(
            f"maps must be a list of widgets, estimators and arrays, or a dict of them, got {type(maps).__name__}"
        )
    if names is not None:
        called = [str(name) for name in names]
    if len(called) != len(given) or len(set(called)) < len(called):
        raise InvalidInputError(
            f"names must be different ones, one for each of the {len(given)} maps, got {called}"
        )
    return given, called


def _embedding_of(item: Any) -> Any:
    return item if isinstance(item, np.ndarray) else getattr(item, "embedding_", item)


def _content(
    first: "CompareWidget | None", given: Sequence[Any], *, X: Any, labels: Any, color: Any
) -> dict[str, Any]:
    """Return what makes the widget: that of the first one that is compared, or what the arguments say."""
    if X is None and first is not None:
        content = first.shared_content()
    else:
        n = len(check_map(_embedding_of(given[0]), name="the first map"))
        content = _plain_content(X, n)
    table: Table = content["_table"]
    for argument, by, unnamed in (("labels", labels, "label"), ("color", color, "color")):
        if by is not None:
            column = as_column_of(
                table, by, len(content["_data"]), argument=argument, unnamed=unnamed
            )
            table.add(column)
            content["_looks"] = {**content["_looks"], "color": make_look("color", column, {})}
            if argument == "labels":
                content["_labels"] = column
    return content


def _plain_content(X: Any, n: int) -> dict[str, Any]:
    """Return what makes the widget where only the data are known, or not even these."""
    nothing = np.empty((n, 0), dtype=np.float32)
    table = Table(nothing if X is None else X)
    table.choose()
    return {
        "_estimator": find_method("umap")(),
        "_live_metrics": False,
        "_table": table,
        "_data": nothing if X is None else _checks.check_data(table.embedded()),
        "_y": None,
        "_labels": None,
        "_looks": {},
        "_details": Details(table, n, hover=read_hover(table, None, n)),
    }


def _hung(item: Any, name: str, shape: tuple[int, ...]) -> Hung:
    """Return a map with what is known of it; ``shape`` is that of the data."""
    n, d = shape
    if isinstance(item, CompareWidget):
        return item.as_hung(name)
    embedding = check_map(_embedding_of(item), name=name).astype(np.float32)
    if len(embedding) != n:
        raise InvalidInputError(f"{name} must have {n} rows, as the data, got {len(embedding)}")
    title, parameters = "", {}
    if isinstance(item, Embedder):
        title, parameters = item.title, item.get_params(deep=False)
    return Hung(name, KeptRun.of_map(embedding, d), title, parameters)
