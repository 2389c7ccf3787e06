"""Affinities among the rows of a mini-batch, measured within it."""

import math

import torch
from torch import Tensor

from nbembed.networks.losses import squared_distances

__all__ = ["batch_affinities", "batch_memberships"]

# Bandwidths lie within these powers of e around one over the mean squared distance of a row.
BRACKET, HALVINGS = 30.0, 26
# Steps towards a bandwidth, the longest one, and what is farther than any distance.
STEPS, STRIDE, FAR = 16, 3.0, 1e30
# Squared distances below this share of the largest are what rounding leaves of none.
ROUNDING = 1e-6
# Least bandwidth of memberships, as a share of the mean distance to the neighbours.
LEAST = 1e-3


def batch_affinities(rows: Tensor, perplexity: float) -> Tensor:
    r"""Return t-SNE's symmetric affinities among the rows of a batch, which sum to 1.

    Each row's bandwidth is searched until the perplexity of its neighbours is the one asked for, or a third of the
    other rows if they are too few.

    Parameters
    ----------
    rows
        Shape (B, d), B at least 2.
    perplexity
        At least 1.

    Returns
    -------
    tensor, shape (B, B)

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, eq. 1 and sec. 2.
    """
    n = len(rows)
    target = math.log(max(1.0, min(perplexity, max(1.0, (n - 1) / 3))))
    itself = torch.eye(n, dtype=torch.bool, device=rows.device)
    squared = squared_distances(rows, rows).clamp(min=0).masked_fill(itself, 0.0)
    squared = squared / (squared.sum(1, keepdim=True) / (n - 1)).clamp(min=1e-30)
    nearest = squared.masked_fill(itself, float("inf")).amin(1, keepdim=True)
    # So far from itself that a row never weighs there, and 0 times it is 0.
    squared = (squared - nearest).masked_fill(itself, FAR)
    fourth = squared.square().masked_fill(itself, FAR)
    at = squared.new_zeros((n, 1))
    low, high = at - BRACKET, at + BRACKET
    weights, total = torch.empty_like(squared), at
    for _ in range(STEPS):
        precision = at.exp()
        torch.mul(squared, -precision, out=weights)
        total = weights.exp_().sum(1, keepdim=True)
        mean = torch.linalg.vecdot(weights, squared)[:, None] / total
        spread = torch.linalg.vecdot(weights, fourth)[:, None] / total - mean.square()
        excess = total.log() + precision * mean - target
        low, high = torch.where(excess > 0, at, low), torch.where(excess > 0, high, at)
        # Newton's step for the entropy, whose slope is minus this variance; bisection where it leads astray.
        step = at + (excess / (precision.square() * spread).clamp(min=1e-30)).clamp(-STRIDE, STRIDE)
        inside = ((step > low) & (step < high)) | (step == at)
        at = torch.where(inside, step, 0.5 * (low + high))
    torch.mul(squared, -at.exp(), out=weights)
    total = weights.exp_().sum(1, keepdim=True)
    conditional = weights / total
    return (conditional + conditional.T) / (2 * n)


def batch_memberships(rows: Tensor, n_neighbors: int) -> Tensor:
    r"""Return UMAP's fuzzy union among the rows of a batch.

    The memberships of a row's nearest rows are :math:`\exp(-\max(0, d - \rho)/\sigma)`, with the distance
    :math:`\rho` of the nearest one that does not coincide with it, and :math:`\sigma` bisected until they sum to
    the binary logarithm of their number; then :math:`v + v^T - v v^T`.

    Parameters
    ----------
    rows
        Shape (B, d), B at least 2.
    n_neighbors
        Neighbours of each row, itself among them as in UMAP, at least 2; B at most.

    Returns
    -------
    tensor, shape (B, B)
        Symmetric, zero on the diagonal, at most 1.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, algorithms 2 and 3.
    """
    n, k = len(rows), min(n_neighbors, len(rows))
    itself = torch.eye(n, dtype=torch.bool, device=rows.device)
    squared = squared_distances(rows, rows).clamp(min=0)
    # What rounding leaves between rows that coincide is no distance.
    squared = squared.masked_fill(squared <= ROUNDING * squared.amax(), 0.0)
    far = squared.masked_fill(itself, math.inf).sqrt()
    near, columns = far.topk(k - 1, dim=1, largest=False)
    apart = near.masked_fill(near == 0, math.inf).amin(1, keepdim=True)
    beyond = (near - apart.nan_to_num(posinf=0.0)).clamp(min=0)
    mean = near.mean(1, keepdim=True).clamp(min=1e-30)
    low, high = torch.full_like(mean, -BRACKET), torch.full_like(mean, BRACKET)
    for _ in range(2 * HALVINGS):
        middle = 0.5 * (low + high)
        wide = (-beyond / (mean * middle.exp())).exp().sum(1, keepdim=True) > math.log2(k)
        low, high = torch.where(wide, low, middle), torch.where(wide, middle, high)
    sigma = (mean * (0.5 * (low + high)).exp()).clamp(min=LEAST * mean)
    memberships = torch.zeros((n, n), dtype=rows.dtype, device=rows.device)
    memberships.scatter_(1, columns, (-beyond / sigma).exp())
    return memberships + memberships.T - memberships * memberships.T
