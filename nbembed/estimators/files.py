"""A fitted network as a file that others evaluate: ONNX, or compact weights."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import persistence, weights
from nbembed.errors import InvalidInputError
from nbembed.estimators.heads import WithHeads

__all__ = ["WithFiles"]

# How far the maps of files may be from transform's, as a share of the map's size.
ONNX_TOLERANCE = 1e-4
TOLERANCES = {"float32": 1e-5, "float16": 1e-2}
# Rows on which a file is compared.
COMPARED = 256


class WithFiles(WithHeads):
    """Base of the estimators whose network can be written for programs without this package."""

    def to_onnx(self, path: str | Path) -> float | None:
        """Write the map as an ONNX file: raw data in, places out.

        The input is called ``"X"``, float32, shape (n_samples, n_features) or samples of the shape of the fit; the
        output ``"map"``, float32, shape (n_samples, n_components). Any n_samples goes. Standardization is
        inside. The file is evaluated and compared with :meth:`transform` where onnxruntime is installed.

        Parameters
        ----------
        path
            The file; replaced at once or not at all.

        Returns
        -------
        float or None
            The largest difference from :meth:`transform`, as a share of the map's size; None where it was not
            compared.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        MissingPackageError
            Without onnx and onnxscript; ``pip install nbembed[onnx]`` brings them.
        InvalidInputError
            If the file differs from :meth:`transform` by more than 1e-4 of the map's size; it is not kept.
        """
        from nbembed import networks

        reference = self._network("to_onnx")
        center, divisor = reference.from_raw()
        with np.errstate(over="ignore"):
            X = self._compared_rows().astype(np.float32)
        if not np.isfinite(X).all():
            raise InvalidInputError(
                "X must hold numbers that float32 can say for an ONNX file, got a fit of larger ones; divide X first"
            )
        with persistence.replacing(path) as beside, networks.pinned_torch(1):
            networks.export_onnx(
                reference.module, beside, center=center, divisor=divisor, shape=reference.shape
            )
            found = networks.run_onnx(beside, X.reshape(-1, *reference.shape))
            return None if found is None else self._agreed("ONNX file", X, found, ONNX_TOLERANCE)

    def to_weights(self, path: str | Path, dtype: str = "float32") -> float:
        """Write the map as a compact file of weights, which the front end evaluates.

        One file holds the list of layers as JSON and then the numbers: :mod:`nbembed.weights` describes it byte by
        byte, and :func:`nbembed.weights.read` reads and evaluates it without torch. Raw data go in.

        Parameters
        ----------
        path
            The file; replaced at once or not at all.
        dtype
            ``"float32"`` (default), or ``"float16"`` for half the size.

        Returns
        -------
        float
            The largest difference from :meth:`transform`, as a share of the map's size.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        InvalidInputError
            If the network has parts that the format does not know, or the file differs from :meth:`transform` by
            more than 1e-5 of the map's size (float16: 1e-2); it is not kept.

        Examples
        --------
        >>> import nbembed as nb, tempfile, pathlib
        >>> X, _ = nb.datasets.iris()
        >>> umap = nb.ParametricUMAP(n_batches=5, device="cpu", random_state=0).fit(X)
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "map.weights"
        >>> umap.to_weights(file, "float16") < 0.01
        True
        >>> nb.weights.read(file)(X).shape
        (150, 2)
        """
        from nbembed import networks

        reference = self._network("to_weights")
        center, divisor = reference.from_raw()
        first = "standardize", {"divisor": divisor}, {"center": center.reshape(reference.shape)}
        layers = [first, *networks.layers_of(reference.module)]
        X = self._compared_rows()
        with persistence.replacing(path) as beside:
            n_components = self.embedding_.shape[1]
            shape = reference.shape
            weights.write(beside, layers, shape=shape, n_components=n_components, dtype=dtype)
            found = weights.read(beside)(X)
            return self._agreed(f"file of {dtype}", X, found, TOLERANCES[dtype])

    # ---- inside -------------------------------------------------------------------------------

    def _compared_rows(self) -> NDArray[np.float64]:
        """Return rows in the units of the data: those of the fit, or where files do not hold them some like them."""
        reference = self._network("comparing")
        if reference.X is not None:
            rows = reference.X[:COMPARED].astype(np.float64)
        else:
            noise = np.random.default_rng(0).normal(size=(COMPARED, self.n_features_in_))
            rows = reference.standardization.back(noise).astype(np.float64)
        shift = 0.0 if reference.scaling.shift is None else reference.scaling.shift
        return (rows + shift) * reference.scaling.divisor

    def _agreed(self, what: str, X: Any, found: Any, tolerance: float) -> float:
        """Return how far ``found`` is from the places of ``X``; raise where that is too far."""
        expected = self.transform(X)
        size = float(np.ptp(expected, axis=0).max()) or 1.0
        apart = float(np.abs(found - expected).max()) / size
        if not apart <= tolerance:
            raise InvalidInputError(
                f"the {what} must give the places of transform to {tolerance:g} of the map's size, got a difference "
                f"of {apart:.3g}; it is not kept. A network that depends on the batch, or draws when it "
                "evaluates, cannot be written; float32 is closer than float16"
            )
        return apart
