"""The widget's story: branches of its run, and the file that holds all of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from nbembed import _checks, persistence
from nbembed.errors import InvalidInputError
from nbembed.estimators import unfitted
from nbembed.training import KeptRun, Run
from nbembed.widget.files import Arrays, read_content, stored_content
from nbembed.widget.groups_widget import GroupsWidget
from nbembed.widget.session import ENDED

__all__ = ["CONTENT", "StoryWidget"]

# What makes a widget of a caller's arguments: it can be shared, since none of it ever changes in place
# but for columns that are offered in addition.
CONTENT = (
    "_estimator",
    "_live_metrics",
    "_table",
    "_data",
    "_y",
    "_labels",
    "_looks",
    "_details",
)


class StoryWidget(GroupsWidget):
    """A widget whose run can be branched, and saved with its history."""

    def branch(self, step: int | None = None, **parameters: Any) -> Self:
        """Return a new widget that goes on from a moment of this run, with parameters changed.

        It shares the data, has the same look, and stands where this run stood after ``step`` steps:
        ``fit()``, ``start()``, ``step()``, ``resume()`` or its buttons let it go on. Nothing of this
        widget changes. A branch with nothing changed goes on as this run did, bit by bit.

        Parameters
        ----------
        step
            0 up to the present step, which is the default (None). Steps between two states that the
            history holds are computed again.
        **parameters
            What :meth:`set` can change in mid-run, for example ``exaggeration=4``.

        Raises
        ------
        RunEndedError
            If there is no map yet.
        InvalidInputError
            If this run has not reached ``step``, or a parameter has no meaning in mid-run.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> w = nb.EmbedWidget(X, method="tsne", n_iter=20, early_exaggeration_iter=10).fit()
        >>> again = w.branch(step=12).fit()
        >>> bool((again.embedding_ == w.embedding_).all())
        True
        >>> other = w.branch(step=12, exaggeration=4)
        >>> other
        EmbedWidget(method='t-SNE', n=150, d=4, state='paused')
        """
        self._needs_one("branch()")
        run = self._run_with_map()
        self._check_names("branch()", parameters)
        if step is not None:
            _checks.check_number("step", step, low=0, high=run.step, integer=True)
        with self._live_session(ended_is_fine=True).control.between_steps:
            child = run.branch(None if step is None else int(step))
        for name, value in parameters.items():
            if child.set(name, value) != "next step":
                raise InvalidInputError(
                    f"{name} must be a parameter that can change in mid-run, got one that needs a restart: "
                    f"EmbedWidget(X, method=…, {name}={value!r})"
                )
        estimator = type(self._estimator)(**self._estimator.get_params(deep=False))
        content = self._content() | {"_estimator": estimator}
        widget = self._of(content, height=self.height)
        widget.selection, widget.filter = self.selection, self.filter
        widget._stand(child)  # noqa: SLF001 - one of ours
        return widget

    def save(self, path: str | Path, *, data: bool = True) -> None:
        """Write the widget with its whole run to one file, which :func:`nbembed.load` reads back.

        The file holds the map, the history, the curves, what was set when, the parameters, what colours and
        sizes the points and what their cards say, the selection and the filter. It holds numbers and
        JSON only; no code runs when it is loaded. Pictures (``images=``) it does not hold, and of a data
        frame only the columns that are offered for colour and on cards. A run that goes on is saved as it
        stands, and loaded paused.

        Parameters
        ----------
        path
            The file; replaced at once or not at all.
        data
            Store the rows, as float32, their affinities, and the states of the run too: then the loaded
            run can go on and be branched, bit by bit as this one. Without, it can be looked at, scrubbed and
            exported.

        Raises
        ------
        RunEndedError
            If there is no map yet.
        InvalidTypeError
            If a parameter is a function, or a network of the caller's.
        """
        self._needs_one("save()")
        run, arrays = self._run_with_map(), Arrays()
        session = self._live_session(ended_is_fine=True)
        has_data = data and not isinstance(run, KeptRun)
        with session.control.between_steps:
            stored = run.to_config()
            arrays |= run.arrays()
            way = run.way_config() if has_data else None
            arrays |= run.way_arrays() if has_data else {}
            state = session.control.state
        known = self._estimator.get_params(deep=False)
        # A seed that was drawn, or came out of a generator, is one number now.
        estimator = type(self._estimator)(**(known | {"random_state": run.seed}))
        content = self._content()
        config = {
            "estimator": type(estimator).__name__,
            "parameters": estimator.stored_parameters(arrays),
            "run": stored,
            "way": way,
            "state": state if state in ENDED else "paused",
            "notes": session.notes,
            "height": self.height,
            "filter": self.filter,
            "content": stored_content(content, self.fields["columns"], arrays, data=has_data),
        }
        arrays["selection"] = np.array(self.selection, dtype=np.int64)
        persistence.save(path, persistence.STORY, config, arrays)

    @classmethod
    def restored(cls, config: Mapping[str, Any], arrays: Arrays) -> Self:
        """Return the widget that :meth:`save` has described; ``nbembed.load`` calls it."""
        estimator = unfitted(config["estimator"], config["parameters"], arrays)
        run: Run = KeptRun.from_config(config["run"], arrays)
        data = arrays["data"] if config["way"] is not None else run.X
        content = read_content(config["content"], arrays, data) | {"_estimator": estimator}
        if config["way"] is not None:
            fresh = estimator.run(data, content["_y"])
            run = fresh.restore(config["run"], config["way"], arrays)
        widget = cls._of(content, height=int(config["height"]))
        widget.selection, widget.filter = arrays["selection"], config["filter"]
        widget._stand(run, config["state"], notes=config["notes"])  # noqa: SLF001 - one of ours
        return widget

    # ---- inside -------------------------------------------------------------------------------

    def _content(self) -> dict[str, Any]:
        """Return what makes this widget, to make another one of it."""
        return {name: getattr(self, name) for name in CONTENT}

    @classmethod
    def _of(cls, content: Mapping[str, Any], *, height: int) -> Self:
        """Return a widget of what another one holds instead of a caller's arguments."""
        raise NotImplementedError

    def _stand(
        self, run: Run, state: str = "paused", *, notes: Mapping[str, str] | None = None
    ) -> None:
        """Show a run as it stands; ``notes`` are what is to be said of its curves."""
        self._session = self._session_of(run)
        # Without the data there are fewer measures to colour by.
        self._set_traits(fields=self._offered())
        self._session.notes.update(notes or {})
        self._session.stand(state)
