"""Methods whose packages few have: PaCMAP, PHATE, TriMap and minimum-distortion embedding."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks, _threads
from nbembed.baselines.base import Baseline, Transforming
from nbembed.baselines.neighbor_embeddings import check_options
from nbembed.baselines.packages import peer, quiet, seeded_numpy
from nbembed.baselines.scikit import check_neighbors

__all__ = ["MDE", "PHATE", "PaCMAP", "TriMap"]


class PaCMAP(Transforming):
    """Pairwise controlled manifold approximation: near, mid-near and further pairs in three phases.

    The defaults are those of pacmap 0.9.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Near pairs per point, at least 1 and less than the number of rows. Default 10.
    mid_near_ratio
        Mid-near pairs per near pair, above 0; pacmap's ``MN_ratio``. Default 0.5.
    further_ratio
        Further pairs per near pair, above 0; pacmap's ``FP_ratio``. Default 2.
    random_state
        Seed, less than 2**31; with one the result does not depend on the number of threads. None leaves pacmap
        unseeded.
    options
        Further keywords of ``pacmap.PaCMAP``.

    Notes
    -----
    ``transform`` of a row depends on the other rows that it is given together with.

    References
    ----------
    Wang, Huang, Rudin & Shaposhnik (2021), "Understanding how dimension reduction tools work",
    JMLR 22, section 6.
    """

    title = "PaCMAP"
    module = "pacmap"
    package = "pacmap"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int = 10,
        mid_near_ratio: float = 0.5,
        further_ratio: float = 2.0,
        random_state: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.mid_near_ratio = mid_near_ratio
        self.further_ratio = further_ratio
        self.random_state = random_state
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        check_neighbors(self.n_neighbors, len(X))
        _checks.check_number("mid_near_ratio", self.mid_near_ratio, low=0, above=True)
        _checks.check_number("further_ratio", self.further_ratio, low=0, above=True)
        check_options(self.options, self.get_params())

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        peer_class = peer(self.module, self.package, self.title).PaCMAP
        with _threads.lock, quiet("pacmap"), quiet("pacmap.pacmap"):
            self.model_ = peer_class(
                n_components=self.n_components,
                n_neighbors=self.n_neighbors,
                MN_ratio=self.mid_near_ratio,
                FP_ratio=self.further_ratio,
                random_state=None if seed is None else seed % 2**31,
                **dict(self.options or {}),
            )
            embedding = self.model_.fit_transform(X)
        # The search for the neighbours of new rows needs the old ones.
        self._basis = X
        return embedding

    def _place(self, X: NDArray[np.float32]) -> Any:
        with _threads.lock, quiet("pacmap"), quiet("pacmap.pacmap"):
            return self.model_.transform(X, basis=self._basis)


class PHATE(Transforming):
    """PHATE: metric scaling of the distances between the diffused neighbourhoods of points.

    The defaults are those of phate 2.0, but it prints nothing.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Neighbours that set the width of the kernel, at least 1 and less than the number of rows;
        phate's ``knn``. Default 5.
    decay
        How fast the kernel falls, above 0. Default 40.
    t
        Steps of the diffusion, at least 1. ``"auto"`` (default) takes them from the knee of the
        entropy.
    random_state
        Seed; None leaves phate unseeded.
    n_jobs
        Processes of the search for neighbours. Default 1.
    options
        Further keywords of ``phate.PHATE``.

    Notes
    -----
    ``transform`` interpolates between the points of the map; phate warns that fitting anew is
    better.

    References
    ----------
    Moon et al. (2019), "Visualizing structure and transitions in high-dimensional biological data",
    Nature Biotechnology 37, online methods.
    """

    title = "PHATE"
    module = "phate"
    package = "phate"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int = 5,
        decay: float = 40,
        t: int | str = "auto",
        random_state: Any = None,
        n_jobs: int = 1,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.decay = decay
        self.t = t
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        check_neighbors(self.n_neighbors, len(X))
        check_options(self.options, self.get_params())

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        peer_class = peer(self.module, self.package, self.title).PHATE
        self.model_ = peer_class(
            n_components=self.n_components,
            knn=self.n_neighbors,
            decay=self.decay,
            t=self.t,
            random_state=seed,
            n_jobs=self.n_jobs,
            **{"verbose": 0} | dict(self.options or {}),
        )
        return self.model_.fit_transform(X)

    def _place(self, X: NDArray[np.float32]) -> Any:
        return self.model_.transform(X)


class TriMap(Baseline):
    """TriMap: every triplet says of two points which is nearer to a third.

    The defaults are those of trimap 1.2.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 2; trimap's ``n_dims``. Default 2.
    n_inliers
        Near points per point, at least 1. Default 12.
    n_outliers
        Far points per near point, at least 1. Default 4.
    n_random
        Random triplets per point, at least 0. Default 3.
    n_iter
        Steps, at least 1; trimap's ``n_iters``. Default 400.
    random_state
        Seed. trimap takes none, so the generators that it draws from are seeded: numpy's, whose
        state is put back, and numba's, on one thread. None leaves trimap unseeded, on all threads.
    options
        Further keywords of ``trimap.TRIMAP``.

    References
    ----------
    Amid & Warmuth (2019), "TriMap: Large-scale dimensionality reduction using triplets",
    arXiv:1910.00204, eq. 3.
    """

    title = "TriMap"
    module = "trimap"
    package = "trimap"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_inliers: int = 12,
        n_outliers: int = 4,
        n_random: int = 3,
        n_iter: int = 400,
        random_state: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_inliers = n_inliers
        self.n_outliers = n_outliers
        self.n_random = n_random
        self.n_iter = n_iter
        self.random_state = random_state
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:  # noqa: ARG002
        _checks.check_number("n_components", self.n_components, low=2, integer=True)
        _checks.check_number("n_iter", self.n_iter, low=1, integer=True)
        check_options(self.options, self.get_params())

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        peer_class = peer(self.module, self.package, self.title).TRIMAP
        self.model_ = peer_class(
            n_dims=self.n_components,
            n_inliers=self.n_inliers,
            n_outliers=self.n_outliers,
            n_random=self.n_random,
            n_iters=self.n_iter,
            **dict(self.options or {}),
        )
        with _threads.lock, seeded_numpy(seed), _seeded_numba(seed):
            return self.model_.fit_transform(X)


class MDE(Baseline):
    """Minimum-distortion embedding that preserves neighbours.

    ``pymde.preserve_neighbors(X).embed()``; the defaults are those of pymde 0.3.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1; pymde's ``embedding_dim``. Default 2.
    n_neighbors
        Size of a neighbourhood, at least 1. None (default) is pymde's: up to 15, by the number of rows.
    repulsive_fraction
        Repulsive pairs per attractive one, above 0. None (default) is pymde's: 1.
    init
        ``"quadratic"`` (default) or ``"random"``.
    max_iter
        Steps of the solver, at least 1. Default 300.
    random_state
        Seed of pymde and of the global generators that it draws from; their state is put back.
        With ``init="quadratic"`` pymde 0.3 leaves the start of its eigenvalue solver unseeded, so
        that only ``init="random"`` repeats its bits.
    options
        Further keywords of ``pymde.preserve_neighbors``.

    Notes
    -----
    Runs torch on one thread, as its sums depend on their number.

    References
    ----------
    Agrawal, Ali & Boyd (2021), "Minimum-distortion embedding", Foundations and Trends in Machine
    Learning 14, section 2.
    """

    title = "MDE"
    module = "pymde"
    package = "pymde"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int | None = None,
        repulsive_fraction: float | None = None,
        init: str = "quadratic",
        max_iter: int = 300,
        random_state: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.repulsive_fraction = repulsive_fraction
        self.init = init
        self.max_iter = max_iter
        self.random_state = random_state
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        if self.n_neighbors is not None:
            check_neighbors(self.n_neighbors, len(X))
        _checks.check_choice("init", self.init, ("quadratic", "random"))
        _checks.check_number("max_iter", self.max_iter, low=1, integer=True)
        check_options(self.options, self.get_params())

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        pymde = peer(self.module, self.package, self.title)
        from nbembed.networks import pinned_torch, seeded_torch

        drawn = _checks.check_seed(seed)
        with pinned_torch(1), seeded_torch(drawn, "cpu"), seeded_numpy(seed):
            if seed is not None:
                pymde.seed(seed)
            self.model_ = pymde.preserve_neighbors(
                X,
                embedding_dim=self.n_components,
                n_neighbors=self.n_neighbors,
                repulsive_fraction=self.repulsive_fraction,
                init=self.init,
                **dict(self.options or {}),
            )
            return self.model_.embed(max_iter=self.max_iter).cpu().numpy()


@contextmanager
def _seeded_numba(seed: int | None) -> Generator[None]:
    """Seed the generator of numba's main thread, and use no other thread inside."""
    if seed is None:
        yield
        return
    import numba

    @numba.njit
    def start(value: int) -> None:
        np.random.seed(value)  # noqa: NPY002, TID251  (numba's generator, which has no other way in)

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    start(seed)
    try:
        yield
    finally:
        numba.set_num_threads(before)
