"""The classical methods, as scikit-learn computes them."""

import inspect
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.baselines.base import Baseline, Transforming
from nbembed.baselines.packages import seeded_numpy
from nbembed.errors import InvalidInputError

__all__ = ["MDS", "PCA", "Isomap", "LaplacianEigenmaps"]

# Methods that look at all pairs of rows get as much memory for one matrix of them.
MAX_PAIR_BYTES = 4_000_000_000
# Rows that are placed at once.
BLOCK = 8192


class PCA(Transforming):
    r"""Principal component analysis: the linear map that keeps most variance.

    :math:`Y = (X - \bar x) W`, where the columns of W are the first eigenvectors of the covariance
    of X. The defaults are those of ``sklearn.decomposition.PCA``.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1, at most the number of rows and of columns. Default 2.
    random_state
        Seed of the randomised solver, which scikit-learn takes for large data only.

    References
    ----------
    Pearson (1901), "On lines and planes of closest fit to systems of points in space", Phil. Mag. 2;
    Hotelling (1933), J. Educ. Psychol. 24.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.baselines.PCA().fit_transform(X).shape
    (150, 2)
    """

    title = "PCA"

    def __init__(self, n_components: int = 2, *, random_state: Any = None) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        n, d = X.shape
        if self.n_components > min(n, d):
            raise InvalidInputError(
                f"n_components must be at most the number of rows and of columns of X (n_samples={n}, "
                f"n_features={d}) for PCA, got {self.n_components}"
            )

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        from sklearn import decomposition

        self.model_ = decomposition.PCA(self.n_components, random_state=seed).fit(X)
        return self._place(X)

    def _place(self, X: NDArray[np.float32]) -> Any:
        # In float64 a row's place does not depend on the rows beside it.
        model: Any = self.model_
        mean, axes = model.mean_.astype(np.float64), model.components_.T.astype(np.float64)
        blocks = (X[start : start + BLOCK] for start in range(0, len(X), BLOCK))
        return np.concatenate([(block - mean) @ axes for block in blocks])


class LaplacianEigenmaps(Baseline):
    r"""Laplacian eigenmaps: the smoothest functions on the graph of nearest neighbours.

    The columns of Y solve :math:`L y = \lambda D y` for the smallest :math:`\lambda > 0`, where D
    holds the degrees of the graph and :math:`L = D - W` is its Laplacian. The defaults are those of
    ``sklearn.manifold.SpectralEmbedding``, and so is the work.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than the number of rows. None (default) is
        scikit-learn's: a tenth of the rows, which is slow for many.
    random_state
        Seed of the solver's start.
    n_jobs
        Threads of the search for neighbours. Default None, one.

    References
    ----------
    Belkin & Niyogi (2003), "Laplacian eigenmaps for dimensionality reduction and data
    representation", Neural Computation 15, eq. 3.1.
    """

    title = "Laplacian eigenmaps"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        if self.n_neighbors is not None:
            check_neighbors(self.n_neighbors, len(X))
        check_rank(self.n_components, len(X), self.title)

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        from sklearn.manifold import SpectralEmbedding

        self.model_ = SpectralEmbedding(
            self.n_components,
            n_neighbors=self.n_neighbors,
            random_state=seed,
            n_jobs=self.n_jobs,
        )
        return self.model_.fit_transform(X)


class Isomap(Transforming):
    """Isomap: classical scaling of the lengths of paths along the graph of nearest neighbours.

    The defaults are those of ``sklearn.manifold.Isomap``, and so is the work, with memory and time for all pairs of
    rows.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Size of a neighbourhood, at least 1 and less than the number of rows. Default 5.
    random_state
        Seed of the solver's start; scikit-learn draws it from numpy's global generator, whose state
        is put back.
    n_jobs
        Threads of the search for neighbours. Default None, one.

    References
    ----------
    Tenenbaum, de Silva & Langford (2000), "A global geometric framework for nonlinear
    dimensionality reduction", Science 290, table 1.
    """

    title = "Isomap"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int = 5,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        check_neighbors(self.n_neighbors, len(X))
        check_rank(self.n_components, len(X), self.title)
        check_pairs(len(X), self.title)

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        from sklearn import manifold

        self.model_ = manifold.Isomap(
            n_components=self.n_components, n_neighbors=self.n_neighbors, n_jobs=self.n_jobs
        )
        with seeded_numpy(seed):
            return self.model_.fit_transform(X)

    def _place(self, X: NDArray[np.float32]) -> Any:
        return self.model_.transform(X)


class MDS(Baseline):
    r"""Metric multidimensional scaling: distances in the map like those in the data.

    Minimises :math:`\sum_{i<j} (d_{ij} - \|y_i - y_j\|)^2` by SMACOF. The defaults are those of
    ``sklearn.manifold.MDS`` 1.9, and so is the work, with memory and time for all pairs of rows.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_init
        Starts, of which the best is kept, at least 1. Default 1.
    max_iter
        Steps of one start, at least 1. Default 300.
    eps
        Stop when the stress falls by less, relative to the squared distances; above 0. Default 1e-6.
    random_state
        Seed of the random starts.

    References
    ----------
    Kruskal (1964), Psychometrika 29; de Leeuw (1977), "Applications of convex analysis to
    multidimensional scaling" (SMACOF); Borg & Groenen (2005), "Modern Multidimensional Scaling",
    eq. 8.4.
    """

    title = "MDS"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_init: int = 1,
        max_iter: int = 300,
        eps: float = 1e-6,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.n_init = n_init
        self.max_iter = max_iter
        self.eps = eps
        self.random_state = random_state

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        _checks.check_number("n_init", self.n_init, low=1, integer=True)
        _checks.check_number("max_iter", self.max_iter, low=1, integer=True)
        _checks.check_number("eps", self.eps, low=0, above=True)
        check_pairs(len(X), self.title)

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        from sklearn import manifold

        # The start became a parameter of newer versions of scikit-learn; before, it always was random.
        start: dict[str, Any] = (
            {"init": "random"} if "init" in inspect.signature(manifold.MDS).parameters else {}
        )
        self.model_ = manifold.MDS(
            self.n_components,
            n_init=self.n_init,
            max_iter=self.max_iter,
            eps=self.eps,
            random_state=seed,
            **start,
        )
        return self.model_.fit_transform(X)


def check_neighbors(n_neighbors: Any, n_samples: int) -> None:
    """Raise unless there can be so many neighbours."""
    _checks.check_number("n_neighbors", n_neighbors, low=1, integer=True)
    if n_neighbors >= n_samples:
        raise InvalidInputError(
            f"n_neighbors must be less than the number of rows (n_samples={n_samples}), got {n_neighbors}; "
            f"use at most {n_samples - 1}"
        )


def check_rank(n_components: int, n_samples: int, title: str) -> None:
    """Raise if a matrix of all rows has too few eigenvectors."""
    if n_components >= n_samples:
        raise InvalidInputError(
            f"n_components must be less than the number of rows (n_samples={n_samples}) for {title}, "
            f"got {n_components}"
        )


def check_pairs(n_samples: int, title: str) -> None:
    """Raise if a float64 for each pair of rows is more than memory should hold."""
    most = int((MAX_PAIR_BYTES / 8) ** 0.5)
    if n_samples > most:
        raise InvalidInputError(
            f"X must have at most {most:,} rows for {title}, which keeps a number for each pair of them "
            f"({MAX_PAIR_BYTES / 1e9:g} GB), got {n_samples:,}; take a sample of the rows, and "
            f"baselines.Projection to place the others"
        )
