"""Neighbour embedding with one slider: from t-SNE over UMAP to Laplacian eigenmaps."""

from collections.abc import Callable
from math import log
from typing import Any, ClassVar

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import at_most, check_perplexity, neighbors_part
from nbembed.phases import Part, Phase

__all__ = ["NeighborEmbedding"]

LOSSES = ("kl", "neg_tsne", "nce", "info_nce")
# Steps of sampled losses up to this many rows, and above.
FEW_ROWS, EPOCHS_FEW, EPOCHS_MANY = 10_000, 500, 200
# Share of the steps before the last phase, at most: early exaggeration, or the end of UMAP.
WARM_UP = 3
# t-SNE at its own length; its early exaggeration of 12 is a place on the spectrum too, as 4 to the power of it.
STEPS, EARLY_STEPS, EARLY_PLACE = 750, 250, log(12.0, 4.0)
# At UMAP's end the perplexity is this part of that at t-SNE's: 10 for 30, where the loss and the neighbours kept are
# UMAP's on the digits. Fewer neighbours than this are none.
THIRD, FEWEST = 3.0, 2.0


class NeighborEmbedding(Embedder):
    r"""Everything between t-SNE and UMAP, and beyond, on one scale.

    ``spectrum`` weighs attraction against repulsion: at 0 the map is t-SNE's, fine structure and even
    density; at 1 it is UMAP's, tight groups with room between them; beyond, continuous structure grows
    at the expense of groups. The slider can be moved while a map forms: ``run.set("spectrum", 0.3)``.

    With ``loss="kl"`` all pairs repel, and the slider is exaggeration, :math:`4^s`, on t-SNE's affinities of a
    perplexity of :math:`u/3^s` between 0 and 1, as UMAP looks at fewer neighbours. At 0 the map is that of
    :class:`~nbembed.TSNE`, to the bit; at 1 it is as good as UMAP's by UMAP's own loss, although another loss has been
    minimised (``benchmarks/README.md``). Nothing is drawn at random on the way, so that what differs between two places
    is their difference. Moved in mid-run, the slider changes the exaggeration; the affinities stay.

    With ``loss="neg_tsne"`` the slider is the constant :math:`\bar Z` in negative sampling: pairs w of the
    graph are told from random ones by :math:`w/(w + m\bar Z/n^2)`, and :math:`\ln \bar Z` goes in a
    straight line from that of the sum of all kernels in a t-SNE map (100 n for many points) to
    :math:`\ln(n^2/m)`. With few negatives that is t-SNE in name only: its map of the digits keeps fewer neighbours, and
    its divergence is a third higher. More negatives bring it nearer: for ever more of them it *is* ``"kl"``, whose
    exaggeration is :math:`\bar Z` over the sum of all kernels.

    Parameters
    ----------
    n_neighbors
        Size of the neighbourhood including the point itself, at least 2, for all losses but ``"kl"``. Default 15. More
        than the rows allow is cut, with a warning.
    n_components
        Dimension of the map, at least 1. Default 2.
    spectrum
        Place between t-SNE (0) and UMAP (1), -1 to 3. Default 1.
    loss
        ``"kl"`` (default), t-SNE's divergence over all pairs. In three and more dimensions its steps take n², and from
        some 10,000 rows on the others are faster there. ``"neg_tsne"``, negative sampling. ``"nce"``, noise-contrastive
        estimation, which learns :math:`\bar Z` and so comes near t-SNE wherever it starts; the slider only says where.
        ``"info_nce"``, which needs no :math:`\bar Z`: the slider divides its repulsion by :math:`4^s`.
    perplexity
        Effective number of neighbours at t-SNE's end, u, above 1 and below the number of rows, for ``"kl"``.
        Default 30.
    n_epochs
        Steps of ``"kl"``, visits of every edge else, at least 1. None (default): 750 for ``"kl"``, a third of them
        exaggerated by 12; else 500 up to 10,000 rows and 200 above, of which below a spectrum of 1 a third is done at
        1, from where t-SNE's map is reached without torn groups.
    learning_rate
        Step size, above 0. ``"auto"`` (default): that of t-SNE for ``"kl"``; else 1 at the start, from where it falls
        linearly to 0.
    n_negatives
        Random points an edge's end is told from, m, at least 1. Default 5. ``"kl"`` uses none.
    min_dist, spread
        Shape of the kernel as in UMAP, for all losses but ``"kl"``. ``min_dist=None`` (default) is t-SNE's kernel.
    metric
        Any metric name of scikit-learn, or a function of two rows. Default ``"euclidean"``.
    pca
        Principal components, at least 1, that take the place of the data, as in ``make_pipeline(PCA(50), …)``: less
        noise, and a quicker search. New rows go the same way; measures and documents (``spec()``) know the components
        alone. None (default), or as many as there are columns or rows: the data as they are.
    init
        ``"pca"`` (default), ``"spectral"``, ``"random"`` or an array (n_samples, n_components), which
        is used as it is.
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
    Böhm, Berens & Kobak (2022), JMLR 23(95), Attraction-repulsion spectrum in neighbor embeddings;
    Damrich, Böhm, Hamprecht & Kobak (2023), ICLR, From t-SNE to UMAP with contrastive learning.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.NeighborEmbedding(spectrum=0.5, n_epochs=30, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "Neighbour embedding"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {**Embedder.choices, "loss": LOSSES}

    def __init__(
        self,
        n_neighbors: int = 15,
        n_components: int = 2,
        *,
        spectrum: float = 1.0,
        loss: str = "kl",
        perplexity: float = 30.0,
        n_epochs: int | None = None,
        learning_rate: float | str = "auto",
        n_negatives: int = 5,
        min_dist: float | None = None,
        spread: float = 1.0,
        metric: str | Callable[..., Any] = "euclidean",
        pca: int | None = None,
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.spectrum = spectrum
        self.loss = loss
        self.perplexity = perplexity
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.n_negatives = n_negatives
        self.min_dist = min_dist
        self.spread = spread
        self.metric = metric
        self.pca = pca
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases: a start that holds groups together, then the place on the spectrum."""
        model = {"name": "free", "n_components": self.n_components}
        start = {"name": self.init if isinstance(self.init, str) else "array"}
        if self.loss == "kl":
            return self._exaggerated(model, start, n_samples)
        return self._contrasted(model, start, n_samples)

    @property
    def graph_(self) -> Any:
        """The affinities of the fit, a sparse matrix (n_samples, n_samples); files do not hold it."""
        return self._graph("graph_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        _checks.check_number("n_neighbors", self.n_neighbors, low=2, integer=True)
        if self.loss == "kl":
            check_perplexity(self.perplexity, n_samples)
        _checks.check_number("spectrum", self.spectrum, low=-1, high=3)
        if self.n_epochs is not None:
            _checks.check_number("n_epochs", self.n_epochs, low=1, integer=True)
        if self.learning_rate != "auto":
            _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        _checks.check_number("n_negatives", self.n_negatives, low=1, integer=True)
        _checks.check_number("spread", self.spread, low=0, above=True)
        if self.min_dist is not None:
            _checks.check_number("min_dist", self.min_dist, low=0, high=self.spread)
            if self.loss == "kl":
                raise InvalidInputError(
                    f"min_dist must be None for loss='kl', got {self.min_dist:g}; take loss='neg_tsne'"
                )

    def _exaggerated(self, model: Part, start: Part, n_samples: int) -> list[Phase]:
        """Return t-SNE, with exaggeration as the slider and fewer neighbours towards UMAP."""
        n_steps, spectrum = self.n_epochs or STEPS, float(self.spectrum)
        early = min(EARLY_STEPS, n_steps // WARM_UP)
        fewer = float(self.perplexity) / THIRD ** min(max(spectrum, 0.0), 1.0)
        perplexity = max(fewer, min(float(self.perplexity), FEWEST))
        optimizer = {
            "name": "momentum_gains",
            "learning_rate": self.learning_rate,
            "momentum": 0.8,
            "exaggeration": 1.0,
        }
        k = max(1, min(n_samples - 1, int(3 * perplexity)))
        plan = [
            ("early exaggeration", early, max(EARLY_PLACE, spectrum)),
            ("optimization", n_steps - early, spectrum),
        ]
        wanted = [each for each in plan if each[1]]
        return [
            Phase(
                name=name,
                n_steps=n,
                neighbors=neighbors_part(k, self.metric),
                affinities={"name": "perplexity", "perplexity": perplexity},
                kernel={"name": "student_t"},
                sampler={"name": "everything"},
                loss={"name": "kl", "spectrum": place},
                optimizer=optimizer,
                model=model,
                init=None if number else start,
            )
            for number, (name, n, place) in enumerate(wanted)
        ]

    def _contrasted(self, model: Part, start: Part, n_samples: int) -> list[Phase]:
        """Return the sampled losses; maps nearer to t-SNE than UMAP start as UMAP."""
        n_neighbors = at_most("n_neighbors", int(self.n_neighbors), n_samples, n_samples)
        n_epochs = self.n_epochs or (EPOCHS_FEW if n_samples <= FEW_ROWS else EPOCHS_MANY)
        spectrum = float(self.spectrum)
        early = n_epochs // WARM_UP if spectrum < 1.0 else 0
        shape: Part = {"a": 1.0, "b": 1.0}
        if self.min_dist is not None:
            shape = {"min_dist": float(self.min_dist), "spread": float(self.spread)}
        rate = 1.0 if self.learning_rate == "auto" else float(self.learning_rate)
        phases: list[Phase] = []
        for name, n_steps, place in (
            ("gathering", early, 1.0),
            ("optimization", n_epochs - early, spectrum),
        ):
            if n_steps:
                phase = Phase(
                    name=name,
                    n_steps=n_steps,
                    neighbors=neighbors_part(max(1, n_neighbors - 1), self.metric),
                    affinities={"name": "joint", "rows": "fuzzy", "local_connectivity": 1.0},
                    kernel={"name": "cauchy", **shape},
                    sampler={"name": "edges", "n_negatives": int(self.n_negatives)},
                    loss={"name": "contrastive", "contrast": self.loss, "spectrum": place},
                    optimizer={"name": "decayed_sgd", "learning_rate": rate},
                    model=model,
                    init=None if phases else start,
                )
                phases.append(phase)
        return phases
