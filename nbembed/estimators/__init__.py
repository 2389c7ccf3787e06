"""Estimators: recipes from hyper-parameters to phases, with scikit-learn's contract."""

import re
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nbembed import persistence
from nbembed.errors import InvalidInputError
from nbembed.estimators.activations import features
from nbembed.estimators.autoencoder import Autoencoder
from nbembed.estimators.base import Embedder
from nbembed.estimators.dre import DRE
from nbembed.estimators.gdr import GDR
from nbembed.estimators.largevis import LargeVis
from nbembed.estimators.neighbor_embedding import NeighborEmbedding
from nbembed.estimators.pacmap import PaCMAP
from nbembed.estimators.parametric_tsne import ParametricTSNE
from nbembed.estimators.parametric_umap import ParametricUMAP
from nbembed.estimators.projection import Projection
from nbembed.estimators.recursions import Recursion
from nbembed.estimators.routine import Routine
from nbembed.estimators.scaling import MDS, Isomap
from nbembed.estimators.sne import SNE
from nbembed.estimators.sweeping import sweep
from nbembed.estimators.tsne import TSNE
from nbembed.estimators.umap import UMAP

__all__ = [
    "DRE",
    "GDR",
    "KINDS",
    "MDS",
    "METHODS",
    "SNE",
    "TSNE",
    "UMAP",
    "Autoencoder",
    "Embedder",
    "Isomap",
    "LargeVis",
    "NeighborEmbedding",
    "PaCMAP",
    "ParametricTSNE",
    "ParametricUMAP",
    "Projection",
    "Recursion",
    "Routine",
    "features",
    "find_method",
    "load",
    "restored",
    "sweep",
    "unfitted",
]

# The names that ``EmbedWidget(method=…)`` takes.
METHODS: dict[str, type[Embedder]] = {
    "tsne": TSNE,
    "umap": UMAP,
    "largevis": LargeVis,
    "sne": SNE,
    "pacmap": PaCMAP,
    "mds": MDS,
    "isomap": Isomap,
    "gdr": GDR,
    "neighbor_embedding": NeighborEmbedding,
    "parametric_tsne": ParametricTSNE,
    "parametric_umap": ParametricUMAP,
    "dre": DRE,
    "autoencoder": Autoencoder,
    "projection": Projection,
}


# The same by the names under which files have them.
KINDS: dict[str, type[Embedder]] = {cls.__name__: cls for cls in (*METHODS.values(), Routine)}


def find_method(method: str) -> type[Embedder]:
    """Return the class of the method of that name, in any spelling: ``"t-SNE"``, ``"Parametric UMAP"``."""
    for name, cls in METHODS.items():
        if re.sub(r"[-_ ]", "", method).lower() == name.replace("_", ""):
            return cls
    known = ", ".join(map(repr, METHODS))
    raise InvalidInputError(f"method must be one of {known}, or an estimator, got {method!r}")


def load(path: str | Path) -> Embedder:
    """Return the fitted estimator that its ``save`` wrote to ``path``.

    The file is data: no code in it can run.

    Raises
    ------
    InvalidInputError
        If the file is not one of ours, is damaged, or is of a kind this version does not know.
    """
    return restored(path, *persistence.load(path))


def restored(
    path: str | Path, kind: str, config: dict[str, Any], arrays: dict[str, NDArray[Any]]
) -> Embedder:
    """Return the fitted estimator that :func:`nbembed.persistence.load` found at ``path``."""
    if kind not in KINDS:
        raise InvalidInputError(
            f"path must be a saved estimator ({', '.join(KINDS)}), got {path} of kind {kind!r}"
        )
    try:
        return unfitted(kind, config["parameters"], arrays).restored(config, arrays)
    except (KeyError, TypeError) as error:
        raise InvalidInputError(
            f"path must be a complete saved estimator, got {path} without {error}"
        ) from None


def unfitted(kind: str, stored: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Embedder:
    """Return an estimator of the class ``kind`` with the hyper-parameters that a file holds."""
    return KINDS[kind](**KINDS[kind].read_parameters(stored, arrays))
