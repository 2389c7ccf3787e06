"""The widget's quality: points coloured by how well the map on show has kept their neighbourhoods."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Self

import numpy as np
import traitlets
from numpy.typing import NDArray

from nbembed import _checks
from nbembed._checks import nearest
from nbembed.columns import Column
from nbembed.encodings import MAPS, Spec
from nbembed.errors import InvalidInputError, NbembedError
from nbembed.metrics.stability import as_maps
from nbembed.widget import packs, pages
from nbembed.widget.look_widget import KEEP, Look, LookWidget
from nbembed.widget.measures import BANDWIDTH, MEASURES, STABILITY, Background, Measures
from nbembed.widget.quality import neighborhood

__all__ = ["QualityWidget"]


class QualityWidget(LookWidget):
    """A widget whose points can be coloured by measures of quality, and compared with other runs.

    ``color("trustworthiness")``, ``"continuity"``, ``"kept"``, ``"false"``, ``"missing"``,
    ``"stability"`` and ``"bandwidth"`` colour by what :class:`nbembed.metrics.PointQuality`
    says of the moment on show; a column of that name comes first. The kernel measures anew when the moment
    changes, in the background: up to 10,000 points all of them, beyond a sample, and the legend says so.
    """

    _others: Sequence[NDArray[Any]] = ()

    def _get_ready(self) -> None:
        """Make what measures; the data are known."""
        if not hasattr(self, "_measures"):
            self._measures = Measures(self._data, neighborhood(len(self._data)))
            self._background = Background()
            self._look_lock = threading.RLock()

    def _read_look(self, labels: Any, given: dict[str, Any]) -> None:
        self._get_ready()
        measure = self._measure_named(given.get("color"))
        super()._read_look(labels, {**given, "color": None} if measure else given)
        if measure is not None:
            self._looks["color"] = self._measured_look(measure, None, None)

    # ---- other runs ---------------------------------------------------------------------------

    @property
    def other_maps(self) -> list[NDArray[Any]]:
        """Maps of the same rows from other runs, with which stability and groups are compared.

        Assign a list of maps, shape (n_samples, n_components) each, or of fitted estimators or
        widgets, which have one as ``embedding_``; [] forgets them. :meth:`add_seeds` makes some.
        """
        return list(self._others)

    @other_maps.setter
    def other_maps(self, maps: Any) -> None:
        found = as_maps(list(maps)) if len(maps) else []
        if any(len(one) != len(self._data) for one in found):
            raise InvalidInputError(
                f"other_maps must hold maps of the same {len(self._data)} rows, got one of {len(found[0])}"
            )
        self._others = found
        self._measures.forget()
        self._set_traits(fields=self._offered())
        self._measure_shown()

    def add_seeds(self, n: int = 4) -> Self:
        """Train ``n`` more maps with other seeds, headless, and keep them in :attr:`other_maps`.

        Parameters
        ----------
        n
            How many, 1 to 100. Each takes as long as a fit. Default 4. An interrupt keeps those done.
        """
        _checks.check_number("n", n, low=1, high=100, integer=True)
        known = self._estimator.get_params(deep=False)
        seed = known.get("random_state")
        first = int(seed) if isinstance(seed, (int, np.integer)) else 0
        for i in range(len(self._others) + 1, len(self._others) + 1 + int(n)):
            other = type(self._estimator)(**(known | {"random_state": first + i}))
            self.other_maps = [*self._others, other.fit(self._data, self._y).embedding_]
        return self

    # ---- colours that are measured ------------------------------------------------------------

    def _measure_named(self, by: Any) -> str | None:
        """Return the measure that ``by`` means: its key or its words, unless a column is called so."""
        if not isinstance(by, str) or self._table.has(by):
            return None
        return next((key for key, look in MEASURES.items() if by in (key, look.label)), None)

    def _change_look(self, channel: str, by: Any, options: dict[str, Any]) -> Any:
        given = {name: value for name, value in options.items() if value is not None}
        if channel != "color":
            return super()._change_look(channel, by, options)
        measure = self._measure_named(by)
        if by is KEEP and given:
            measure = self._measured_now()
        if measure is None:
            return super()._change_look(channel, by, options)
        for name in given:
            if name != "map":
                raise InvalidInputError(
                    f"color({measure!r}) takes no other argument than map, got {name}"
                )
        _checks.check_choice("map", given.get("map", MAPS[0]), MAPS)
        self._check_measurable(measure)
        with self._look_lock:
            self._put_look("color", self._measured_look(measure, given.get("map"), self._moment()))
        return self

    def _check_measurable(self, measure: str) -> None:
        """Raise for a measure that this widget cannot have."""
        if measure in self._offered_measures():
            return
        if measure == STABILITY:
            raise InvalidInputError(
                "color('stability') needs maps of other runs, got none; call w.add_seeds(4), or set w.other_maps"
            )
        offered = self._offered_measures()
        raise InvalidInputError(
            f"color must be a measure of this map, got {measure!r}{nearest(measure, offered)}; "
            "it needs distances between rows"
        )

    def _offered_measures(self) -> list[str]:
        """Return the measures that make sense here."""
        few = len(self._data) < 3  # noqa: PLR2004 - two rows are too few to tell near from far
        if few or not self._has_data or str(self._estimator.metric) == "precomputed":
            return []
        phase = self._estimator.phases(len(self._data))[0]
        known = phase.affinities["name"] in ("perplexity", "fuzzy_union")
        without = {STABILITY} if not self._others else set[str]()
        without |= set() if known else {BANDWIDTH}
        return [key for key in MEASURES if key not in without and not self._table.has(key)]

    def _offered(self) -> dict[str, Any]:
        keys = self._offered_measures()
        return {
            **super()._offered(),
            "measures": [[key, MEASURES[key].label] for key in keys],
        }

    def _measured_now(self) -> str | None:
        """Return the measure that colours the points now."""
        told = self.encodings.get("color", {}).get("measured")
        return None if told is None else told["key"]

    def _measured_look(self, measure: str, ramp: str | None, moment: Any) -> Look:
        run = None if self._session is None else self._session.run
        found = self._measures.of(
            measure, run, moment, others=self._others, key=self._runs, map=ramp
        )
        column = Column(MEASURES[measure].label, found.values)
        return Look(found.spec, column, {} if ramp is None else {"map": ramp})

    def _moment(self, step: int | None = None) -> tuple[int, NDArray[Any]] | None:
        """Return step and map of the moment on show, or of the stored one nearest to ``step``.

        -1 is the newest map.
        """
        at = int(self.moment or 0) if step is None else step
        session = self._session
        if session is None:
            return None
        stored = list(session.run.history.frames)
        if at >= 0 and stored:
            frame = min(stored, key=lambda f: abs(f.step - at))
            if abs(frame.step - at) <= abs(session.run.step - at):
                return frame.step, frame.embedding
        with session.control.between_steps:
            embedding = session.run.embedding
            return None if embedding is None else (session.run.step, embedding)

    @traitlets.observe("moment", "status")
    def _measure_shown(self, change: Any = None) -> None:
        """Have the moment on show measured, if it is what colours the points and was not yet."""
        measure = self._measured_now()
        if measure is None or self._session is None:
            return
        is_status = change is not None and change["name"] == "status"
        if is_status and self.moment >= 0:
            return
        runs_on = self._session.control.state == "running" and self.moment < 0
        self._background.ask(self._measure_again, gentle=runs_on)

    def _measure_again(self) -> None:
        """Measure the moment on show; in the background."""
        measure = self._measured_now()
        if measure is None or self._is_retired:
            return
        ramp = self._looks["color"].options.get("map") if "color" in self._looks else None
        with suppress(NbembedError):  # a map that is being replaced by another run's
            look = self._measured_look(measure, ramp, self._moment())
            self._publisher.in_turn(lambda: self._put_measured(measure, look))

    def _put_measured(self, measure: str, look: Look) -> None:
        """Show what was measured, unless something else colours the points by now."""
        with self._look_lock:
            now = self.encodings.get("color", {})
            if self._measured_now() == measure and now != look.spec:
                self._put_look("color", look)

    def _encodings_of(self, moment: packs.Moment | None = None) -> dict[str, Any]:
        """Return the encodings, with a colour that is measured for a moment; None is the newest map."""
        measure = self._measured_now()
        if measure is None:
            return self.encodings
        ramp = self._looks["color"].options.get("map") if "color" in self._looks else None
        at = self._moment(-1) if moment is None else (moment[0], moment[2])
        return {**self.encodings, "color": self._measured_look(measure, ramp, at).spec}

    def _put_look(self, channel: str, look: Look | None) -> None:
        with self._look_lock:
            super()._put_look(channel, look)

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell_neighbors(self, question: int, row: int) -> None:
        """Answer which rows are nearest to a row in the data; none where distances are unknown."""
        if row >= len(self._data):
            return
        known = len(self._offered_measures()) > 0
        rows = self._measures.quality.neighbors_of(row).tolist() if known else []
        self._publisher.message({"t": "neighbors", "id": question, "row": row, "rows": rows})

    def _page_parts(self, payload: dict[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return what an exported page knows of quality: payload and buffers beside the others."""
        if not self._offered_measures():
            return {}, {}
        parts, buffers = pages.neighbors_part(self._measures.quality)
        measure = self._measured_now()
        if measure is None or measure == BANDWIDTH:
            return parts, buffers
        ramp = self._looks["color"].options.get("map") if "color" in self._looks else None
        steps = [frame["step"] for frame in payload["snapshot_info"].get("frames", ())]

        def spec_of(step: int) -> Spec:
            return self._measured_look(measure, ramp, self._moment(step)).spec

        part, codes = pages.measured_part(measure, steps, len(self._data), spec_of)
        return {**parts, **part}, {**buffers, **codes}

    def _recolor(self, by: str | None) -> None:
        """Colour by what was chosen in the browser; what has to be measured comes in a while."""
        measure = self._measure_named(by)
        if measure is None or measure not in self._offered_measures():
            super()._recolor(by)
            return

        def work() -> None:
            with suppress(NbembedError):
                look = self._measured_look(measure, None, self._moment())
                self._publisher.in_turn(lambda: self._put_look("color", look))

        self._background.ask(work)
