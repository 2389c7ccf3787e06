"""What the widget says of its own accord beside its teaching views: how far its map can be trusted."""

from bisect import bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from nbembed.errors import NbembedError, RunEndedError
from nbembed.widget.explore_widget import ExploreWidget
from nbembed.widget.measures import Background
from nbembed.widget.quality import neighborhood
from nbembed.widget.stages_widget import CLOSING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from nbembed.inspect.signals import Signal
    from nbembed.training import Run

__all__ = ["SignalsWidget"]

# Neighbours of the scale note, where there are rows enough; fewer rows than these have no far and near.
NEIGHBORS, FEWEST_ROWS = 10, 10
# Which view says more of a signal, and which signals only say what is so.
SHOWS = {"stability": "stability", "null twin": "null_twin", "groups": "groups"}
PLAIN = ("scale", "moving", "exaggerated", "converged", "stability", "null twin", "groups")


class SignalsWidget(ExploreWidget):
    """A widget that says what its map can be trusted with, with the numbers that it rests on."""

    def signals(self) -> "tuple[Signal, ...]":
        """Return what is worth a word about the map on show; the teaching panel shows the same below the map.

        Returns
        -------
        tuple of nbembed.inspect.signals.Signal
            ``name``, ``text`` and ``value`` of each. First what is always said: "scale" (the near neighbours
            that are kept), the state of the run ("moving", "exaggerated", "converged", "diverged" or
            "bandwidth failed"), "stability" over seeds (:meth:`add_seeds` or the view "stability" brings them),
            "null twin" (the view of that name makes one) and "groups". Then what is seldom so: see
            :func:`nbembed.inspect.signals`.

        Raises
        ------
        RunEndedError
            If there is no map yet.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, y = nb.datasets.iris()
        >>> w = nb.explore(X, labels=y, n_iter=20, early_exaggeration_iter=20)
        >>> [signal.name for signal in w.step(20).signals()][:3]
        ['scale', 'exaggerated', 'stability']
        """
        self._needs_data("signals()")
        return self._signals_of(int(self.moment))[1]

    def close(self) -> None:
        """Stop the run and free the widget."""
        super().close()
        if hasattr(self, "_signaller"):
            self._signaller.wait(CLOSING)

    # ---- inside -------------------------------------------------------------------------------

    def _signals_of(self, step: int) -> "tuple[int, tuple[Signal, ...]]":
        """Return the step of a map, and what is worth a word about it."""
        from nbembed.inspect import run_state
        from nbembed.inspect.signals import Signal

        moment = self._moment(step)
        if self._session is None or moment is None:
            raise RunEndedError("there is no map yet; call fit(), start() or step() first")
        maps, steps, factor = _way_to(self._session.run, *moment)
        searched = self._run_settings(frozenset({"map"})).get("perplexity")
        options: Any = {"perplexity": searched, "exaggeration": factor}
        state = run_state(self._data, maps, steps, **options)
        told = [Signal(state.name, state.text, float(state.failed or state.moving))]
        if np.isfinite(moment[1]).all() and len(self._data) >= FEWEST_ROWS:
            told = [self._scale(moment[1]), *told, self._stable(moment[1]), *self._twin()]
            told.append(Signal("groups", "How far apart are two groups?", float("nan")))
            told += self._seldom(moment[1], searched)
        return moment[0], tuple(told)

    def _scale(self, Y: "NDArray[Any]") -> "Signal":
        """Return how many near neighbours are kept, and how far distances are ordered."""
        from nbembed.inspect import scale_note
        from nbembed.inspect.signals import Signal

        k = min(NEIGHBORS, neighborhood(len(self._data)))
        note = scale_note(self._data, Y, n_neighbors=k)
        return Signal("scale", note.text, note.kept)

    def _stable(self, Y: "NDArray[Any]") -> "Signal":
        """Return how far runs agree: those of other seeds here, else those of the view of stability."""
        from nbembed.inspect import stability_chip
        from nbembed.inspect.signals import Signal

        maps = [Y, *(other for other in self._others if other.shape == Y.shape)]
        chip = stability_chip(maps, n_neighbors=neighborhood(len(Y)))
        made = self._made_last("stability") if np.isnan(chip.mean) else None
        if made is not None:
            chip = stability_chip(made.inputs["maps"], n_neighbors=int(made.inputs["k"]))
        return Signal("stability", chip.text, chip.mean)

    def _twin(self) -> "tuple[Signal, ...]":
        """Return how many clusters the null twin seems to have, if one was made."""
        from nbembed.inspect.null import clusters_in
        from nbembed.inspect.signals import Signal

        made = self._made_last("null_twin")
        if made is None:
            return (Signal("null twin", "Null twin: not made yet", float("nan")),)
        drawn = [panel.series[0] for panel in made.panels]
        own, null = (clusters_in(np.column_stack([each.x, each.y]))[1] for each in drawn)
        if null > 1:
            text = f"Null also shows clusters: {null}, and the data {own}"
            return (Signal("null shows clusters", text, float(null)),)
        return (Signal("null twin", f"Null twin shows no clusters, the data {own}", float(null)),)

    def _seldom(self, Y: "NDArray[Any]", perplexity: float | None) -> "tuple[Signal, ...]":
        """Return the signals that data without traps do not have."""
        from nbembed import inspect

        return inspect.signals(self._data, Y, labels=self._y, perplexity=perplexity)

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell_signals(self, question: int, content: "Mapping[str, Any]") -> None:
        """Answer with what is worth a word; in the background, and where a run goes on seldom."""
        step = content.get("step")
        if not isinstance(step, int) or isinstance(step, bool):
            return
        if not hasattr(self, "_signaller"):
            self._signaller = Background()

        def work() -> None:
            with suppress(NbembedError, ValueError):
                answer = {"t": "signals", "id": question, **self._packed_signals(step)}
                self._publisher.message(answer)

        self._signaller.ask(work, gentle=self._state() == "running")

    def _packed_signals(self, step: int) -> dict[str, Any]:
        """Return the signals of a map as JSON has them."""
        at, told = self._signals_of(step)
        return {
            "step": at,
            "signals": [
                {
                    "name": each.name,
                    "text": each.text,
                    "alarm": each.name not in PLAIN,
                    **({"shows": SHOWS[each.name]} if each.name in SHOWS else {}),
                }
                for each in told
            ],
        }

    def _page_lesson(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return what an exported page holds of the teaching views, with the signals of its map."""
        payload, buffers = super()._page_lesson()
        if payload:
            with suppress(NbembedError, ValueError):
                payload |= {"signs": self._packed_signals(int(self.moment))}
        return payload, buffers


def _way_to(run: "Run", step: int, Y: "NDArray[Any]") -> tuple["NDArray[Any]", list[int], float]:
    """Return a map with the stored one before it, their steps, and the exaggeration in force there."""
    before = [frame for frame in list(run.history.frames) if frame.step < step][-1:]
    curve = run.history.curves.get("exaggeration")
    at = 0 if curve is None else bisect_right(curve.steps, step)
    factor = 1.0 if curve is None or at == 0 else float(curve.values[at - 1])
    maps = [*(frame.embedding for frame in before), Y]
    return np.stack(maps), [*(frame.step for frame in before), step], factor
