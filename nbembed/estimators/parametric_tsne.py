"""Parametric t-SNE: a network trained on the sparse affinities of t-SNE by contrast with noise."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.base import check_perplexity, neighbors_part
from nbembed.estimators.mini_batches import MANY_ROWS, enough, related_part
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.phases import Part, Phase
from nbembed.training import Run

__all__ = ["ParametricTSNE"]

# Of the published training: rows of a batch, and epochs in which conjugate gradients were replaced by Adam.
PAPER_BATCH, PAPER_EPOCHS = 5000, 100


class ParametricTSNE(ParametricEmbedder):
    r"""t-SNE whose map is a network: new rows go through it, and none of the data is looked up.

    The affinities are those of :class:`TSNE`, over all rows. Mini-batches of their edges, drawn in
    proportion to :math:`p_{ij}`, train the network by InfoNCE: each edge is to be told from 512 rows that
    count as noise, :math:`-\ln w_{ij} / (w_{ij} + \sum_k w_{ik})`, with Student's t for :math:`w`. The
    more noise there is, the nearer this comes to the KL divergence of t-SNE, without a sum over all pairs and
    without affinities that depend on the batch.

    Rows are centred and share one scale before they enter the network. Training works on one thread of
    the CPU; the same seed gives the same bits.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    perplexity
        Effective number of neighbours, above 1 and less than n_samples - 1. Default 30.
    metric
        Any metric name of scikit-learn, or a function of two samples: only the affinities are measured with
        it. Default ``"euclidean"``.
    preset
        ``"recommended"`` (default), or ``"paper"``: the KL divergence in fixed batches of 5000 rows, layers of 500, 500
        and 2000 without normalization, 100 epochs; with Adam instead of conjugate gradients, and without the
        published pre-training by Boltzmann machines. What is None below is the preset's.
    graph
        The neighbourhoods, where they are not to be measured on what the network sees: a scipy sparse matrix
        of affinities, shape (n_samples, n_samples), symmetric and not negative; or ``(indices, distances)`` of
        nearest neighbours, each (n_samples, k); or with ``metric="precomputed"`` all distances, shape
        (n_samples, n_samples). None (default) measures them on ``X``. Files do not hold it.
    model
        ``"fcnn"`` (default), dense layers; ``"cnn"``, :class:`nbembed.networks.CNN` for pictures of shape
        (n_samples, height, width) or (n_samples, height, width, channels); or a ``torch.nn.Module`` that gives
        ``n_components`` numbers for each sample, in the shape it has in ``X``: a copy of it is trained from the
        weights it has.
    shape
        Of one sample, where ``X`` holds flat rows: (height, width, channels) for ``"cnn"``. None (default) takes
        that of ``X``.
    hidden
        Widths of the hidden layers of ``"fcnn"``, recommended (256, 256, 256); or of the dense ones of
        ``"cnn"``, (2000, 500, 100).
    normalization
        Of the hidden layers: ``"layer"`` (recommended), ``"batch"`` or ``"none"``.
    loss
        ``"info_nce"`` (recommended); ``"nce"``, which learns the normalization instead; or ``"kl"`` (paper), the KL
        divergence within mini-batches of rows.
    degrees_of_freedom
        Of Student's t in the map, above 0; ``"d-1"`` is n_components - 1, and 1 at least; ``"learned"`` starts at 1.
        Default 1.
    exaggeration
        Factor on the attraction at the start, at least 1; it falls linearly to 1 over the first 15 % of the
        mini-batches. Default 1.
    batches
        With ``loss="kl"``: ``"redrawn"`` (recommended) shuffles the rows every epoch and measures the affinities
        within each batch at perplexity · batch_size / n_samples, but at least 5; ``"fixed"`` (paper) shuffles once
        and takes the perplexity as it is; ``"neighbors"`` puts rows and their neighbours into a batch, with the
        affinities that they have among all rows.
    n_batches
        Mini-batches, at least 1. Recommended 0.5 for each row, at least 1500 and at most 5000, with ``loss="kl"``
        1500; paper 100 for each 5000 rows.
    batch_size
        Edges of a mini-batch, at least 1, or with ``loss="kl"`` rows. Recommended 256, beyond 30,000 rows and with
        ``loss="kl"`` 512; paper 5000, or n.
    n_negatives
        Rows of the batch that count as noise for all its edges, at least 1. Recommended 512.
    learning_rate
        Of Adam, above 0. Recommended 0.003, beyond 30,000 rows 0.002, with ``loss="kl"`` 0.001; paper 0.001.
    mixup
        Before the network sees the two ends of an edge, each is moved towards the other by a random share of
        their difference, up to this one; 0 to 0.5. Recommended 0.
    n_directions
        Principal directions of the data that ``"fcnn"`` sees where the data have more columns; at
        least 0, which shows it all columns. Recommended 100, paper 0.
    noise
        Standard deviation of Gaussian noise that is added in training to what ``"fcnn"`` sees, where columns have
        about 1; at least 0. New rows are placed better for it. Recommended 0.3, paper 0.
    init
        ``"random"`` (default) starts with the first weights of the network. With ``"pca"``, ``"spectral"`` or an array
        (n_samples, n_components) a phase of its own, ``"pre-training"``, first regresses on that map, a tenth as
        long as the training: it fixes where things are, and does not make the map better.
    precision
        ``"float32"`` (default), or ``"bfloat16"`` for what the network computes in training before its last
        layer: for large networks on graphics cards that have it.
    terms
        What is added to the loss: a list of :mod:`nbembed.terms`, or their names. ``Reconstruction`` gives
        :meth:`inverse_transform`, ``Classification`` and ``fit(X, y)`` give :meth:`predict`. Default none.
    metric_from
        A layer of the network in whose output neighbours are searched, for example ``"hidden3"``: a learned
        metric. With ``terms=[Classification(pretrain=1000)]`` the classifier is trained first and its layer
        measures; otherwise the first half of the training measures in the data, and the second in the layer
        as it is then. None (default) measures in the data.
    device, random_state, n_jobs, verbose, callbacks
        As for :class:`ParametricUMAP`.

    Attributes
    ----------
    embedding_, model_, loss_, n_iter_
        As for :class:`ParametricUMAP`; ``loss_`` is InfoNCE in nats per edge, or the KL divergence in nats.
    degrees_of_freedom_ : float
        Those of the map, learned or not.

    Raises
    ------
    InvalidInputError
        While fitting, if the learning rate is so large that points go to infinity.

    References
    ----------
    van der Maaten (2009), "Learning a parametric embedding by preserving local structure", AISTATS (the
    network); Damrich et al. (2023), "From t-SNE to UMAP with contrastive learning", ICLR, eq. 8.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> tsne = nb.ParametricTSNE(n_batches=50, device="cpu", random_state=0).fit(X[:140])
    >>> tsne.transform(X[140:]).shape
    (10, 2)
    """

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it, and whether it is the published method."""
        return "parametric t-SNE, as published" if self.preset == "paper" else "parametric t-SNE"

    fitted_numbers = (*ParametricEmbedder.fitted_numbers, "degrees_of_freedom_")

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        metric: str | Callable[..., Any] = "euclidean",
        preset: str = "recommended",
        graph: Any = None,
        model: Any = "fcnn",
        shape: Sequence[int] | None = None,
        hidden: Sequence[int] | None = None,
        normalization: str | None = None,
        loss: str | None = None,
        degrees_of_freedom: float | str = 1.0,
        exaggeration: float = 1.0,
        batches: str | None = None,
        n_batches: int | None = None,
        batch_size: int | None = None,
        n_negatives: int | None = None,
        learning_rate: float | None = None,
        mixup: float | None = None,
        n_directions: int | None = None,
        noise: float | None = None,
        init: Any = "random",
        precision: str = "float32",
        terms: Any = (),
        metric_from: str | None = None,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.metric = metric
        self.preset = preset
        self.graph = graph
        self.model = model
        self.shape = shape
        self.hidden = hidden
        self.normalization = normalization
        self.loss = loss
        self.degrees_of_freedom = degrees_of_freedom
        self.exaggeration = exaggeration
        self.batches = batches
        self.n_batches = n_batches
        self.batch_size = batch_size
        self.n_negatives = n_negatives
        self.learning_rate = learning_rate
        self.mixup = mixup
        self.n_directions = n_directions
        self.noise = noise
        self.init = init
        self.precision = precision
        self.terms = terms
        self.metric_from = metric_from
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:
        """Return the hyper-parameters of both presets."""
        rows, many = self.loss == "kl", n_samples > MANY_ROWS
        published = min(n_samples, PAPER_BATCH)
        return {
            "recommended": {
                "loss": "info_nce",
                "hidden": (256, 256, 256),
                "normalization": "layer",
                "n_batches": 1500 if rows else enough(n_samples),
                "batch_size": 512 if rows or many else 256,
                "batches": "redrawn",
                "n_negatives": 512,
                "negatives": "batch",
                "learning_rate": 1e-3 if rows else 2e-3 if many else 3e-3,
                "schedule": "cosine",
                "warm_up": 50,
                "mixup": 0.0,
                "n_directions": 100,
                "noise": 0.3,
                "clip": 4.0,
                "clip_by": "norm",
            },
            "paper": {
                "loss": "kl",
                "hidden": (500, 500, 2000),
                "normalization": "none",
                "n_batches": PAPER_EPOCHS * -(-n_samples // published),
                "batch_size": published,
                "batches": "fixed",
                "n_negatives": 512,
                "negatives": "batch",
                "learning_rate": 1e-3,
                "schedule": "constant",
                "warm_up": 0,
                "mixup": 0.0,
                "n_directions": 0,
                "noise": 0.0,
                "clip": None,
                "clip_by": "norm",
            },
        }

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases of parametric t-SNE."""
        recipe = self.recipe(n_samples)
        loss = recipe["loss"]
        n_steps, each = self._steps(int(recipe["n_batches"]))
        k = max(1, min(n_samples - 1, int(3 * self.perplexity)))
        # Learned odds between an edge and m pieces of noise need the m; InfoNCE has none.
        repulsion = float(recipe["n_negatives"]) if loss == "nce" else 1.0
        sampler = self._sampler_part(recipe, each)
        affinities = {"name": "perplexity", "perplexity": float(self.perplexity)}
        if loss == "kl":
            sampler = related_part(recipe, float(self.perplexity), n_samples, each)
            spectral = isinstance(self.init, str) and self.init == "spectral"
            if recipe["batches"] != "neighbors" and not spectral:
                affinities = {"name": "none"}
        optimizer = self._optimizer_part(recipe)
        if self.exaggeration != 1:
            optimizer["exaggeration"] = float(self.exaggeration)
        return self._around(
            Phase(
                name="training",
                n_steps=n_steps,
                neighbors=neighbors_part(k, self.metric),
                affinities=affinities,
                kernel=self._kernel_part(),
                sampler=sampler,
                loss={"name": loss, "repulsion_strength": repulsion},
                optimizer=optimizer,
                model=self._model_part(recipe),
                init={"name": "network"},
            )
        )

    def _kernel_part(self) -> Part:
        degrees = self.degrees_of_freedom
        if degrees == 1:
            return {"name": "student_t"}
        if degrees == "d-1":
            degrees = max(1, int(self.n_components) - 1)
        return {"name": "student_t", "degrees_of_freedom": degrees}

    def keep(self, run: Run) -> None:
        """Take the fitted arrays over from ``run``, and the degrees of freedom that it has learned."""
        super().keep(run)
        if run.embedding is not None:
            self.degrees_of_freedom_ = run.degrees_of_freedom

    @property
    def affinities_(self) -> Any:
        r"""The joint probabilities :math:`p_{ij}` of the fit, a sparse matrix whose sum is 1."""
        return self._graph("affinities_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        check_perplexity(self.perplexity, n_samples)
        recipe = self.recipe(n_samples)
        _checks.check_choice("loss", recipe["loss"], ("info_nce", "nce", "kl"))
        _checks.check_choice("batches", recipe["batches"], ("redrawn", "fixed", "neighbors"))
        _checks.check_number("exaggeration", self.exaggeration, low=1)
        if isinstance(self.degrees_of_freedom, str):
            _checks.check_choice("degrees_of_freedom", self.degrees_of_freedom, ("d-1", "learned"))
        else:
            _checks.check_number("degrees_of_freedom", self.degrees_of_freedom, low=0, above=True)
        plain = isinstance(self.metric, str) and self.metric == "euclidean" and self.graph is None
        if recipe["loss"] == "kl" and recipe["batches"] != "neighbors" and not plain:
            raise InvalidInputError(
                "batches must be 'neighbors' where metric or graph say how near rows are, got "
                f"{recipe['batches']!r}, which measures Euclidean distances within each batch"
            )
