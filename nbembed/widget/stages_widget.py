"""Opening the widget for the recursions of its run: the map after each phase and recursion, side by side."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nbembed.errors import NbembedError
from nbembed.widget.compare_widget import CompareWidget
from nbembed.widget.gallery import View
from nbembed.widget.measures import Background
from nbembed.widget.stages import (
    affinity_changes,
    maps_of,
    measures_of,
    note_of,
    scores_of_stage,
    shown_stages,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nbembed.training import Run
    from nbembed.widget.session import Session

__all__ = ["StagesWidget"]

# Seconds that a widget that is closed waits for what is being measured.
CLOSING = 2.0


class StagesWidget(CompareWidget):
    """A widget that may show the map after each phase and recursion of its run.

    Attributes
    ----------
    view : str
        ``"map"`` (default), or ``"recursions"``: the map after each phase and recursion, aligned, with their scores
        beside them. The browser's button changes it as well. :meth:`arrange` arranges them.
    """

    view = View()

    def affinity_changes(self, rows: "Sequence[int] | None" = None) -> list[dict[str, Any]]:
        """Return how the affinities of each recursion differ from those that came before.

        Affinities are compared as shares of what a row has on average. Where they are measured in every
        mini-batch anew, the 15 nearest among at most 2,000 rows stand for them.

        Parameters
        ----------
        rows
            Only pairs with one of these rows; None takes the selection, and all rows if nothing is selected.

        Returns
        -------
        list of dict
            For each map but the first two ``"map"``, its number in :attr:`gallery`; ``"gained"`` and ``"lost"``: at
            most 150 pairs of rows, one after the other, the greatest change first; ``"counts"``: how many pairs
            are new, are gone, and stayed.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X, method="tsne", n_iter=20, early_exaggeration_iter=10).fit()
        >>> [(change["map"], change["counts"][:2]) for change in w.affinity_changes()]
        [(2, [0, 0])]
        """
        self._needs_one("affinity_changes()")
        run = self._run_with_map()
        return affinity_changes(run, self.selection if rows is None else rows)

    def close(self) -> None:
        """Stop the run and free the widget."""
        super().close()
        if hasattr(self, "_stager"):
            self._stager.wait(CLOSING)

    # ---- inside -------------------------------------------------------------------------------

    _stage_scores: "dict[tuple[int, int], Mapping[str, float]]"

    def _session_of(self, run: "Run") -> "Session":
        session = super()._session_of(run)
        if not hasattr(self, "_stager"):
            self._stager, self._relater = Background(), Background()
        self._stage_scores = {}
        session.on_stage = lambda: self._stager.ask(self._tell_stages)
        was_open = self.gallery.get("kind") == "moments"
        told = self._stages_of(run)
        self._set_traits(gallery=told)
        if not was_open or self.arrangement["onto"] >= len(told["maps"]):
            # The starting map lies as chance has it.
            self.arrangement = {"onto": 1}
        return session

    def _stand(self, run: "Run", *arguments: Any, **more: Any) -> None:
        super()._stand(run, *arguments, **more)
        self._stager.ask(self._tell_stages)

    def _stages_of(self, run: "Run") -> dict[str, Any]:
        """Return what the browser knows of the stages, with the scores that were measured."""
        scored = {
            step: found
            for (number, step), found in self._stage_scores.items()
            if number == self._runs
        }
        maps = maps_of(run, scored)
        measures = measures_of(maps)
        return {
            "kind": "moments",
            "maps": maps,
            "measures": measures,
            "note": note_of(run, measures),
            "title": "Recursions" if any(s.recursion for s in run.stages) else "Phases",
        }

    def _score_stages(self, run: "Run") -> None:
        """Score the maps of the stages that have ended and were not scored yet."""
        number = self._runs
        ranks = bool(self._offered_measures())
        for stage, told in zip(shown_stages(run), maps_of(run, {}), strict=True):
            step = told["step"]
            if (number, step) in self._stage_scores or step > run.step:
                continue
            moment = self._moment(step)
            if moment is None or moment[0] != step:
                continue
            found = scores_of_stage(run, stage, moment[1], self._classes_of(), ranks=ranks)
            self._stage_scores[number, step] = found

    def _classes_of(self) -> Any:
        """Return the column of the classes: that which colours the points, else the labels."""
        look = self._looks.get("color")
        if look is not None and look.spec["kind"] == "category":
            return look.column
        return self._labels

    def _tell_stages(self) -> None:
        """Have the ended stages scored and shown; in the background."""
        if self._is_retired or self._hung or self._session is None:
            return
        run = self._session.run
        with suppress(NbembedError):  # a run that is being replaced by another one
            self._score_stages(run)
            told = self._stages_of(run)
            self._publisher.in_turn(lambda: self._set_traits(gallery=told))

    def _gallery_now(self) -> dict[str, Any]:
        """Return what is shown of several maps, complete."""
        if self._hung or self._session is None or not self._session.run.has_map:
            return self.gallery
        self._score_stages(self._session.run)
        self.gallery = self._stages_of(self._session.run)
        return self.gallery

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell_affinities(self, question: int) -> None:
        """Answer how the affinities changed from stage to stage; in the background, because it takes a while."""
        if self._hung or self._session is None:
            return
        rows, run = list(self.selection), self._session.run

        def work() -> None:
            changes = affinity_changes(run, rows) if run.has_map else []
            self._publisher.message({"t": "affinities", "id": question, "changes": changes})

        self._relater.ask(work)

    def _page_affinities(self) -> dict[str, Any]:
        """Return what an exported page knows of changed affinities."""
        if self._hung or self._session is None:
            return {}
        return {"affinities": affinity_changes(self._session.run)}
