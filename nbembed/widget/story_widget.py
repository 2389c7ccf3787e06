"""The widget's story: branches of its run."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators import Embedder
from nbembed.widget.look_widget import LookWidget

if TYPE_CHECKING:
    from nbembed.training import Run

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


class StoryWidget(LookWidget):
    """A widget whose run can be branched."""

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
        return self._standing(estimator, child, look_of=self)

    # ---- inside -------------------------------------------------------------------------------

    @classmethod
    def _of(cls, content: Mapping[str, Any], *, height: int) -> Self:
        """Return a widget of what another one holds instead of a caller's arguments."""
        raise NotImplementedError

    @classmethod
    def _standing(cls, estimator: Embedder, run: "Run", *, look_of: "StoryWidget") -> Self:
        """Return a widget that looks like another one and shows a run that stands."""
        content = {name: getattr(look_of, name) for name in CONTENT} | {"_estimator": estimator}
        widget = cls._of(content, height=look_of.height)
        widget.selection, widget.filter = look_of.selection, look_of.filter
        widget._stand(run)  # noqa: SLF001 - one of ours
        return widget

    def _stand(self, run: "Run", state: str = "paused") -> None:
        """Show a run as it stands."""
        self._session = self._session_of(run)
        self._session.stand(state)
