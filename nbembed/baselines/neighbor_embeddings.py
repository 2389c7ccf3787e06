"""openTSNE and umap-learn behind the interface of the baselines."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks, _threads
from nbembed.baselines.base import Transforming
from nbembed.baselines.packages import peer
from nbembed.baselines.scikit import check_neighbors
from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["OpenTSNE", "UMAPLearn", "check_options"]


class OpenTSNE(Transforming):
    """t-SNE as openTSNE computes it, with the late exaggeration of FIt-SNE.

    Two phases are openTSNE's: early exaggeration, then ``n_iter`` steps. With ``late_exaggeration``
    the last ``late_exaggeration_iter`` of these multiply the attraction by that factor, which
    makes clusters tight and their gaps wide. The number of steps stays the same. The defaults
    are those of openTSNE 1.0.

    Parameters
    ----------
    n_components
        Dimension of the map, 1 or 2 (openTSNE's fast gradients). Default 2.
    perplexity
        Effective number of neighbours, above 1 and below the number of rows. Default 30.
    early_exaggeration
        Factor on the attraction in the first phase, above 0. ``"auto"`` (default) is 12.
    early_exaggeration_iter
        Steps of the first phase, at least 0. Default 250.
    n_iter
        Steps after it, at least 1. Default 500.
    late_exaggeration
        Factor on the attraction at the end, above 0. None (default): there is none. FIt-SNE's name for it is
        ``late_exag_coeff``.
    late_exaggeration_iter
        How many of the ``n_iter`` steps have it. None (default) means all of them, as in FIt-SNE
        where only the factor is given.
    learning_rate
        Step size, above 0. ``"auto"`` (default) is ``max(200, n_samples / exaggeration)`` in each
        phase.
    metric
        A metric of openTSNE. Default ``"euclidean"``.
    init
        ``"pca"`` (default), ``"spectral"`` or ``"random"``.
    random_state
        Seed; None leaves openTSNE unseeded.
    n_jobs
        Threads. Default 1. Another number may change the last digits.
    options
        Further keywords of ``openTSNE.TSNE``.

    Notes
    -----
    ``transform`` optimises every new row by itself against the map that is there, for 250 steps.

    References
    ----------
    Poličar, Stražar & Zupan (2024), J. Stat. Soft. 109; Linderman et al. (2019), "Fast
    interpolation-based t-SNE for improved visualization of single-cell RNA-seq data", Nature
    Methods 16 (late exaggeration).
    """

    title = "t-SNE (openTSNE)"
    module = "openTSNE"
    package = "openTSNE"

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        early_exaggeration: float | str = "auto",
        early_exaggeration_iter: int = 250,
        n_iter: int = 500,
        late_exaggeration: float | None = None,
        late_exaggeration_iter: int | None = None,
        learning_rate: float | str = "auto",
        metric: str | Callable[..., Any] = "euclidean",
        init: str = "pca",
        random_state: Any = None,
        n_jobs: int = 1,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.early_exaggeration = early_exaggeration
        self.early_exaggeration_iter = early_exaggeration_iter
        self.n_iter = n_iter
        self.late_exaggeration = late_exaggeration
        self.late_exaggeration_iter = late_exaggeration_iter
        self.learning_rate = learning_rate
        self.metric = metric
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        number = _checks.check_number
        number("n_components", self.n_components, low=1, high=2, integer=True)
        number("perplexity", self.perplexity, low=1, above=True)
        if self.perplexity >= len(X):
            raise InvalidInputError(
                f"perplexity must be less than the number of rows (n_samples={len(X)}), got "
                f"{self.perplexity:g}; use at most a third of the rows"
            )
        number("early_exaggeration_iter", self.early_exaggeration_iter, low=0, integer=True)
        number("n_iter", self.n_iter, low=1, integer=True)
        for name in ("early_exaggeration", "learning_rate"):
            if getattr(self, name) != "auto":
                number(name, getattr(self, name), low=0, above=True)
        self._check_late_exaggeration()
        check_options(self.options, self.get_params())

    def _check_late_exaggeration(self) -> None:
        if self.late_exaggeration is not None:
            _checks.check_number("late_exaggeration", self.late_exaggeration, low=0, above=True)
        if self.late_exaggeration_iter is None:
            return
        _checks.check_number(
            "late_exaggeration_iter",
            self.late_exaggeration_iter,
            low=0,
            high=self.n_iter,
            integer=True,
        )
        if self.late_exaggeration is None:
            raise InvalidInputError(
                "late_exaggeration must be a factor where late_exaggeration_iter is given "
                f"({self.late_exaggeration_iter}), got None; set late_exaggeration=4, for example"
            )

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        peer_class = peer(self.module, self.package, self.title).TSNE
        method = peer_class(
            n_components=self.n_components,
            perplexity=self.perplexity,
            early_exaggeration=self.early_exaggeration,
            early_exaggeration_iter=self.early_exaggeration_iter,
            n_iter=self.n_iter,
            learning_rate=self.learning_rate,
            metric=self.metric,
            initialization=self.init,
            random_state=seed,
            n_jobs=self.n_jobs,
            **dict(self.options or {}),
        )
        with _threads.lock:
            self.model_ = self._optimized(method, X)
        return self.model_

    def _optimized(self, method: Any, X: NDArray[np.float32]) -> Any:
        """Return openTSNE's embedding after all phases."""
        if self.late_exaggeration is None:
            return method.fit(X)
        late = self.n_iter if self.late_exaggeration_iter is None else self.late_exaggeration_iter
        embedding = method.prepare_initial(X)
        plan = (
            (self.early_exaggeration_iter, method.early_exaggeration, method.initial_momentum),
            (self.n_iter - late, method.exaggeration, method.final_momentum),
            (late, self.late_exaggeration, method.final_momentum),
        )
        for n_iter, exaggeration, momentum in plan:
            if n_iter:
                embedding.optimize(
                    n_iter=n_iter, exaggeration=exaggeration, momentum=momentum, inplace=True
                )
        return embedding

    def _place(self, X: NDArray[np.float32]) -> Any:
        with _threads.lock:
            return self.model_.transform(X)


class UMAPLearn(Transforming):
    """UMAP as umap-learn computes it.

    The defaults are those of umap-learn 0.5.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Size of a neighbourhood, at least 2 and less than the number of rows. Default 15.
    min_dist
        How near points may lie in the map, at least 0. Default 0.1.
    spread
        Scale of the map, at least ``min_dist``. Default 1.
    n_epochs
        Visits of every edge. None (default) is umap-learn's: 500 up to 10,000 rows, 200 beyond.
    n_negatives
        Repulsions per attraction, at least 1; umap-learn's ``negative_sample_rate``. Default 5.
    learning_rate
        First step size, above 0. Default 1.
    metric
        A metric of umap-learn. Default ``"euclidean"``.
    init
        ``"spectral"`` (default), ``"pca"``, ``"random"`` or ``"tswspectral"``.
    random_state
        Seed; with one, umap-learn works on one thread. None leaves it unseeded, on all.
    options
        Further keywords of ``umap.UMAP``.

    Notes
    -----
    ``transform`` of a row depends on the other rows that it is given together with.

    References
    ----------
    McInnes, Healy & Melville (2018), "UMAP: Uniform manifold approximation and projection for
    dimension reduction", arXiv:1802.03426.
    """

    title = "UMAP (umap-learn)"
    module = "umap"
    package = "umap-learn"

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        n_components: int = 2,
        *,
        n_neighbors: int = 15,
        min_dist: float = 0.1,
        spread: float = 1.0,
        n_epochs: int | None = None,
        n_negatives: int = 5,
        learning_rate: float = 1.0,
        metric: str | Callable[..., Any] = "euclidean",
        init: str = "spectral",
        random_state: Any = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.min_dist = min_dist
        self.spread = spread
        self.n_epochs = n_epochs
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.metric = metric
        self.init = init
        self.random_state = random_state
        self.options = options

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        _checks.check_number("n_neighbors", self.n_neighbors, low=2, integer=True)
        check_neighbors(self.n_neighbors, len(X))
        check_options(self.options, self.get_params())

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        peer_class = peer(self.module, self.package, self.title).UMAP
        threads = {} if seed is None else {"n_jobs": 1}
        self.model_ = peer_class(
            n_components=self.n_components,
            n_neighbors=self.n_neighbors,
            min_dist=self.min_dist,
            spread=self.spread,
            n_epochs=self.n_epochs,
            negative_sample_rate=self.n_negatives,
            learning_rate=self.learning_rate,
            metric=self.metric,
            init=self.init,
            random_state=seed,
            **threads | dict(self.options or {}),
        )
        with _threads.lock:
            return self.model_.fit_transform(X)

    def _place(self, X: NDArray[np.float32]) -> Any:
        with _threads.lock:
            return self.model_.transform(X)


def check_options(options: Any, own: Mapping[str, Any]) -> None:
    """Raise unless ``options`` are further keywords, none of them one that has a name here."""
    if options is None:
        return
    if not isinstance(options, Mapping):
        raise InvalidTypeError(
            f"options must be a dictionary of further keywords, got {type(options).__name__}"
        )
    twice = sorted(set(options) & set(own))
    if twice:
        raise InvalidInputError(
            f"options must not hold {twice[0]!r}, which is a parameter of its own; write {twice[0]}=…"
        )
