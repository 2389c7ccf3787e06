"""All measures of a map at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._checks import check_labels
from nbembed.labels import MISSING, classes
from nbembed.metrics import distances
from nbembed.metrics.clusters import silhouette_scores, v_measure
from nbembed.metrics.coranking import compare_orders
from nbembed.metrics.density import correlation, log_radii
from nbembed.metrics.pair import Pair
from nbembed.metrics.ranking import MAX_EXACT_ROWS, MAX_SORTED_ROWS, Space, sampled_rows
from nbembed.metrics.score import Score
from nbembed.metrics.scores import penalty_score, recall, right_votes
from nbembed.metrics.table import Report

__all__ = ["class_codes", "report"]

# Rows whose whole order is compared, which takes longer than looking at the nearest.
ORDERED_ROWS = 500
VOTERS = 10
MIN_ROWS = 3


def report(
    X: Any,
    Y: Any,
    *,
    labels: Any = None,
    n_neighbors: int = 15,
    sample: int | None = None,
    random_state: Any = 0,
    device: str = "cpu",
) -> Report:
    """Return every measure of a map that applies, at once.

    Local: trustworthiness, continuity, neighbour recall, the area under R_NX, density preservation.
    Global: Shepard goodness (Spearman), distance correlation (Pearson), normalised stress as it is
    and at the best scale of the map. With classes as labels: kNN accuracy, neighbourhood hit,
    silhouette, V-measure. Losses are not among them: they compare maps of one method only.

    Parameters
    ----------
    X, Y, n_neighbors, sample, random_state, device
        As in :func:`nbembed.metrics.trustworthiness`. Measures of pairs of distances draw
        1,000,000 pairs where there are more than 4,000,000; the area under R_NX looks at 500 rows
        where there are more than 4,096.
    labels
        One value per row. Names of classes add the measures of labels: ``knn_accuracy`` with 10
        neighbours (fewer if there are not as many), ``neighborhood_hit`` with ``n_neighbors``. Rows
        without a label (None, NaN) are left out of these. Numbers add nothing.

    Returns
    -------
    Report
        A mapping from names to numbers that know their standard error; prints as text and as a
        table, and has ``to_frame()`` and ``plot()``.

    Raises
    ------
    InvalidInputError
        As :func:`nbembed.metrics.trustworthiness`, and if there is not one label per row.

    Examples
    --------
    >>> from nbembed import datasets
    >>> X, y = datasets.iris()
    >>> round(report(X, X[:, :2], labels=y)["trustworthiness"], 3)
    0.921
    """
    pair = Pair.of(X, Y, n_neighbors, sample, random_state, device)
    codes = class_codes(labels, pair.n)
    scores = _local(pair, random_state)
    scores |= _global(pair, random_state)
    if codes is not None:
        scores |= _of_labels(pair, codes, sample, random_state)
    left_out: dict[str, str] = {}
    if pair.n > MAX_EXACT_ROWS:
        left_out["density_preservation"] = (
            "it needs the neighbours of all rows; call metrics.density_preservation"
        )
    return Report(scores, n_samples=pair.n, n_neighbors=pair.n_neighbors, left_out=left_out)


def class_codes(labels: Any, n_samples: int) -> NDArray[np.intp] | None:
    """Return the class of each row, -1 where it is missing; None unless labels name classes."""
    values = check_labels(labels, n_samples)
    named = None if values is None else classes(values)
    return None if named is None else named[1].astype(np.intp)


def _local(pair: Pair, random_state: Any) -> dict[str, Score]:
    k = pair.n_neighbors
    in_map, in_data = pair.ranks_in_map(), pair.ranks_in_data()
    scores = {
        "trustworthiness": Score.of_rows(penalty_score(in_data, pair.n, k), pair.n),
        "continuity": Score.of_rows(penalty_score(in_map, pair.n, k), pair.n),
        "neighbor_recall": Score.of_rows(recall(in_data, k), pair.n),
    }
    size = len(pair.rows) if pair.n <= MAX_SORTED_ROWS else min(ORDERED_ROWS, len(pair.rows))
    rows = (
        pair.rows
        if size == len(pair.rows)
        else pair.rows[_spread(len(pair.rows), size, random_state)]
    )
    if pair.n >= MIN_ROWS:
        areas = compare_orders(pair.data, pair.map, rows).areas
        scores["rnx_auc"] = Score.of_rows(areas, pair.n)
    if MIN_ROWS <= pair.n <= MAX_EXACT_ROWS:
        neighbors = max(2, k)
        radii = [log_radii(space, neighbors, random_state) for space in (pair.data, pair.map)]
        scores["density_preservation"] = Score(correlation(*radii))
    return scores


def _spread(count: int, size: int, random_state: Any) -> NDArray[np.intp]:
    """Return ``size`` of the first ``count`` numbers, drawn anew."""
    return sampled_rows(count, size, random_state)


def _global(pair: Pair, random_state: Any) -> dict[str, Score]:
    found = distances.between(pair.data, pair.map, None, random_state)
    return {
        "shepard_goodness": found.spearman(),
        "distance_correlation": found.pearson(),
        "normalized_stress": found.stress(scaled=False),
        "scaled_stress": found.stress(scaled=True),
    }


def _of_labels(
    pair: Pair, codes: NDArray[np.intp], sample: int | None, random_state: Any
) -> dict[str, Score]:
    """Return the measures of classes, over the rows that have one."""
    kept = codes != MISSING
    points, codes = pair.map.points[kept], codes[kept]
    n = len(points)
    if n <= 1:
        return {}
    space, rows = Space(points), sampled_rows(n, sample, random_state)
    near = space.nearest(rows, min(max(VOTERS, pair.n_neighbors), n - 1))
    hits = (codes[near[:, : pair.n_neighbors]] == codes[rows, None]).mean(axis=1)
    scores = {
        "knn_accuracy": Score.of_rows(right_votes(codes, rows, near[:, :VOTERS]), n),
        "neighborhood_hit": Score.of_rows(hits, n),
    }
    n_classes = len(np.unique(codes))
    if 1 < n_classes < n:
        scores["silhouette"] = Score.of_rows(silhouette_scores(space, codes, rows), n)
        scores["v_measure"] = v_measure(points, codes, random_state=random_state)
    return scores
