"""Stochastic neighbour embedding as first published: each row of P and Q has a sum of its own."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST
from nbembed.forces.pairs import ALL_OTHERS, PLAIN, SIMILAR, kernel_at, pull_edges, push_pairs
from nbembed.forces.stepper import Points
from nbembed.forces.tails import KernelStepper
from nbembed.kernels import Kernel
from nbembed.neighbors import Graph

__all__ = ["RowwiseStepper"]


class RowwiseStepper(KernelStepper):
    r"""Descent on :math:`\frac{1}{n} \sum_i KL(P_i \| Q_i)`, the mean divergence of the rows.

    With :math:`q_{j|i} = w_{ij} / \sum_k w_{ik}` and :math:`g = -\partial \ln w/\partial d^2` the gradient is
    :math:`\frac{2}{n} \sum_j (p_{j|i} - q_{j|i} + p_{i|j} - q_{i|j}) g_{ij} (y_i - y_j)`; a step goes along a
    quarter of it, so that rates mean what they mean to t-SNE.

    Parameters
    ----------
    graph
        Directed affinities: each row sums to 1.
    embedding, options
        As for :class:`KernelStepper`; all sums are exact.
    kernel
        Similarity in the map.

    References
    ----------
    Hinton & Roweis (2002), NIPS 15, eq. 1 to 6.
    """

    def __init__(
        self, graph: Graph, embedding: NDArray[np.floating], *, kernel: Kernel, **options: Any
    ) -> None:
        super().__init__(graph, embedding, kernel=kernel, **options)
        matrix = graph.to_scipy().astype(np.float64)
        # (p_j|i + p_i|j) / 2n, which pulls both ends.
        self._joined = Graph.from_scipy((matrix + matrix.T) / (2.0 * graph.n))
        self._row_sums = np.asarray(matrix.sum(axis=1)).ravel()

    def losses(self) -> dict[str, float]:
        """Return the mean divergence of the rows, without exaggeration, in nats."""
        _, sums = pull_edges(self.graph, self._points, self.kernel, PLAIN, 0.0)
        logs = float((self._row_sums * np.log(self._row_kernels())).sum())
        return {"kl": (self._negentropy + float(sums[:, 1].sum()) + logs) / self.graph.n}

    # ---- inside -------------------------------------------------------------------------------

    def _attract(self) -> None:
        force, _ = pull_edges(self._joined, self._points, self.kernel, PLAIN, 0.0, logarithms=False)
        self._attraction[...] = force

    def _repel(self) -> float:
        """Fill the repulsion; it is divided row by row already, so that 1 remains to divide by."""
        if self._Z is None:
            inverse = self._row_sums / self._row_kernels()
            axes = (0,) * self._points.shape[1]
            given = (self._points, self.kernel, inverse / (2.0 * self.graph.n), axes, self._push)
            share(CHUNKS, lambda first, last: _push_rows(first, last, *given))
            self._Z = 1.0
        return self._Z

    def _row_kernels(self) -> NDArray[np.float64]:
        """Return the sum of the kernels of each row."""
        counts = np.full(len(self._points), ALL_OTHERS, dtype=np.int64)
        _, _, sums = push_pairs(self._points, counts, np.uint64(0), self.kernel, SIMILAR, 0.0)
        # A point far from all others has none to speak of.
        return np.maximum(sums[:, 0], np.finfo(np.float64).tiny)


@numba.njit(**FAST)
def _push_rows(
    first: int,
    last: int,
    points: Points,
    kernel: Kernel,
    inverse: NDArray[np.float64],
    axes: tuple[int, ...],
    forces: Points,
) -> None:
    n = len(points)
    difference, force = np.empty(len(axes)), np.empty(len(axes))
    for i in range(n * first // CHUNKS, n * last // CHUNKS):
        force[:] = 0.0
        for j in range(n):
            squared = 0.0
            for d in range(len(axes)):
                difference[d] = np.float64(points[i, d]) - np.float64(points[j, d])
                squared += difference[d] * difference[d]
            if j == i or squared == 0.0:
                continue
            w, slope, _ = kernel_at(squared, kernel)
            push = w * slope * (inverse[i] + inverse[j])
            for d in range(len(axes)):
                force[d] += push * difference[d]
        for d in range(len(axes)):
            forces[i, d] = force[d]
