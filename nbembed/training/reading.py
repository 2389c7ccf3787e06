"""What can be read of a run at any time, without changing it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import RunEndedError
from nbembed.neighbors import Graph
from nbembed.phases import Phase
from nbembed.training.frame import total
from nbembed.training.graphs import Graphs
from nbembed.training.history import History
from nbembed.training.live import degrees_of, live_parameters, weights_of
from nbembed.training.preparation import Prepared
from nbembed.training.recursions import Recursed
from nbembed.training.stages import Stage, stages_of
from nbembed.training.steppers import Seen
from nbembed.training.stepping import Stepper

__all__ = ["Readable"]


class Readable:
    """The part of a run that says how it stands.

    Attributes
    ----------
    phases : list of Phase
        What it does, in order.
    step : int
        Steps done.
    """

    phases: list[Phase]
    step: int
    history: History
    _seen: Seen
    _graphs: Graphs
    _prepared: Prepared | None
    _stepper: Stepper | None
    _phase_index: int
    _overrides: dict[str, float]
    _ended: bool

    @property
    def phase(self) -> Phase:
        """The phase the run is in, or will enter first."""
        return self.phases[self._phase_index]

    @property
    def ended(self) -> bool:
        """Whether no further frame will come."""
        return self._ended

    @property
    def embedding(self) -> NDArray[np.float32] | None:
        """A copy of the present map; None before the starting map exists."""
        return None if self._stepper is None else self._stepper.embedding()

    @property
    def has_map(self) -> bool:
        """Whether there is a map yet."""
        return self._prepared is not None

    @property
    def prepared(self) -> Prepared | None:
        """Neighbours, affinities and starting map; None before they exist."""
        return self._prepared

    @property
    def graph(self) -> Graph | None:
        """The affinities that the present phase works with; None before they exist."""
        return self._graphs.there.get(self._phase_index)

    @property
    def graphs(self) -> Mapping[int, Graph]:
        """The affinities of each phase that has been reached, by its number."""
        return dict(self._graphs.there)

    @property
    def sources(self) -> Mapping[int, NDArray[np.float32]]:
        """What phases that measure affinities in every mini-batch measure them in, where it is not the data."""
        return dict(self._graphs.sources)

    @property
    def stages(self) -> list[Stage]:
        """The phases, those of one recursion as one: each leaves a map behind that the history keeps."""
        return stages_of(self.phases)

    @property
    def targets(self) -> Mapping[str, Any]:
        """What the terms of the phases need beside plain data, by key."""
        return self._seen.targets

    @property
    def heads(self) -> Any:
        """The networks that terms train beside :attr:`network`, as they stand; None without a network."""
        return getattr(self._stepper, "heads", None)

    @property
    def network(self) -> Any:
        """The ``torch.nn.Module`` that places the points as it stands; None for free coordinates."""
        return getattr(self._stepper, "module", None)

    @property
    def degrees_of_freedom(self) -> float:
        """Those of Student's t in the map; 1 for methods without them."""
        return degrees_of(self._stepper)

    @property
    def recursions(self) -> list[Recursed]:
        """What the run looked like at the end of each recursion so far; empty for methods without them."""
        return list(self.history.recursions)

    @property
    def device(self) -> str:
        """Where a network works."""
        return self._seen.device

    @property
    def losses(self) -> dict[str, float]:
        """The true loss of the present map; {} before there is one."""
        return {} if self._stepper is None else self._stepper.losses()

    @property
    def loss(self) -> float:
        """What is minimised, for the present map: the sum of all losses, each times its weight."""
        return total(self.losses, self.weights)

    @property
    def weights(self) -> dict[str, float]:
        """The weights now in force of the terms that are added to the loss."""
        return weights_of(self.phase, self._overrides)

    @property
    def overrides(self) -> dict[str, float]:
        """What was set in mid-run and is still in force, by name."""
        return dict(self._overrides)

    @property
    def live(self) -> dict[str, float]:
        """What can be changed in the present phase, with the values now in force; {} before the first map."""
        stepper, phase = self._stepper, self.phase
        if stepper is None:
            return {}
        known = self.weights_by_name | {
            name: value for name, value in phase.kernel.items() if name in ("min_dist", "spread")
        }
        known |= {"spectrum": phase.loss["spectrum"]} if "spectrum" in phase.loss else {}
        # A network's exaggeration is a factor of its plan's.
        known |= {} if phase.model["name"] == "free" else {"exaggeration": 1.0}
        known |= self._overrides
        return {
            name: float(known[name] if name in known else stepper.get(name))
            for name in live_parameters(phase)
        }

    @property
    def weights_by_name(self) -> dict[str, float]:
        """The weights of the terms under the names by which they are changed."""
        return {f"{key}_weight": weight for key, weight in self.weights.items()}

    @property
    def state(self) -> State:
        """All that is needed to go on bit by bit from here, as arrays and plain numbers."""
        if self._stepper is None:
            raise RunEndedError("the run has no state before its first map; pull frames first")
        return {
            "step": self.step,
            "phase_index": self._phase_index,
            "overrides": dict(self._overrides),
            "stepper": self._stepper.state_dict(),
        }
