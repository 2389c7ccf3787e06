"""nbembed: dimensionality reduction you can watch, steer and trust, in the notebook.

The names below are imported when they are first used, so ``import nbembed`` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the room it lives in.
_HOMES = {
    "EmbedWidget": "nbembed.widget",
    "TSNE": "nbembed.estimators",
    "UMAP": "nbembed.estimators",
    "benchmark": "nbembed.benchmarking",
    "load": "nbembed.estimators",
}
_ROOMS = ("baselines", "clustering", "datasets", "drift", "metrics")

__all__ = [
    "TSNE",
    "UMAP",
    "EmbedWidget",
    "baselines",
    "benchmark",
    "clustering",
    "datasets",
    "drift",
    "load",
    "metrics",
]

if TYPE_CHECKING:
    from nbembed import baselines, clustering, datasets, drift, metrics
    from nbembed.benchmarking import benchmark
    from nbembed.estimators import TSNE, UMAP, load
    from nbembed.widget import EmbedWidget


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return import_module(f"nbembed.{name}")
    raise AttributeError(
        f"module 'nbembed' has no attribute {name!r}; public names are {', '.join(__all__)}"
    )


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
