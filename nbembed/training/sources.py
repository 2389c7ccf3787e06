"""What the affinities of a later phase are measured in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph
from nbembed.phases import Phase

__all__ = ["SCALES", "blended", "measured_rows", "scaled_features"]

SCALES = ("none", "standardize", "whiten")
# Directions with less than this share of the largest variance are noise, which whitening would enlarge.
NOISE = 1e-4


def measured_rows(phase: Phase, stepper: Any, X: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rows among which the affinities of ``phase`` are measured, shape (n_samples, width).

    Parameters
    ----------
    phase
        Its ``affinities_from`` names the data, the map or a layer.
    stepper
        That of the phase before, at its end.
    X
        The data.

    Raises
    ------
    InvalidInputError
        If a layer is asked for where there is no network, or it has no such layer.
    """
    scale = str(phase.neighbors.get("scale", "none"))
    if phase.affinities_from == "input":
        return scaled_features(X, scale)
    if phase.affinities_from == "embedding":
        return stepper.embedding()
    if not hasattr(stepper, "features"):
        raise InvalidInputError(
            "affinities_from must be 'input' or 'embedding' where no network places the points, "
            f"got {phase.affinities_from!r} in phase {phase.name!r}"
        )
    return scaled_features(stepper.features(phase.affinities_from), scale)


def scaled_features(features: NDArray[np.float32], scale: str) -> NDArray[np.float32]:
    """Return features on another scale.

    Parameters
    ----------
    features
        Shape (n, width).
    scale
        ``"none"`` returns them as they are. ``"standardize"`` gives each one variance 1; those that are constant
        give 0. ``"whiten"`` gives each principal direction variance 1, and leaves out those with less than a
        ten-thousandth of the largest variance.

    Returns
    -------
    ndarray of float32, shape (n, width), or (n, fewer) with ``"whiten"``
    """
    _checks.check_choice("scale", scale, SCALES)
    if scale == "none":
        return features
    centred = features - features.mean(axis=0, dtype=np.float64)
    if scale == "standardize":
        spread = centred.std(axis=0)
        there = spread > 1e-6 * spread.max(initial=0.0)
        return np.divide(centred, spread, where=there, out=np.zeros_like(centred)).astype(
            np.float32
        )
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    there = variances > NOISE * max(float(variances[-1]), np.finfo(np.float64).tiny)
    if not there.any():
        return np.zeros((len(features), 1), dtype=np.float32)
    return (centred @ (directions[:, there] / np.sqrt(variances[there]))).astype(np.float32)


def blended(graph: Graph, own: Graph, share: float) -> Graph:
    """Return ``share`` of the affinities ``own`` and the rest of ``graph``, edge by edge."""
    return Graph.from_scipy((1.0 - share) * graph.to_scipy() + share * own.to_scipy())
