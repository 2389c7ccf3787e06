"""Affinities that labels decide, alone or with others."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed.affinities.symmetry import normalized_to_one, symmetrized
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph

__all__ = ["equal_label", "with_labels", "with_targets"]

# What scikit-learn and umap-learn write where a label is not known.
UNKNOWN = -1
# Distance of samples of different classes where labels count nothing, in units of their own decay.
FAR = 2.5
# What an edge that a graph lacks counts there: this at least, and of targets that at most; umap-learn's.
LEAST, LACKING = 1e-8, 1e-4


def equal_label(labels: Any, *, normalized: bool = False) -> Graph:
    """Return affinities of 1 between samples of the same label, 0 between others.

    Parameters
    ----------
    labels
        One label for each sample, shape (n,): numbers or names. A sample of label -1 has no
        affinity to any other: its label is not known.
    normalized
        Whether the weights are divided by their sum. Default False.

    Returns
    -------
    Graph
        Symmetric, without loops. It holds the square of the size of each class: for large classes
        take a part of the samples.

    Raises
    ------
    InvalidInputError
        If ``labels`` is not a list of values.

    References
    ----------
    Hinterreiter et al. (2023), ParaDime, sec. 5.2.
    """
    values = np.asarray(labels)
    if values.ndim != 1:
        raise InvalidInputError(
            f"labels must hold one value per sample, got shape {values.shape}; flatten it"
        )
    known = (
        np.flatnonzero(values != UNKNOWN) if values.dtype.kind in "iuf" else np.arange(len(values))
    )
    names, codes = np.unique(values[known], return_inverse=True)
    shape = (len(values), len(names))
    member = sparse.csr_matrix((np.ones(len(known)), (known, codes)), shape=shape)
    both: Any = member @ member.T
    matrix = both - sparse.diags(both.diagonal())
    return Graph.from_scipy(normalized_to_one(matrix) if normalized else matrix)


def with_labels(graph: Graph, codes: NDArray[np.int64], *, target_weight: float) -> Graph:
    r"""Return fuzzy memberships that heed labels, as supervised UMAP has them.

    A membership is multiplied with :math:`e^{-1}` where a label is unknown and with
    :math:`e^{-2.5/(1 - t)}` where two differ. Then each row is divided by its largest entry, so that everyone has
    a near neighbour again, and the two directions of an edge are united.

    Parameters
    ----------
    graph
        Memberships in (0, 1].
    codes
        A number for each sample's class, -1 where it is unknown.
    target_weight
        t, 0 to 1: how much labels count. 1 cuts what joins different classes.

    Returns
    -------
    Graph
        Symmetric, without loops, weights in (0, 1].

    References
    ----------
    umap-learn's ``discrete_metric_simplicial_set_intersection``, for ``target_metric="categorical"``.
    """
    far = FAR / (1.0 - target_weight) if target_weight < 1 else np.inf
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    ours, theirs = codes[rows], codes[graph.indices]
    factor = np.where(ours == theirs, 1.0, np.exp(-far))
    factor[(ours == UNKNOWN) | (theirs == UNKNOWN)] = np.exp(-1.0)
    weighed: Any = graph.to_scipy().astype(np.float64)
    weighed.data *= factor
    return _rejoined(weighed)


def with_targets(graph: Graph, targets: Graph, *, target_weight: float) -> Graph:
    r"""Return fuzzy memberships that heed numbers, as supervised UMAP does with a metric of its targets.

    The two graphs are intersected: with :math:`\mu` of the data and :math:`\nu` of the targets an edge of either
    weighs :math:`\mu\,\nu^{t/(1-t)}` for :math:`t < 1/2`, else :math:`\mu^{(1-t)/t}\,\nu`. An edge that one of them
    lacks counts there as half of its least, of the targets 0.0001 at most. Then rows are rescaled and united as in
    :func:`with_labels`.

    Parameters
    ----------
    graph
        Memberships in the data, in (0, 1].
    targets
        Memberships by what is to be heeded, of the same rows.
    target_weight
        t, 0 to 1: how much targets count.

    Returns
    -------
    Graph
        Symmetric, without loops, weights in (0, 1].

    References
    ----------
    umap-learn's ``general_simplicial_set_intersection`` and ``reset_local_connectivity``, for a ``target_metric``
    of numbers.
    """
    ours: Any = graph.to_scipy().astype(np.float64)
    theirs: Any = targets.to_scipy().astype(np.float64)
    rows, columns = ((ours > 0) + (theirs > 0)).nonzero()
    least = max(ours.data.min() / 2.0, LEAST), min(max(theirs.data.min() / 2.0, LEAST), LACKING)
    mu, nu = (
        np.maximum(np.asarray(matrix[rows, columns]).ravel(), low)
        for matrix, low in zip((ours, theirs), least, strict=True)
    )
    t = target_weight
    weights = mu * nu ** (t / (1.0 - t)) if t < 0.5 else mu ** ((1.0 - t) / t) * nu  # noqa: PLR2004
    return _rejoined(sparse.csr_matrix((weights, (rows, columns)), shape=ours.shape))


def _rejoined(matrix: Any) -> Graph:
    """Return weights as shares of the largest of their row, both directions of an edge united."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    largest = np.zeros(matrix.shape[0])
    np.maximum.at(largest, rows, matrix.data)
    scaled = matrix.data / np.where(largest > 0, largest, 1.0)[rows]
    shares = sparse.csr_matrix((scaled, matrix.indices, matrix.indptr), shape=matrix.shape)
    return Graph.from_scipy(symmetrized(shares, "union"))
