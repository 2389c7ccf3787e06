"""The samples in fewer dimensions, sorted into cells of like ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._threads import serial_blas

__all__ = ["Cells", "sort_into_cells"]

# Dimensions that are searched in, and samples that their axes are computed from.
DIMENSIONS, AXES_FROM = 64, 10_000
# With more features than this the axes are approximate ones.
DENSE_FEATURES = 2_000
# Samples of each cell that its centre is computed from, and turns of k-means.
CENTRES_FROM, TURNS = 40, 6
# A cell of more samples than this many average ones is cut, so that copies of one sample cost no more than others.
LARGEST = 4
BLOCK_ROWS = 4_096

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Cells:
    """Samples in cells.

    Attributes
    ----------
    reduced
        The samples along their first principal axes, shape (n, d): no farther from each other than they are.
    norms
        Half way between the squared norms there and those of the samples. The products of like samples in the
        dimensions that are left out are unknown; so they count as half of what they can be.
    order, starts
        The samples cell by cell, and where each cell starts; one more entry than cells.
    centres
        Mean of each cell.
    """

    reduced: Points
    norms: Points
    order: NDArray[np.int32]
    starts: NDArray[np.int64]
    centres: Points

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.centres)

    def near(self, count: int) -> NDArray[np.int64]:
        """Return for each cell the ``count`` nearest, itself first."""
        apart = _apart(self.centres, self.centres)
        np.fill_diagonal(apart, -np.inf)
        return np.argsort(apart, axis=1, kind="stable")[:, :count]


def sort_into_cells(X: Points, random_state: int) -> Cells:
    """Sort samples into about sqrt(n) cells, by k-means along their first principal axes.

    ``X`` is float32, shape (n, n_features), of moderate size; no number depends on the threads.
    """
    rng = np.random.default_rng(random_state)
    with serial_blas():
        reduced, norms = _reduced(X, rng)
        centres = _centres(reduced, max(1, round(len(X) ** 0.5)), rng)
        labels = np.concatenate(
            [_apart(block, centres).argmin(axis=1) for block in _blocks(reduced)]
        )
    # Within a cell along the first axis, so that the parts of a cell that is cut are compact too.
    order = np.lexsort((reduced[:, 0], labels)).astype(np.int32)
    starts = _cut(np.bincount(labels, minlength=len(centres)))
    centres = np.add.reduceat(reduced[order], starts[:-1], axis=0) / np.diff(starts)[:, None]
    return Cells(reduced, norms, order, starts, centres.astype(np.float32))


def _blocks(rows: Points) -> list[Points]:
    return [rows[start : start + BLOCK_ROWS] for start in range(0, len(rows), BLOCK_ROWS)]


def _apart(rows: Points, centres: Points) -> Points:
    """Return squared distances, less the rows' own norms."""
    return np.einsum("ij,ij->i", centres, centres) - 2.0 * (rows @ centres.T)


def _some(n: int, most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.choice(n, min(n, most), replace=False))


def _reduced(X: Points, rng: np.random.Generator) -> tuple[Points, Points]:
    mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
    axes = _principal_axes(X[_some(len(X), AXES_FROM, rng)] - mean, rng)
    reduced = np.empty((len(X), axes.shape[1]), dtype=np.float32)
    norms = np.empty(len(X), dtype=np.float32)
    for start, block in zip(range(0, len(X), BLOCK_ROWS), _blocks(X), strict=True):
        centred = block - mean
        inside = reduced[start : start + BLOCK_ROWS] = centred @ axes
        squares = np.einsum("ij,ij->i", centred, centred) + np.einsum("ij,ij->i", inside, inside)
        norms[start : start + BLOCK_ROWS] = 0.5 * squares
    return reduced, norms


def _principal_axes(rows: Points, rng: np.random.Generator) -> Points:
    """Return orthonormal axes in columns, shape (n_features, at most 64)."""
    if rows.shape[1] <= DENSE_FEATURES:
        axes = np.linalg.eigh(rows.T @ rows)[1][:, ::-1]
    else:
        from sklearn.utils.extmath import randomized_svd

        seed = int(rng.integers(2**31))
        options: Any = {"n_iter": 2, "random_state": seed}
        found: Any = randomized_svd(rows, min(DIMENSIONS, len(rows)), **options)
        axes = found[2].T
    return np.ascontiguousarray(axes[:, :DIMENSIONS], dtype=np.float32)


def _centres(reduced: Points, count: int, rng: np.random.Generator) -> Points:
    """Return the centres of k-means on a sample, from centres drawn among it."""
    rows = reduced[_some(len(reduced), CENTRES_FROM * count, rng)]
    centres = rows[_some(len(rows), count, rng)]
    for _ in range(TURNS):
        labels = _apart(rows, centres).argmin(axis=1)
        at = np.arange(len(rows) + 1)
        member = sparse.csr_matrix(
            (np.ones(len(rows), dtype=np.float32), labels, at), shape=(len(rows), count)
        )
        sizes = np.bincount(labels, minlength=count)
        means = (member.T @ rows) / np.maximum(sizes, 1)[:, None]
        centres = np.where(sizes[:, None] > 0, means, centres).astype(np.float32)
    return centres


def _cut(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where cells start, empty ones left out and large ones cut into parts."""
    most = LARGEST * max(1, -(-int(sizes.sum()) // len(sizes)))
    starts, first = [0], 0
    for size in sizes[sizes > 0].tolist():
        parts = -(-size // most)
        starts += [first + size * part // parts for part in range(1, parts + 1)]
        first += size
    return np.array(starts)
