"""Autoencoders: a network that copies its input through a layer as narrow as the map."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from nbembed import _checks
from nbembed.baselines.base import Transforming
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.transport import check_map

__all__ = ["Autoencoder", "NetworkBaseline", "VariationalAutoencoder"]


class NetworkBaseline(Transforming):
    """A baseline that trains a network; it holds what all of them share."""

    hidden: Any
    n_epochs: int
    batch_size: int
    learning_rate: float
    patience: int
    device: Any
    n_jobs: int

    # Of the data and of the map, made by ``fit``.
    _scaling: Any
    _device: str

    def _check_parameters(self, X: NDArray[np.float32]) -> None:  # noqa: ARG002
        if isinstance(self.hidden, str) or not isinstance(self.hidden, Sequence):
            raise InvalidTypeError(
                f"hidden must be the widths of the hidden layers, such as (500, 500), got {self.hidden!r}"
            )
        for width in self.hidden:
            _checks.check_number("hidden", width, low=1, integer=True)
        for name in ("n_epochs", "batch_size", "patience", "n_jobs"):
            _checks.check_number(name, getattr(self, name), low=1, integer=True)
        _checks.check_number("learning_rate", self.learning_rate, low=0, above=True)
        if not isinstance(self.device, str):
            raise InvalidTypeError(
                f"device must be a name such as 'auto' or 'cpu', got {self.device!r}"
            )

    def _plan(self, seed: int | None) -> Any:
        """Return how to train, with a fresh seed where there is none."""
        from nbembed.baselines.networks import Plan, pick_device

        self._device = pick_device(self.device)
        return Plan(
            n_epochs=self.n_epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            patience=self.patience,
            device=self._device,
            seed=_checks.check_seed(seed),
        )


class Autoencoder(NetworkBaseline):
    r"""Autoencoder: dense layers down to the map, and their mirror image back to the data.

    Minimises :math:`\frac{1}{nd} \sum_i \|x_i - g(f(x_i))\|^2`, the map being :math:`f(X)`, by
    Adam; a tenth of the rows is held out, and training stops when their loss has not fallen for
    ``patience`` epochs. Each hidden layer is dense, then ReLU, then batch normalization, with zero
    biases at the start, as in DRE's model A. Columns are centred and share one scale.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    hidden
        Widths of the encoder's hidden layers. Default (500, 500, 500); the decoder mirrors them.
    n_epochs
        Most visits of every row, at least 1. Default 200.
    batch_size
        Rows per step, at least 1. Default 128.
    learning_rate
        Step size of Adam, above 0. Default 0.001.
    patience
        Epochs without a better loss after which training stops, at least 1. Default 15.
    device
        ``"auto"`` (default) takes CUDA, else MPS, else the CPU; or a name of torch.
    random_state
        Seed. On the CPU it fixes the bits for one ``n_jobs``.
    n_jobs
        Threads of torch on the CPU. Default 1.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    model_ : torch.nn.ModuleDict
        ``"encoder"`` and ``"decoder"``, of scaled rows.
    losses_ : list of float
        Mean squared error of the held-out rows after every epoch, in units of the data's variance.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks",
    Science 313; Zhou et al. (2022), "Deep recursive embedding for high-dimensional data", IEEE
    TVCG 28 (model A).

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> method = nb.baselines.Autoencoder(hidden=(16,), n_epochs=5, random_state=0, device="cpu")
    >>> method.fit_transform(X).shape
    (150, 2)
    """

    title = "autoencoder"
    # Numbers that the encoder gives for each dimension of the map.
    heads: ClassVar[int] = 1

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        n_components: int = 2,
        *,
        hidden: Sequence[int] = (500, 500, 500),
        n_epochs: int = 200,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        patience: int = 15,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.n_components = n_components
        self.hidden = hidden
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.patience = patience
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs

    def inverse_transform(self, Y: Any) -> NDArray[np.float32]:
        """Return the data that the decoder makes of places in the map, shape (n_rows, n_features)."""
        check_is_fitted(self, "embedding_")
        places = check_map(Y)
        if places.shape[1] != self._n_features_out:
            raise InvalidInputError(
                f"Y must have {self._n_features_out} columns, as the map has, got {places.shape[1]}"
            )
        from nbembed.baselines.networks import predict

        rows = predict(self.model_["decoder"], places.astype(np.float32), self._device)
        before = self._scaling.back(rows)
        scaled = self._input_scaling
        shifted = before if scaled.shift is None else before + scaled.shift
        return (shifted * scaled.divisor).astype(np.float32)

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        import torch

        from nbembed.baselines import networks

        plan = self._plan(seed)
        widths = (X.shape[1], *self.hidden, self.heads * self.n_components)
        back = (self.n_components, *reversed(tuple(self.hidden)), X.shape[1])
        generator = torch.Generator().manual_seed(plan.seed)
        self._scaling = networks.Standardization.of(X)
        rows = self._scaling.forward(X)
        self.model_: Any = torch.nn.ModuleDict(
            {
                "encoder": networks.dense(widths, generator, normalization="batch"),
                "decoder": networks.dense(back, generator, normalization="batch"),
            }
        )
        with networks.pinned_torch(self.n_jobs):
            self.losses_ = networks.train(self.model_, self._loss, (rows,), plan)
            return self._encode(rows)

    def _place(self, X: NDArray[np.float32]) -> Any:
        from nbembed.baselines.networks import pinned_torch

        with pinned_torch(self.n_jobs):
            return self._encode(self._scaling.forward(X))

    def _encode(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        from nbembed.baselines.networks import predict

        return predict(self.model_["encoder"], rows, self._device)[:, : self.n_components]

    def _loss(self, model: Any, rows: Any, generator: Any) -> Any:  # noqa: ARG002
        return (model["decoder"](model["encoder"](rows)) - rows).square().mean()


class VariationalAutoencoder(Autoencoder):
    r"""Variational autoencoder: every row is a small Gaussian in the map, near a common one.

    Minimises, with :math:`z = \mu + \sigma \epsilon` and :math:`\epsilon` standard normal,

    .. math::

        \frac{1}{n} \sum_i \tfrac{1}{2} \|x_i - g(z_i)\|^2
        + \tfrac{\beta}{2} \sum_j (\mu_{ij}^2 + \sigma_{ij}^2 - \ln \sigma_{ij}^2 - 1)

    The map is :math:`\mu`. Networks, training and scaling are those of :class:`Autoencoder`.

    Parameters
    ----------
    beta
        Weight of the second term, at least 0. Default 1.
    n_components, hidden, n_epochs, batch_size, learning_rate, patience, device, random_state, n_jobs
        As for :class:`Autoencoder`.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    model_ : torch.nn.ModuleDict
        ``"encoder"``, which gives means and log variances, and ``"decoder"``, of scaled rows.
    losses_ : list of float
        Loss of the held-out rows at the means after every epoch.

    References
    ----------
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, eq. 10; Higgins et al. (2017),
    "beta-VAE", ICLR.
    """

    title = "variational autoencoder"
    heads: ClassVar[int] = 2

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        n_components: int = 2,
        *,
        beta: float = 1.0,
        hidden: Sequence[int] = (500, 500, 500),
        n_epochs: int = 200,
        batch_size: int = 128,
        learning_rate: float = 1e-3,
        patience: int = 15,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        super().__init__(
            n_components,
            hidden=hidden,
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            patience=patience,
            device=device,
            random_state=random_state,
            n_jobs=n_jobs,
        )
        self.beta = beta

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        super()._check_parameters(X)
        _checks.check_number("beta", self.beta, low=0)

    def _loss(self, model: Any, rows: Any, generator: Any) -> Any:
        mean, log_variance = model["encoder"](rows).chunk(2, dim=1)
        # Bounds that no trained network comes near keep exp() finite at the start.
        log_variance = log_variance.clamp(-20.0, 10.0)
        places = mean
        if generator is not None:
            noise = mean.new_empty(mean.shape).normal_(generator=generator)
            places = mean + noise * (0.5 * log_variance).exp()
        wrong = 0.5 * (model["decoder"](places) - rows).square().sum(dim=1)
        spread = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1.0).sum(dim=1)
        return (wrong + self.beta * spread).mean()
