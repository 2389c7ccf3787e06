"""Other methods behind one interface, to compare with: what it costs is one line.

Every one of them is an estimator of scikit-learn: ``fit``, ``fit_transform`` (float32), ``transform`` where the
method has one, ``get_params``, ``set_params``, ``random_state`` and a ``title``. Its defaults are those
of the package that does the work, which is imported when it is used.
"""

from nbembed.baselines.autoencoders import Autoencoder, VariationalAutoencoder
from nbembed.baselines.base import Baseline
from nbembed.baselines.boltzmann import RBMParametricTSNE
from nbembed.baselines.neighbor_embeddings import OpenTSNE, UMAPLearn
from nbembed.baselines.optional import MDE, PHATE, PaCMAP, TriMap
from nbembed.baselines.packages import is_installed
from nbembed.baselines.projection import Projection
from nbembed.baselines.scikit import MDS, PCA, Isomap, LaplacianEigenmaps

__all__ = [
    "MDE",
    "MDS",
    "PCA",
    "PHATE",
    "Autoencoder",
    "Isomap",
    "LaplacianEigenmaps",
    "OpenTSNE",
    "PaCMAP",
    "Projection",
    "RBMParametricTSNE",
    "TriMap",
    "UMAPLearn",
    "VariationalAutoencoder",
    "available",
]

_CLASSES: tuple[type[Baseline], ...] = (
    *(PCA, Autoencoder, VariationalAutoencoder, RBMParametricTSNE, LaplacianEigenmaps, Isomap, MDS),
    *(OpenTSNE, UMAPLearn, PaCMAP, PHATE, TriMap, MDE),
)


def available() -> dict[str, Baseline]:
    """Return one of each baseline whose package is installed, with its defaults, under its title.

    Examples
    --------
    >>> import nbembed as nb
    >>> "PCA" in nb.baselines.available()
    True
    """
    there = (cls for cls in _CLASSES if not cls.module or is_installed(cls.module))
    return {cls.title: cls() for cls in there}
