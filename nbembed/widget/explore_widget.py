"""Opening the widget for teaching: one internal at a time, of the point that is selected."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import traitlets

from nbembed import _checks
from nbembed._checks import nearest
from nbembed.errors import InvalidInputError, NbembedError, RunEndedError
from nbembed.widget.handout import Handout
from nbembed.widget.measures import Background
from nbembed.widget.parameters import live_values
from nbembed.widget.plates import Asked, Numbers, packed_plate, read_asked, refused_plate
from nbembed.widget.stages_widget import CLOSING, StagesWidget
from nbembed.widget.traits import kept

if TYPE_CHECKING:
    from nbembed.inspect.plates import Internal, Plate, Scene

__all__ = ["ExploreWidget"]

# Needs that a widget cannot fulfil at all, and what to say of them.
LACKS = {"labels": "labels", "network": "a method with a network"}
# Needs of a view that changes with the map.
MOVING = {"map", "run", "network"}
# Plates that are kept, in case they are looked at again.
KEPT = 24
# What opens first.
FIRST = "bandwidth"


class ExploreWidget(StagesWidget):
    """A widget that may show the internals of its method, one at a time.

    :meth:`explore` opens the panel; :func:`nbembed.explore` makes a widget that is open.
    """

    # Python writes it, the browser reads it: what can be shown, and what Python wants to be shown.
    lesson = traitlets.Dict().tag(sync=True, from_json=kept("lesson"))

    _asked: Asked | None = None

    def _get_ready(self) -> None:
        super()._get_ready()
        if not hasattr(self, "_explainer"):
            self._explainer = Background()
            self._made: dict[Any, Plate] = {}

    def explore(
        self,
        name: str | None = None,
        i: int | None = None,
        j: int | None = None,
        *,
        projector: bool = False,
        **settings: Any,
    ) -> Self:
        """Open the teaching panel, or show another internal in it.

        Beside the map stands one view at a time: one or two linked panels, controls that say when they
        act, the same in words, and the ten lines of NumPy that compute exactly this. A click on a point
        shows that point; Shift and a click adds a second one.

        Parameters
        ----------
        name
            Which internal: a key of :data:`nbembed.inspect.plates.catalogue`. None keeps the one on show.
        i, j
            The point, and a second one; they are selected. None keeps the present ones.
        projector
            Large type and one panel at a time, for a hall; the N key does a step.
        **settings
            What the controls of the view say, for example ``perplexity=5``.

        Raises
        ------
        InvalidInputError
            For an unknown name, with the nearest suggested, and for rows that are not there.
        """
        _checks.check_flag("projector", projector)
        before = self._asked or Asked(FIRST)
        internal = self._internal(name or before.name)
        rows = [int(row) for row in self._checked_rows(i, j) if row is not None]
        if rows:
            self.selection = rows
        same = internal.name == before.name
        row = before.row if i is None else i
        self._asked = Asked(
            internal.name, row or 0, j, -1, (before.settings if same else {}) | settings
        )
        self.lesson = {
            "internals": self._internals(),
            "name": internal.name,
            "settings": self._asked.settings,
            "wish": self._wish(),
            "projector": projector,
        }
        return self

    def _wish(self) -> int:
        """Return a number that the page has not seen, so that it heeds even an equal wish."""
        before: Any = self.lesson.get("wish", 0)
        return int(before) + 1

    def inspect(
        self, name: str, i: int | None = None, j: int | None = None, **settings: Any
    ) -> "Plate":
        """Return an internal with its values: what the teaching panel draws of it.

        Parameters
        ----------
        name
            A key of :data:`nbembed.inspect.plates.catalogue`.
        i, j
            The point, and a second one. None takes the selected ones, else row 0.
        **settings
            What the controls of the view say. What is not given is as in this widget's run, where
            that has it (``perplexity``), else the view's default.

        Returns
        -------
        nbembed.inspect.plates.Plate
            ``panels`` with their arrays, ``text``, ``snippet`` with its ``inputs``, and ``result``.

        Raises
        ------
        InvalidInputError
            For an unknown name, with the nearest suggested, and for what the view cannot be made of.
        RunEndedError
            If the view needs a map, and there is none yet.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, y = nb.datasets.iris()
        >>> w = nb.explore(X, labels=y)
        >>> w.inspect("bandwidth", 7, perplexity=5).result.shape
        (15,)
        """
        i, j = self._checked_rows(i, j)
        here = [row for row in self.selection if row != i]
        row = here.pop(0) if i is None and here else (i or 0)
        other = here[0] if j is None and here else j
        return self._plate(Asked(name, row, other, int(self.moment), settings))[0]

    def describe(self) -> str:
        """Return the teaching view on show in words, with its numbers."""
        asked = self._asked or Asked(FIRST, 0)
        plate = self._plate(asked)[0]
        is_of_row = {"point", "two points"} & self._internal(asked.name).needs
        about = f" (row {asked.row})" if is_of_row else ""
        sample = "" if plate.sample is None else f" {plate.sample[0].upper()}{plate.sample[1:]}."
        return f"{plate.title}{about}. {plate.text}{sample}"

    def close(self) -> None:
        """Stop the run and free the widget."""
        super().close()
        # A constructor that refused its arguments leaves a widget that ipywidgets closes later.
        if hasattr(self, "_explainer"):
            self._explainer.wait(CLOSING)

    def stand_at_start(self) -> None:
        """Compute neighbours, affinities and the starting map, and show it before the first step."""
        run = self._estimator.run(self._data, self._y)
        while not run.has_map:
            next(run)
        self._stand(run)

    # ---- inside -------------------------------------------------------------------------------

    def _checked_rows(self, *rows: int | None) -> list[int | None]:
        for argument, row in zip("ij", rows, strict=True):
            if row is not None:
                _checks.check_number(argument, row, low=0, high=len(self._data) - 1, integer=True)
        return [None if row is None else int(row) for row in rows]

    def _internal(self, name: str) -> "Internal":
        from nbembed.inspect.plates import catalogue

        if name not in catalogue:
            raise InvalidInputError(
                f"name must be one of the internals, got {name!r}{nearest(name, list(catalogue))}; "
                f"there are {', '.join(catalogue)}"
            )
        return catalogue[name]

    def _internals(self) -> list[dict[str, Any]]:
        """Return what can be chosen in the panel, and what each one lacks here."""
        from nbembed.inspect.plates import catalogue

        return [
            {
                "name": each.name,
                "title": each.title,
                "number": each.number,
                "needs": sorted(each.needs),
            }
            | ({"lacks": ", ".join(lacking)} if lacking else {})
            for each in catalogue.values()
            for lacking in [
                [word for need, word in LACKS.items() if need in each.needs and not self._has(need)]
            ]
        ]

    def _has(self, need: str) -> bool:
        if need == "labels":
            return self._labels is not None
        return self._estimator.phases(len(self._data))[0].model["name"] != "free"

    def _scene(self, asked: Asked, needs: frozenset[str]) -> tuple["Scene", int]:
        """Return what a view is made of, and the step of the map in it; -1 where none is needed."""
        from nbembed.inspect.plates import Scene

        run = None if self._session is None else self._session.run
        moment = self._moment(asked.step) if MOVING & needs else None
        if "map" in needs and moment is None:
            raise RunEndedError("there is no map yet; call fit(), start() or step() first")
        more: dict[str, Any] = {}
        if "run" in needs and run is not None:
            kept_frames = list(run.history.frames)
            more["frames"] = np.stack([frame.embedding for frame in kept_frames])
            more["steps"] = np.array([frame.step for frame in kept_frames])
            more["live"] = live_values(run)
        if "network" in needs and run is not None and run.has_map:
            self._keep()
            more["estimator"] = self._estimator
        # Distances are those that the run knows: of components, where it has taken some.
        scene = Scene(
            X=self._data if run is None or self._estimator.pca is None else run.X,
            embedding=None if moment is None else moment[1],
            i=asked.row,
            j=asked.other,
            settings=self._run_settings(needs) | asked.settings,
            labels=None if self._labels is None else self._labels.values,
            **more,
        )
        return scene, -1 if moment is None else moment[0]

    def _run_settings(self, needs: frozenset[str]) -> dict[str, Any]:
        """Return the numbers among the hyper-parameters: views show the run that is shown, unless told otherwise."""
        known = self._estimator.get_params(deep=False)
        # What is in force now matters for the map as it is now, not for a view's own runs.
        session = self._session if "map" in needs else None
        set_now = {} if session is None else session.run.live
        return {
            name: value
            for name, value in {**known, **set_now}.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        }

    def _plate(self, asked: Asked) -> "tuple[Plate, int]":
        """Return a view, and the step of the map it was made of."""
        self._needs_data("inspect()")
        internal = self._internal(asked.name)
        if "two points" in internal.needs and asked.other is None:
            raise InvalidInputError(
                "this view needs two points, got one; select a second one with Shift and a click, or give j"
            )
        for need in sorted(internal.needs & set(LACKS)):
            if not self._has(need):
                raise InvalidInputError(f"this view needs {LACKS[need]}; this widget has none")
        scene, step = self._scene(asked, internal.needs)
        key = (
            asked.name,
            asked.row,
            asked.other,
            step,
            self._runs,
            *sorted(scene.settings.items()),
        )
        with self._look_lock:
            made = self._made.pop(key, None)
        plate = internal.make(scene) if made is None else made
        with self._look_lock:
            # Views with runs of their own take seconds: what was made is kept for a while.
            self._made[key] = plate
            while len(self._made) > KEPT:
                del self._made[next(iter(self._made))]
        return plate, step

    def _made_last(self, name: str) -> "Plate | None":
        """Return the newest plate of an internal that was made in this run; None if there is none."""
        with self._look_lock:
            found = [
                made for key, made in self._made.items() if key[0] == name and key[4] == self._runs
            ]
        return found[-1] if found else None

    # ---- what the browser asks ----------------------------------------------------------------

    def _tell_plate(self, question: int, content: Mapping[str, Any]) -> None:
        """Answer with a plate; in the background, so that no message waits for it."""
        asked = read_asked(content, len(self._data))
        if asked is None:
            return
        # While a run goes on its frames ask the same again and again: the run comes first.
        gentle = self._state() == "running" and asked == self._asked
        self._asked = asked
        self._explainer.ask(lambda: self._send_plate(question, asked), gentle=gentle)

    def _send_plate(self, question: int, asked: Asked) -> None:
        numbers = Numbers()
        try:
            plate, step = self._plate(asked)
            header = packed_plate(plate, asked, numbers, step=step)
        except (NbembedError, ValueError, TypeError) as error:
            header = refused_plate(asked, str(error))
        self._publisher.message({"t": "plate", "id": question, "plate": header}, numbers.body())

    def _page_lesson(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return what an exported page holds of the teaching views: payload and buffers beside the others."""
        if not self.lesson or not self._has_data:
            return {}, {}
        return Handout(self._plate, len(self._data)).parts(self.lesson, self.selection)
