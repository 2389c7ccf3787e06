"""Parametric t-SNE as it was published in 2009, with Boltzmann machines."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.baselines.base import Transforming
from nbembed.errors import InvalidInputError, InvalidTypeError

__all__ = ["RBMParametricTSNE"]


class RBMParametricTSNE(Transforming):
    r"""Parametric t-SNE of 2009: sigmoid layers, pre-trained as Boltzmann machines, then by conjugate gradients.

    Three stages, as published: each layer is trained as a restricted Boltzmann machine by one step of contrastive
    divergence (CD-1) on what the layer below gives, the last one with normal hidden units; the machines are
    stacked; and the stack is trained on the KL divergence of t-SNE within fixed batches of 5000 rows, whose
    affinities are measured once, with three line searches of conjugate gradients on each batch in each epoch.
    The numbers of the pre-training are those of the implementation that its author published: weights drawn
    with a deviation of 0.1, mini-batches of 100, learning rate 0.1, and 0.001 for the linear layer, momentum 0.5
    for 5 epochs and 0.9 later, weight decay 0.0002.

    Not as published: line searches are scipy's, which end when the strong Wolfe conditions hold; rows are shuffled
    before each epoch of the pre-training, and both stages cut them into parts of equal size where the published
    ones leave out what does not fill the last part.

    Columns are moved to start at 0 and divided by the largest range of all, which leaves the affinities as they are.

    Parameters
    ----------
    n_components
        Dimension of the map, at least 1. Default 2.
    perplexity
        Effective number of neighbours within a batch, above 1 and below the number of rows; a third of the
        batch where that is less. Default 30.
    degrees_of_freedom
        Of Student's t in the map, above 0; ``"d-1"`` (default) is n_components - 1, and 1 at least.
    hidden
        Widths of the hidden layers. Default (500, 500, 2000).
    pretraining_epochs
        Visits of every row while a hidden layer is trained as a Boltzmann machine, at least 0. Default 30.
    linear_epochs
        The same for the last layer. Default 50.
    n_epochs
        Visits of every batch in the last stage, at least 1. Default 30.
    batch_size
        Most rows of a batch of the last stage, at least 2. Default 5000.
    n_line_searches
        On every visit of a batch, at least 1. Default 3.
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
    model_ : torch.nn.Module
        The network, of scaled rows.
    losses_ : list of float
        KL divergence in nats after every epoch of the last stage, mean over the batches.
    reconstruction_errors_ : list of list of float
        For each layer the squared error of its reconstructions in every epoch of its pre-training.

    Notes
    -----
    Fine-tuning takes time: with 5000 rows of 784 columns an evaluation of the loss takes more than a second of
    one core, and there are some ten for each batch in each epoch.
    ``ParametricTSNE(preset="paper")`` is the same network and loss with Adam and without pre-training.

    References
    ----------
    van der Maaten (2009), "Learning a parametric embedding by preserving local structure", AISTATS; Hinton (2002),
    "Training products of experts by minimizing contrastive divergence", Neural Computation 14.

    Examples
    --------
    >>> import nbembed as nb
    >>> X, _ = nb.datasets.iris()
    >>> method = nb.baselines.RBMParametricTSNE(hidden=(20, 50), n_epochs=2, random_state=0, device="cpu")
    >>> method.fit(X[:140]).transform(X[140:]).shape
    (10, 2)
    """

    title = "parametric t-SNE (Boltzmann machines)"

    device: Any

    def __init__(  # noqa: PLR0913  (one argument per hyper-parameter)
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        degrees_of_freedom: float | str = "d-1",
        hidden: Sequence[int] = (500, 500, 2000),
        pretraining_epochs: int = 30,
        linear_epochs: int = 50,
        n_epochs: int = 30,
        batch_size: int = 5000,
        n_line_searches: int = 3,
        device: str = "auto",
        random_state: Any = None,
        n_jobs: int = 1,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.degrees_of_freedom = degrees_of_freedom
        self.hidden = hidden
        self.pretraining_epochs = pretraining_epochs
        self.linear_epochs = linear_epochs
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.n_line_searches = n_line_searches
        self.device = device
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _check_parameters(self, X: NDArray[np.float32]) -> None:
        number = _checks.check_number
        number("perplexity", self.perplexity, low=1, above=True)
        if self.perplexity >= len(X):
            raise InvalidInputError(
                f"perplexity must be less than the number of rows (n_samples={len(X)}), got "
                f"{self.perplexity:g}; use at most a third of the rows"
            )
        if self.degrees_of_freedom != "d-1":
            number("degrees_of_freedom", self.degrees_of_freedom, low=0, above=True)
        for name in ("pretraining_epochs", "linear_epochs"):
            number(name, getattr(self, name), low=0, integer=True)
        for name in ("n_epochs", "n_line_searches", "n_jobs"):
            number(name, getattr(self, name), low=1, integer=True)
        number("batch_size", self.batch_size, low=2, integer=True)
        if not isinstance(self.device, str):
            raise InvalidTypeError(
                f"device must be a name such as 'auto' or 'cpu', got {self.device!r}"
            )

    def _fit_map(self, X: NDArray[np.float32], seed: int | None) -> Any:
        import torch

        from nbembed.networks import Rows, pick_device, pinned_torch
        from nbembed.networks.boltzmann import SigmoidNetwork, fine_tune, pretrain

        self._device = pick_device(self.device)
        self._standardization = _unit_range(X)
        seeds = np.random.SeedSequence(_checks.check_seed(seed)).generate_state(2)
        generator = torch.Generator(self._device).manual_seed(int(seeds[1]))
        network = SigmoidNetwork(
            X.shape[1], self.n_components, hidden=self.hidden, seed=int(seeds[0])
        )
        self.model_ = network.to(self._device)
        table = Rows(X, self._standardization, device=self._device)
        degrees = self.degrees_of_freedom
        degrees = max(1, self.n_components - 1) if degrees == "d-1" else float(degrees)
        with pinned_torch(1):
            self.reconstruction_errors_ = pretrain(
                self.model_,
                table,
                generator,
                n_epochs=self.pretraining_epochs,
                n_linear_epochs=self.linear_epochs,
            )
            self.losses_ = fine_tune(
                self.model_,
                table,
                generator,
                perplexity=self.perplexity,
                degrees_of_freedom=degrees,
                batch_size=self.batch_size,
                n_epochs=self.n_epochs,
                n_line_searches=self.n_line_searches,
            )
        return self._place(X)

    def _place(self, X: NDArray[np.float32]) -> Any:
        from nbembed.networks import Rows, pinned_torch, place, quick, ready

        table = Rows(X, self._standardization, device=self._device, once=True)
        with pinned_torch(1):
            model, many = ready(self.model_, self._device), quick(self.model_, self._device)
            return place(model, table, self._device, many=many)


def _unit_range(X: NDArray[np.float32]) -> Any:
    """Return what makes every column start at 0, and the widest of them end at 1."""
    from nbembed.networks import Standardization

    low = X.min(axis=0).astype(np.float64)
    return Standardization(low, float((X.max(axis=0) - low).max()) or 1.0)
