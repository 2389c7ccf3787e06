"""Estimators: recipes from hyper-parameters to phases, with scikit-learn's contract."""

import re
from pathlib import Path

from nbembed import persistence
from nbembed.errors import InvalidInputError
from nbembed.estimators.activations import features
from nbembed.estimators.autoencoder import Autoencoder
from nbembed.estimators.base import Embedder
from nbembed.estimators.dre import DRE
from nbembed.estimators.parametric_tsne import ParametricTSNE
from nbembed.estimators.parametric_umap import ParametricUMAP
from nbembed.estimators.projection import Projection
from nbembed.estimators.recursions import Recursion
from nbembed.estimators.tsne import TSNE
from nbembed.estimators.umap import UMAP

__all__ = [
    "DRE",
    "METHODS",
    "TSNE",
    "UMAP",
    "Autoencoder",
    "Embedder",
    "ParametricTSNE",
    "ParametricUMAP",
    "Projection",
    "Recursion",
    "features",
    "find_method",
    "load",
]

# The names that ``EmbedWidget(method=…)`` takes.
METHODS: dict[str, type[Embedder]] = {
    "tsne": TSNE,
    "umap": UMAP,
    "parametric_tsne": ParametricTSNE,
    "parametric_umap": ParametricUMAP,
    "dre": DRE,
    "autoencoder": Autoencoder,
    "projection": Projection,
}


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
    kind, config, arrays = persistence.load(path)
    classes = {cls.__name__: cls for cls in METHODS.values()}
    if kind not in classes:
        raise InvalidInputError(
            f"path must be a saved estimator ({', '.join(classes)}), got {path} of kind {kind!r}"
        )
    try:
        parameters = classes[kind].read_parameters(config["parameters"], arrays)
        return classes[kind](**parameters).restored(config, arrays)
    except (KeyError, TypeError) as error:
        raise InvalidInputError(
            f"path must be a complete saved estimator, got {path} without {error}"
        ) from None
