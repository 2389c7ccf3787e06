"""What a fit with a network leaves behind: the network is the map, and new rows go through it."""

import copy
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._scaling import Scaling
from nbembed.errors import NotKeptError, RunEndedError
from nbembed.neighbors import Graph
from nbembed.phases import Part
from nbembed.training.run import Run

__all__ = ["NetworkReference"]

Points = NDArray[np.float32]
# Before the names of weights in a file.
WEIGHTS = "weights."


class NetworkReference:
    """A trained network and how rows are made ready for it.

    Parameters
    ----------
    X
        The checked data of the fit; kept as it is, not copied. None after loading: files do not hold it.
    module
        The trained ``torch.nn.Module``.
    standardization
        How the network's inputs were made of ``X``.
    scaling
        How ``X`` was made of the data as they were given.
    part
        The ``model`` of the phase, which names the layers.
    graph
        The affinities of the fit, where they are still there.
    device
        Where the network is.
    """

    def __init__(
        self,
        X: Points | None,
        module: Any,
        standardization: Any,
        *,
        scaling: Scaling,
        part: Part,
        graph: Graph | None = None,
        device: str = "cpu",
    ) -> None:
        self.X, self.module, self.standardization = X, module, standardization
        self.scaling, self.part, self.graph, self.device = scaling, part, graph, device

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
            part=run.phase.model,
            graph=None if run.prepared is None else run.prepared.graph,
            device=run.device,
        )

    def place(self, rows: Points, embedding: Points) -> Points:  # noqa: ARG002 - as other references
        """Return the place of each row, whatever the rows it comes with."""
        from nbembed.networks import pinned_torch, place

        with pinned_torch(1):
            return place(self.ready, self.inputs(rows), self.device)

    def inputs(self, rows: Points) -> Any:
        """Return what the network sees of rows."""
        from nbembed.networks import Rows

        shape = self.part.get("shape")
        return Rows(rows, self.standardization, shape=shape, device=self.device)

    def place_again(self, numbers: NDArray[np.int64], embedding: Points) -> Points:
        """Return the places of rows of the fit: a network treats them as it treats any others."""
        if self.X is None:
            raise NotKeptError("place_again needs the data of the fit, which files do not hold")
        return self.place(self.X[numbers], embedding)

    @cached_property
    def ready(self) -> Any:
        """The network as rows go through it."""
        from nbembed.networks import ready

        return ready(self.module, self.device)

    def to_config(self) -> dict[str, Any]:
        """Return what is stored as JSON."""
        return {
            "model": self.part,
            "scale": self.standardization.scale,
            "divisor": self.scaling.divisor,
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored as arrays: the weights, not the data."""
        from nbembed.networks import weights_of

        shift = self.scaling.shift
        named = {"mean": self.standardization.mean} | ({} if shift is None else {"shift": shift})
        return named | {WEIGHTS + k: v for k, v in weights_of(self.module).items()}

    @classmethod
    def from_config(cls, config: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Self:
        """Return what :meth:`to_config` and :meth:`arrays` described, on the CPU."""
        from nbembed.networks import Standardization, make_network, with_weights

        mean = arrays["mean"]
        module = make_network(config["model"], len(mean), seed=0)
        weights = {k.removeprefix(WEIGHTS): v for k, v in arrays.items() if k.startswith(WEIGHTS)}
        with_weights(module, weights)
        return cls(
            None,
            module,
            Standardization(mean, config["scale"]),
            scaling=Scaling(config["divisor"], arrays.get("shift")),
            part=config["model"],
        )

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled: not what can be made again."""
        return {name: value for name, value in self.__dict__.items() if name != "ready"}
