"""Terms that can be added to any loss of a network."""

from nbembed.networks.terms.base import Term

__all__ = ["Term"]
