"""What methods minimise, measured on any map; and the error of a reconstruction."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from nbembed._checks import check_number, check_seed
from nbembed._threads import share
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces.attraction import CHUNKS, log_sums
from nbembed.forces.losses import Pairs, degrees_of, drawn_pairs, every_pair
from nbembed.kernels import fit_ab
from nbembed.metrics.ranking import as_points
from nbembed.metrics.score import Score
from nbembed.neighbors import Graph
from nbembed.transport import check_map

__all__ = ["kl_divergence", "reconstruction_error", "umap_loss"]

# P may miss a sum of 1 by this much.
SUM_TOLERANCE = 1e-3
# Pairs up to which the repulsion of UMAP is summed over all of them, and how many are drawn above.
MAX_EXACT_PAIRS = 4_000_000
SAMPLE_PAIRS = 1_000_000
BATCHES = 20
# Pairs that are held at once.
HELD_PAIRS = 1_000_000


def kl_divergence(P: Any, Y: Any) -> Score:
    r"""Return the Kullback-Leibler divergence that t-SNE minimises, in nats.

    .. math::

        \mathrm{KL}(P \| Q) = \sum_{i \ne j} p_{ij} \ln \frac{p_{ij}}{q_{ij}}, \qquad
        q_{ij} = \frac{(1 + |y_i - y_j|^2)^{-1}}{\sum_{k \ne l} (1 + |y_k - y_l|^2)^{-1}}

    The true one: without exaggeration, with the sum over all pairs in float64. It is quadratic in
    the number of rows (seconds for 70,000), and can only be compared between maps of one P.

    Parameters
    ----------
    P
        Joint affinities of the data that sum to 1, such as :func:`nbembed.affinities.perplexity`
        makes: a Graph, a sparse matrix or an array, shape (n_samples, n_samples). A diagonal is
        ignored.
    Y
        The map, shape (n_samples, n_components).

    Returns
    -------
    Score
        A float, at least 0 and 0 for Q = P.

    Raises
    ------
    InvalidInputError
        If P is not square, has not one row per row of Y, holds something negative or not finite, or
        does not sum to 1.

    References
    ----------
    van der Maaten & Hinton (2008), "Visualizing data using t-SNE", JMLR 9, eqs. 2 and 4.
    """
    points = check_map(Y)
    joint: Any = _affinities("P", P, len(points))
    total = float(joint.data.sum())
    if not abs(total - 1.0) <= SUM_TOLERANCE:
        raise InvalidInputError(f"P must sum to 1, got a sum of {total:g}; pass P / P.sum()")
    p = joint.data / total
    centred = points - points.mean(axis=0)
    attraction, _ = log_sums(
        centred, joint.indptr.astype(np.int64), joint.indices.astype(np.int32), p, 1.0, 1.0
    )
    sums = np.empty(CHUNKS)
    share(CHUNKS, lambda first, last: _kernel_sums(first, last, centred, sums))
    return Score(float((p * np.log(p)).sum()) + attraction + float(np.log(2.0 * sums.sum())))


def umap_loss(
    graph: Any,
    Y: Any,
    *,
    a: float | None = None,
    b: float | None = None,
    n_negatives: int = 5,
    sample: int | None = None,
    random_state: Any = 0,
) -> Score:
    r"""Return the loss that UMAP's sampling really minimises, per acting edge, in nats.

    .. math::

        \frac{1}{\sum_{ij} \mu_{ij}} \Big[ \sum_{ij} -\mu_{ij} \ln w_{ij}
        + \sum_i d_i \frac{m}{n} \sum_{k} -\ln(1 - w_{ik}) \Big], \qquad
        w_{ij} = (1 + a |y_i - y_j|^{2b})^{-1}, \quad d_i = \sum_j \mu_{ij}

    with m negatives per acting edge. It is not the cross entropy of the UMAP paper, whose repulsion
    is stronger by a factor in the order of n/m. The live view draws the same number.

    Parameters
    ----------
    graph
        Symmetric memberships :math:`\mu`, such as :func:`nbembed.affinities.fuzzy_union` or
        umap-learn's ``graph_``: a Graph, a sparse matrix or an array, shape (n_samples, n_samples).
    Y
        The map, shape (n_samples, n_components).
    a, b
        Shape of the kernel, both > 0. None takes those of ``min_dist=0.1``: 1.577 and 0.895.
    n_negatives
        Random vertices per acting edge, at least 0.
    sample
        Pairs for the second sum, at least 20. None takes all pairs up to 2,000 rows and 1,000,000
        above; a number of at least n_samples squared takes all.
    random_state
        Seed that picks the pairs.

    Returns
    -------
    Score
        A float.

    Raises
    ------
    InvalidInputError
        If the graph has not one row per row of Y, holds something negative or not finite, or a or b
        is not positive.

    References
    ----------
    Damrich & Hamprecht (2021), "On UMAP's true loss function", NeurIPS 34.
    """
    points = check_map(Y)
    edges = Graph.from_scipy(_affinities("graph", graph, len(points)))
    curve = _curve(a, b)
    check_number("n_negatives", n_negatives, low=0)
    degrees = degrees_of(edges)
    mass = float(degrees.sum())
    if not mass > 0.0:
        raise InvalidInputError("graph must have an edge, got none; pass the graph of this map")
    sums = log_sums(points, edges.indptr, edges.indices, edges.weights, *curve)
    attraction = sums[0] / mass
    parts, size = _repulsions(points, degrees, curve, sample, check_seed(random_state))
    factor = n_negatives / mass
    return Score(
        attraction + factor * float(np.mean(parts)),
        standard_error=factor * float(np.std(parts, ddof=1)) / np.sqrt(BATCHES) if size else 0.0,
        sample_size=size,
        population=len(points) ** 2 if size else 0,
        unit="pairs",
    )


def _repulsions(
    points: NDArray[np.float64],
    degrees: NDArray[np.float64],
    curve: tuple[float, float],
    sample: int | None,
    seed: int,
) -> tuple[list[float], int]:
    """Return the sum over all pairs, or estimates of it, and the number of pairs drawn for them."""
    n = len(points)
    if sample is None:
        sample = n**2 if n**2 <= MAX_EXACT_PAIRS else SAMPLE_PAIRS
    check_number("sample", sample, low=min(BATCHES, n**2), integer=True)
    if sample < n**2:
        each = int(sample) // BATCHES
        pairs = (drawn_pairs(degrees, each, seed, part) for part in range(BATCHES))
        return [_repulsion(points, part, curve) for part in pairs], each * BATCHES
    height = max(1, HELD_PAIRS // n)
    pairs = (every_pair(degrees, i, min(n, i + height)) for i in range(0, n, height))
    return [sum(_repulsion(points, part, curve) for part in pairs)], 0


def _repulsion(points: NDArray[np.float64], pairs: Pairs, curve: tuple[float, float]) -> float:
    r"""Return the sum of :math:`-v \ln(1 - w)` over pairs of weights v, in float64."""
    plus_one, plain = log_sums(points, *pairs, *curve)
    return plus_one - plain


def reconstruction_error(X: Any, reconstruction: Any, *, scaled: bool = False) -> Score:
    r"""Return the mean squared error of data that came back from a map.

    .. math:: \frac{1}{n D} \sum_i |x_i - \hat x_i|^2

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    reconstruction
        The same rows as an inverse transform or a decoder returned them, of the same shape.
    scaled
        Whether to divide by the mean variance of the features: 0 is perfect, 1 as good as always
        saying the mean.

    Returns
    -------
    Score
        A float, at least 0; NaN if ``scaled`` and the data do not vary.

    Raises
    ------
    InvalidInputError
        If the shapes differ.

    References
    ----------
    Hinton & Salakhutdinov (2006), "Reducing the dimensionality of data with neural networks", Science
    313. One less the scaled error is the explained variance of Pearson (1901).
    """
    points = as_points(X).astype(np.float64)
    others = check_map(reconstruction, name="reconstruction")
    if others.shape != points.shape:
        raise InvalidInputError(
            f"reconstruction must have the shape of X, {points.shape}, got {others.shape}; "
            "pass what became of these very rows"
        )
    error = Score.of_rows(np.square(points - others).mean(axis=1), len(points))
    if not scaled:
        return error
    variance = float(points.var(axis=0).mean())
    return Score(float(error) / variance if variance > 0.0 else np.nan)


def _affinities(name: str, given: Any, n: int) -> Any:
    """Return affinities as positive entries of compressed rows, without the diagonal."""
    matrix: Any = given.to_scipy() if isinstance(given, Graph) else given
    try:
        rows: Any = sparse.csr_matrix(matrix, dtype=np.float64, copy=True)
    except (TypeError, ValueError):
        raise InvalidTypeError(
            f"{name} must be a Graph, a sparse matrix or an array of numbers, got {type(given).__name__}"
        ) from None
    if rows.shape != (n, n):
        raise InvalidInputError(
            f"{name} must have a row and a column for each row of Y, {n}, got shape {rows.shape}"
        )
    if not (np.isfinite(rows.data).all() and (rows.data >= 0).all()):
        raise InvalidInputError(
            f"{name} must hold finite numbers of at least 0, got {_worst(rows.data)}"
        )
    rows.sum_duplicates()
    rows.setdiag(0.0)
    rows.eliminate_zeros()
    rows.sort_indices()
    return rows


def _worst(values: NDArray[np.float64]) -> str:
    return "NaN or infinity" if not np.isfinite(values).all() else f"{values.min():g}"


def _curve(a: float | None, b: float | None) -> tuple[float, float]:
    usual = fit_ab(0.1, 1.0)
    for name, value in (("a", a), ("b", b)):
        if value is not None:
            check_number(name, value, low=0.0, above=True)
    return usual[0] if a is None else float(a), usual[1] if b is None else float(b)


@numba.njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _kernel_sums(
    first: int, last: int, points: NDArray[np.float64], sums: NDArray[np.float64]
) -> None:
    """Add up the kernels of all pairs i < j; each chunk takes every 64th row, so all are equal."""
    n, n_components = points.shape
    for chunk in range(first, last):
        total = 0.0
        for i in range(chunk, n, len(sums)):
            for j in range(i + 1, n):
                squared = 1.0
                for t in range(n_components):
                    difference = points[i, t] - points[j, t]
                    squared += difference * difference
                total += 1.0 / squared
        sums[chunk] = total
