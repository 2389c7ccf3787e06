"""The edges of a graph as tensors, and the attraction along them."""

import numpy as np
import torch
from torch import Tensor

from nbembed.neighbors import Graph
from nbembed.tensor_forces.sums import add_at

__all__ = ["Edges"]


class Edges:
    """Where each edge begins and ends, and its weight.

    Parameters
    ----------
    graph
        Weighted edges by rows.
    device, dtype
        Where they go, and what their weights are there.
    """

    def __init__(self, graph: Graph, device: str, dtype: torch.dtype) -> None:
        heads = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
        self.n = graph.n
        self.heads = torch.from_numpy(heads).to(device)
        self.tails = torch.from_numpy(graph.indices.astype(np.int64)).to(device)
        self.weights = torch.from_numpy(graph.weights.copy()).to(device, dtype)

    def pull(self, points: Tensor) -> Tensor:
        r"""Return :math:`\sum_j p_{ij} (1 + |y_i - y_j|^2)^{-1} (y_i - y_j)` for every point."""
        apart = points[self.heads] - points[self.tails]
        pull = self.weights / (1.0 + (apart * apart).sum(1))
        return add_at(self.heads, pull[:, None] * apart, self.n)
