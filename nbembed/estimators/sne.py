"""Stochastic neighbour embedding, before it had a t."""

from collections.abc import Callable
from typing import Any

from nbembed import _checks
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import check_perplexity, neighbors_part, planned
from nbembed.phases import Phase

__all__ = ["SNE"]


class SNE(Embedder):
    r"""Stochastic neighbour embedding: Gaussian similarities in the data and in the map.

    What t-SNE was made from: with light tails in the map there is no room for all that is moderately far, and groups
    are crowded together. For comparison and for teaching; takes n² work a step, the symmetric one up to 4,000 rows.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    perplexity
        Effective number of neighbours, above 1 and below the number of rows. Default 30. The ``3 * perplexity`` nearest
        neighbours carry the affinities.
    symmetric
        False (default) is SNE as first published: :math:`\frac{1}{n} \sum_i KL(P_i\|Q_i)`, where each row of P and Q
        sums to 1. True is symmetric SNE, :math:`KL(P\|Q)` of joint probabilities: t-SNE but for its kernel.
    early_exaggeration
        Factor on the attraction in the first phase, above 0. Default 4.
    early_exaggeration_iter
        Steps of the first phase, at least 0. Default 100.
    n_iter
        Steps of the main phase, at least 1. Default 500.
    learning_rate
        Step size, above 0, along a quarter of the gradient. ``"auto"`` (default) is
        ``max(200, n_samples / exaggeration) / 10``: forces do not fall with the distance as those of t-SNE.
    momentum
        Momentum in both phases, in [0, 1). Default 0.8.
    metric, pca, init, random_state, n_jobs, verbose, callbacks
        As for :class:`TSNE`.

    References
    ----------
    Hinton & Roweis (2002), NIPS 15; van der Maaten & Hinton (2008), JMLR 9, sec. 2 and 3.1 (symmetric SNE).

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.SNE(n_iter=20, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "SNE"

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        symmetric: bool = False,
        early_exaggeration: float = 4.0,
        early_exaggeration_iter: int = 100,
        n_iter: int = 500,
        learning_rate: float | str = "auto",
        momentum: float = 0.8,
        metric: str | Callable[..., Any] = "euclidean",
        pca: int | None = None,
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.symmetric = symmetric
        self.early_exaggeration = early_exaggeration
        self.early_exaggeration_iter = early_exaggeration_iter
        self.n_iter = n_iter
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.metric = metric
        self.pca = pca
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return early exaggeration, which starts the map, and the optimization that follows it."""
        k = max(1, min(n_samples - 1, int(3 * self.perplexity)))
        affinities = {
            "name": "joint",
            "rows": "perplexity",
            "perplexity": float(self.perplexity),
            "pseudo_distance": False,
            "symmetrization": "mean" if self.symmetric else "none",
            "normalized": bool(self.symmetric),
        }
        common: dict[str, Any] = {
            "neighbors": neighbors_part(k, self.metric),
            "affinities": affinities,
            "kernel": {"name": "gaussian"},
            "sampler": {"name": "everything"},
            "loss": {"name": "kl" if self.symmetric else "rowwise_kl"},
            "model": {"name": "free", "n_components": self.n_components},
        }
        plan = [
            ("early exaggeration", self.early_exaggeration_iter, self.early_exaggeration),
            ("optimization", self.n_iter, 1.0),
        ]
        rate = self.learning_rate
        optimizer = {
            "name": "momentum_gains",
            "learning_rate": max(200.0, n_samples / 4.0) / 10.0 if rate == "auto" else rate,
            "momentum": self.momentum,
        }
        start = {"name": self.init if isinstance(self.init, str) else "array"}
        return planned(plan, optimizer, common, start)

    @property
    def affinities_(self) -> Any:
        """The affinities of the fit, a sparse matrix (n_samples, n_samples); files do not hold it."""
        return self._graph("affinities_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        check_perplexity(self.perplexity, n_samples)
        _checks.check_flag("symmetric", self.symmetric)
        _checks.check_number("early_exaggeration", self.early_exaggeration, low=0, above=True)
        iterations = self.early_exaggeration_iter
        _checks.check_number("early_exaggeration_iter", iterations, low=0, integer=True)
        _checks.check_number("n_iter", self.n_iter, low=1, integer=True)
        _checks.check_number("momentum", self.momentum, low=0, high=0.999)
        if self.learning_rate != "auto":
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
