"""UMAP (McInnes, Healy & Melville 2018), as umap-learn runs it by default."""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed._types import NOT_TO_SCALE
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import at_most, neighbors_part
from nbembed.phases import Part, Phase
from nbembed.terms import encoded
from nbembed.training.preparation import HEEDED

__all__ = ["UMAP"]

CATEGORICAL = "categorical"
# umap-learn trains longer where an epoch is cheap.
FEW_ROWS, EPOCHS_FEW, EPOCHS_MANY = 10_000, 500, 200


class UMAP(Embedder):
    r"""Uniform manifold approximation and projection.

    Weights the edges of a neighbour graph with the fuzzy union :math:`\mu`, then pulls neighbours
    together and pushes random pairs apart. What this sampling really minimises, and what ``loss_``
    and the loss curves report, is per edge :math:`-\ln w_{ij}` plus :math:`-\ln(1 - w_{ik})` for
    each of its negative samples (Damrich & Hamprecht 2021). The defaults are those of umap-learn.

    Parameters
    ----------
    n_neighbors
        Size of the neighbourhood including the point itself, as in umap-learn; at least 2.
        Default 15. More than the rows allow is cut, with a warning.
    n_components
        Dimension of the map, at least 1. Default 2.
    min_dist
        Distance in the map below which points count as together, 0 to ``spread``. Default 0.1.
    spread
        Scale of the map, above 0. Default 1.
    metric
        Any metric name of scikit-learn, or a function of two rows. Default ``"euclidean"``.
    pca
        Principal components, at least 1, that take the place of the data, as in ``make_pipeline(PCA(50), …)``: less
        noise, and a quicker search. New rows go the same way; measures and documents (``spec()``) know the components
        alone. None (default), or as many as there are columns or rows: the data as they are.
    n_epochs
        Visits of every edge, at least 1. None (default): 500 up to 10,000 rows, else 200.
    learning_rate
        Step size at the start, above 0; falls linearly to 0. Default 1.
    n_negatives
        Random points that an edge's end is pushed from, at least 1 (umap-learn's
        ``negative_sample_rate``). Default 5.
    repulsion_strength
        Factor on the repulsion, at least 0. Default 1.
    local_connectivity
        Number of nearest neighbours assumed to be fully connected, at least 0. Default 1.
    set_op_mix_ratio
        1 (default) unites the two directions of an edge, 0 intersects them.
    target_weight
        How much labels count where ``fit`` is given ``y``, 0 to 1: rows of different classes lose a share
        :math:`1 - e^{-2.5/(1 - t)}` of what joins them, at 1 all of it. Default 0.5, umap-learn's. Labels -1, None
        and NaN are unknown. Numbers have ``target_metric``.
    target_metric
        ``"categorical"`` (default): ``y`` holds classes. ``"euclidean"``: it holds a number for each row, and rows
        that are neighbours in it too are joined more strongly; none may be missing.
    densmap
        Keep densities too: in the last epochs, points also climb the correlation of how far neighbours are in the data
        and in the map (densMAP). New rows are placed without. Default
        False.
    dens_lambda
        Weight of that correlation, at least 0. Default 2. It can be moved in mid-run as ``density_weight``.
    dens_frac
        Share of the epochs in which it acts, 0 to 1. Default 0.3.
    dens_var_shift
        Added to the variance of the map's log radii, at least 0. Default 0.1.
    init
        ``"spectral"`` (default), ``"pca"``, ``"random"`` or an array (n_samples, n_components),
        which is used as it is.
    random_state
        Seed. The same seed gives the same bits on one kind of CPU, on any number of threads.
    device
        ``"cpu"`` (default): compiled loops. ``"cuda"``, ``"mps"`` or ``"auto"`` (what is there) has torch do the
        optimization on a graphics card; its map is another, equally good one. It needs ``densmap=False``.
    dtype
        ``"float32"`` (default), or ``"float64"`` for a reference: from the same neighbours, affinities and start on
        torch moves the points in double precision, many times slower, and the map is rounded when it is returned. It
        needs ``densmap=False``.
    n_jobs
        Threads; None (default) means all. The result does not depend on it.
    verbose
        Show a progress bar. Default False.
    callbacks
        A function of a :class:`~nbembed.training.Frame`, a callback, or a list of them; one that
        returns True stops the fit.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426; Damrich & Hamprecht (2021), NeurIPS 34; Narayan, Berger & Cho
    (2021), Nature Biotechnology 39 (densMAP).

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.UMAP(n_neighbors=10, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        **Embedder.choices,
        "target_metric": (CATEGORICAL, "euclidean"),
    }

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it."""
        return "densMAP" if self.densmap else "UMAP"

    @property
    def to_scale(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Which distances of the map mean something."""
        return (
            "Clusters are as dense as in the data; their gaps are not to scale."
            if self.densmap
            else NOT_TO_SCALE
        )

    def __init__(
        self,
        n_neighbors: int = 15,
        n_components: int = 2,
        *,
        min_dist: float = 0.1,
        spread: float = 1.0,
        metric: str | Callable[..., Any] = "euclidean",
        pca: int | None = None,
        n_epochs: int | None = None,
        learning_rate: float = 1.0,
        n_negatives: int = 5,
        repulsion_strength: float = 1.0,
        local_connectivity: float = 1.0,
        set_op_mix_ratio: float = 1.0,
        target_weight: float = 0.5,
        target_metric: str = CATEGORICAL,
        densmap: bool = False,
        dens_lambda: float = 2.0,
        dens_frac: float = 0.3,
        dens_var_shift: float = 0.1,
        init: Any = "spectral",
        random_state: Any = None,
        device: str = "cpu",
        dtype: Any = "float32",
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.n_components = n_components
        self.min_dist = min_dist
        self.spread = spread
        self.metric = metric
        self.pca = pca
        self.n_epochs = n_epochs
        self.learning_rate = learning_rate
        self.n_negatives = n_negatives
        self.repulsion_strength = repulsion_strength
        self.local_connectivity = local_connectivity
        self.set_op_mix_ratio = set_op_mix_ratio
        self.target_weight = target_weight
        self.target_metric = target_metric
        self.densmap = densmap
        self.dens_lambda = dens_lambda
        self.dens_frac = dens_frac
        self.dens_var_shift = dens_var_shift
        self.init = init
        self.random_state = random_state
        self.device = device
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the one phase of UMAP."""
        n_neighbors = at_most("n_neighbors", int(self.n_neighbors), n_samples, n_samples)
        epochs = EPOCHS_FEW if n_samples <= FEW_ROWS else EPOCHS_MANY
        return [
            Phase(
                name="optimization",
                n_steps=self.n_epochs or epochs,
                # The graph stores no point as its own neighbour.
                neighbors=neighbors_part(max(1, n_neighbors - 1), self.metric),
                affinities={
                    "name": "fuzzy_union",
                    "local_connectivity": float(self.local_connectivity),
                    "set_op_mix_ratio": float(self.set_op_mix_ratio),
                    "target_weight": float(self.target_weight),
                    **self._target_part(),
                },
                kernel={
                    "name": "cauchy",
                    "min_dist": float(self.min_dist),
                    "spread": float(self.spread),
                },
                sampler={"name": "edges", "n_negatives": int(self.n_negatives)},
                loss={
                    "name": "negative_sampling",
                    "repulsion_strength": float(self.repulsion_strength),
                    **self._density_part(),
                },
                optimizer={"name": "decayed_sgd", "learning_rate": float(self.learning_rate)},
                model={"name": "free", "n_components": self.n_components},
                init={"name": self.init if isinstance(self.init, str) else "array"},
            )
        ]

    @property
    def graph_(self) -> Any:
        r"""The fuzzy memberships :math:`\mu_{ij}` of the fit, a symmetric sparse matrix (n_samples, n_samples).

        It shares its numbers with what the fit left behind; files do not hold it.
        """
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
        if self.n_epochs is not None:
            _checks.check_number("n_epochs", self.n_epochs, low=1, integer=True)
        _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        _checks.check_number("n_negatives", self.n_negatives, low=1, integer=True)
        _checks.check_number("repulsion_strength", self.repulsion_strength, low=0)
        _checks.check_number("local_connectivity", self.local_connectivity, low=0)
        _checks.check_number("set_op_mix_ratio", self.set_op_mix_ratio, low=0, high=1)
        _checks.check_number("target_weight", self.target_weight, low=0, high=1)

        _checks.check_flag("densmap", self.densmap)
        _checks.check_number("dens_lambda", self.dens_lambda, low=0)
        _checks.check_number("dens_frac", self.dens_frac, low=0, high=1)
        _checks.check_number("dens_var_shift", self.dens_var_shift, low=0)

    def _needs_cpu(self) -> str:
        return "densmap=True" if self.densmap else ""

    def _target_part(self) -> Part:
        is_of_classes = self.target_metric == CATEGORICAL
        return {} if is_of_classes else {"target_metric": self.target_metric}

    def _density_part(self) -> Part:
        if not self.densmap:
            return {}
        numbers = {
            "density_weight": float(self.dens_lambda),
            "density_share": float(self.dens_frac),
            "variance_shift": float(self.dens_var_shift),
        }
        return {"density": numbers}

    def heeded(self, y: Any, n_samples: int) -> dict[str, Any]:
        """Return the numbers of the classes, or the numbers themselves, where there are labels."""
        if y is None:
            return {}
        if self.target_metric == CATEGORICAL:
            return {HEEDED: encoded(y, n_samples, fewest=1)[1]}
        return {HEEDED: _numbers(y, n_samples)}


def _numbers(y: Any, n_samples: int) -> NDArray[np.float64]:
    """Return a finite number per row, shape (n_samples, 1)."""
    try:
        values = np.asarray(_checks.check_labels(y, n_samples, name="y"), dtype=np.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidTypeError(
            "y must hold numbers with target_metric='euclidean', got something else; names are classes, "
            "target_metric='categorical'"
        ) from None
    if not np.isfinite(values).all():
        raise InvalidInputError(
            f"y must be finite with target_metric='euclidean', got {int((~np.isfinite(values)).sum())} value(s) that "
            "are not; leave those rows out, or fill them in"
        )
    return values[:, None]
