"""One way to open what was saved: an estimator, or a widget with the story of its run."""

from pathlib import Path
from typing import Any

from nbembed import persistence
from nbembed.errors import InvalidInputError

__all__ = ["load"]


def load(path: str | Path) -> Any:
    """Return what ``save`` of an estimator or of a widget wrote to ``path``.

    The file is data: no code in it can run.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    estimator or EmbedWidget
        The fitted estimator; or the widget as it was: its map, history, curves, look and selection. Where
        its file holds the data, it goes on bit by bit, and can be branched.

    Raises
    ------
    InvalidInputError
        If the file is not one of ours, is damaged, or is of a kind this version does not know.

    Examples
    --------
    >>> import tempfile, pathlib, nbembed as nb
    >>> X, y = nb.datasets.iris()
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "iris.nbembed"
    >>> nb.EmbedWidget(X, labels=y, n_epochs=20, random_state=0).fit().save(path)
    >>> w = nb.load(path)
    >>> w
    EmbedWidget(method='UMAP', n=150, d=4, state='done')
    >>> w.branch(step=5).fit().embedding_.shape
    (150, 2)
    """
    kind, config, arrays = persistence.load(path)
    if kind != persistence.STORY:
        from nbembed import estimators

        return estimators.restored(path, kind, config, arrays)
    from nbembed.widget import EmbedWidget

    try:
        return EmbedWidget.restored(config, arrays)
    except (KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
        raise InvalidInputError(
            f"path must be a complete saved run, got {path}, of which cannot be read: {error}"
        ) from error
