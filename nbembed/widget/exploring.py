"""``explore``: the widget, opened for teaching on a map that has not moved yet."""

from typing import TYPE_CHECKING, Any

from nbembed.widget.embed_widget import EmbedWidget

if TYPE_CHECKING:
    from nbembed.estimators import Embedder

__all__ = ["explore"]


def explore(
    X: Any,
    labels: Any = None,
    *,
    name: str = "bandwidth",
    i: int = 0,
    method: "str | Embedder" = "tsne",
    projector: bool = False,
    **arguments: Any,
) -> EmbedWidget:
    """Return the widget opened with its teaching panel: the internals of a method, on your own data.

    The map stands at its start, before the first step: ``w.fit()``, ``w.start()``, ``w.step(n)`` and
    the buttons let it go on. A click on a point shows the internals of that point;
    :meth:`EmbedWidget.explore` shows another internal, :meth:`EmbedWidget.inspect` returns the same values,
    :meth:`EmbedWidget.describe` the same in words, and :meth:`EmbedWidget.to_html` writes a handout.

    Parameters
    ----------
    X, labels
        As for :class:`EmbedWidget`.
    name
        Which internal is shown first: a key of :data:`nbembed.inspect.plates.catalogue`.
    i
        The point that is shown first.
    method
        As for :class:`EmbedWidget`. Default t-SNE.
    projector
        Large type and one panel at a time, for a hall; the N key does a step.
    **arguments
        Everything else that :class:`EmbedWidget` takes, for example ``perplexity=10``.

    Returns
    -------
    EmbedWidget

    Examples
    --------
    >>> import nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> w = nb.explore(X, labels=y, n_iter=20, early_exaggeration_iter=10)
    >>> w
    EmbedWidget(method='t-SNE', n=150, d=4, state='paused')
    >>> w.describe().startswith("The search for a bandwidth (row 0).")
    True
    >>> w.fit().explore("sigma").describe().startswith("Bandwidth of every point")
    True
    """
    widget = EmbedWidget(X, labels=labels, method=method, **arguments)
    widget.stand_at_start()
    return widget.explore(name, i, projector=projector)
