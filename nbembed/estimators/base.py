"""What all estimators share: a recipe turns hyper-parameters into phases, a run carries them out."""

import inspect
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from nbembed import _checks, persistence
from nbembed.callbacks import ProgressBar, as_callbacks
from nbembed.errors import InvalidTypeError
from nbembed.phases import Part, Phase
from nbembed.training import Run

__all__ = ["Embedder"]


class Embedder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the estimators; a recipe defines ``phases`` and its own hyper-parameters.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    loss_ : float
        The true loss of the map: never the exaggerated one.
    n_iter_ : int
        Steps done; fewer than planned when the fit was stopped.
    n_features_in_ : int
        Columns of X.
    """

    # Set by every recipe.
    title: str
    n_components: int
    metric: str | Callable[..., Any]
    init: Any
    random_state: Any
    n_jobs: int | None
    verbose: bool
    callbacks: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__init__ = _suggesting(cls.__init__)

    def phases(self, n_samples: int) -> list[Phase]:
        """Return what a fit of ``n_samples`` rows does, as plain data."""
        raise NotImplementedError

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        _checks.check_number("n_components", self.n_components, low=1, integer=True)
        if self.n_jobs is not None:
            _checks.check_number("n_jobs", self.n_jobs, low=-1, integer=True)
        if isinstance(self.init, str):
            _checks.check_choice("init", self.init, ("pca", "spectral", "random"))
        else:
            _checks.check_init(self.init, n_samples, self.n_components)

    def run(self, X: Any, y: Any = None) -> Run:  # noqa: ARG002
        """Return the fit of ``X`` as an iterator of frames; nothing is computed before the first pull.

        Parameters
        ----------
        X
            Data, shape (n_samples, n_features).
        y
            Ignored; there for scikit-learn's sake.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> run = nb.UMAP(n_epochs=5, random_state=0).run(X)
        >>> maps = [frame.embedding for frame in run if not frame.is_stage]
        >>> len(maps), maps[-1].shape
        (6, (150, 2))
        """
        array = _checks.check_data(X, metric=str(self.metric))
        self.check_parameters(len(array))
        return Run(
            array,
            self.phases(len(array)),
            seed=_checks.check_seed(self.random_state),
            init_array=None
            if isinstance(self.init, str)
            else _checks.check_init(self.init, len(array), self.n_components),
            callbacks=as_callbacks(self.callbacks) + ([ProgressBar()] if self.verbose else []),
            n_jobs=self.n_jobs,
        )

    def fit(self, X: Any, y: Any = None) -> Self:
        """Fit the map of ``X`` and return the estimator.

        An interrupt keeps what was reached (``embedding_``, ``n_iter_``) and is then raised on.
        """
        run = self.run(X, y)
        self._remember_columns(X)
        try:
            for _ in run:
                pass
        except KeyboardInterrupt:
            self.keep(run)
            raise
        self.keep(run)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fit the map of ``X`` and return it, shape (n_samples, n_components)."""
        return self.fit(X, y).embedding_

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, if it has a map yet."""
        embedding = run.embedding
        if embedding is None:
            return
        self.embedding_ = embedding
        self.loss_ = float(sum(run.losses.values()))
        self.n_iter_ = run.step
        self.n_features_in_ = run.X.shape[1]
        self._n_features_out = embedding.shape[1]

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator to one file, which :func:`nbembed.load` reads back.

        The file holds numbers and JSON only; no code runs when it is loaded.
        """
        check_is_fitted(self, "embedding_")
        parameters = self.get_params(deep=False)
        arrays = {"embedding_": self.embedding_}
        if not isinstance(self.init, str):
            arrays["init"] = np.asarray(self.init, dtype=np.float64)
        for name in ("verbose", "callbacks", "n_jobs") + (("init",) if "init" in arrays else ()):
            parameters.pop(name)
        for name, value in parameters.items():
            if not isinstance(value, (str, int, float, bool, type(None))):
                raise InvalidTypeError(
                    f"{name} must be a name, a number or None to be saved, got {value!r}; set it to one of these first"
                )
        fitted = {
            "loss_": self.loss_,
            "n_iter_": self.n_iter_,
            "n_features_in_": self.n_features_in_,
        }
        names = getattr(self, "feature_names_in_", None)
        config = {
            "parameters": parameters,
            "fitted": fitted,
            "feature_names": None if names is None else list(map(str, names)),
        }
        persistence.save(path, type(self).__name__, config, arrays)

    def restored(self, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Become the fitted estimator that ``save`` wrote, and return it."""
        for name, value in config["fitted"].items():
            setattr(self, name, value)
        self.embedding_ = arrays["embedding_"]
        self._n_features_out = self.embedding_.shape[1]
        if config["feature_names"] is not None:
            self.feature_names_in_ = np.array(config["feature_names"], dtype=object)
        return self

    def _remember_columns(self, X: Any) -> None:
        """Set ``feature_names_in_`` as scikit-learn does."""
        if hasattr(X, "columns"):
            validate_data(self, X, skip_check_array=True, reset=True)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def neighbors_part(n_neighbors: int, metric: Any) -> Part:
    """Return the part of a phase that describes the search."""
    return {"n_neighbors": n_neighbors, "metric": metric, "method": "auto"}


def at_most(name: str, value: int, largest: int, n_samples: int) -> int:
    """Return ``value``, cut to ``largest`` with a warning, as umap-learn does."""
    if value <= largest:
        return value
    warnings.warn(
        f"{name} must be less than the number of rows ({n_samples}), got {value}; {largest} is used instead",
        UserWarning,
        stacklevel=4,
    )
    return largest


def _suggesting(init: Callable[..., None]) -> Callable[..., None]:
    """Let ``__init__`` name the nearest parameter when it gets one that does not exist."""
    known = [name for name in inspect.signature(init).parameters if name != "self"]

    @wraps(init)
    def checked(self: Any, *args: Any, **kwargs: Any) -> None:
        for keyword in kwargs:
            if keyword not in known:
                raise _checks.unknown_keyword(type(self).__name__, keyword, known)
        init(self, *args, **kwargs)

    return checked
