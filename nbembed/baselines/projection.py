"""Deep-learning projection: a network learns the map that another method made."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from nbembed.baselines.autoencoders import NetworkBaseline
from nbembed.errors import InvalidTypeError

__all__ = ["Projection"]


class Projection(NetworkBaseline):
    r"""A dense network that regresses the map of another method, and so can place new rows.

    Minimises :math:`\frac{1}{nc} \sum_i \|h(x_i) - y_i\|^2`, where Y is the other method's map, scaled
    into the unit square, and h ends in a sigmoid. The layers are those of the paper.

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
        Rows per step, at least 1. Default 32.
    learning_rate
        Step size of Adam, above 0. Default 0.001.
    patience
        Epochs without a better loss of the held-out tenth of the rows after which training stops, at least 1.
        Default 15.
    device
        ``"auto"`` (default) takes CUDA, else MPS, else the CPU; or a name of torch.
    random_state
        Seed of the network, and, unless None, of the copy of ``estimator``.
    n_jobs
        Threads of torch on the CPU. Default 1.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The network's map of the data, float32.
    teacher_embedding_ : ndarray of shape (n_samples, n_components)
        The map that was learned.
    estimator_ : object
        The fitted copy.
    model_ : torch.nn.Module
        The network, from scaled rows to the unit square.
    losses_ : list of float
        Loss of the held-out rows after every epoch.

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

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        import torch

        from nbembed.baselines import networks

        plan = self._plan(seed)
        self.estimator_: Any = clone(self.estimator)
        if seed is not None and "random_state" in self.estimator_.get_params():
            self.estimator_.set_params(random_state=seed)
        self.teacher_embedding_ = np.asarray(self.estimator_.fit_transform(X), dtype=np.float32)
        targets = self._into_square(self.teacher_embedding_)
        self._scaling = networks.Standardization.of(X)
        rows = self._scaling.forward(X)
        widths = (X.shape[1], *self.hidden, targets.shape[1])
        layers = networks.dense(widths, torch.Generator().manual_seed(plan.seed), bias=1e-4)
        self.model_: Any = torch.nn.Sequential(*layers, torch.nn.Sigmoid())
        with networks.pinned_torch(self.n_jobs):
            self.losses_ = networks.train(self.model_, _squared_error, (rows, targets), plan)
            return self._placed(rows)

    def _place(self, X: NDArray[np.float32]) -> Any:
        from nbembed.baselines.networks import pinned_torch

        with pinned_torch(self.n_jobs):
            return self._placed(self._scaling.forward(X))

    def _placed(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        from nbembed.baselines.networks import predict

        return predict(self.model_, rows, self._device) * self._extent + self._corner

    def _into_square(self, embedding: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return a map scaled into the unit square, both axes alike, and remember how."""
        self._corner = embedding.min(axis=0)
        self._extent = float(np.ptp(embedding, axis=0).max()) or 1.0
        return (embedding - self._corner) / np.float32(self._extent)


def _squared_error(model: Any, rows: Any, targets: Any, generator: Any) -> Any:  # noqa: ARG001
    return (model(rows) - targets).square().mean()
