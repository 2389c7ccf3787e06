"""Descent on t-SNE's divergence with any kernel in the map: other tails, tails that are learned, a Gaussian."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST
from nbembed.forces.gradient import GradientStepper
from nbembed.forces.pairs import ALL_OTHERS, PLAIN, SIMILAR, pull_edges, push_pairs
from nbembed.forces.repulsion import faster_repulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.forces.stepper import Points
from nbembed.kernels import Kernel, kernel_named
from nbembed.neighbors import Graph

__all__ = ["LEARNED", "KernelStepper", "TailedStepper"]

# In the place of a number: the degrees of freedom are learned, from 1 on.
LEARNED = "learned"
# Of the logarithm of the degrees of freedom: step per nat of slope, longest step, and range.
TAIL_RATE, LONGEST = 1.0, 0.02
LOWEST, HIGHEST = -3.0, 6.0


class KernelStepper(GradientStepper):
    r"""t-SNE whose similarities in the map are of any kernel :math:`w` with b = 1.

    With :math:`g = -\partial \ln w/\partial d^2` the gradient is :math:`4 \sum_j (p_{ij} - q_{ij}) g_{ij} (y_i - y_j)`;
    a step goes along a quarter of it, as that of :class:`GradientStepper`.

    Parameters
    ----------
    graph, embedding, learning_rate, momentum, exaggeration, repulsion, max_step_norm
        As for :class:`GradientStepper`.
    kernel
        Similarity in the map. With the Gaussian this is symmetric SNE.

    References
    ----------
    van der Maaten & Hinton (2008), JMLR 9, sec. 3.1 and 3.3.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        kernel: Kernel,
        repulsion: str = "auto",
        **options: Any,
    ) -> None:
        super().__init__(graph, embedding, **options)
        self._kernel = kernel
        auto = repulsion == "auto"
        self._way = faster_repulsion(*self._points.shape) if auto else repulsion

    @property
    def kernel(self) -> Kernel:
        """The similarity in the map now in force."""
        return self._kernel

    def losses(self) -> dict[str, float]:
        """Return the divergence of the present embedding, without exaggeration, in nats."""
        Z = self._repel()
        _, sums = pull_edges(self.graph, self._points, self.kernel, PLAIN, 0.0)
        return {"kl": self._negentropy + float(sums[:, 1].sum()) + self._mass * float(np.log(Z))}

    # ---- inside -------------------------------------------------------------------------------

    def _attract(self) -> None:
        force, _ = pull_edges(self.graph, self._points, self.kernel, PLAIN, 0.0, logarithms=False)
        self._attraction[...] = force

    def _repel(self) -> float:
        if self._Z is None:
            if self._way == "fft":
                self._Z = SplineRepulsion(self.kernel)(self._points, self._push)
            else:
                counts = np.full(len(self._points), ALL_OTHERS, dtype=np.int64)
                push, _, sums = push_pairs(
                    self._points, counts, np.uint64(0), self.kernel, SIMILAR, 0.0
                )
                self._push[...] = push
                self._Z = float(sums[:, 0].sum())
        return self._Z


class TailedStepper(KernelStepper):
    r"""t-SNE whose similarities :math:`(1 + d^2/\alpha)^{-(\alpha + 1)/2}` have :math:`\alpha` degrees of freedom.

    With :math:`g_{ij} = \frac{\alpha + 1}{2\alpha} (1 + d_{ij}^2/\alpha)^{-1}` the gradient is
    :math:`4 \sum_j (p_{ij} - q_{ij}) g_{ij} (y_i - y_j)`. A step goes along a quarter of it, as that of
    :class:`GradientStepper`, which is the case of one degree of freedom. Where they are learned,
    :math:`\ln \alpha` descends on the same divergence, without exaggeration, once before each step.

    Parameters
    ----------
    graph, embedding, learning_rate, momentum, exaggeration, repulsion, max_step_norm
        As for :class:`GradientStepper`.
    degrees_of_freedom
        :math:`\alpha`, above 0: fewer have heavier tails, more come near the Gaussian. ``"learned"`` starts at 1 and
        stays in [0.05, 400].

    References
    ----------
    van der Maaten (2009), AISTATS 5, sec. 3 and eq. 5 to 7, with the division by :math:`\alpha` in the slope of
    :math:`\alpha` too; Kobak, Linderman, Steinerberger, Kluger & Berens (2019), ECML-PKDD, for heavy tails.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        degrees_of_freedom: float | str,
        **options: Any,
    ) -> None:
        super().__init__(graph, embedding, kernel=kernel_named("student_t"), **options)
        self.learns = degrees_of_freedom == LEARNED
        self._live["degrees_of_freedom"] = 1.0 if self.learns else float(degrees_of_freedom)

    @property
    def degrees_of_freedom(self) -> float:
        """The degrees of freedom now in force."""
        return self._live["degrees_of_freedom"]

    @property
    def kernel(self) -> Kernel:
        """The similarity in the map now in force."""
        return kernel_named("student_t", dof=self.degrees_of_freedom)

    def set(self, name: str, value: float) -> None:
        """Change a live parameter from the next step on."""
        super().set(name, value)
        # The sum of the kernels is another one now.
        self._Z = None

    def step(self) -> None:
        """Move the degrees of freedom where they are learned, then the points."""
        if self.learns:
            move = np.clip(-TAIL_RATE * self.tail_slope(), -LONGEST, LONGEST)
            log_degrees = np.log(self.degrees_of_freedom) + float(move)
            self.set("degrees_of_freedom", float(np.exp(np.clip(log_degrees, LOWEST, HIGHEST))))
        super().step()

    def tail_slope(self) -> float:
        r"""Return the slope of the divergence by the logarithm of the degrees of freedom, over all pairs.

        With :math:`h = \partial \ln w / \partial \ln \alpha` it is :math:`\sum q h - \sum p h`.
        """
        graph, sums = self.graph, np.empty((CHUNKS, 3))
        edges = graph.indptr, graph.indices, graph.weights
        given = (self._points, edges, self.degrees_of_freedom, sums)
        share(CHUNKS, lambda first, last: _tails(first, last, *given))
        edge_sum, pair_sum, Z = sums.sum(axis=0)
        return float(self._mass * pair_sum / Z - edge_sum)


@numba.njit(**FAST)
def _tails(
    first: int,
    last: int,
    points: Points,
    edges: tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]],
    alpha: float,
    sums: NDArray[np.float64],
) -> None:
    """Sum p h over edges, and w h and w over pairs."""
    n, n_components = points.shape
    indptr, indices, weights = edges
    half = 0.5 * (alpha + 1.0)
    for chunk in range(first, last):
        sums[chunk] = 0.0
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            for e in range(indptr[i], indptr[i + 1]):
                squared = 0.0
                for d in range(n_components):
                    difference = np.float64(points[i, d]) - np.float64(points[indices[e], d])
                    squared += difference * difference
                grown = squared / alpha
                slope = half * grown / (1.0 + grown) - 0.5 * alpha * np.log1p(grown)
                sums[chunk, 0] += weights[e] * slope
            for j in range(n):
                if j == i:
                    continue
                squared = 0.0
                for d in range(n_components):
                    difference = np.float64(points[i, d]) - np.float64(points[j, d])
                    squared += difference * difference
                grown = squared / alpha
                log_grown = np.log1p(grown)
                w = np.exp(-half * log_grown)
                sums[chunk, 1] += w * (half * grown / (1.0 + grown) - 0.5 * alpha * log_grown)
                sums[chunk, 2] += w
