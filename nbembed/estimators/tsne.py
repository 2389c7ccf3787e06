"""t-SNE (van der Maaten & Hinton 2008), as openTSNE runs it by default."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbembed import _checks
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import (
    check_degrees_of_freedom,
    check_perplexity,
    neighbors_part,
    planned,
    student_part,
)
from nbembed.phases import Part, Phase
from nbembed.training import Run

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
        ``3 * perplexity`` nearest neighbours carry the affinities. Several, such as ``(10, 100)``, are multiscale: the
        mean of the affinities of each (Lee et al. 2015), for structure near and far.
    early_exaggeration
        Factor on the attraction in the first phase, above 0. Default 12.
    early_exaggeration_iter
        Steps of the first phase, at least 0. Default 250.
    n_iter
        Steps of the main phase, at least 1. Default 500.
    exaggeration
        Factor on the attraction in the main phase, above 0. Default 1, which is t-SNE; about 4
        looks like UMAP (Böhm et al. 2022).
    degrees_of_freedom
        Of Student's t in the map, above 0. Default 1, which is t-SNE; 0.5 shows finer groups, with more room
        between them (Kobak et al. 2019); ``"d-1"`` is n_components - 1, and 1 at least; ``"learned"`` starts at 1 after
        the early exaggeration and minimises the divergence too, which takes the sums of all pairs in every step.
        A number other than 1 can be moved in mid-run.
    geodesic
        Neighbours of each row, at least 1, in a graph along whose paths distances are measured, as Isomap does; None
        (default) measures them straight. New rows are placed by straight distances, to their nearest rows.
    learning_rate
        Step size, above 0, in openTSNE's convention: the gradient's factor 4 is left out. ``"auto"``
        (default) is ``max(200, n_samples / exaggeration)`` (Belkina et al. 2019).
    momentum
        Momentum in both phases, in [0, 1). Default 0.8.
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
    device
        ``"cpu"`` (default): compiled loops. ``"cuda"``, ``"mps"`` or ``"auto"`` (what is there) has torch do the
        optimization on a graphics card; its map is another, equally good one. It needs ``degrees_of_freedom=1``.
    dtype
        ``"float32"`` (default), or ``"float64"`` for a reference: from the same neighbours, affinities and start on
        torch moves the points in double precision, many times slower, and the map is rounded when it is returned. It
        needs ``degrees_of_freedom=1``.
    n_jobs
        Threads; None (default) means all. The result does not depend on it.
    verbose
        Show a progress bar. Default False.
    callbacks
        A function of a :class:`~nbembed.training.Frame`, a callback, or a list of them; one that
        returns True stops the fit.

    Attributes
    ----------
    degrees_of_freedom_ : float
        Those of the map, learned or not.

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
    fitted_numbers = (*Embedder.fitted_numbers, "degrees_of_freedom_")

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float | tuple[float, ...] = 30.0,
        early_exaggeration: float = 12.0,
        early_exaggeration_iter: int = 250,
        n_iter: int = 500,
        exaggeration: float = 1.0,
        degrees_of_freedom: float | str = 1.0,
        geodesic: int | None = None,
        learning_rate: float | str = "auto",
        momentum: float = 0.8,
        metric: str | Callable[..., Any] = "euclidean",
        pca: int | None = None,
        init: Any = "pca",
        random_state: Any = None,
        device: str = "cpu",
        dtype: Any = "float32",
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
        self.degrees_of_freedom = degrees_of_freedom
        self.geodesic = geodesic
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.metric = metric
        self.pca = pca
        self.init = init
        self.random_state = random_state
        self.device = device
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return early exaggeration, which starts the map, and the optimization that follows it."""
        perplexities = self._perplexities()
        k = max(1, min(n_samples - 1, int(3 * max(perplexities))))
        affinities: Part = {"name": "perplexity", "perplexity": perplexities[0]}
        if len(perplexities) > 1:
            affinities = {"name": "multiscale", "perplexities": perplexities}
        degrees = self.degrees_of_freedom
        common: dict[str, Any] = {
            "neighbors": neighbors_part(k, self.metric, self.geodesic),
            "affinities": affinities,
            "kernel": student_part(degrees, self.n_components),
            "sampler": {"name": "everything"},
            "loss": {"name": "kl"},
            "model": {"name": "free", "n_components": self.n_components},
        }
        plan = [
            ("early exaggeration", self.early_exaggeration_iter, self.early_exaggeration),
            ("optimization", self.n_iter, self.exaggeration),
        ]
        optimizer = {
            "name": "momentum_gains",
            "learning_rate": self.learning_rate,
            "momentum": self.momentum,
        }
        start = {"name": self.init if isinstance(self.init, str) else "array"}
        phases = planned(plan, optimizer, common, start)
        if degrees == "learned" and len(phases) > 1:
            # What is early in the map is nothing to learn tails from.
            phases[0] = replace(phases[0], kernel=student_part(1.0, self.n_components))
        return phases

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, and the degrees of freedom that it has learned."""
        super().keep(run)
        if run.embedding is not None:
            self.degrees_of_freedom_ = run.degrees_of_freedom

    @property
    def affinities_(self) -> Any:
        r"""The joint probabilities :math:`p_{ij}` of the fit, a sparse matrix (n_samples, n_samples) whose sum is 1.

        It shares its numbers with what the fit left behind; files do not hold it.
        """
        return self._graph("affinities_")

    def _needs_cpu(self) -> str:
        degrees = self.degrees_of_freedom
        return "" if degrees == 1 else f"degrees_of_freedom={degrees!r}"

    def _perplexities(self) -> list[float]:
        return [float(each) for each in self._each_perplexity()]

    def _each_perplexity(self) -> tuple[Any, ...]:
        given: Any = self.perplexity
        return tuple(given) if isinstance(given, (tuple, list)) and given else (given,)

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        for each in self._each_perplexity():
            check_perplexity(each, n_samples)
        check_degrees_of_freedom(self.degrees_of_freedom)
        if self.geodesic is not None:
            _checks.check_number("geodesic", self.geodesic, low=1, high=n_samples - 1, integer=True)
        _checks.check_number("early_exaggeration", self.early_exaggeration, low=0, above=True)
        _checks.check_number(
            "early_exaggeration_iter", self.early_exaggeration_iter, low=0, integer=True
        )
        _checks.check_number("n_iter", self.n_iter, low=1, integer=True)
        _checks.check_number("exaggeration", self.exaggeration, low=0, above=True)
        _checks.check_number("momentum", self.momentum, low=0, high=0.999)
        if self.learning_rate != "auto":
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
