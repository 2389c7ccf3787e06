"""Affinities: how strongly each sample wants each of its neighbours near.

Rows of one of two kinds, probabilities of a given perplexity (t-SNE) or fuzzy memberships (UMAP), are
made symmetric in one of four ways and normalised or not. Distances may be those of the data, counted
from the nearest neighbour on, or lengths of paths; labels alone may decide too.
"""

from nbembed.affinities.calibration import bisections, conditional
from nbembed.affinities.classes import equal_label, with_labels
from nbembed.affinities.fuzzy import memberships, smooth_distances
from nbembed.affinities.geodesic import distances, geodesic_distances, geodesic_neighbors
from nbembed.affinities.joint import (
    fuzzy_union,
    joint,
    multiscale,
    perplexity,
    pseudo_distances,
    scaled_pairs,
    scales,
)
from nbembed.affinities.symmetry import SYMMETRIZATIONS, normalized_to_one, symmetrized

__all__ = [
    "SYMMETRIZATIONS",
    "bisections",
    "conditional",
    "distances",
    "equal_label",
    "fuzzy_union",
    "geodesic_distances",
    "geodesic_neighbors",
    "joint",
    "memberships",
    "multiscale",
    "normalized_to_one",
    "perplexity",
    "pseudo_distances",
    "scaled_pairs",
    "scales",
    "smooth_distances",
    "symmetrized",
    "with_labels",
]
