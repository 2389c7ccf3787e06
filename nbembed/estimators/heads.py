"""What a network's terms give an estimator: rows of places, and classes of rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from nbembed import _checks
from nbembed._scaling import Scaling, blocks
from nbembed.errors import InvalidInputError, NotKeptError
from nbembed.estimators.base import Embedder
from nbembed.terms import Classification, Term, as_terms, encoded, keyed
from nbembed.training import NetworkReference

__all__ = ["WithHeads"]

# Beyond 0 and 1, of data that came through float32.
ROUNDING = 1e-5


def _classifies(estimator: "WithHeads") -> bool:
    """Return whether there is a classifier; the error of the method that asks says how to have one."""
    if not any(isinstance(term, Classification) for term in as_terms(estimator.terms)):
        raise NotKeptError(
            f"{type(estimator).__name__} predicts with a classifier only; add the term: "
            "terms=[nbembed.terms.Classification()], and give labels: fit(X, y)"
        )
    return True


class WithHeads(Embedder):
    """Base of the estimators whose network may have a decoder and a classifier beside it.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        What :meth:`predict` may say, where there is a term that learns from labels.
    """

    terms: Any

    def inverse_transform(self, Z: Any) -> NDArray[np.float32]:
        """Return the rows that the decoder makes of places in the map, in the units of the data.

        Parameters
        ----------
        Z
            Places, shape (m, n_components).

        Returns
        -------
        ndarray of float32, shape (m, n_features)

        Raises
        ------
        NotFittedError
            Before ``fit``.
        NotKeptError
            Without the term :class:`nbembed.terms.Reconstruction`.
        InvalidInputError
            If ``Z`` has other columns than the map, or a number is not finite.
        """
        reference = self._network("inverse_transform")
        places = _checks.check_data(Z, metric="none", min_samples=1)
        if places.shape[1] != self.embedding_.shape[1]:
            raise InvalidInputError(
                f"Z must have {self.embedding_.shape[1]} columns, as the map has, got {places.shape[1]}"
            )
        return reference.inverse(places)

    @available_if(_classifies)
    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row; needs the term :class:`nbembed.terms.Classification`.

        Parameters
        ----------
        X
            Rows with the columns and units of the fit.
        """
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    @available_if(_classifies)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return how probable each of ``classes_`` is for each row, shape (n_rows, n_classes).

        Parameters
        ----------
        X
            Rows with the columns and units of the fit.
        """
        reference = self._network("predict_proba")
        rows = _checks.check_rows(
            self._flat("predict_proba", X),
            n_features=self.n_features_in_,
            scaling=reference.scaling,
            owner=type(self).__name__,
        )
        self._check_columns(X)
        return reference.probabilities(rows)

    @available_if(_classifies)
    def score(self, X: Any, y: Any) -> float:
        """Return the share of rows whose class is predicted right, among those of known class.

        Parameters
        ----------
        X
            Rows with the columns and units of the fit.
        y
            Their labels; -1, None and NaN are unknown and do not count.
        """
        predicted = self.predict(X)
        classes, codes = encoded(y, len(predicted), fewest=1)
        known = codes >= 0
        return float(np.mean(predicted[known] == classes[codes[known]]))

    @property
    def classes_(self) -> NDArray[Any]:
        """What :meth:`predict` may say."""
        classes = self._network("classes_").classes
        if classes is None:
            raise NotKeptError("classes_ needs a term that learns from labels, and fit(X, y)")
        return classes

    # ---- inside -------------------------------------------------------------------------------

    def _flat(self, asked: str, X: Any) -> Any:
        """Return samples of the shape of the fit as rows."""
        raise NotImplementedError

    def _keyed_terms(self) -> dict[str, Term]:
        return keyed(as_terms(self.terms))

    def _targets(self, n_samples: int, y: Any) -> dict[str, Any]:
        """Return what the terms need beside plain data, by key."""
        terms = self._keyed_terms()
        found: dict[str, Any] = {}
        if any(term.supervised for term in terms.values()):
            found["classes"], codes = encoded(y, n_samples)
            found |= {key: codes for key, term in terms.items() if term.supervised}
        for key, term in terms.items():
            target = term.target(n_samples, self.n_components)
            if target is not None:
                found[key] = target
        return found

    def _check_unit(self, array: NDArray[np.float32], scaling: Scaling) -> None:
        """Raise unless data are in [0, 1] where a term takes them for probabilities."""
        if not any(getattr(term, "loss", None) == "bce" for term in self._keyed_terms().values()):
            return
        spans = [
            (float(part.min()), float(part.max())) for part in map(scaling.back, blocks(array))
        ]
        low, high = min(low for low, _ in spans), max(high for _, high in spans)
        if low < -ROUNDING or high > 1 + ROUNDING:
            raise InvalidInputError(
                "X must hold numbers from 0 to 1 for Reconstruction(loss='bce'), got numbers from "
                f"{low:.4g} to {high:.4g}; divide pixels by their largest value, or use loss='mse'"
            )

    def _network(self, asked: str) -> NetworkReference:
        reference: Any = self._kept_reference(asked)
        return reference
