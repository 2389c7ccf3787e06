"""From rows to a graph: what to do where two samples want each other differently."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed.errors import InvalidInputError
from nbembed.neighbors import Neighbors

__all__ = ["SYMMETRIZATIONS", "directed", "normalized_to_one", "symmetrized"]

SYMMETRIZATIONS = ("mean", "union", "mutual", "none")


def directed(neighbors: Neighbors, weights: NDArray[np.float64]) -> sparse.csr_matrix:
    """Return weights of shape (n, k), one for each neighbour, as a sparse matrix (n, n)."""
    n, k = weights.shape
    return sparse.csr_matrix(
        (weights.ravel(), neighbors.indices.ravel(), np.arange(0, n * k + 1, k)), shape=(n, n)
    )


def symmetrized(matrix: Any, how: str, *, set_op_mix_ratio: float = 1.0) -> Any:
    r"""Return directed affinities :math:`A` made symmetric.

    Parameters
    ----------
    matrix
        Directed affinities, a sparse matrix (n, n).
    how
        ``"mean"``: :math:`(A + A^T)/2`, as t-SNE does. ``"union"``: the fuzzy union
        :math:`A + A^T - A \circ A^T`, as UMAP does; it needs affinities in [0, 1]. ``"mutual"``: the
        mean where both samples are neighbours of each other, else 0. ``"none"``: :math:`A` as it is.
    set_op_mix_ratio
        For the union: 1 (default) is the union, 0 the intersection :math:`A \circ A^T`, between them
        the mixture; in [0, 1].

    Returns
    -------
    sparse matrix (n, n)

    Raises
    ------
    InvalidInputError
        If ``how`` is another name, or ``set_op_mix_ratio`` is not in [0, 1].

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, sec. 3.1; McInnes, Healy & Melville (2018),
    arXiv:1802.03426, sec. 3.1; Dalmia & Sia (2021), arXiv:2108.05525, for mutual neighbours.
    """
    if not 0 <= set_op_mix_ratio <= 1:
        raise InvalidInputError(f"set_op_mix_ratio must be in [0, 1], got {set_op_mix_ratio}")
    match how:
        case "mean":
            return 0.5 * (matrix + matrix.T)
        case "union":
            both = matrix.multiply(matrix.T)
            union = matrix + matrix.T - both
            return set_op_mix_ratio * union + (1.0 - set_op_mix_ratio) * both
        case "mutual":
            present = (matrix > 0).astype(np.float64)
            return (0.5 * (matrix + matrix.T)).multiply(present.multiply(present.T))
        case "none":
            return matrix
        case _:
            names = ", ".join(map(repr, SYMMETRIZATIONS))
            raise InvalidInputError(
                f"symmetrization must be one of {names}, got {how!r}; take one of these"
            )


def normalized_to_one(matrix: Any) -> Any:
    """Return affinities whose sum is 1; a matrix without any stays as it is."""
    rows: Any = sparse.csr_matrix(matrix, copy=True)
    rows.data = rows.data / (rows.data.sum() or 1.0)
    return rows
