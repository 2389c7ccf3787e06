"""What all baselines share: one interface over methods of others."""

from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from nbembed import _checks
from nbembed.errors import InvalidInputError

__all__ = ["Baseline", "Transforming"]


class Baseline(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Base of the baselines: an estimator of scikit-learn that makes a map.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    model_ : object
        What the method itself made, with all it knows.
    n_features_in_ : int
        Columns of X.
    """

    # What people call it; what to import, and what to install for it ("" comes with nbembed).
    title: ClassVar[str] = ""
    module: ClassVar[str] = ""
    package: ClassVar[str] = ""

    n_components: int
    random_state: Any

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__init__ = _checks.suggesting(cls.__init__)

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: ARG002
        """Fit the map of ``X`` and return the estimator.

        Parameters
        ----------
        X
            Data, shape (n_samples, n_features): an array, a data frame, a tensor, a sparse matrix.
        y
            Ignored; there for scikit-learn's sake.

        Raises
        ------
        InvalidInputError, InvalidTypeError
            If X or a parameter cannot be used.
        MissingPackageError
            If the package that does the work is not installed; the message says how to get it.
        """
        metric = getattr(self, "metric", "euclidean")
        array, self._input_scaling = _checks.scaled_data(X, metric=str(metric))
        _checks.check_number("n_components", self.n_components, low=1, integer=True)
        self._check_parameters(array)
        seed = None if self.random_state is None else _checks.check_seed(self.random_state)
        embedding = self._fit_map(array, seed)
        self._remember_columns(X, array)
        self.embedding_ = self._as_map(embedding)
        self._n_features_out = self.embedding_.shape[1]
        return self

    def fit_transform(self, X: Any, y: Any = None) -> NDArray[np.float32]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Fit the map of ``X`` and return it, shape (n_samples, n_components)."""
        return self.fit(X, y).embedding_

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        """Return the map of checked data and set ``model_``."""
        raise NotImplementedError

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        """Raise for a hyper-parameter that cannot be used with ``X``."""

    def _remember_columns(self, X: Any, array: NDArray[np.float32]) -> None:
        """Set ``n_features_in_`` and ``feature_names_in_`` as scikit-learn does."""
        if hasattr(X, "columns"):
            validate_data(self, X, skip_check_array=True, reset=True)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_  # pyright: ignore[reportAttributeAccessIssue]
        self.n_features_in_ = array.shape[1]

    def _as_map(self, embedding: Any) -> NDArray[np.float32]:
        embedding = np.ascontiguousarray(embedding, dtype=np.float32)
        if not np.isfinite(embedding).all():
            raise InvalidInputError(
                f"X must be data that {self.title} can map, got a map with NaN or infinity in it; "
                "look for rows that are all equal, and for columns of very different scale"
            )
        return embedding

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class Transforming(Baseline):
    """A baseline that places new rows into its map."""

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the places of new rows in the map, shape (n_samples, n_components).

        Parameters
        ----------
        X
            New rows with the columns of the fit.

        Raises
        ------
        InvalidInputError
            If X has other columns than the data of the fit.
        """
        check_is_fitted(self, "embedding_")
        if hasattr(X, "columns"):
            validate_data(self, X, skip_check_array=True, reset=False)
        rows = _checks.check_rows(
            X,
            n_features=self.n_features_in_,
            scaling=self._input_scaling,
            owner=type(self).__name__,
        )
        return self._as_map(self._place(rows))

    def _place(self, X: NDArray[np.float32]) -> Any:
        """Return the places of checked rows."""
        raise NotImplementedError
