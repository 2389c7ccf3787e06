"""GDR (Draganov et al.): t-SNE and UMAP as one algorithm, each difference between them a switch."""

from collections.abc import Callable
from typing import Any, ClassVar, Self

from nbembed import _checks
from nbembed.affinities import SYMMETRIZATIONS
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import at_most, neighbors_part, planned
from nbembed.kernels import check_grid
from nbembed.phases import Part, Phase
from nbembed.terms import encoded
from nbembed.training.preparation import HEEDED

__all__ = ["GDR"]

# The published lengths of a fit with and without normalisation.
EPOCHS_NORMALIZED, EPOCHS_PLAIN = 500, 200

# The columns of the paper's tables: two algorithms, each as published and as GDR recreates it.
PRESETS: dict[str, dict[str, Any]] = {
    "tsne": {
        "normalized": True,
        "affinities": "perplexity",
        "n_neighbors": 91,
        "init": "random",
        "pseudo_distance": False,
        "symmetrization": "mean",
        "repulsion": "exact",
        "early_exaggeration": 12.0,
        "momentum": 0.8,
        "n_epochs": 750,
    },
    "gdr_tsne": {"normalized": True},
    "umap": {
        "symmetric_attraction": True,
        "a": None,
        "b": None,
        "weights": "sampled",
        "n_negatives": 5,
    },
    "gdr_umap": {},
}


class GDR(Embedder):
    r"""Gradient dimensionality reduction: every choice between t-SNE and UMAP as one argument.

    The forces of an epoch are collected over all edges, each with its weight and with one uniform
    negative sample, before any point moves. The normalisation of the affinities decides whether the
    map is like t-SNE's or like UMAP's; that the other switches hardly matter is the claim of the
    paper, which this estimator is there to test. The defaults are those of the paper,
    GDR\ :sub:`UMAP`; :meth:`preset` has all its columns.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    normalized
        Divide affinities and similarities by their sums, as t-SNE does. Default False, as UMAP.
    init
        ``"spectral"`` (default, Laplacian eigenmaps), ``"random"``, ``"pca"`` or an array
        (n_samples, n_components), which is used as it is.
    pseudo_distance
        Count distances from the nearest neighbour on, as UMAP does. Default True.
    symmetrization
        ``"union"`` (default) as UMAP, ``"mean"`` as t-SNE, ``"mutual"`` or ``"none"``; see
        :func:`nbembed.affinities.symmetrized`.
    symmetric_attraction
        An edge moves both its ends, as in UMAP. Affinities hold both directions of an edge
        already, so that this doubles the attraction. Default False.
    a, b
        Shape of the kernel :math:`(1 + a\,d^{2b})^{-1}`, above 0. Default 1, which is t-SNE's. Both
        None are fitted to ``min_dist`` and ``spread``, as UMAP does.
    divergence
        ``"kl"`` (default; the cross entropy where ``normalized`` is False) or ``"frobenius"``.
    weights
        ``"explicit"`` (default) multiplies each edge by its affinity in every epoch; ``"sampled"`` lets
        it act as often as its affinity says, as UMAP does.
    repulsion
        ``"sampled"`` (default) draws ``n_negatives`` points for each acting edge; ``"exact"`` takes all
        points, which costs n² an epoch and without normalisation drives a random start apart before edges
        can sort it; ``"fft"`` takes all by a potential on a grid, to within a hundredth, in
        about n, and needs ``normalized=True``, ``b=1`` and one or two components.
    amplified
        Momentum, gains, early exaggeration and a constant learning rate, as t-SNE; else plain descent
        with a rate that falls to 0, as UMAP. None (default) goes with ``normalized``.
    affinities
        ``"fuzzy"`` memberships (default) or ``"perplexity"``, Gaussian probabilities. ``"equal_label"`` asks labels
        alone, which ``fit(X, y)`` then needs: 1 between rows of one label, 0 between others and where it is unknown
        (-1, None, NaN); as many edges as the squares of the classes. New rows are placed by memberships.
    n_neighbors
        Size of the neighbourhood including the point itself, at least 2. Default 15.
    perplexity
        Effective number of neighbours, at least 1, for ``affinities="perplexity"``; less than
        ``n_neighbors``. Default 30.
    n_negatives
        Points each acting edge draws, at least 1. Default 1. Not normalised, more repel more.
    min_dist, spread
        As in UMAP, where ``a`` and ``b`` are None. Default 0.1 and 1.
    n_epochs
        Steps in all, at least 1. None (default): 500 with normalisation, 200 without.
    learning_rate
        Step size along a quarter of the gradient, above 0. ``"auto"`` (default): with normalisation
        ``max(200, n_samples / exaggeration)``, but at most a thousandth of all draws of an epoch where
        repulsion is sampled; without it 1.
    momentum
        Momentum of amplified descent, in [0, 1). Default 0.9.
    early_exaggeration
        Factor on the attraction in the first phase of amplified descent, above 0. Default 4.
    early_exaggeration_iter
        Steps of that phase, at least 0; at most half of all. Default 250.
    geodesic
        Neighbours of each row, at least 1, in a graph along whose paths distances are measured, as Isomap does; None
        (default) measures them straight.
    metric
        Any metric name of scikit-learn, or a function of two rows. Default ``"euclidean"``.
    pca
        Principal components, at least 1, that take the place of the data, as in ``make_pipeline(PCA(50), …)``: less
        noise, and a quicker search. New rows go the same way; measures and documents (``spec()``) know the components
        alone. None (default), or as many as there are columns or rows: the data as they are.
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
    Draganov, Jørgensen, Scheel, Mottin, Assent, Berry & Aslay, ActUp: Analyzing and Consolidating
    tSNE and UMAP, sec. 4 and Table 2. Gradients where its formulas are not: those of
    ``nbembed.forces.divergences``.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.GDR.preset("gdr_tsne", n_epochs=20, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "GDR"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        **Embedder.choices,
        "symmetrization": tuple(SYMMETRIZATIONS),
        "divergence": ("kl", "frobenius"),
        "weights": ("explicit", "sampled"),
        "repulsion": ("sampled", "exact", "fft"),
        "affinities": ("fuzzy", "perplexity", "equal_label"),
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        normalized: bool = False,
        init: Any = "spectral",
        pseudo_distance: bool = True,
        symmetrization: str = "union",
        symmetric_attraction: bool = False,
        a: float | None = 1.0,
        b: float | None = 1.0,
        divergence: str = "kl",
        weights: str = "explicit",
        repulsion: str = "sampled",
        amplified: bool | None = None,
        affinities: str = "fuzzy",
        n_neighbors: int = 15,
        perplexity: float = 30.0,
        n_negatives: int = 1,
        min_dist: float = 0.1,
        spread: float = 1.0,
        n_epochs: int | None = None,
        learning_rate: float | str = "auto",
        momentum: float = 0.9,
        early_exaggeration: float = 4.0,
        early_exaggeration_iter: int = 250,
        geodesic: int | None = None,
        metric: str | Callable[..., Any] = "euclidean",
        pca: int | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.normalized = normalized
        self.init = init
        self.pseudo_distance = pseudo_distance
        self.symmetrization = symmetrization
        self.symmetric_attraction = symmetric_attraction
        self.a = a
        self.b = b
        self.divergence = divergence
        self.weights = weights
        self.repulsion = repulsion
        self.amplified = amplified
        self.affinities = affinities
        self.n_neighbors = n_neighbors
        self.perplexity = perplexity
        self.n_negatives = n_negatives
        self.min_dist = min_dist
        self.spread = spread
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.early_exaggeration = early_exaggeration
        self.early_exaggeration_iter = early_exaggeration_iter
        self.geodesic = geodesic
        self.metric = metric
        self.pca = pca
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    @classmethod
    def preset(cls, name: str, **parameters: Any) -> Self:
        """Return a column of the paper's tables, with ``parameters`` instead of its own.

        Parameters
        ----------
        name
            ``"tsne"`` and ``"umap"`` have the switches of the published algorithms (with exact
            repulsion, and with sampled weights), ``"gdr_tsne"`` and ``"gdr_umap"`` recreate both with
            nothing between them but the normalisation and what goes with it. All four collect
            forces before points move, which UMAP itself does not.
        parameters
            Any parameters of the class.

        Raises
        ------
        InvalidInputError
            If ``name`` is no preset.
        """
        _checks.check_choice("name", name, PRESETS)
        return cls(**{**PRESETS[name], **parameters})

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases: early exaggeration where descent is amplified, then the main one."""
        amplified = self._is_amplified()
        n_epochs = self.n_epochs or (EPOCHS_NORMALIZED if self.normalized else EPOCHS_PLAIN)
        early = min(int(self.early_exaggeration_iter), n_epochs // 2) if amplified else 0
        plan = [
            ("early exaggeration", early, float(self.early_exaggeration)),
            ("optimization", n_epochs - early, 1.0),
        ]
        optimizer = {
            "name": "momentum_gains" if amplified else "decayed_sgd",
            "learning_rate": self.learning_rate,
            "momentum": float(self.momentum),
        }
        start = {"name": self.init if isinstance(self.init, str) else "array"}
        return planned(plan, optimizer, self._parts(n_samples), start)

    @property
    def affinities_(self) -> Any:
        """The affinities of the fit, a sparse matrix (n_samples, n_samples); files do not hold it."""
        return self._graph("affinities_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        for name in ("normalized", "pseudo_distance", "symmetric_attraction"):
            _checks.check_flag(name, getattr(self, name))
        if self.amplified is not None:
            _checks.check_flag("amplified", self.amplified)
        self._check_numbers(n_samples)
        if self.repulsion == "fft":
            size = int(self.n_components)
            check_grid(normalized=self.normalized, b=self.b, n_components=size)

    def heeded(self, y: Any, n_samples: int) -> dict[str, Any]:
        """Return the numbers of the classes, where affinities ask for them."""
        if self.affinities != "equal_label":
            return {}
        if y is None:
            raise InvalidInputError(
                "y must hold a label for each row with affinities='equal_label', got None; write fit(X, y)"
            )
        return {HEEDED: encoded(y, n_samples, fewest=1)[1]}

    def _check_numbers(self, n_samples: int) -> None:
        _checks.check_number("n_neighbors", self.n_neighbors, low=2, integer=True)
        _checks.check_number("perplexity", self.perplexity, low=1)
        largest = min(int(self.n_neighbors), n_samples) - 1
        if self.affinities == "perplexity" and self.perplexity > largest:
            raise InvalidInputError(
                f"perplexity must be at most the number of neighbours ({largest}), got {self.perplexity:g}; "
                "raise n_neighbors to about three times the perplexity"
            )
        if (self.a is None) != (self.b is None):
            raise InvalidTypeError(
                f"a and b must both be numbers or both be None, got a={self.a!r} and b={self.b!r}"
            )
        for name in ("a", "b") if self.a is not None else ():
            _checks.check_number(name, getattr(self, name), low=0, above=True)
        for name in ("spread", "early_exaggeration"):
            _checks.check_number(name, getattr(self, name), low=0, above=True)
        _checks.check_number("min_dist", self.min_dist, low=0, high=self.spread)
        _checks.check_number("n_negatives", self.n_negatives, low=1, integer=True)
        if self.n_epochs is not None:
            _checks.check_number("n_epochs", self.n_epochs, low=1, integer=True)
        if self.learning_rate != "auto":
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        _checks.check_number("momentum", self.momentum, low=0, high=0.999)
        if self.geodesic is not None:
            _checks.check_number("geodesic", self.geodesic, low=1, high=n_samples - 1, integer=True)
        iterations = self.early_exaggeration_iter
        _checks.check_number("early_exaggeration_iter", iterations, low=0, integer=True)

    def _is_amplified(self) -> bool:
        return bool(self.normalized if self.amplified is None else self.amplified)

    def _parts(self, n_samples: int) -> dict[str, Any]:
        """Return what both phases have in common."""
        n_neighbors = at_most("n_neighbors", int(self.n_neighbors), n_samples, n_samples)
        shape = {"min_dist": float(self.min_dist), "spread": float(self.spread)}
        if self.a is not None and self.b is not None:
            shape = {"a": float(self.a), "b": float(self.b)}
        return {
            "neighbors": neighbors_part(max(1, n_neighbors - 1), self.metric, self.geodesic),
            "affinities": self._affinities_part(),
            "kernel": {"name": "cauchy", **shape},
            "sampler": {
                "name": "gathered",
                "weights": self.weights,
                "repulsion": self.repulsion,
                "symmetric_attraction": bool(self.symmetric_attraction),
                "n_negatives": int(self.n_negatives),
            },
            "loss": {
                "name": "matching",
                "divergence": self.divergence,
                "normalized": bool(self.normalized),
            },
            "model": {"name": "free", "n_components": self.n_components},
        }

    def _affinities_part(self) -> Part:
        part: Part = {"local_connectivity": 1.0, "normalized": bool(self.normalized)}
        if self.affinities == "equal_label":
            return {"name": "equal_label", **part}
        return {
            "name": "joint",
            "rows": self.affinities,
            "perplexity": float(self.perplexity),
            "pseudo_distance": bool(self.pseudo_distance),
            "symmetrization": self.symmetrization,
            **part,
        }
