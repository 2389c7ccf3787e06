"""Looking around in a map with a decoder: grids of what it decodes to, and directions that mean something."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.files import WithFiles

__all__ = ["WithLatent"]

PLANE = 2


class WithLatent(WithFiles):
    """Base of the estimators whose map can be walked in."""

    def decode_grid(
        self, n: int = 20, extent: Sequence[float] | None = None
    ) -> NDArray[np.float32]:
        """Return what the decoder makes of a regular grid of places, as a picture of the map shows it.

        Parameters
        ----------
        n
            Places along each side, at least 2. Default 20.
        extent
            ``(left, right, bottom, top)`` of the grid, in coordinates of the map; its ends are places of the grid.
            None (default) is the extent of ``embedding_``.

        Returns
        -------
        ndarray of float32, shape (n, n, …)
            Samples in the shape of the fit and in units of the data. The first row is the top of the map, the
            first column its left.

        Raises
        ------
        NotKeptError
            Without the term :class:`nbembed.terms.Reconstruction`.
        InvalidInputError
            If the map has not two dimensions, or ``extent`` is not of two intervals.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, _ = nb.datasets.iris()
        >>> nb.Autoencoder(n_batches=5, device="cpu", random_state=0).fit(X).decode_grid(3).shape
        (3, 3, 4)
        """
        shape = self._network("decode_grid").shape
        _checks.check_number("n", n, low=2, integer=True)
        if self.embedding_.shape[1] != PLANE:
            raise InvalidInputError(
                f"decode_grid needs a map of two dimensions, got {self.embedding_.shape[1]}; use inverse_transform"
            )
        left, right, bottom, top = self._extent(extent)
        x, y = np.meshgrid(np.linspace(left, right, n), np.linspace(top, bottom, n))
        places = np.column_stack([x.ravel(), y.ravel()])
        return self.inverse_transform(places).reshape(n, n, *shape)

    def attribute_vectors(self, attributes: Any) -> NDArray[np.float64]:
        r"""Return the direction in the map along which each attribute grows by one, the others being equal.

        Ordinary least squares, :math:`z_i = c + \sum_k a_{ik} v_k`. Added to a place, a vector moves it to where
        that attribute is larger by one, as far as the map is linear in it: ``inverse_transform(z + v)`` shows
        it. Where attributes determine each other, as the columns of a one-hot code do, the shortest of all
        solutions is taken.

        Parameters
        ----------
        attributes
            Numbers for each row of the fit, shape (n_samples,) or (n_samples, n_attributes).

        Returns
        -------
        ndarray of float64, shape (n_attributes, n_components)

        References
        ----------
        Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 5.4.2.

        Examples
        --------
        >>> import nbembed as nb
        >>> X, species = nb.datasets.iris()
        >>> method = nb.Autoencoder(n_batches=5, device="cpu", random_state=0).fit(X)
        >>> method.attribute_vectors(species == "setosa").shape
        (1, 2)
        """
        check_is_fitted(self, "embedding_")
        values = np.asarray(attributes)
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2 or len(values) != len(self.embedding_):  # noqa: PLR2004
            raise InvalidInputError(
                f"attributes must hold numbers for each of the {len(self.embedding_)} rows of the fit, "
                f"got shape {values.shape}"
            )
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise InvalidInputError(
                f"attributes must be finite numbers, got dtype {values.dtype} or NaN among them; encode names as "
                "numbers, and leave out or impute what is missing"
            )
        A = values.astype(np.float64)
        centred = A - A.mean(axis=0)
        Z = self.embedding_.astype(np.float64)
        return np.linalg.lstsq(centred, Z - Z.mean(axis=0), rcond=None)[0]

    def _extent(self, extent: Any) -> tuple[float, float, float, float]:
        if extent is None:
            (left, bottom), (right, top) = self.embedding_.min(axis=0), self.embedding_.max(axis=0)
            return left, right, bottom, top
        ends = np.asarray(extent, dtype=np.float64)
        if ends.shape != (4,) or not np.isfinite(ends).all():
            raise InvalidInputError(
                f"extent must be (left, right, bottom, top), four finite numbers, got {extent!r}"
            )
        left, right, bottom, top = ends.tolist()
        return left, right, bottom, top
