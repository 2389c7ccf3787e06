"""How good a map is, in numbers; see :func:`report` for all of them at once.

Local measures ask whether neighbours stay neighbours, global ones whether distances stay
distances, those of labels whether classes can be told apart. A number says what it was measured
on: up to 10,000 rows all of them are looked at, beyond a fixed random sample, and the result, a
:class:`Score`, carries a standard error. Give ``sample`` to choose.

Memory is bounded (:func:`memory_budget`): blocks of rows, never an n by n array. Work is shared
among the cores, and no number depends on how many there are.
"""

from nbembed.metrics.budget import memory_budget
from nbembed.metrics.clusters import cluster_stability, nmi, silhouette, v_measure
from nbembed.metrics.comparison import Comparison, compare
from nbembed.metrics.coranking import coranking_matrix, q_nx, r_nx, rnx_auc
from nbembed.metrics.density import density_preservation
from nbembed.metrics.distances import distance_correlation, normalized_stress, shepard_goodness
from nbembed.metrics.groups import Difference, GroupComparison, compare_groups
from nbembed.metrics.live import LiveQuality
from nbembed.metrics.losses import kl_divergence, reconstruction_error, umap_loss
from nbembed.metrics.neighborhoods import (
    LocalScores,
    NeighborErrors,
    continuity,
    lcmc,
    local_scores,
    neighbor_errors,
    neighbor_recall,
    trustworthiness,
)
from nbembed.metrics.points import POINT_MEASURES, PointQuality
from nbembed.metrics.reporting import report
from nbembed.metrics.score import Score
from nbembed.metrics.stability import (
    align,
    neighbor_agreement,
    neighbor_jaccard,
    procrustes_disparity,
)
from nbembed.metrics.table import Report
from nbembed.metrics.voting import knn_accuracy, neighborhood_hit

__all__ = [
    "POINT_MEASURES",
    "Comparison",
    "Difference",
    "GroupComparison",
    "LiveQuality",
    "LocalScores",
    "NeighborErrors",
    "PointQuality",
    "Report",
    "Score",
    "align",
    "cluster_stability",
    "compare",
    "compare_groups",
    "continuity",
    "coranking_matrix",
    "density_preservation",
    "distance_correlation",
    "kl_divergence",
    "knn_accuracy",
    "lcmc",
    "local_scores",
    "memory_budget",
    "neighbor_agreement",
    "neighbor_errors",
    "neighbor_jaccard",
    "neighbor_recall",
    "neighborhood_hit",
    "nmi",
    "normalized_stress",
    "procrustes_disparity",
    "q_nx",
    "r_nx",
    "reconstruction_error",
    "report",
    "rnx_auc",
    "shepard_goodness",
    "silhouette",
    "trustworthiness",
    "umap_loss",
    "v_measure",
]
