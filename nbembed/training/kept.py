"""A run that was stored without its data: all there is to see of it, and no way on."""

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import NotKeptError
from nbembed.phases import Phase
from nbembed.training.frame import Frame
from nbembed.training.history import History
from nbembed.training.run import Run
from nbembed.training.storing import Event

__all__ = ["KeptRun"]


class KeptRun(Run):
    """The maps, curves and events of a run, without its data.

    Parameters
    ----------
    config, arrays
        What ``to_config`` and ``arrays`` of the run returned.
    """

    def __init__(self, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        # Of the right shape, and without memory: nobody can mistake it for data.
        nothing = np.broadcast_to(np.float32(np.nan), tuple(config["shape"]))
        phases = [Phase.from_dict(phase) for phase in config["phases"]]
        super().__init__(
            nothing,
            phases,
            seed=int(config["seed"]),
            history=History.from_config(config["history"], arrays),
        )
        self.close()
        self.step, self._phase_index = int(config["step"]), int(config["phase_index"])
        self.events = [Event(**event) for event in config["events"]]
        self._overrides = dict(config["overrides"])
        self._map = np.ascontiguousarray(arrays["map"], dtype=np.float32)

    @property
    def embedding(self) -> NDArray[np.float32]:
        """A copy of the last map."""
        return self._map.copy()

    @property
    def has_map(self) -> bool:
        """True: a run is stored only with a map."""
        return True

    @property
    def state(self) -> State:
        """What a run needs to go on: not kept."""
        self._refuse("state")

    def __next__(self) -> Frame:
        """Stop: nothing comes after what was stored."""
        raise StopIteration

    def set(self, name: str, value: float) -> str:  # noqa: ARG002 - as other runs
        """Raise: a run without its data cannot be changed."""
        self._refuse("set()")

    def branch(self, step: int | None = None) -> Run:  # noqa: ARG002 - as other runs
        """Raise: a run without its data has no branches."""
        self._refuse("branch()")

    def resume(self, state: State) -> Run:  # noqa: ARG002 - as other runs
        """Raise: a run without its data cannot go on."""
        self._refuse("resume()")

    def _refuse(self, what: str) -> NoReturn:
        raise NotKeptError(
            f"{what} needs the data of the run, which its file does not hold; save it with data=True"
        )
