"""Deep-learning projection: a network learns the map that another method made."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nbembed import estimators
from nbembed.baselines.networks import NetworkBaseline
from nbembed.errors import InvalidTypeError

__all__ = ["Projection"]


class Projection(NetworkBaseline):
    r"""A dense network that regresses the map of another method, and so can place new rows.

    Minimises :math:`\frac{1}{n} \sum_i \|h(x_i) - y_i\|^2`, where Y is the other method's map, on all rows but a
    tenth. The widths are those of the paper. This is :class:`nbembed.Projection` with these settings, which live
    maps and further terms are for.

    Parameters
    ----------
    estimator
        The method whose map is learned: a baseline, or any estimator with ``fit_transform``. It
        stays as it is; a copy is fitted.
    hidden
        Widths of the hidden layers. Default (256, 512, 256).
    n_epochs
        Most visits of every row, at least 1. Default 200.
    batch_size
        Rows of a mini-batch, at least 1 (taken as 2). Default 32.
    learning_rate
        Of Adam, above 0. Default 0.001; it falls to a hundredth over all epochs.
    patience
        Epochs without a better loss of the held-out tenth of the rows after which training stops, at least 1.
        Default 15.
    device
        ``"auto"`` (default) takes CUDA, else MPS, else the CPU; or a name of torch.
    random_state
        Seed of the network, and, unless None, of the copy of ``estimator``.
    n_jobs
        There for scripts: torch works on one thread. Default 1.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The network's map of the data, float32.
    teacher_embedding_ : ndarray of shape (n_samples, n_components)
        The map that was learned.
    estimator_ : object
        The fitted copy.
    model_ : nbembed.Projection
        The fitted recipe, of scaled rows.
    losses_ : list of float
        Loss of the held-out rows after every epoch: the share of the map's variance that is missed.

    References
    ----------
    Espadoto, Hirata & Telea (2020), "Deep learning multidimensional projections", Information
    Visualization 19.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> method = nb.baselines.Projection(nb.baselines.PCA(), n_epochs=5, random_state=0, device="cpu")
    >>> method.fit(X[::2]).transform(X[1::2]).shape
    (75, 2)
    """

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        estimator: Any,
        *,
        hidden: Sequence[int] = (256, 512, 256),
        n_epochs: int = 200,
        batch_size: int = 32,
        learning_rate: float = 1e-3,
        patience: int = 15,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.estimator = estimator
        self.hidden = hidden
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs

    @property
    def title(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What people call it: the method and what learns it."""
        learned = getattr(self.estimator, "title", type(self.estimator).__name__)
        return f"projection of {learned}"

    @property
    def n_components(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Dimension of the map, that of ``estimator``."""
        return getattr(self.estimator, "n_components", 2)

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        super()._check_parameters(X)
        if isinstance(self.estimator, type) or not hasattr(self.estimator, "fit_transform"):
            raise InvalidTypeError(
                "estimator must be an estimator with fit_transform, such as baselines.UMAPLearn(), got "
                f"{self.estimator!r}"
            )

    def _recipe(self, X: NDArray[np.float32], seed: int) -> Any:
        self.estimator_: Any = clone(self.estimator)
        if self.random_state is not None and "random_state" in self.estimator_.get_params():
            self.estimator_.set_params(random_state=seed)
        self.teacher_embedding_ = np.asarray(self.estimator_.fit_transform(X), dtype=np.float32)
        return estimators.Projection(self.teacher_embedding_, normalization="none")
