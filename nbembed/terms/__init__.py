"""Terms: what can be added to the loss of any network, for ``ParametricUMAP(terms=[…])`` and its kin.

Each has a weight, the factor of its value in what is minimised. Values are reported without it, under the
term's name: in ``run.losses``, in the curves, in the history. In mid-run the weight is the live parameter
``"correlation_weight"``.

Examples
--------
>>> import nbembed as nb
>>> X, y = nb.datasets.iris()
>>> terms = [nb.terms.Reconstruction(), nb.terms.Correlation(0.1)]
>>> umap = nb.ParametricUMAP(terms=terms, n_batches=50, device="cpu", random_state=0).fit(X)
>>> umap.inverse_transform(umap.embedding_[:2]).shape
(2, 4)
"""

from nbembed.terms.base import Term
from nbembed.terms.descriptions import (
    Classification,
    Consistency,
    Correlation,
    Reconstruction,
    Triplet,
)
from nbembed.terms.guidance import Attribute, Position
from nbembed.terms.reading import as_terms, encoded, keyed, restored, stored

__all__ = [
    "Attribute",
    "Classification",
    "Consistency",
    "Correlation",
    "Position",
    "Reconstruction",
    "Term",
    "Triplet",
    "as_terms",
    "encoded",
    "keyed",
    "restored",
    "stored",
]
