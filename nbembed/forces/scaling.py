"""Multidimensional scaling: maps whose distances are those of the data, all of them."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._threads import share
from nbembed.errors import InvalidInputError
from nbembed.forces.attraction import CHUNKS
from nbembed.forces.compiling import FAST
from nbembed.forces.stepper import Points, Stepper
from nbembed.neighbors import Graph

__all__ = ["StrainStepper", "StressStepper", "nearest_to_strain", "rest_by_stress", "squares_of"]

Table = NDArray[np.float64]
# Distances in the map below this count as this.
TINY = 1e-12
# Most steps of a new point, and the step, as a share of the map's size, after which it rests.
MAX_STEPS, REST = 300, 1e-6
# Vectors beside those of the map that are followed too, so that close eigenvalues part soon.
SPARE = 8
# Rows for which an iterative solver of eigenproblems is no use.
FEW = 20


class StressStepper(Stepper):
    r"""One step is one of SMACOF: it never raises the stress :math:`\sum_{i<j} (\delta_{ij} - d_{ij})^2`.

    With all pairs of one weight each point goes to
    :math:`y_i \leftarrow \frac{1}{n} \sum_{j \ne i} \frac{\delta_{ij}}{d_{ij}} (y_i - y_j)`, the minimum of a bound
    of the stress that touches it where the points are: there is no learning rate.

    Parameters
    ----------
    graph
        The distances :math:`\delta` of all pairs, each row complete.
    embedding
        Start, shape (n, n_components).

    References
    ----------
    de Leeuw (1977); Borg & Groenen (2005), Modern Multidimensional Scaling, sec. 8.6.
    """

    def __init__(self, graph: Graph, embedding: NDArray[np.floating]) -> None:
        super().__init__(graph, embedding)
        _check_complete(graph)
        self._moved = np.empty_like(self._points)
        self._total = float((graph.weights.astype(np.float64) ** 2).sum())

    @property
    def learning_rate(self) -> float:
        """1: a step goes all the way to the minimum of the bound."""
        return 1.0

    def step(self) -> None:
        """Move the points once."""
        self._sums(move=True)
        self._points, self._moved = self._moved, self._points
        self.n_done += 1

    def losses(self) -> dict[str, float]:
        r"""Return the normalised stress :math:`\sum (\delta - d)^2 / \sum \delta^2`; 0 is a perfect map."""
        return {"stress": float(self._sums(move=False).sum()) / (self._total or 1.0)}

    def _sums(self, *, move: bool) -> Table:
        graph, sums = self.graph, np.empty(CHUNKS)
        given = (self._points, graph.indices, graph.weights, self._moved, sums, move)
        share(CHUNKS, lambda first, last: _stress(first, last, *given))
        return sums


class StrainStepper(Stepper):
    r"""One step is one round of subspace iteration: it tends to classical scaling, as Isomap has it.

    The strain :math:`\|B - YY^T\|^2` with :math:`B = -\frac{1}{2} J \Delta^2 J` and
    :math:`J = I - \frac{1}{n} 11^T` is least where the columns of Y are the leading eigenvectors of B times the
    roots of their eigenvalues. A step multiplies the present vectors by B, shifted so that no negative eigenvalue
    leads, and solves the small eigenproblem in what they span.

    Parameters
    ----------
    graph
        The distances :math:`\Delta` of all pairs, each row complete.
    embedding
        Start, shape (n, n_components).
    seed
        Fixes the spare vectors.

    References
    ----------
    Torgerson (1952), Psychometrika 17; Tenenbaum, de Silva & Langford (2000), Science 290; Rutishauser (1970),
    Numerische Mathematik 16, for the iteration.
    """

    def __init__(self, graph: Graph, embedding: NDArray[np.floating], *, seed: int) -> None:
        super().__init__(graph, embedding)
        n, d = self._points.shape
        self._products = centred_products(squares_of(graph))
        self._shift = _shift_of(self._products)
        spare = np.random.default_rng(seed).normal(size=(n, min(SPARE, max(n - d, 0))))
        self._basis = np.linalg.qr(np.hstack([self._points.astype(np.float64), spare]))[0]

    @property
    def learning_rate(self) -> float:
        """1: there is none to choose."""
        return 1.0

    def step(self) -> None:
        """Go once through the products of all rows."""
        B, d = self._products, self._points.shape[1]
        basis = np.linalg.qr(B @ self._basis + self._shift * self._basis)[0]
        values, vectors = np.linalg.eigh(basis.T @ (B @ basis))
        leading = np.argsort(-values, kind="stable")
        self._basis = basis @ vectors[:, leading]
        map_ = self._basis[:, :d] * np.sqrt(np.maximum(values[leading][:d], 0.0))
        # Axes point where they pointed: the map does not jump to its mirror image.
        turned = (map_ * self._points).sum(axis=0) < 0
        self._points[...] = np.where(turned, -map_, map_)
        self.n_done += 1

    def losses(self) -> dict[str, float]:
        r"""Return the strain as a share of that of a map with all points in one place."""
        B, Y = self._products, self._points.astype(np.float64)
        total = float((B**2).sum())
        inner = float(((B @ Y) * Y).sum())
        return {"strain": (total - 2.0 * inner + float(((Y.T @ Y) ** 2).sum())) / (total or 1.0)}

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {"embedding": self._points, "basis": self._basis}


def squares_of(graph: Graph) -> Table:
    """Return the squared distances of all pairs, (n, n), of a complete graph of distances."""
    _check_complete(graph)
    n = graph.n
    squares = np.zeros((n, n))
    squares[np.repeat(np.arange(n), n - 1), graph.indices] = graph.weights.astype(np.float64) ** 2
    return squares


def centred_products(squares: Table) -> Table:
    """Return the inner products around the centre that have these squared distances."""
    rows = squares.mean(axis=1)
    return -0.5 * (squares - rows[:, None] - rows[None] + rows.mean())


def nearest_to_strain(squares: Table, embedding: Points, lengths: Table) -> Points:
    r"""Return places of new points by classical scaling: each on its own, the map as it is.

    With the eigenvalues :math:`\lambda` of B, the squared distances :math:`\delta^2` of a new point to those of the map
    and their row means :math:`m`, its place is :math:`\frac{1}{2} \lambda^{-1} Y^T (m - \delta^2)`.

    Parameters
    ----------
    squares
        Squared distances between the points of the map, (n, n).
    embedding
        The map, finished.
    lengths
        Distances of the new points to those, (m, n).

    References
    ----------
    Bengio et al. (2004), NIPS 16, sec. 3.2; Gower (1968), Biometrika 55.
    """
    Y = embedding.astype(np.float64)
    values = (Y**2).sum(axis=0)
    weights = Y / np.where(values > 0, values, 1.0)
    means = squares.mean(axis=1)
    # Row by row: sums of one row do not depend on the others.
    places = [0.5 * ((means - row**2)[:, None] * weights).sum(axis=0) for row in lengths]
    return np.asarray(places, dtype=np.float32).reshape(len(lengths), Y.shape[1])


def rest_by_stress(embedding: Points, lengths: Table, start: Points) -> Points:
    """Return where new points rest by their own stress to the points of the map, each on its own.

    Parameters
    ----------
    embedding
        The map, which stays.
    lengths
        Distances of the new points to those of the map, (m, n).
    start
        Shape (m, n_components).
    """
    Y = embedding.astype(np.float64)
    rest = REST * float(np.ptp(Y, axis=0).max(initial=0.0))
    places = start.astype(np.float64)
    for i, wanted in enumerate(lengths):
        for _ in range(MAX_STEPS):
            away = places[i] - Y
            distance = np.maximum(np.sqrt((away**2).sum(axis=1)), TINY)
            new = (Y + (wanted / distance)[:, None] * away).mean(axis=0)
            moved = float(np.abs(new - places[i]).max())
            places[i] = new
            if moved <= rest:
                break
    return places.astype(np.float32)


def _check_complete(graph: Graph) -> None:
    n = graph.n
    if len(graph.indices) != n * (n - 1):
        raise InvalidInputError(
            f"scaling needs the distances of all {n * (n - 1)} ordered pairs, got {len(graph.indices)}"
        )


def _shift_of(B: Table) -> float:
    """Return what lifts the negative eigenvalues of B below the leading ones: half of the size of the lowest."""
    from scipy.sparse.linalg import eigsh

    if len(B) < FEW:
        lowest = float(np.linalg.eigvalsh(B)[0])
    else:
        begin = np.random.default_rng(0).normal(size=len(B))
        options: dict[str, Any] = {"v0": begin, "return_eigenvectors": False, "tol": 1e-2}
        found = eigsh(B, k=1, which="SA", **options)
        lowest = float(np.asarray(found)[0])
    return max(0.0, -0.5 * lowest)


@numba.njit(**FAST)
def _stress(
    first: int,
    last: int,
    points: Points,
    indices: NDArray[np.int32],
    wanted: NDArray[np.float32],
    moved: Points,
    sums: NDArray[np.float64],
    move: bool,  # noqa: FBT001 - numba has no keywords here
) -> None:
    """Sum the squared errors of distances, or move each point to the minimum of its bound."""
    n, n_components = points.shape
    difference, place = np.empty(n_components), np.empty(n_components)
    for chunk in range(first, last):
        sums[chunk] = 0.0
        for i in range(n * chunk // CHUNKS, n * (chunk + 1) // CHUNKS):
            place[:] = 0.0
            for e in range(i * (n - 1), (i + 1) * (n - 1)):
                j = indices[e]
                squared = 0.0
                for d in range(n_components):
                    difference[d] = np.float64(points[i, d]) - np.float64(points[j, d])
                    squared += difference[d] * difference[d]
                distance = np.sqrt(squared)
                error = wanted[e] - distance
                sums[chunk] += error * error
                ratio = wanted[e] / max(distance, TINY)
                for d in range(n_components):
                    place[d] += ratio * difference[d]
            if move:
                for d in range(n_components):
                    moved[i, d] = place[d] / n
