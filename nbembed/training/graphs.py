"""The affinities of every phase of a run: computed once, shared with branches."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed.phases import Phase
from nbembed.training.preparation import StageProgress, relate_anew
from nbembed.training.sources import measured_rows

if TYPE_CHECKING:
    from nbembed.neighbors import Given, Graph

__all__ = ["Graphs"]


class Graphs:
    """Affinities by the number of their phase; those of later phases come when they are asked for.

    Parameters
    ----------
    X
        The data of the run.
    phases
        All phases of the run.
    seed
        Fixes what searches draw.
    given
        What the caller brought instead of the neighbourhoods of ``X``.

    Attributes
    ----------
    there : dict
        The affinities of each phase that has been reached.
    sources : dict
        Of phases that measure affinities in every mini-batch: what they measure them in, where it is not
        the data.
    """

    def __init__(
        self,
        X: NDArray[np.float32],
        phases: Sequence[Phase],
        *,
        seed: int,
        given: "Given | None" = None,
    ) -> None:
        self.X, self.phases, self.seed, self.given = X, phases, seed, given
        self.there: dict[int, Graph] = {}
        self.sources: dict[int, NDArray[np.float32]] = {}
        self._working: Generator[StageProgress, None, Graph] | None = None

    def work(self, index: int, stepper: Any) -> StageProgress | None:
        """Do a piece of work on the affinities of phase ``index``; None once they are there.

        Parameters
        ----------
        index
            At least 1.
        stepper
            That of the phase before, at its end.
        """
        same = self._same(index)
        if index not in self.there and same is not None:
            self.there[index] = self.there[same]
            if self._is_measured_later(index):
                self.sources[index] = measured_rows(self.phases[index], stepper, self.X)
        if index in self.there:
            return None
        if self._working is None:
            self._working = relate_anew(
                self.X,
                self.phases[index],
                stepper,
                seed=self.seed,
                given=self.given,
                own=self.there.get(0),
            )
        try:
            return next(self._working)
        except StopIteration as end:
            self.there[index], self._working = end.value, None
            return None

    def until(self, index: int, phases: Sequence[Phase]) -> Self:
        """Return those of the phases up to ``index``, for a run of ``phases``: later ones depend on it."""
        shared = type(self)(self.X, phases, seed=self.seed, given=self.given)
        shared.there = {i: graph for i, graph in self.there.items() if i <= index}
        shared.sources = {i: rows for i, rows in self.sources.items() if i <= index}
        return shared

    def close(self) -> None:
        """Stop what is being computed."""
        if self._working is not None:
            self._working.close()

    def _is_measured_later(self, index: int) -> bool:
        """Return whether a phase measures affinities in every mini-batch, and not in the data as they are."""
        phase = self.phases[index]
        as_given = (
            phase.affinities_from == "input" and phase.neighbors.get("scale", "none") == "none"
        )
        return phase.affinities["name"] == "none" and not as_given

    def _same(self, index: int) -> int | None:
        """Return a phase before whose affinities do for this one too."""
        phase = self.phases[index]
        if phase.affinities["name"] == "none":
            return index - 1
        if phase.affinities_from != "input":
            return None
        wanted = (phase.affinities_from, phase.neighbors, phase.affinities)
        for number, other in enumerate(self.phases[:index]):
            if (other.affinities_from, other.neighbors, other.affinities) == wanted:
                return number
        return None
