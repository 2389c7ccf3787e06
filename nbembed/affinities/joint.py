"""Graphs of affinities: rows of one kind, made symmetric in one way, normalised or not."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from nbembed.affinities.calibration import conditional
from nbembed.affinities.fuzzy import falling, smooth_distances
from nbembed.affinities.symmetry import directed, normalized_to_one, symmetrized
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, Neighbors

__all__ = [
    "fuzzy_union",
    "joint",
    "multiscale",
    "perplexity",
    "pseudo_distances",
    "scaled_pairs",
    "scales",
]

# The smallest perplexity of a multiscale affinity; the next ones double.
SMALLEST_SCALE = 2.0
# Local scale of rows that coincide with their neighbours.
SMALLEST_SIGMA = 1e-10


def perplexity(neighbors: Neighbors, *, perplexity: float) -> Graph:
    r"""Return the joint probabilities :math:`p_{ij} = (p_{j|i} + p_{i|j})/2n` of t-SNE.

    Parameters
    ----------
    neighbors, perplexity
        As for :func:`conditional`.

    Returns
    -------
    Graph
        Symmetric, without loops; the weights sum to 1.

    Raises
    ------
    InvalidInputError
        If ``perplexity`` is not in [1, k].

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, sec. 3.1.
    """
    rows, _ = conditional(neighbors, perplexity=perplexity)
    return _joined(neighbors, rows, "mean", normalized=True)


def fuzzy_union(
    neighbors: Neighbors, *, local_connectivity: float = 1.0, set_op_mix_ratio: float = 1.0
) -> Graph:
    r"""Return UMAP's memberships, made symmetric.

    :math:`\mu_{j|i} = \exp(-\max(0, d_{ij} - \rho_i)/\sigma_i)`, and with
    :math:`A = (\mu_{j|i})` the union is :math:`A + A^T - A \circ A^T`, the intersection
    :math:`A \circ A^T`.

    Parameters
    ----------
    neighbors, local_connectivity
        As for :func:`smooth_distances`.
    set_op_mix_ratio
        1 is the union, 0 the intersection, between them the mixture; in [0, 1].

    Returns
    -------
    Graph
        Symmetric, without loops, weights in (0, 1].

    Raises
    ------
    InvalidInputError
        If ``set_op_mix_ratio`` is not in [0, 1].

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, sec. 3.1.
    """
    rows = _fuzzy_rows(neighbors, local_connectivity)
    return _joined(neighbors, rows, "union", set_op_mix_ratio=set_op_mix_ratio)


def multiscale(neighbors: Neighbors, *, perplexities: Iterable[float] | None = None) -> Graph:
    r"""Return the mean of the joint probabilities of several perplexities.

    Small perplexities hold what is near, large ones what is far, and none has to be chosen.

    Parameters
    ----------
    neighbors
        The k nearest neighbours; k should be about three times the largest perplexity.
    perplexities
        Effective numbers of neighbours, each in [1, k]. None (default) takes the powers of 2 from
        2 up to a third of k, see :func:`scales`.

    Returns
    -------
    Graph
        Symmetric, without loops; the weights sum to 1.

    Raises
    ------
    InvalidInputError
        If there is no perplexity, or one is not in [1, k].

    References
    ----------
    Lee, Peluffo-Ordóñez & Verleysen (2015), Neurocomputing 169, sec. 3; the mean of the rows of all
    scales is also that of openTSNE's ``Multiscale``.
    """
    k = neighbors.distances.shape[1]
    wanted = scales(k) if perplexities is None else tuple(perplexities)
    if not wanted:
        raise InvalidInputError("perplexities must hold at least one number, got none; give some")
    rows = np.zeros(neighbors.distances.shape, dtype=np.float64)
    for each in wanted:
        rows += conditional(neighbors, perplexity=each)[0]
    return _joined(neighbors, rows / len(wanted), "mean", normalized=True)


def scales(n_neighbors: int) -> tuple[float, ...]:
    """Return the perplexities 2, 4, 8, … up to a third of ``n_neighbors``, at least one."""
    count = int(np.floor(np.log2(max(n_neighbors / 3.0, SMALLEST_SCALE))))
    return tuple(min(2.0**power, float(n_neighbors)) for power in range(1, count + 1))


def pseudo_distances(neighbors: Neighbors) -> Neighbors:
    r"""Return :math:`d_{ij} - \min_k d_{ik}`, UMAP's distances as the sample itself sees them.

    They are no metric: :math:`d_{ij}` and :math:`d_{ji}` differ.

    Parameters
    ----------
    neighbors
        The k nearest neighbours.

    Returns
    -------
    Neighbors
        The same neighbours; the nearest, and its duplicates, at distance 0.

    References
    ----------
    McInnes, Healy & Melville (2018), arXiv:1802.03426, sec. 2.2; Draganov et al., GDR, sec. 3 and
    Table 2.
    """
    distances = neighbors.distances - neighbors.distances[:, :1]
    return Neighbors(neighbors.indices, distances, neighbors.exact)


def joint(
    neighbors: Neighbors,
    *,
    rows: str = "fuzzy",
    perplexity: float = 30.0,
    local_connectivity: float = 1.0,
    pseudo_distance: bool = True,
    symmetrization: str = "union",
    set_op_mix_ratio: float = 1.0,
    normalized: bool = False,
) -> Graph:
    """Return affinities with every switch between t-SNE's and UMAP's.

    ``rows="perplexity", pseudo_distance=False, symmetrization="mean", normalized=True`` is
    :func:`perplexity`; the defaults are :func:`fuzzy_union`.

    Parameters
    ----------
    neighbors
        The k nearest neighbours.
    rows
        ``"fuzzy"`` memberships, see :func:`smooth_distances`, or Gaussian ``"perplexity"``
        probabilities, see :func:`conditional`. Default ``"fuzzy"``.
    perplexity
        Effective number of neighbours, in [1, k]; memberships do not use it. Default 30.
    local_connectivity
        As for :func:`smooth_distances`, for memberships. Default 1.
    pseudo_distance
        Whether distances count from the nearest neighbour on: from the ``local_connectivity``-th for
        memberships, and as :func:`pseudo_distances` for probabilities. Default True.
    symmetrization, set_op_mix_ratio
        As for :func:`symmetrized`. Default ``"union"`` and 1.
    normalized
        Whether the weights are divided by their sum. Default False.

    Returns
    -------
    Graph
        Without loops; symmetric but for ``symmetrization="none"``.

    Raises
    ------
    InvalidInputError
        If a name is unknown, or a number is out of its range.

    References
    ----------
    Draganov et al., GDR, Table 2, with the memberships of McInnes, Healy & Melville (2018),
    arXiv:1802.03426, algorithm 3.
    """
    match rows:
        case "fuzzy":
            weights = _fuzzy_rows(neighbors, local_connectivity if pseudo_distance else 0.0)
        case "perplexity":
            seen = pseudo_distances(neighbors) if pseudo_distance else neighbors
            weights, _ = conditional(seen, perplexity=perplexity)
        case _:
            raise InvalidInputError(f"rows must be 'fuzzy' or 'perplexity', got {rows!r}")
    return _joined(
        neighbors,
        weights,
        symmetrization,
        set_op_mix_ratio=set_op_mix_ratio,
        normalized=normalized,
    )


def _fuzzy_rows(neighbors: Neighbors, local_connectivity: float) -> NDArray[np.float64]:
    sigma, rho = smooth_distances(neighbors, local_connectivity=local_connectivity)
    return falling(neighbors.distances, sigma, rho)


def _joined(
    neighbors: Neighbors,
    rows: NDArray[np.float64],
    how: str,
    *,
    set_op_mix_ratio: float = 1.0,
    normalized: bool = False,
) -> Graph:
    matrix = symmetrized(directed(neighbors, rows), how, set_op_mix_ratio=set_op_mix_ratio)
    return Graph.from_scipy(normalized_to_one(matrix) if normalized else matrix)


def scaled_pairs(neighbors: Neighbors, *, n_neighbors: int) -> Graph:
    r"""Return PaCMAP's near pairs: of the neighbours found, the nearest by a distance that heeds density.

    With :math:`\sigma_i` the mean distance of the fourth to sixth neighbour, they are those with the least
    :math:`d_{ij}^2/(\sigma_i \sigma_j)`.

    Parameters
    ----------
    neighbors
        The k nearest neighbours; the published method looks at 50 more than it keeps.
    n_neighbors
        Pairs of each row, 1 to k.

    Returns
    -------
    Graph
        Directed, weights 1, ``n_neighbors`` edges in each row.

    References
    ----------
    Wang, Huang, Rudin & Shaposhnik (2021), JMLR 22(201), sec. 5.1.
    """
    n, k = neighbors.indices.shape
    distances = neighbors.distances.astype(np.float64)
    sigma = np.maximum(distances[:, min(3, k - 1) : 6].mean(axis=1), SMALLEST_SIGMA)
    scaled = distances**2 / (sigma[:, None] * sigma[neighbors.indices])
    nearest = np.argsort(scaled, axis=1, kind="stable")[:, :n_neighbors]
    kept = np.sort(np.take_along_axis(neighbors.indices, nearest, axis=1), axis=1)
    ends = np.arange(n + 1, dtype=np.int64) * kept.shape[1]
    return Graph(ends, kept.ravel().astype(np.int32), np.ones(kept.size, dtype=np.float32))
