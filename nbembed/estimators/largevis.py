"""LargeVis (Tang, Liu, Zhang & Mei 2016): t-SNE's affinities, UMAP's way of descending."""

from collections.abc import Callable
from typing import Any

from nbembed import _checks
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import check_perplexity, neighbors_part
from nbembed.phases import Phase

__all__ = ["LargeVis"]


class LargeVis(Embedder):
    r"""Large-scale visualization by edges drawn as often as they weigh.

    Joint probabilities of a given perplexity, as t-SNE has them; edges act as often as their p says and pull their ends
    by :math:`\ln w`, random pairs are pushed by :math:`\gamma \ln(1 - w)`, with :math:`w = (1 + d^2)^{-1}`: no sum
    over all pairs, so that time grows with the number of rows alone.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    perplexity
        Effective number of neighbours, above 1 and below the number of rows. Default 50. The
        ``3 * perplexity`` nearest neighbours carry the affinities.
    n_epochs
        Steps, at least 1; in each the strongest edge acts once, weaker ones as often as they weigh beside it. Default
        1000.
    learning_rate
        Step size at the start, above 0; falls linearly to 0. Default 1.
    n_negatives
        Random points that an edge's end is pushed from, at least 1. Default 5.
    repulsion_strength
        :math:`\gamma`, at least 0. Default 7.
    metric
        Any metric name of scikit-learn, or a function of two rows. Default ``"euclidean"``.
    pca
        Principal components, at least 1, that take the place of the data, as in ``make_pipeline(PCA(50), …)``: less
        noise, and a quicker search. New rows go the same way; measures and documents (``spec()``) know the components
        alone. None (default), or as many as there are columns or rows: the data as they are.
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

    Notes
    -----
    Negatives are uniform, where the published ones go with the power 3/4 of degrees: those of t-SNE's affinities differ
    little. Its softening of the repulsion at distance 0 and its bound on forces are UMAP's, 0.001 and 4, not 0.1 and 5.

    References
    ----------
    Tang, Liu, Zhang & Mei (2016), WWW, Visualizing large-scale and high-dimensional data, sec. 3.2.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.LargeVis(perplexity=20, n_epochs=50, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "LargeVis"

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 50.0,
        n_epochs: int = 1000,
        learning_rate: float = 1.0,
        n_negatives: int = 5,
        repulsion_strength: float = 7.0,
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
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.n_negatives = n_negatives
        self.repulsion_strength = repulsion_strength
        self.metric = metric
        self.pca = pca
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the one phase of LargeVis."""
        k = max(1, min(n_samples - 1, int(3 * self.perplexity)))
        return [
            Phase(
                name="optimization",
                n_steps=int(self.n_epochs),
                neighbors=neighbors_part(k, self.metric),
                affinities={"name": "perplexity", "perplexity": float(self.perplexity)},
                kernel={"name": "cauchy", "a": 1.0, "b": 1.0},
                sampler={"name": "edges", "n_negatives": int(self.n_negatives)},
                loss={
                    "name": "negative_sampling",
                    "repulsion_strength": float(self.repulsion_strength),
                },
                optimizer={"name": "decayed_sgd", "learning_rate": float(self.learning_rate)},
                model={"name": "free", "n_components": self.n_components},
                init={"name": self.init if isinstance(self.init, str) else "array"},
            )
        ]

    @property
    def affinities_(self) -> Any:
        r"""The joint probabilities :math:`p_{ij}` of the fit, a sparse matrix (n_samples, n_samples) whose sum is 1."""
        return self._graph("affinities_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        check_perplexity(self.perplexity, n_samples)
        _checks.check_number("n_epochs", self.n_epochs, low=1, integer=True)
        _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        _checks.check_number("n_negatives", self.n_negatives, low=1, integer=True)
        _checks.check_number("repulsion_strength", self.repulsion_strength, low=0)
