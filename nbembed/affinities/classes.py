"""Affinities that labels alone decide."""

from typing import Any

import numpy as np
from scipy import sparse

from nbembed.affinities.symmetry import normalized_to_one
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph

__all__ = ["equal_label"]

# What scikit-learn and umap-learn write where a label is not known.
UNKNOWN = -1


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
