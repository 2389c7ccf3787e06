r"""Losses of mini-batches, under their true names.

A batch of edges are pairs :math:`ij` drawn in proportion to their affinity, and for each of them places
:math:`k` that count as noise. The losses see squared distances only, of the edges, shape (B,), and to the
noise, shape (B, C); ``mask`` is True where a pair of the second kind counts (a point is not its own noise).

All use the Cauchy kernel :math:`w = 1/(1 + a d^{2b})`, which for a = b = 1 is Student's t, through
:math:`u = \ln a + b \ln d^2`, the logarithm of the odds against it: :math:`-\ln w` is softplus(u)
and :math:`-\ln(1 - w)` is softplus(-u). Nothing overflows at any distance.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

__all__ = [
    "NOISE_FLOOR",
    "Cauchy",
    "batch_cross_entropy",
    "cross_entropy",
    "info_nce",
    "kl",
    "nce",
    "neg_tsne",
    "squared_distances",
]

# Squared distances below this count as this: the kernel has an infinite slope at 0 for b < 1/2.
TINY = 1e-12
# Added to squared distances from noise: without it two points that meet fly apart without bound.
NOISE_FLOOR = 1e-3


@dataclass(frozen=True)
class Cauchy:
    """The kernel :math:`1/(1 + a d^{2b})`; both above 0. The default is Student's t."""

    a: float = 1.0
    b: float = 1.0

    def odds(self, squared: Tensor) -> Tensor:
        r"""Return :math:`u = \ln((1 - w)/w)`."""
        return math.log(self.a) + self.b * squared.clamp(min=TINY).log()


def squared_distances(A: Tensor, B: Tensor) -> Tensor:
    """Return the squared distance of each row of ``A`` to each of ``B``, shape (len(A), len(B)).

    By a product of matrices: where two rows coincide, rounding may leave a tiny number, below 0 too.
    """
    centre = B.detach().mean(dim=0)
    first, second = A - centre, B - centre
    lengths = first.square().sum(1)[:, None] + second.square().sum(1)[None]
    return torch.addmm(lengths, first, second.T, alpha=-2.0)


def cross_entropy(
    edges: Tensor, noise: Tensor, mask: Tensor | None, kernel: Cauchy, *, repulsion: float = 5.0
) -> tuple[Tensor, Tensor]:
    r"""Return UMAP's cross entropy as it is sampled: :math:`-\ln w_{ij}` and :math:`-m \ln(1 - w_{ik})`.

    Squared distances to noise are taken 0.001 larger, which bounds the force.

    Parameters
    ----------
    edges
        Squared distances of the edges, shape (B,).
    noise
        Squared distances to noise, shape (B, C).
    mask
        Which of them count, shape (B, C); None for all.
    kernel
        From distances to similarities.
    repulsion
        The weight m of the mean over the noise: as many negatives per edge. Default 5.

    Returns
    -------
    attraction, repulsion : tensors without dimension
        Means over the batch, in nats; the loss is their sum.

    References
    ----------
    Sainburg, McInnes & Gentner (2021), Neural Computation 33, eq. 2.8; Damrich & Hamprecht (2021),
    NeurIPS 34, for what the sampling minimises.
    """
    pull = functional.softplus(kernel.odds(edges)).mean()
    return pull, repulsion * Push.apply(noise, mask, kernel)


def neg_tsne(
    edges: Tensor,
    noise: Tensor,
    mask: Tensor | None,
    kernel: Cauchy,
    *,
    repulsion: float = 5.0,
    odds: float = 1.0,
) -> tuple[Tensor, Tensor]:
    r"""Return negative sampling with :math:`q = w/(w + c)`: :math:`-\ln q_{ij}` and :math:`-m \ln(1 - q_{ik})`.

    With c = 1 this is what umap-learn's ``ParametricUMAP`` minimises since it takes the logarithm of w for
    the logit: its effective similarity is :math:`w/(w + 1)`.

    Parameters
    ----------
    edges, noise, mask, kernel, repulsion
        As for :func:`cross_entropy`.
    odds
        The constant c, above 0. Default 1. Small values approach UMAP, large ones attract more.

    Returns
    -------
    attraction, repulsion : tensors without dimension

    References
    ----------
    Damrich, Böhm, Hamprecht & Kobak (2023), "From t-SNE to UMAP with contrastive learning", ICLR, eq. 5.
    """
    constant = torch.as_tensor(odds, dtype=edges.dtype, device=edges.device)
    return _binary(edges, noise, mask, kernel, constant, repulsion)


def nce(
    edges: Tensor,
    noise: Tensor,
    mask: Tensor | None,
    kernel: Cauchy,
    *,
    log_z: Tensor,
    repulsion: float = 5.0,
) -> tuple[Tensor, Tensor]:
    r"""Return noise-contrastive estimation with a learned normalization: :math:`q = w/(w + m Z)`.

    Parameters
    ----------
    edges, noise, mask, kernel, repulsion
        As for :func:`cross_entropy`; ``repulsion`` is m, the number of noise samples per edge.
    log_z
        :math:`\ln Z`, a parameter without dimension that learns too.

    Returns
    -------
    attraction, repulsion : tensors without dimension

    References
    ----------
    Gutmann & Hyvärinen (2012), JMLR 13, eq. 8; Artemenkov & Panov (2020), "NCVis", WWW, sec. 3.
    """
    return _binary(edges, noise, mask, kernel, repulsion * log_z.exp(), repulsion)


def info_nce(
    edges: Tensor, noise: Tensor, mask: Tensor | None, kernel: Cauchy, *, repulsion: float = 1.0
) -> tuple[Tensor, Tensor]:
    r"""Return :math:`-\ln w_{ij}/(w_{ij} + r \sum_k w_{ik})` in its two parts.

    The more noise, the nearer it comes to the KL divergence of t-SNE.

    Parameters
    ----------
    edges, noise, mask, kernel
        As for :func:`cross_entropy`.
    repulsion
        The factor r on the noise. Default 1, which is InfoNCE.

    Returns
    -------
    attraction, repulsion : tensors without dimension
        Means over the batch of :math:`-\ln w_{ij}` and of the logarithm of the sum.

    References
    ----------
    Oord, Li & Vinyals (2018), arXiv:1807.03748, eq. 4; Damrich et al. (2023), ICLR, eq. 8.
    """
    pull = functional.softplus(kernel.odds(edges))
    push = math.log(repulsion) - functional.softplus(kernel.odds(noise))
    if mask is not None:
        push = push.masked_fill(~mask, -math.inf)
    sums = torch.logsumexp(torch.cat([-pull[:, None], push], dim=1), dim=1)
    return pull.mean(), sums.mean()


def kl(places: Tensor, P: Tensor, kernel: Any, *, exaggeration: float = 1.0) -> Tensor:
    r"""Return :math:`\sum_{ij} p_{ij} \ln(p_{ij}/q_{ij})` of one batch, :math:`q_{ij} = w_{ij}/\sum_{kl} w_{kl}`.

    Parameters
    ----------
    places
        Places of the batch, shape (B, n_components), B at least 2.
    P
        Affinities within the batch, shape (B, B): symmetric, zero on the diagonal, not negative. They are
        made to sum to 1; where all are zero, so is the loss.
    kernel
        From distances to similarities.
    exaggeration
        Factor on the attraction, :math:`-\sum_{ij} p_{ij} \ln w_{ij}`. Default 1, which is the divergence.

    Returns
    -------
    tensor without dimension
        In nats, at least 0.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 2 and 4; van der Maaten (2009), AISTATS, for the batches.
    """
    total = P.sum()
    probabilities = P / total.clamp(min=torch.finfo(P.dtype).tiny)
    log_w = -functional.softplus(kernel.odds(squared_distances(places, places)))
    apart = ~torch.eye(len(places), dtype=torch.bool, device=places.device)
    log_sum = torch.logsumexp(log_w[apart], dim=0)
    pull = (probabilities * log_w).sum()
    entropy = torch.xlogy(probabilities, probabilities).sum()
    return entropy - exaggeration * pull + probabilities.sum() * log_sum


def batch_cross_entropy(
    places: Tensor, V: Tensor, kernel: Any, *, repulsion: float = 1.0
) -> tuple[Tensor, Tensor]:
    r"""Return UMAP's cross entropy between affinities and similarities, over all pairs of one batch.

    :math:`\sum_{ij} v_{ij} \ln(v_{ij}/w_{ij})` and :math:`r \sum_{ij} (1 - v_{ij}) \ln((1 - v_{ij})/(1 - w_{ij}))`,
    each as a mean over the rows. Squared distances are taken 0.001 larger in the second, which bounds the force.

    Parameters
    ----------
    places
        Places of the batch, shape (B, n_components), B at least 2.
    V
        Memberships within the batch, shape (B, B): symmetric, zero on the diagonal, in [0, 1].
    kernel
        From distances to similarities.
    repulsion
        The factor r. Default 1, which is the cross entropy.

    Returns
    -------
    attraction, repulsion : tensors without dimension
        In nats per row.

    References
    ----------
    Zhou et al. (2022), IEEE TVCG 28, eq. 9 and 12.
    """
    n = len(places)
    apart = ~torch.eye(n, dtype=torch.bool, device=places.device)
    squared = squared_distances(places, places)[apart].clamp(min=0)
    V = V[apart]
    pull = V * functional.softplus(kernel.odds(squared)) + torch.xlogy(V, V)
    against = functional.softplus(-kernel.odds(squared + NOISE_FLOOR))
    push = (1.0 - V) * against + torch.xlogy(1.0 - V, 1.0 - V)
    return pull.sum() / n, repulsion * push.sum() / n


class Push(torch.autograd.Function):
    r"""The mean of :math:`-\ln(1 - w)` over the noise, with its gradient in closed form.

    Most of what a batch costs beside the network is this; automatic differentiation takes twice as long.
    With :math:`f = d^2 + 0.001` the derivative is :math:`-b / (f (1 + a f^b))`.
    """

    @staticmethod
    def forward(ctx: Any, noise: Tensor, mask: Tensor | None, kernel: Cauchy) -> Tensor:
        """Return the mean over what counts; 0 where nothing does."""
        far = (noise + NOISE_FLOOR).clamp_(min=NOISE_FLOOR)
        against = far.log().mul_(-kernel.b).sub_(math.log(kernel.a))
        values = functional.softplus(against)
        slope = against.sigmoid_().div_(far).mul_(-kernel.b)
        count: Any = noise.numel()
        if mask is not None:
            weights = mask.to(noise.dtype)
            count = weights.sum().clamp(min=1)
            values, slope = values.mul_(weights), slope.mul_(weights)
        ctx.save_for_backward(slope.div_(count))
        return values.sum() / count

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return the gradient of the squared distances."""
        (slope,) = ctx.saved_tensors
        return grads[0] * slope, None, None


def _binary(
    edges: Tensor,
    noise: Tensor,
    mask: Tensor | None,
    kernel: Cauchy,
    constant: Tensor,
    repulsion: float,
) -> tuple[Tensor, Tensor]:
    r"""Return both parts of logistic regression between edges and noise, with :math:`q = w/(w + c)`.

    :math:`-\ln q = \ln(1 + c + c e^u)`, and :math:`-\ln(1 - q)` is that less :math:`\ln c - \ln w`.
    """
    shift, offset = constant.log1p(), constant.log() - constant.log1p()

    def against(odds: Tensor) -> Tensor:
        return shift + functional.softplus(odds + offset)

    odds = kernel.odds(noise)
    push = against(odds) - functional.softplus(odds) - constant.log()
    return against(kernel.odds(edges)).mean(), repulsion * _mean(push, mask)


def _mean(values: Tensor, mask: Tensor | None) -> Tensor:
    """Return the mean of what counts, 0 where nothing does."""
    if mask is None:
        return values.mean()
    return (values * mask).sum() / mask.sum().clamp(min=1)
