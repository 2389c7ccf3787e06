"""Terms with a decoder: reconstruction, and the divergence of a variational autoencoder."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from nbembed.networks.batches import Batch
from nbembed.networks.terms.base import Term

__all__ = ["Divergence", "Reconstruction"]

# Bounds of a logarithm of a variance that no trained network comes near; they keep exp() finite.
LOWEST, HIGHEST = -20.0, 10.0


class Reconstruction(Term):
    r"""How wrong the rows are that a decoder makes of their places.

    ``"mse"`` is the mean over rows and columns of the squared error of standardized rows: 1 is what the mean
    of the data gives, so it is the share of the variance that is lost. ``"bce"`` is the mean binary cross
    entropy, in nats, of numbers in [0, 1] such as pixels, whose logits the decoder gives.

    Parameters
    ----------
    decoder
        From places to rows.
    loss
        ``"mse"`` or ``"bce"``.
    detach
        True keeps the gradient from the encoder, which then trains as if there were no decoder.
    back
        From standardized rows to the data, for ``"bce"``.
    likelihood
        True sums over columns instead, halves ``"mse"``, and so gives the negative logarithm of the likelihood of a
        row, in nats, up to a constant: of a Gaussian of variance 1, or of independent bits.
    spread
        The head of a :class:`Divergence`: places are then drawn around the map while it is trained.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, sec. 2.3.1.
    """

    def __init__(
        self,
        key: str,
        weight: float,
        decoder: nn.Module,
        *,
        loss: str = "mse",
        detach: bool = False,
        back: Callable[[Tensor], Tensor] | None = None,
        likelihood: bool = False,
        spread: nn.Module | None = None,
    ) -> None:
        super().__init__(key, weight)
        self.head, self.loss, self.detach, self.back = decoder, loss, detach, back
        self.likelihood = likelihood
        self.spread = spread
        self.layer = None if spread is None else ""

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean error of the rows that the objective drew."""
        n = batch.n_items
        places = batch.places[:n]
        if self.spread is not None and self.training:
            half = 0.5 * log_variance(self.spread, batch)
            noise = torch.empty_like(places).normal_(generator=batch.generators[self.key])
            places = places + noise * half.exp()
        if self.detach:
            places = places.detach()
        decoder: Any = self.head
        decoded, rows = decoder(places).flatten(1), batch.inputs[:n].flatten(1)
        if self.loss == "mse" or self.back is None:
            errors = (0.5 if self.likelihood else 1.0) * (decoded - rows).square()
        else:
            wanted = self.back(rows).clamp(0.0, 1.0)
            errors = functional.binary_cross_entropy_with_logits(decoded, wanted, reduction="none")
        return batch.mean(errors.sum(1) if self.likelihood else errors.mean(1))


class Divergence(Term):
    r"""The KL divergence of each row's Gaussian in the map from the standard normal one, in nats.

    :math:`\tfrac12 \sum_j (\mu_{ij}^2 + \sigma_{ij}^2 - \ln \sigma_{ij}^2 - 1)`, averaged over rows; the means
    are the map.

    Parameters
    ----------
    head
        From the last hidden layer to :math:`\ln \sigma^2`.

    References
    ----------
    Kingma & Welling (2014), "Auto-encoding variational Bayes", ICLR, eq. 10.
    """

    layer = ""

    def __init__(self, key: str, weight: float, head: nn.Module) -> None:
        super().__init__(key, weight)
        self.head = head

    def forward(self, batch: Batch) -> Tensor:
        """Return the mean divergence of the rows that the objective drew."""
        head: Any = self.head
        variance = log_variance(head, batch)
        means = batch.places[: batch.n_items]
        return batch.mean(0.5 * (means.square() + variance.exp() - variance - 1.0).sum(1))


def log_variance(head: nn.Module, batch: Batch) -> Tensor:
    """Return the logarithm of the variance of each row that the objective drew."""
    return head(batch.hidden[""][: batch.n_items]).clamp(LOWEST, HIGHEST)
