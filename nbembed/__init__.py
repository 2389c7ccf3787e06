"""nbembed: dimensionality reduction you can watch, steer and trust, in the notebook.

The names below are imported when they are first used, so ``import nbembed`` is fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Public name -> the room it lives in.
_HOMES = {
    "Autoencoder": "nbembed.estimators",
    "DRE": "nbembed.estimators",
    "EmbedWidget": "nbembed.widget",
    "GDR": "nbembed.estimators",
    "Isomap": "nbembed.estimators",
    "MDS": "nbembed.estimators",
    "NeighborEmbedding": "nbembed.estimators",
    "PaCMAP": "nbembed.estimators",
    "ParametricTSNE": "nbembed.estimators",
    "ParametricUMAP": "nbembed.estimators",
    "Projection": "nbembed.estimators",
    "Recursion": "nbembed.estimators",
    "Routine": "nbembed.estimators",
    "SNE": "nbembed.estimators",
    "Spec": "nbembed.spec",
    "LargeVis": "nbembed.estimators",
    "TSNE": "nbembed.estimators",
    "UMAP": "nbembed.estimators",
    "attribution_chart": "nbembed.explain_figures",
    "benchmark": "nbembed.benchmarking",
    "compare_maps": "nbembed.quality_figures",
    "explore": "nbembed.widget",
    "features": "nbembed.estimators",
    "gradient_plates_figure": "nbembed.spectrum_figures",
    "load": "nbembed.loading",
    "recursion_study": "nbembed.benchmarking",
    "repulsion_angles_figure": "nbembed.spectrum_figures",
    "report_figure": "nbembed.quality_figures",
    "rnx_curve": "nbembed.quality_figures",
    "shepard_diagram": "nbembed.quality_figures",
    "sweep": "nbembed.estimators",
}
_ROOMS = (
    "baselines",
    "clustering",
    "datasets",
    "drift",
    "explain",
    "inspect",
    "metrics",
    "networks",
    "spec",
    "terms",
    "weights",
)

__all__ = [
    "DRE",
    "GDR",
    "MDS",
    "SNE",
    "TSNE",
    "UMAP",
    "Autoencoder",
    "EmbedWidget",
    "Isomap",
    "LargeVis",
    "NeighborEmbedding",
    "PaCMAP",
    "ParametricTSNE",
    "ParametricUMAP",
    "Projection",
    "Recursion",
    "Routine",
    "Spec",
    "attribution_chart",
    "baselines",
    "benchmark",
    "clustering",
    "compare_maps",
    "datasets",
    "drift",
    "explain",
    "explore",
    "features",
    "gradient_plates_figure",
    "inspect",
    "load",
    "metrics",
    "networks",
    "recursion_study",
    "report_figure",
    "repulsion_angles_figure",
    "rnx_curve",
    "shepard_diagram",
    "spec",
    "sweep",
    "terms",
    "weights",
]

if TYPE_CHECKING:
    from nbembed import (
        baselines,
        clustering,
        datasets,
        drift,
        explain,
        inspect,
        metrics,
        networks,
        spec,
        terms,
        weights,
    )
    from nbembed.benchmarking import benchmark, recursion_study
    from nbembed.estimators import (
        DRE,
        GDR,
        MDS,
        SNE,
        TSNE,
        UMAP,
        Autoencoder,
        Isomap,
        LargeVis,
        NeighborEmbedding,
        PaCMAP,
        ParametricTSNE,
        ParametricUMAP,
        Projection,
        Recursion,
        Routine,
        features,
        sweep,
    )
    from nbembed.explain_figures import attribution_chart
    from nbembed.loading import load
    from nbembed.quality_figures import compare_maps, report_figure, rnx_curve, shepard_diagram
    from nbembed.spec import Spec
    from nbembed.spectrum_figures import gradient_plates_figure, repulsion_angles_figure
    from nbembed.widget import EmbedWidget, explore


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
