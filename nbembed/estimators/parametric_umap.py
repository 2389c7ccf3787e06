"""Parametric UMAP (Sainburg, McInnes & Gentner 2021): UMAP whose map is a network."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.estimators.base import at_most, neighbors_part
from nbembed.estimators.mini_batches import MANY_ROWS, enough
from nbembed.estimators.parametric import ParametricEmbedder
from nbembed.phases import Phase

__all__ = ["ParametricUMAP"]

# Of the published training: edges of the batch, visits of an edge of weight 1, and the sum of the
# weights of a row, about which a graph of 15 neighbours has.
PAPER_BATCH, PAPER_VISITS_FEW, PAPER_VISITS_MANY, PAPER_DEGREE, FEW_ROWS = (
    1000,
    500,
    200,
    6.3,
    10_000,
)


class ParametricUMAP(ParametricEmbedder):
    r"""UMAP whose map is a network: new rows go through it, and none of the data is looked up.

    The graph is that of :class:`UMAP`. Mini-batches of its edges, drawn in proportion to their
    memberships, train the network: it pulls the two ends of an edge together, :math:`-\ln w_{ij}`, and
    pushes the heads from other rows, :math:`-m \ln(1 - w_{ik})`. ``loss_`` and the curves report both in
    nats per edge, on edges that are the same at every step.

    Rows are centred and share one scale before they enter the network. Training works on one thread of
    the CPU; the same seed gives the same bits.

    Parameters
    ----------
    n_neighbors
        Size of the neighbourhood including the point itself; at least 2. Default 15.
    n_components
        Dimension of the map, at least 1. Default 2.
    min_dist
        Distance in the map below which points count as together, 0 to ``spread``. Default 0.1.
    spread
        Scale of the map, above 0. Default 1.
    metric
        Any metric name of scikit-learn, or a function of two samples: only the graph is measured with it.
        Default ``"euclidean"``.
    preset
        ``"recommended"`` (default) is what measured best: layer normalization, small batches whose heads
        are pushed from common rows, a learning rate that falls. ``"paper"`` is the published training:
        no normalization, batches of 1000, five permuted negatives per edge, constant learning rate 0.001,
        gradients clipped at 4 number by number. What is None below is the preset's.
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
        Widths of the hidden layers of ``"fcnn"``: (256, 128, 128) recommended, (100, 100, 100) paper; or of the
        dense ones of ``"cnn"``: (2000, 500, 100).
    normalization
        Of the hidden layers of ``"fcnn"``: ``"layer"`` recommended, ``"batch"``, ``"none"`` paper.
    loss
        ``"cross_entropy"`` (default), or ``"neg_tsne"``, which is what umap-learn's ``ParametricUMAP``
        minimises.
    n_batches
        Mini-batches, at least 1. Recommended 0.5 for each row, at least 1500 and at most 5000; paper 500 visits of
        every edge of weight 1 up to 10,000 rows, then 200.
    batch_size
        Edges of a mini-batch, at least 1. Recommended 256, and 512 beyond 30,000 rows; paper 1000, or n.
    n_negatives
        Places that heads are pushed from: recommended as many as edges, common to all of them; paper 5 for each.
    repulsion_strength
        The weight m, at least 0. Default 5: as if each edge had five negative samples.
    learning_rate
        Of Adam, above 0. Recommended 0.003, and 0.002 beyond 30,000 rows; paper 0.001.
    mixup
        Before the network sees the two ends of an edge, each is moved towards the other by a random share of
        their difference, up to this one; 0 to 0.5. Recommended 0.
    n_directions
        Principal directions of the data that ``"fcnn"`` sees where the data have more columns; at
        least 0, which shows it all columns. Recommended 64, paper 0.
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
    local_connectivity
        Number of nearest neighbours assumed to be fully connected, at least 0. Default 1.
    set_op_mix_ratio
        1 (default) unites the two directions of an edge, 0 intersects them.
    device
        ``"auto"`` (default) takes CUDA, else MPS, else the CPU; or a name of torch.
    random_state
        Seed. The same seed gives the same bits on one kind of CPU, on any number of threads.
    n_jobs
        Threads of the search for neighbours; None (default) means all. The result does not depend on it.
    verbose
        Show the recipe and a progress bar. Default False.
    callbacks
        A function of a :class:`~nbembed.training.Frame`, a callback, or a list of them; one that
        returns True stops the fit.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    model_ : torch.nn.Module
        The trained network, of standardized rows.
    loss_ : float
        The loss in nats per edge.
    n_iter_ : int
        Steps done; a step is up to 25 mini-batches.
    recipe_ : dict
        The preset of the fit, and every hyper-parameter that it or you set.

    Raises
    ------
    InvalidInputError
        While fitting, if the learning rate is so large that points go to infinity; the fit goes back to the
        newest state that was kept, and says so.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), "Parametric UMAP embeddings for representation and semisupervised
    learning", Neural Computation 33, sec. 3 and eq. 2.8.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> umap = nb.ParametricUMAP(n_batches=50, device="cpu", random_state=0).fit(X[:140])
    >>> umap.transform(X[140:]).shape
    (10, 2)
    """

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it, and whether it is the published method."""
        return "parametric UMAP, as published" if self.preset == "paper" else "parametric UMAP"

    def __init__(
        self,
        n_neighbors: int = 15,
        n_components: int = 2,
        *,
        min_dist: float = 0.1,
        spread: float = 1.0,
        metric: str | Callable[..., Any] = "euclidean",
        preset: str = "recommended",
        graph: Any = None,
        model: Any = "fcnn",
        shape: Sequence[int] | None = None,
        hidden: Sequence[int] | None = None,
        normalization: str | None = None,
        loss: str = "cross_entropy",
        n_batches: int | None = None,
        batch_size: int | None = None,
        n_negatives: int | None = None,
        repulsion_strength: float = 5.0,
        learning_rate: float | None = None,
        mixup: float | None = None,
        n_directions: int | None = None,
        noise: float | None = None,
        init: Any = "random",
        precision: str = "float32",
        terms: Any = (),
        metric_from: str | None = None,
        local_connectivity: float = 1.0,
        set_op_mix_ratio: float = 1.0,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.min_dist = min_dist
        self.spread = spread
        self.metric = metric
        self.preset = preset
        self.graph = graph
        self.model = model
        self.shape = shape
        self.hidden = hidden
        self.normalization = normalization
        self.loss = loss
        self.n_batches = n_batches
        self.batch_size = batch_size
        self.n_negatives = n_negatives
        self.repulsion_strength = repulsion_strength
        self.learning_rate = learning_rate
        self.mixup = mixup
        self.n_directions = n_directions
        self.noise = noise
        self.init = init
        self.precision = precision
        self.terms = terms
        self.metric_from = metric_from
        self.local_connectivity = local_connectivity
        self.set_op_mix_ratio = set_op_mix_ratio
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def presets(self, n_samples: int) -> Mapping[str, dict[str, Any]]:
        """Return the hyper-parameters of both presets."""
        many = n_samples > MANY_ROWS
        batch = min(n_samples, PAPER_BATCH)
        visits = PAPER_VISITS_FEW if n_samples <= FEW_ROWS else PAPER_VISITS_MANY
        return {
            "recommended": {
                "hidden": (256, 128, 128),
                "normalization": "layer",
                "n_batches": enough(n_samples),
                "batch_size": 512 if many else 256,
                "n_negatives": 512 if many else 256,
                "negatives": "batch",
                "learning_rate": 2e-3 if many else 3e-3,
                "schedule": "cosine",
                "warm_up": 50,
                "mixup": 0.0,
                "n_directions": 64,
                "noise": 0.3,
                "clip": 4.0,
                "clip_by": "norm",
            },
            "paper": {
                "hidden": (100, 100, 100),
                "normalization": "none",
                "n_batches": max(1, round(visits * PAPER_DEGREE * n_samples / batch)),
                "batch_size": batch,
                "n_negatives": 5,
                "negatives": "permuted",
                "learning_rate": 1e-3,
                "schedule": "constant",
                "warm_up": 0,
                "mixup": 0.0,
                "n_directions": 0,
                "noise": 0.0,
                "clip": 4.0,
                "clip_by": "value",
            },
        }

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the phases of parametric UMAP."""
        recipe = self.recipe(n_samples)
        n_steps, each = self._steps(int(recipe["n_batches"]))
        n_neighbors = at_most("n_neighbors", int(self.n_neighbors), n_samples, n_samples)
        return self._around(
            Phase(
                name="training",
                n_steps=n_steps,
                neighbors=neighbors_part(max(1, n_neighbors - 1), self.metric),
                affinities={
                    "name": "fuzzy_union",
                    "local_connectivity": float(self.local_connectivity),
                    "set_op_mix_ratio": float(self.set_op_mix_ratio),
                },
                kernel={
                    "name": "cauchy",
                    "min_dist": float(self.min_dist),
                    "spread": float(self.spread),
                },
                sampler=self._sampler_part(recipe, each),
                loss={"name": self.loss, "repulsion_strength": float(self.repulsion_strength)},
                optimizer=self._optimizer_part(recipe),
                model=self._model_part(recipe),
                init={"name": "network"},
            )
        )

    @property
    def graph_(self) -> Any:
        r"""The fuzzy memberships :math:`\mu_{ij}` of the fit, a symmetric sparse matrix (n_samples, n_samples)."""
        return self._graph("graph_")

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        _checks.check_number("n_neighbors", self.n_neighbors, low=2, integer=True)
        _checks.check_number("spread", self.spread, low=0, above=True)
        _checks.check_number("min_dist", self.min_dist, low=0)
        if self.min_dist > self.spread:
            raise InvalidInputError(
                f"min_dist must be at most spread ({self.spread:g}), got {self.min_dist:g}; raise spread"
            )
        _checks.check_choice("loss", self.loss, ("cross_entropy", "neg_tsne"))
        _checks.check_number("repulsion_strength", self.repulsion_strength, low=0)
        _checks.check_number("local_connectivity", self.local_connectivity, low=0)
        _checks.check_number("set_op_mix_ratio", self.set_op_mix_ratio, low=0, high=1)
