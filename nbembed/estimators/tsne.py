"""t-SNE (van der Maaten & Hinton 2008), as openTSNE runs it by default."""

from collections.abc import Callable
from typing import Any

from nbembed import _checks
from nbembed.estimators.base import Embedder, check_perplexity, neighbors_part
from nbembed.phases import Phase

__all__ = ["TSNE"]


class TSNE(Embedder):
    r"""t-distributed stochastic neighbour embedding.

    Minimises :math:`KL(P\|Q) = \sum_{ij} p_{ij} \ln (p_{ij} / q_{ij})` over the positions of the
    points, with Gaussian affinities :math:`P` of a given perplexity in the data and Student-t
    similarities :math:`Q` in the map. The defaults are those of openTSNE 1.0.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    perplexity
        Effective number of neighbours, above 1 and below the number of rows. Default 30. The
        ``3 * perplexity`` nearest neighbours carry the affinities.
    early_exaggeration
        Factor on the attraction in the first phase, above 0. Default 12.
    early_exaggeration_iter
        Steps of the first phase, at least 0. Default 250.
    n_iter
        Steps of the main phase, at least 1. Default 500.
    exaggeration
        Factor on the attraction in the main phase, above 0. Default 1, which is t-SNE; about 4
        looks like UMAP (Böhm et al. 2022).
    learning_rate
        Step size, above 0, in openTSNE's convention: the gradient's factor 4 is left out. ``"auto"``
        (default) is ``max(200, n_samples / exaggeration)`` (Belkina et al. 2019).
    momentum
        Momentum in both phases, in [0, 1). Default 0.8.
    metric
        Any metric name of scikit-learn, or a function of two rows. Default ``"euclidean"``.
    init
        ``"pca"`` (default), ``"spectral"``, ``"random"`` or an array (n_samples, n_components),
        which is used as it is.
    random_state
        Seed. The same seed gives the same bits on one kind of CPU, on any number of threads.
    n_jobs
        Threads; None (default) means all. The result does not depend on it.
    verbose
        Show a progress bar. Default False.
    callbacks
        A function of a :class:`~nbembed.training.Frame`, a callback, or a list of them; one that
        returns True stops the fit.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 1-5; Belkina et al. (2019), Nature Communications
    10:5415 (learning rate); Poličar, Stražar & Zupan (2024), J. Stat. Soft. 109 (defaults).

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.TSNE(perplexity=20, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "t-SNE"

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        early_exaggeration: float = 12.0,
        early_exaggeration_iter: int = 250,
        n_iter: int = 500,
        exaggeration: float = 1.0,
        learning_rate: float | str = "auto",
        momentum: float = 0.8,
        metric: str | Callable[..., Any] = "euclidean",
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.early_exaggeration = early_exaggeration
        self.early_exaggeration_iter = early_exaggeration_iter
        self.n_iter = n_iter
        self.exaggeration = exaggeration
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.metric = metric
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return early exaggeration, which starts the map, and the optimization that follows it."""
        k = max(1, min(n_samples - 1, int(3 * self.perplexity)))
        common: dict[str, Any] = {
            "neighbors": neighbors_part(k, self.metric),
            "affinities": {"name": "perplexity", "perplexity": float(self.perplexity)},
            "kernel": {"name": "student_t"},
            "sampler": {"name": "everything"},
            "loss": {"name": "kl"},
            "model": {"name": "free", "n_components": self.n_components},
        }
        plan = [
            ("early exaggeration", self.early_exaggeration_iter, self.early_exaggeration),
            ("optimization", self.n_iter, self.exaggeration),
        ]
        start: Any = {"name": self.init if isinstance(self.init, str) else "array"}
        phases: list[Phase] = []
        for name, n_steps, exaggeration in plan:
            if n_steps:
                optimizer = {
                    "name": "momentum_gains",
                    "learning_rate": self.learning_rate,
                    "momentum": self.momentum,
                    "exaggeration": float(exaggeration),
                }
                phases.append(
                    Phase(name=name, n_steps=n_steps, optimizer=optimizer, init=start, **common)
                )
                start = None
        return phases

    @property
    def affinities_(self) -> Any:
        r"""The joint probabilities :math:`p_{ij}` of the fit, a sparse matrix (n_samples, n_samples) whose sum is 1.

        It shares its numbers with what the fit left behind; files do not hold it.
        """
        return self._graph("affinities_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        check_perplexity(self.perplexity, n_samples)
        _checks.check_number("early_exaggeration", self.early_exaggeration, low=0, above=True)
        _checks.check_number(
            "early_exaggeration_iter", self.early_exaggeration_iter, low=0, integer=True
        )
        _checks.check_number("n_iter", self.n_iter, low=1, integer=True)
        _checks.check_number("exaggeration", self.exaggeration, low=0, above=True)
        _checks.check_number("momentum", self.momentum, low=0, high=0.999)
        if self.learning_rate != "auto":
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
