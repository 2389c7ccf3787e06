"""PaCMAP (Wang, Huang, Rudin & Shaposhnik 2021)."""

import math
from typing import Any

from nbembed import _checks
from nbembed.estimators.base import Embedder
from nbembed.estimators.parts import at_most, neighbors_part
from nbembed.phases import Phase

__all__ = ["PaCMAP"]

# Neighbours among which the near pairs are chosen, beside as many as are kept.
MORE = 50
# Rows from which more neighbours are taken, and how many for each factor of ten.
MANY_ROWS, NEIGHBORS, MORE_NEIGHBORS = 10_000, 10, 15
# Each phase: its name, its share of the steps, the weights of near, mid-near (first, last) and far pairs.
PLAN = (
    ("global structure", 100, 2.0, (1000.0, 3.0), 1.0),
    ("settling", 100, 3.0, (3.0, 3.0), 1.0),
    ("local structure", 250, 1.0, (0.0, 0.0), 1.0),
)


class PaCMAP(Embedder):
    """Pairwise controlled manifold approximation: near, mid-near and far pairs, weighted in three phases.

    Mid-near pairs put the whole in order first, near and far pairs form the groups then: the map depends little on
    where it starts, and keeps more of the large structure than UMAP. The defaults are those of its authors' package,
    which brings data of more than 100 columns to 100 principal components first; here they stay as they are.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    n_neighbors
        Near pairs of each row, at least 1. None (default): 10 up to 10,000 rows, 15 more for each ten times as many.
    mid_near_ratio
        Mid-near pairs for each near one, at least 0. Default 0.5.
    far_ratio
        Far pairs for each near one, at least 0. Default 2.
    n_iter
        Steps, at least 3: 100, 100 and 250 of 450 in the three phases. Default 450.
    learning_rate
        Adam's step, above 0. Default 1.
    init
        ``"pca"`` (default), ``"random"``, ``"spectral"``, each a hundredth of its size, or an array (n_samples,
        n_components), which is used as it is.
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
    New rows are placed by near pairs alone, with their nearest rows.

    References
    ----------
    Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22(201), Understanding how dimension reduction tools work.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> nb.PaCMAP(n_iter=30, random_state=0).fit_transform(X).shape
    (150, 2)
    """

    title = "PaCMAP"
    metric = "euclidean"

    def __init__(
        self,
        n_components: int = 2,
        *,
        n_neighbors: int | None = None,
        mid_near_ratio: float = 0.5,
        far_ratio: float = 2.0,
        n_iter: int = 450,
        learning_rate: float = 1.0,
        init: Any = "pca",
        random_state: Any = None,
        n_jobs: int | None = None,
        verbose: bool = False,
        callbacks: Any = None,
    ) -> None:
        self.n_components = n_components
        self.n_neighbors = n_neighbors
        self.mid_near_ratio = mid_near_ratio
        self.far_ratio = far_ratio
        self.n_iter = n_iter
        self.learning_rate = learning_rate
        self.init = init
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose
        self.callbacks = callbacks

    def phases(self, n_samples: int) -> list[Phase]:
        """Return the three phases."""
        wanted = self.n_neighbors
        if wanted is None:
            tens = max(0.0, math.log10(n_samples / MANY_ROWS))
            wanted = round(NEIGHBORS + MORE_NEIGHBORS * tens)
        near = at_most("n_neighbors", int(wanted), n_samples - 1, n_samples)
        parts: dict[str, Any] = {
            "neighbors": neighbors_part(min(near + MORE, n_samples - 1), self.metric),
            "affinities": {"name": "scaled_pairs", "n_neighbors": near},
            "kernel": {"name": "distance"},
            "sampler": {
                "name": "near_mid_far",
                "n_mid_near": round(near * self.mid_near_ratio),
                "n_far": round(near * self.far_ratio),
            },
            "optimizer": {"name": "adam", "learning_rate": float(self.learning_rate)},
            "model": {"name": "free", "n_components": self.n_components},
        }
        start = {"name": self.init if isinstance(self.init, str) else "array"}
        total = sum(each[1] for each in PLAN)
        ends = [round(self.n_iter * sum(each[1] for each in PLAN[:i]) / total) for i in range(4)]
        return [
            Phase(
                name=name,
                n_steps=ends[i + 1] - ends[i],
                loss={"name": "pacmap", "near": near_, "mid_near": list(mid), "far": far},
                init=None if i else start,
                **parts,
            )
            for i, (name, _, near_, mid, far) in enumerate(PLAN)
        ]

    def check_parameters(self, n_samples: int) -> None:
        """Raise for a hyper-parameter that cannot be used with ``n_samples`` rows."""
        super().check_parameters(n_samples)
        if self.n_neighbors is not None:
            _checks.check_number("n_neighbors", self.n_neighbors, low=1, integer=True)
        _checks.check_number("mid_near_ratio", self.mid_near_ratio, low=0)
        _checks.check_number("far_ratio", self.far_ratio, low=0)
        _checks.check_number("n_iter", self.n_iter, low=3, integer=True)
        _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
