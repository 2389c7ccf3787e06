"""The k nearest neighbours of every sample, exact or approximate, and sparse graphs of them."""

from nbembed.neighbors.edges import edge_lengths
from nbembed.neighbors.finding import nearest_neighbors, search
from nbembed.neighbors.given import Given, check_given
from nbembed.neighbors.graph import Graph, Neighbors
from nbembed.neighbors.index import Index, content_keys

__all__ = [
    "Given",
    "Graph",
    "Index",
    "Neighbors",
    "check_given",
    "content_keys",
    "edge_lengths",
    "nearest_neighbors",
    "search",
]
