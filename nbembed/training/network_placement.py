"""What a fit with a network leaves behind: the network is the map, and new rows go through it."""

import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import Scaling
from nbembed.errors import RunEndedError
from nbembed.neighbors import Graph
from nbembed.training.run import Run

__all__ = ["NetworkReference"]

Points = NDArray[np.float32]


class NetworkReference:
    """A trained network and how rows are made ready for it.

    Parameters
    ----------
    X
        The checked data of the fit; kept as it is, not copied.
    module
        The trained ``torch.nn.Module``.
    standardization
        How the network's inputs were made of ``X``.
    scaling
        How ``X`` was made of the data as they were given.
    graph
        The affinities of the fit.
    device
        Where the network is.
    """

    def __init__(
        self,
        X: Points,
        module: Any,
        standardization: Any,
        *,
        scaling: Scaling,
        graph: Graph | None = None,
        device: str = "cpu",
    ) -> None:
        self.X, self.module, self.standardization = X, module, standardization
        self.scaling, self.graph, self.device = scaling, graph, device

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return what ``run`` leaves behind as it stands; the network is copied."""
        from nbembed.networks import Standardization

        if run.network is None:
            raise RunEndedError("the run has no network yet; pull frames first")
        return cls(
            run.X,
            copy.deepcopy(run.network),
            Standardization.of(run.X),
            scaling=run.scaling,
            graph=None if run.prepared is None else run.prepared.graph,
            device=run.device,
        )

    def place(self, rows: Points, embedding: Points) -> Points:  # noqa: ARG002 - as other references
        """Return the place of each row, whatever the rows it comes with."""
        from nbembed.networks import pinned_torch, place

        with pinned_torch(1):
            return place(self.module, self.standardization.forward(rows), self.device)

    def place_again(self, numbers: NDArray[np.int64], embedding: Points) -> Points:
        """Return the places of rows of the fit: a network treats them as it treats any others."""
        return self.place(self.X[numbers], embedding)
