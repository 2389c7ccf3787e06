"""The k nearest neighbours of every sample, exact or approximate, and sparse graphs of them."""

from nbembed.neighbors.finding import nearest_neighbors, search
from nbembed.neighbors.graph import Graph, Neighbors
from nbembed.neighbors.index import Index, content_keys

__all__ = ["Graph", "Index", "Neighbors", "content_keys", "nearest_neighbors", "search"]
