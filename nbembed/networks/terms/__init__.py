"""Terms that can be added to any loss of a network."""

from nbembed.networks.terms.base import Term
from nbembed.networks.terms.decoding import Divergence, Reconstruction
from nbembed.networks.terms.geometry import AUGMENTATIONS, Consistency, Correlation
from nbembed.networks.terms.making import make_head, make_heads, make_terms
from nbembed.networks.terms.reading import read_head
from nbembed.networks.terms.supervision import Attribute, Classification, Position, Triplet

__all__ = [
    "AUGMENTATIONS",
    "Attribute",
    "Classification",
    "Consistency",
    "Correlation",
    "Divergence",
    "Position",
    "Reconstruction",
    "Term",
    "Triplet",
    "make_head",
    "make_heads",
    "make_terms",
    "read_head",
]
