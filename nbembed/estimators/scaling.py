"""Multidimensional scaling, of distances as they are (MDS) or along the data (Isomap)."""

from collections.abc import Callable
from typing import Any, ClassVar

from nbembed import _checks
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import at_most, neighbors_part
from nbembed.phases import Phase

__all__ = ["MDS", "Isomap"]

LOSSES = {"stress": "majorization", "strain": "subspace_iteration"}


class MDS(Embedder):
    r"""Metric multidimensional scaling: a map whose distances are those of the data.

    All pairs count alike, far ones as much as near ones: what t-SNE and UMAP give up is kept, and the fine structure
    they show is lost. Takes some 16 n² bytes and n² work a step; for up to some 5,000 rows.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    loss
        ``"stress"`` (default), :math:`\sum (\delta_{ij} - d_{ij})^2`, by SMACOF, whose steps never raise it; ``loss_``
        is its share of :math:`\sum \delta_{ij}^2`. ``"strain"``, the error of inner products: classical scaling, which
        for Euclidean distances is PCA.
    n_iter
        Steps, at least 1. Default 300.
    metric
        Any metric name of scikit-learn, or a function of two rows; ``"precomputed"`` takes the distances themselves.
        Default ``"euclidean"``.
    init
        ``"pca"`` (default), ``"random"`` or an array (n_samples, n_components), which is used as it is.
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
    de Leeuw (1977), in Recent Developments in Statistics; Borg & Groenen (2005), Modern Multidimensional Scaling,
    sec. 8.6 (SMACOF) and 12 (classical scaling).

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.MDS(n_iter=20, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "MDS"
    to_scale = "Distances are to scale, as well as the map can hold them."
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "init": ("pca", "random"),
        "loss": tuple(LOSSES),
    }

    def __init__(
        self,
        n_components: int = 2,
        *,
        loss: str = "stress",
        n_iter: int = 300,
        metric: str | Callable[..., Any] = "euclidean",
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.loss = loss
        self.n_iter = n_iter
        self.metric = metric
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the one phase of scaling."""
        return [
            Phase(
                name="optimization",
                n_steps=int(self.n_iter),
                # Distances to all rows: the search orders them, and the graph holds each.
                neighbors=neighbors_part(n_samples - 1, self.metric, self._paths(n_samples))
                | {"method": "exact"},
                affinities={"name": "distances"},
                kernel={"name": "distance"},
                sampler={"name": "everything"},
                loss={"name": self.loss},
                optimizer={"name": LOSSES[self.loss]},
                model={"name": "free", "n_components": self.n_components},
                init={"name": self.init if isinstance(self.init, str) else "array"},
            )
        ]

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        _checks.check_number("n_iter", self.n_iter, low=1, integer=True)

    def _paths(self, n_samples: int) -> int | None:  # noqa: ARG002
        """Return the neighbours of the graph along whose paths distances are measured, if they are."""
        return None


class Isomap(MDS):
    """Scaling of distances along the data: the lengths of shortest paths in a graph of neighbours.

    A rolled sheet is unrolled. A graph in parts is joined by their shortest edges, with a warning. It must have no
    short cuts: where ``n_neighbors`` is so large that neighbours lie across a fold, the sheet stays rolled. Takes some
    16 n² bytes, n² work a step, and n² log n for the paths; for up to some 5,000 rows.

    Parameters
    ----------
    n_neighbors
        Neighbours of each row in the graph, the row itself not counted, as in scikit-learn; at least 1. Default 5.
        More than the rows allow is cut, with a warning.
    n_components
        Dimension of the map, at least 1. Default 2.
    loss
        ``"strain"`` (default), classical scaling of the path lengths, as published; ``"stress"`` by SMACOF, see
        :class:`MDS`.
    n_iter
        Steps, at least 1. Default 100, after which strain rests.
    metric, init, random_state, n_jobs, verbose, callbacks
        As for :class:`MDS`.

    References
    ----------
    Tenenbaum, de Silva & Langford (2000), Science 290, Table 1.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.digits()
    >>> nb.Isomap(n_neighbors=12, random_state=0).fit_transform(X[:300]).shape
    (300, 2)
    """

    title = "Isomap"
    to_scale = "Distances along the data are to scale, as well as the map can hold them."

    def __init__(
        self,
        n_neighbors: int = 5,
        n_components: int = 2,
        *,
        loss: str = "strain",
        n_iter: int = 100,
        metric: str | Callable[..., Any] = "euclidean",
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        super().__init__(
            n_components,
            loss=loss,
            n_iter=n_iter,
            metric=metric,
            init=init,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
            callbacks=callbacks,
        )
        self.n_neighbors = n_neighbors

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        _checks.check_number("n_neighbors", self.n_neighbors, low=1, integer=True)

    def _paths(self, n_samples: int) -> int | None:
        return at_most("n_neighbors", int(self.n_neighbors), n_samples - 1, n_samples)
