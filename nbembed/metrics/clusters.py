"""Whether groups in the map agree with classes, and are there again the next time."""

import math
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from itertools import combinations
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_choice, check_number, check_seed
from nbembed._threads import serial_blas, share
from nbembed.errors import InvalidInputError
from nbembed.metrics.ranking import Space, sampled_rows
from nbembed.metrics.score import Score
from nbembed.metrics.scores import labelled
from nbembed.metrics.stability import as_maps
from nbembed.transport import check_map

__all__ = ["cluster_stability", "nmi", "silhouette", "silhouette_scores", "v_measure"]

AVERAGES = ("arithmetic", "geometric", "min", "max")
# Starts of k-means, of which the best counts.
STARTS = 10


def silhouette(Y: Any, labels: Any, *, sample: int | None = None, random_state: Any = 0) -> Score:
    r"""Return how much nearer points are to their own class than to the next one.

    .. math:: \frac{1}{n} \sum_i \frac{b_i - a_i}{\max(a_i, b_i)}

    where :math:`a_i` is the mean distance of i to the others of its class and :math:`b_i` to those
    of the nearest other class.

    Clear gaps in a map are not a virtue in themselves: t-SNE and UMAP make them in noise, too.

    Parameters
    ----------
    Y
        The map, shape (n_samples, n_components).
    labels
        One class per row, at least two. Rows without a label (None, NaN) are left out.
    sample, random_state
        As in :func:`nbembed.metrics.trustworthiness`: the points that are averaged over; each is
        compared with all others.

    Returns
    -------
    Score
        A float, -1 to 1; equal to ``sklearn.metrics.silhouette_score``.

    Raises
    ------
    InvalidInputError
        If there is not one label per row, there are fewer than 2 classes, or each row has its own.

    References
    ----------
    Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of cluster
    analysis", J. Comput. Appl. Math. 20.
    """
    points, codes = labelled(check_map(Y), labels, min_classes=2)
    rows = sampled_rows(len(points), sample, random_state)
    return Score.of_rows(silhouette_scores(Space(points), codes, rows), len(points))


def silhouette_scores(
    space: Space, codes: NDArray[np.intp], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Return the silhouette of some rows."""
    classes, codes = np.unique(codes, return_inverse=True)
    if len(classes) == space.n:
        raise InvalidInputError(
            f"labels must name fewer classes than there are rows, {space.n}, got {len(classes)}; "
            "each row a class of its own has no inside"
        )
    counts = np.bincount(codes)
    points = np.ascontiguousarray(space.shifted(space.points))
    scores = np.empty(len(rows))
    share(
        len(rows),
        lambda first, last: _silhouettes(first, last, points, codes, counts, rows, scores),
    )
    return scores


def nmi(Y: Any, labels: Any, *, average: str = "arithmetic", random_state: Any = 0) -> Score:
    r"""Return the normalised mutual information of classes and clusters of the map.

    k-means with as many clusters as there are classes, 10 starts; then
    :math:`I(C; K) / \mathrm{average}(H(C), H(K))`.

    Parameters
    ----------
    Y, labels
        As in :func:`silhouette`.
    average
        "arithmetic" (the result is the V-measure), "geometric", "min" or "max".
    random_state
        Seed of k-means.

    Returns
    -------
    Score
        A float, 0 to 1. k-means looks for round groups of one size: long or uneven classes score low
        however well they are apart.

    Raises
    ------
    InvalidInputError
        As :func:`silhouette`.

    References
    ----------
    Strehl & Ghosh (2002), "Cluster ensembles", JMLR 3 (geometric).
    """
    from sklearn.metrics import normalized_mutual_info_score

    check_choice("average", average, AVERAGES)
    points, codes = labelled(check_map(Y), labels, min_classes=2)
    found = _k_means(points, len(np.unique(codes)), random_state)
    return Score(normalized_mutual_info_score(codes, found, average_method=average))


def v_measure(Y: Any, labels: Any, *, random_state: Any = 0) -> Score:
    """Return the harmonic mean of homogeneity and completeness of clusters of the map.

    k-means as in :func:`nmi`. A clustering is homogeneous if every cluster holds one class only, and
    complete if every class lies in one cluster.

    Parameters
    ----------
    Y, labels, random_state
        As in :func:`nmi`.

    Returns
    -------
    Score
        A float, 0 to 1.

    Raises
    ------
    InvalidInputError
        As :func:`silhouette`.

    References
    ----------
    Rosenberg & Hirschberg (2007), "V-Measure: a conditional entropy-based external cluster
    evaluation measure", EMNLP-CoNLL; beta is 1.
    """
    from sklearn.metrics import v_measure_score

    points, codes = labelled(check_map(Y), labels, min_classes=2)
    return Score(v_measure_score(codes, _k_means(points, len(np.unique(codes)), random_state)))


def cluster_stability(
    Y: Any, n_clusters: int, *, n_bootstraps: int = 20, random_state: Any = 0
) -> Score:
    """Return how far two clusterings of the map agree: a measure without labels.

    Of one map: k-means on each of two bootstrap samples of its points, both extended to all points,
    compared by the adjusted Rand index, and averaged over ``n_bootstraps`` such pairs. Of several
    maps of the same rows, such as other seeds: k-means on each, averaged over all pairs of maps.

    Stable is not yet true: a map of pure noise has stable clusters for some numbers of them.

    Parameters
    ----------
    Y
        A map, shape (n_samples, n_components), or a list of maps.
    n_clusters
        Number of clusters, at least 2 and less than n_samples / 2.
    n_bootstraps
        Pairs of bootstrap samples, at least 2; not used for a list of maps.
    random_state
        Seed of the samples and of k-means.

    Returns
    -------
    Score
        A float, at most 1, which is perfect agreement; 0 is that of chance.

    Raises
    ------
    InvalidInputError
        If ``n_clusters`` is out of range, or maps differ in their rows.

    References
    ----------
    Fang & Wang (2012), "Selection of the number of clusters via the bootstrap method", Comput. Stat.
    Data Anal. 56, sec. 2, with the index of Hubert & Arabie (1985), "Comparing partitions",
    J. Classification 2, in place of the share of pairs. For runs: von Luxburg (2010), "Clustering
    stability: an overview", Found. Trends Mach. Learn. 2, sec. 2.
    """
    from sklearn.metrics import adjusted_rand_score

    maps = as_maps(Y)
    n = len(maps[0])
    check_number("n_clusters", n_clusters, low=2, high=(n - 1) // 2, integer=True)
    check_number("n_bootstraps", n_bootstraps, low=2, integer=True)
    seed = check_seed(random_state)
    if len(maps) > 1:
        found = [_k_means(points, n_clusters, seed) for points in maps]
        return Score(float(np.mean([adjusted_rand_score(*two) for two in combinations(found, 2)])))
    generator = np.random.default_rng(seed)
    agreements = [
        adjusted_rand_score(*(_of_bootstrap(maps[0], n_clusters, generator) for _ in range(2)))
        for _ in range(n_bootstraps)
    ]
    return Score(
        float(np.mean(agreements)),
        standard_error=float(np.std(agreements, ddof=1)) / math.sqrt(n_bootstraps),
        sample_size=n_bootstraps,
        population=math.inf,
        unit="pairs of bootstraps",
    )


def _of_bootstrap(
    points: NDArray[np.float64], n_clusters: int, generator: np.random.Generator
) -> NDArray[np.intp]:
    """Return clusters of all points, found on a bootstrap sample of them."""
    chosen = generator.integers(len(points), size=len(points))
    return _k_means(points[chosen], n_clusters, int(generator.integers(2**31)), points)


def _k_means(
    points: NDArray[np.float64],
    n_clusters: int,
    random_state: Any,
    everybody: NDArray[np.float64] | None = None,
) -> NDArray[np.intp]:
    """Return the clusters of ``everybody``, or of the points they were found on."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    maker: Any = KMeans
    model = maker(n_clusters, n_init=STARTS, random_state=check_seed(random_state))
    with _one_thread(), warnings.catch_warnings():
        # Fewer different points than clusters: a score of such a map is low, not wrong.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points)
        return model.labels_ if everybody is None else model.predict(everybody)


@contextmanager
def _one_thread() -> Generator[None]:
    """Run scikit-learn's loops on one thread: sums of several come in any order."""
    from threadpoolctl import threadpool_limits

    with serial_blas(), threadpool_limits(limits=1, user_api="openmp"):
        yield


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _silhouettes(
    first: int,
    last: int,
    points: NDArray[np.float64],
    codes: NDArray[np.intp],
    counts: NDArray[np.intp],
    rows: NDArray[np.intp],
    scores: NDArray[np.float64],
) -> None:
    for r in range(first, last):
        here, own = points[rows[r]], codes[rows[r]]
        sums = np.zeros(len(counts))
        for j in range(len(points)):
            total = 0.0
            for t in range(len(here)):
                difference = here[t] - points[j, t]
                total += difference * difference
            sums[codes[j]] += np.sqrt(total)
        scores[r] = 0.0
        if counts[own] > 1:
            inside = sums[own] / (counts[own] - 1)
            outside = np.inf
            for code in range(len(counts)):
                if code != own:
                    outside = min(outside, sums[code] / counts[code])
            larger = max(inside, outside)
            if larger > 0.0:
                scores[r] = (outside - inside) / larger
