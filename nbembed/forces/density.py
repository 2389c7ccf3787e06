"""densMAP: UMAP whose map is denser where the data are denser."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed.forces.sampled import SampledStepper
from nbembed.forces.turns import MAX_FORCE
from nbembed.neighbors import Graph

__all__ = ["DensityStepper", "log_radii"]

# Added to mean squared distances before their logarithm.
TINY = 1e-8
# Squared distances below this count as this.
CLOSEST = 1e-12

Table = NDArray[np.float64]


def log_radii(graph: Graph, squared_distances: Table) -> Table:
    r"""Return how far the neighbours of each point are: :math:`\ln \sum_j \mu_{ij} d_{ij}^2 / \sum_j \mu_{ij}`.

    Parameters
    ----------
    graph
        Memberships, symmetric.
    squared_distances
        Of its edges, in their order.

    References
    ----------
    Narayan, Berger & Cho (2021), Nature Biotechnology 39, eq. 4.
    """
    weights = graph.weights.astype(np.float64)
    mass, spread = _sums(graph, weights), _sums(graph, weights * squared_distances)
    return np.log(TINY + spread / np.where(mass > 0, mass, 1.0))


class DensityStepper(SampledStepper):
    r"""UMAP's epochs; in the last of them, points also climb the correlation of local radii.

    With the log radii R of the data, and those of the map

    .. math:: r_i = \ln \frac{\sum_j w_{ij} d_{ij}^2}{\sum_j w_{ij}}

    over the edges of the graph, what is minimised is UMAP's loss less :math:`\lambda M \rho`, where
    :math:`\rho = \mathrm{cov}(R, r)/\sqrt{\mathrm{var}(r) + s}` for standardised R and M is the sum of all memberships.
    Its gradient is taken over all edges, once after each epoch, where umap-learn takes it along sampled ones.

    Parameters
    ----------
    graph, embedding, options
        As for :class:`SampledStepper`.
    radii
        Log radii of the data, see :func:`log_radii`.
    density_weight
        :math:`\lambda`, at least 0.
    density_share
        Share of the epochs, at the end, in which it acts, 0 to 1.
    variance_shift
        s, at least 0: keeps the correlation tame where all radii are alike.

    References
    ----------
    Narayan, Berger & Cho (2021), Nature Biotechnology 39, 765-774, Methods.
    """

    def __init__(
        self,
        graph: Graph,
        embedding: NDArray[np.floating],
        *,
        radii: Table,
        density_weight: float = 2.0,
        density_share: float = 0.3,
        variance_shift: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(graph, embedding, **options)
        self._live["density_weight"] = float(density_weight)
        self._begin = round(self._n_steps * (1.0 - density_share))
        self._variance_shift = float(variance_shift)
        spread = float(radii.std())
        self._radii = (radii - radii.mean()) / (spread or 1.0)
        self._rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))

    def step(self) -> None:
        """Run one epoch."""
        rate, acts = self.learning_rate, self.n_done >= self._begin
        super().step()
        if acts and self._live["density_weight"]:
            strength = self._live["density_weight"] * float(self._degrees.sum())
            move = np.clip(strength * self.density_gradient(), -MAX_FORCE, MAX_FORCE)
            self._points += (rate * move).astype(np.float32)

    def losses(self) -> dict[str, float]:
        r"""Return UMAP's terms per acting edge, and :math:`-\lambda \rho` once densities count."""
        found = super().losses()
        if self.n_done < self._begin:
            return found
        return found | {"density": -self._live["density_weight"] * self.density_correlation()}

    def density_correlation(self) -> float:
        r"""Return :math:`\rho`, in [-1, 1]."""
        return self._correlation(self._edges_of_map()[0])[0]

    def density_gradient(self) -> Table:
        r"""Return the gradient of :math:`\rho` by the positions of the points."""
        radii, by_own, difference = self._edges_of_map()
        _, slope = self._correlation(radii)
        # An edge is part of the radii of both its ends, and stands in the rows of both.
        there = by_own * slope[self._rows] + self._of_the_other_end(by_own, slope)
        parts = 2.0 * there[:, None] * difference
        return np.stack([_sums(self.graph, part) for part in parts.T], axis=1)

    # ---- inside -------------------------------------------------------------------------------

    def _edges_of_map(self) -> tuple[Table, Table, Table]:
        """Return log radii, their slope by the squared length of each edge of the own row, and edge vectors."""
        graph, a, b = self.graph, self._live["a"], self._live["b"]
        points = self._points.astype(np.float64)
        difference = points[self._rows] - points[graph.indices]
        squared = np.maximum((difference**2).sum(axis=1), CLOSEST)
        w = 1.0 / (1.0 + a * squared**b)
        by_squared = -a * b * squared ** (b - 1.0) * w**2
        mass, spread = _sums(graph, w), _sums(graph, w * squared)
        safe = np.where(mass > 0, mass, 1.0)
        mean = (spread / safe)[self._rows]
        slope = (w + by_squared * (squared - mean)) / (safe[self._rows] * (TINY + mean))
        return np.log(TINY + spread / safe), slope, difference

    def _correlation(self, radii: Table) -> tuple[float, Table]:
        """Return the correlation with the data's radii, and its slope by each radius."""
        centred, n = radii - radii.mean(), len(radii)
        deviation = float(np.sqrt((centred**2).mean() + self._variance_shift))
        covariance = float((self._radii * centred).mean())
        slope = self._radii / (n * deviation) - covariance * centred / (n * deviation**3)
        return covariance / deviation, slope

    def _of_the_other_end(self, by_own: Table, slope: Table) -> Table:
        """Return what each edge is worth to the radius of its other end: the same edge in that one's row."""
        matrix = self.graph.to_scipy().astype(np.float64)
        matrix.data = by_own * slope[self._rows]
        mirrored = matrix.T.tocsr()
        mirrored.sort_indices()
        return np.asarray(mirrored.data)


def _sums(graph: Graph, values: Table) -> Table:
    """Return the sum of values over the edges of each row."""
    rows = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    return np.asarray(np.bincount(rows, weights=values, minlength=graph.n), dtype=np.float64)
