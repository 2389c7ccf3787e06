r"""The formulas of the lessons, as a book would print them: whole matrices, float64, no shortcuts.

What the package computes fast is computed here a second time in the plainest way, so that an answer is
judged by the formula and not by the code that the learner has just read. Shapes: X (n, d), Y (n, 2),
P and Q (n, n) with zeros on the diagonal.

References
----------
van der Maaten & Hinton (2008), JMLR 9; Hinton & Roweis (2002), NIPS 15; McInnes, Healy & Melville (2018),
arXiv:1802.03426.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "bisect",
    "entropy",
    "forces",
    "gaussian_row",
    "kl_divergence",
    "precision",
    "similarities",
    "smooth_bandwidth",
    "squared_distances",
    "tsne_gradient",
]

Array = NDArray[np.float64]


def squared_distances(points: Any) -> Array:
    """Return the squared Euclidean distances of all pairs of rows."""
    rows = np.asarray(points, dtype=np.float64)
    return np.square(rows[:, None] - rows).sum(axis=-1)


def entropy(p: Any) -> float:
    r"""Return :math:`-\sum_j p_j \ln p_j` in nats; where :math:`p_j = 0` the term is 0."""
    given = np.asarray(p, dtype=np.float64)
    some = given[given > 0]
    return float(-(some * np.log(some)).sum())


def gaussian_row(squared: Any, beta: float) -> Array:
    r"""Return :math:`p_j \propto \exp(-\beta d_j^2)` of one row, which sums to 1."""
    far = np.asarray(squared, dtype=np.float64)
    weights = np.exp(-beta * (far - far.min()))
    return weights / weights.sum()


def bisect(falling: Callable[[float], float], target: float) -> float:
    """Return where a falling function of a number above 0 takes a value; the search is in logarithms."""
    low, high = 1e-30, 1e30
    for _ in range(200):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if falling(middle) > target else (low, middle)
    return float(np.sqrt(low * high))


def precision(squared: Any, perplexity: float) -> float:
    r"""Return the :math:`\beta = 1/2\sigma^2` at which a row has an entropy of ln ``perplexity``.

    ``squared`` are the squared distances to the others, without the point itself.
    """
    return bisect(lambda beta: entropy(gaussian_row(squared, beta)), float(np.log(perplexity)))


def smooth_bandwidth(distances: Any) -> float:
    r"""Return UMAP's :math:`\sigma` for the distances to the others among the ``n_neighbors``.

    It solves :math:`\sum_j \exp(-\max(0, d_j - \rho)/\sigma) = \log_2 k`, where k counts the point itself.
    """
    far = np.asarray(distances, dtype=np.float64)
    beyond = np.maximum(0.0, far - far.min())
    total = np.log2(len(far) + 1)
    return 1 / bisect(lambda rate: float(np.exp(-beyond * rate).sum()), float(total))


def similarities(Y: Any) -> Array:
    """Return Student's t of all pairs of a map, which sum to 1 (the Q of t-SNE)."""
    w = 1 / (1 + squared_distances(Y))
    np.fill_diagonal(w, 0)
    return w / w.sum()


def kl_divergence(P: Any, Q: Any) -> float:
    r"""Return :math:`\sum_{ij} p_{ij} \ln (p_{ij}/q_{ij})` in nats."""
    here = np.asarray(P) > 0
    p, q = np.asarray(P)[here], np.asarray(Q)[here]
    return float((p * np.log(p / q)).sum())


def forces(weights: Any, Y: Any) -> Array:
    r"""Return :math:`\sum_j w_{ij} (y_i - y_j)` for every point."""
    w, places = np.asarray(weights), np.asarray(Y, dtype=np.float64)
    return w.sum(axis=1)[:, None] * places - w @ places


def tsne_gradient(P: Any, Y: Any) -> Array:
    r"""Return :math:`4 \sum_j (p_{ij} - q_{ij})(1 + d_{ij}^2)^{-1} (y_i - y_j)`."""
    return 4 * forces((np.asarray(P) - similarities(Y)) / (1 + squared_distances(Y)), Y)
