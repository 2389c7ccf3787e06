"""Colours that are measured: how well each point's neighbourhood survived, in the map on show."""

import contextvars
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import affinities
from nbembed._threads import process_ends
from nbembed.encodings import Spec, measured_spec
from nbembed.errors import InvalidInputError
from nbembed.metrics import PointQuality
from nbembed.training import Run

__all__ = [
    "BANDWIDTH",
    "MEASURES",
    "STABILITY",
    "Background",
    "Measurement",
    "Measures",
    "bandwidths",
]

# Part of the time that measuring may take while a run goes on and nobody has asked for it.
SHARE = 0.1
# Specs of moments that were measured before; each takes about two bytes a point.
KEPT, KEPT_POINTS = 64, 4_000_000


@dataclass(frozen=True)
class Measure:
    """A measure as the legend has it: its words, the ends of its scale, its ramp."""

    label: str
    ends: tuple[float, float] | None = (0.0, 1.0)
    scale: str = "linear"
    map: str = "viridis"


STABILITY, BANDWIDTH = "stability", "bandwidth"
MEASURES = {
    # Most points of most finished maps are above 0.8: what is below has the ramp's end.
    "trustworthiness": Measure("trustworthiness", (0.8, 1.0)),
    "continuity": Measure("continuity", (0.8, 1.0)),
    "kept": Measure("kept neighbours"),
    "false": Measure("false neighbours", map="magma"),
    "missing": Measure("missing neighbours", map="magma"),
    STABILITY: Measure("stability"),
    BANDWIDTH: Measure("density (bandwidth σ)", None, "log"),
}


@dataclass(frozen=True)
class Measurement:
    """Values of a measure, one per row, NaN where not measured, and their spec."""

    spec: Spec
    values: NDArray[np.float64]


class Measures:
    """Measures maps of one data set, and remembers what it has measured.

    Parameters
    ----------
    X
        The data.
    n_neighbors
        Size of a neighbourhood.
    """

    def __init__(self, X: NDArray[Any], n_neighbors: int) -> None:
        self._X, self._n_neighbors = X, n_neighbors
        self._quality: PointQuality | None = None
        self._lock = threading.RLock()
        self._known: OrderedDict[Any, Measurement] = OrderedDict()

    @property
    def quality(self) -> PointQuality:
        """The measures of points; the first call prepares them."""
        with self._lock:
            if self._quality is None:
                self._quality = PointQuality(self._X, self._n_neighbors)
            return self._quality

    def forget(self) -> None:
        """Forget what was measured: the maps it stands for are no more."""
        with self._lock:
            self._known.clear()

    def of(
        self,
        measure: str,
        run: Run | None,
        moment: tuple[int, NDArray[Any]] | None,
        *,
        others: Sequence[NDArray[Any]] = (),
        key: Any = None,
        map: str | None = None,  # noqa: A002 - the word that everybody uses
    ) -> Measurement:
        """Return the measurement of a map.

        Parameters
        ----------
        measure
            A key of ``MEASURES``.
        run
            The run that made the map.
        moment
            Step and map; None where there is no map yet, which measures nothing.
        others
            Maps of other runs.
        key
            Tells runs apart.
        map
            A ramp in place of the measure's own.
        """
        step = -1 if moment is None else moment[0]
        place = (key, measure, step, map)
        with self._lock:
            if moment is not None and place in self._known:
                self._known.move_to_end(place)
                return self._known[place]
            values = self._values(measure, run, moment, others)
            found = self._measurement(measure, step, values, len(others), map)
            if moment is not None:
                self._known[place] = found
                room = max(2, min(KEPT, KEPT_POINTS // len(values)))
                while len(self._known) > room:
                    self._known.popitem(last=False)
            return found

    def _values(
        self, measure: str, run: Run | None, moment: Any, others: Sequence[NDArray[Any]]
    ) -> NDArray[np.float64]:
        if moment is None or run is None:
            return np.full(len(self._X), np.nan)
        if measure == BANDWIDTH:
            return bandwidths(run)
        if measure == STABILITY:
            return self.quality.stability([moment[1], *others])
        return self.quality.values(moment[1], measure)

    def _measurement(
        self,
        measure: str,
        step: int,
        values: NDArray[np.float64],
        n_others: int,
        ramp: str | None,
    ) -> Measurement:
        look = MEASURES[measure]
        spec = measured_spec(
            values, look.label, ends=look.ends, scale=look.scale, map=ramp or look.map
        )
        # The bandwidths are those of the affinities, whatever the map.
        of_step = -1 if measure == BANDWIDTH else step
        told = {"key": measure, "step": of_step, "note": self._note(measure, step, n_others)}
        return Measurement({**spec, "measured": told}, values)

    def _note(self, measure: str, step: int, n_others: int) -> str:
        """Return what the numbers were measured on, in words."""
        k, n = self._n_neighbors, len(self._X)
        if step < 0:
            return "measured once there is a map"
        if measure == BANDWIDTH:
            return "of the affinities, in the data's units: large where points are sparse"
        if measure == STABILITY:
            return f"overlap of {k} neighbours in {n_others + 1} maps"
        of = {"false": f"beyond the {3 * k} nearest in the data",
              "missing": f"beyond the {3 * k} nearest in the map"}  # fmt: skip
        of |= dict.fromkeys(("trustworthiness", "continuity"), "0.8 and less has one colour")
        note = f"{k} neighbours" + (f", {of[measure]}" if measure in of else "")
        measured = len(self.quality.rows)
        return note if measured == n else f"{note}; on {measured:,} of {n:,} points, others grey"


def bandwidths(run: Run) -> NDArray[np.float64]:
    r"""Return the bandwidth :math:`\sigma_i` of each point's affinities, in units of the distances.

    t-SNE: :math:`\sigma_i = 1/\sqrt{2\beta_i}`; UMAP: the :math:`\sigma_i` of its memberships. NaN
    where a point has none, because all its neighbours are at one distance.

    Raises
    ------
    InvalidInputError
        If the run has no affinities with bandwidths, or does not know the distances behind them.
    """
    found = None if run.prepared is None else run.prepared.neighbors
    part = run.phases[0].affinities
    if found is None or part["name"] not in ("perplexity", "fuzzy_union"):
        raise InvalidInputError(
            "color must be another measure than 'bandwidth' here, got a method whose affinities have none"
        )
    if part["name"] == "perplexity":
        _, precisions = affinities.conditional(found, perplexity=float(part["perplexity"]))
        with np.errstate(divide="ignore"):
            sigma = 1.0 / np.sqrt(2.0 * precisions)
    else:
        connectivity = float(part.get("local_connectivity", 1.0))
        sigma, _ = affinities.smooth_distances(found, local_connectivity=connectivity)
    return np.where(np.isfinite(sigma) & (sigma > 0), sigma, np.nan)


class Background:
    """Does the newest of what it was asked for, in a thread that ends when nothing is left.

    What is gentle waits until earlier work has taken no more than a tenth of the time.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._job: tuple[Callable[[], None], bool] | None = None
        self._works = False
        self._free_at = float("-inf")

    def ask(self, job: Callable[[], None], *, gentle: bool = False) -> None:
        """Do ``job`` in place of what still waits; called from any thread."""
        with self._lock:
            self._job = (job, gentle)
            self._lock.notify_all()
            if self._works:
                return
            self._works = True
            # ipykernel 7.0 publishes only from threads that carry the context of a cell.
            context = contextvars.copy_context()
        threading.Thread(
            target=context.run, args=(self._work,), name="nbembed-measure", daemon=True
        ).start()

    def wait(self, seconds: float) -> None:
        """Wait until nothing is left to do, at most so long."""
        with self._lock:
            self._lock.wait_for(lambda: not self._works, seconds)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            began = time.monotonic()
            try:
                job()
            except RuntimeError as error:
                if process_ends(error):
                    return
                raise
            finally:
                took = time.monotonic() - began
                self._free_at = time.monotonic() + took * (1.0 / SHARE - 1.0)

    def _next(self) -> Callable[[], None] | None:
        """Return the job to do, once it may be done; None ends the thread."""
        with self._lock:
            while self._job is not None:
                job, gentle = self._job
                wait = self._free_at - time.monotonic()
                if not gentle or wait <= 0:
                    self._job = None
                    return job
                self._lock.wait(wait)
            self._works = False
            self._lock.notify_all()
            return None
