"""Autoencoders: a network that copies its input through a layer as narrow as the map."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from nbembed import _checks, estimators
from nbembed.baselines.networks import NetworkBaseline
from nbembed.errors import InvalidInputError
from nbembed.transport import check_map

__all__ = ["Autoencoder", "VariationalAutoencoder"]


class Autoencoder(NetworkBaseline):
    r"""Autoencoder: dense layers down to the map, and their mirror image back to the data.

    Minimises :math:`\frac{1}{nd} \sum_i \|x_i - g(f(x_i))\|^2`, the map being :math:`f(X)`, by
    Adam; a tenth of the rows is held out, and training stops when their loss has not fallen for
    ``patience`` epochs. Each hidden layer is dense, then ReLU, then batch normalization, with zero
    biases at the start, as in DRE's model A. Columns are centred and share one scale. This is
    :class:`nbembed.Autoencoder` with these settings, which live maps and further terms are for.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    hidden
        Widths of the encoder's hidden layers. Default (500, 500, 500); the decoder mirrors them.
    n_epochs
        Most visits of every row, at least 1. Default 200.
    batch_size
        Rows of a mini-batch, at least 1 (taken as 2). Default 128.
    learning_rate
        Of Adam, above 0. Default 0.001; it falls to a hundredth over all epochs.
    patience
        Epochs without a better loss after which training stops, at least 1. Default 15.
    device
        ``"auto"`` (default) takes CUDA, else MPS, else the CPU; or a name of torch.
    random_state
        Seed. On the CPU it fixes the bits.
    n_jobs
        There for scripts: torch works on one thread. Default 1.

    Attributes
    ----------
    embedding_ : ndarray of shape (n_samples, n_components)
        The map, float32.
    model_ : nbembed.Autoencoder
        The fitted recipe, of scaled rows.
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
        return self._input_scaling.back(self.model_.inverse_transform(places))

    def _recipe(self, X: NDArray[np.float32], seed: int) -> Any:  # noqa: ARG002
        return estimators.Autoencoder(self.n_components, normalization="batch")


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
    model_ : nbembed.Autoencoder
        The fitted recipe, of scaled rows.
    losses_ : list of float
        Loss of the held-out rows at the means after every epoch.

    References
    ----------
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, eq. 10; Higgins et al. (2017),
    "beta-VAE", ICLR.
    """

    title = "variational autoencoder"

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

    def _recipe(self, X: NDArray[np.float32], seed: int) -> Any:
        method = super()._recipe(X, seed)
        return method.set_params(variational=True, beta=self.beta)
