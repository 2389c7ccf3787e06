"""A run that was stored without its data: all there is to see of it, and no way on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.errors import NotKeptError
from nbembed.phases import Phase
from nbembed.training.frame import Event, Frame
from nbembed.training.history import History
from nbembed.training.run import Run
from nbembed.training.storing import there

__all__ = ["KeptRun"]


class KeptRun(Run):
    """The maps, curves and events of a run, without its data.

    Parameters
    ----------
    shape
        (n_samples, n_features) of the data.
    phases
        What the run did; the last one it was in is number ``phase_index``.
    history
        Its maps and curves.
    embedding
        Its last map.
    step
        Steps done.
    """

    def __init__(
        self,
        shape: Sequence[int],
        phases: Sequence[Phase],
        history: History,
        embedding: NDArray[np.float32],
        *,
        step: int,
        seed: int = 0,
        phase_index: int = 0,
    ) -> None:
        # Of the right shape, and without memory: nobody can mistake it for data.
        nothing = np.broadcast_to(np.float32(np.nan), tuple(shape))
        super().__init__(nothing, phases, seed=seed, history=history)
        self.close()
        self.step, self._phase_index = int(step), int(phase_index)
        self._degrees_of_freedom = 1.0
        self._map = np.ascontiguousarray(embedding, dtype=np.float32)

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return what ``to_config`` and ``arrays`` of a run described."""
        run = cls(
            config["shape"],
            [Phase.from_dict(phase) for phase in config["phases"]],
            History.from_config(config["history"], arrays),
            arrays["map"],
            step=config["step"],
            seed=config["seed"],
            phase_index=config["phase_index"],
        )
        run.events = [Event(**event) for event in config["events"]]
        run._overrides = dict(config["overrides"])
        run._degrees_of_freedom = float(config.get("degrees_of_freedom", 1.0))
        return run

    @classmethod
    def of(cls, run: Run) -> Self:
        """Return how a run with a map stands now; its maps are shared, not copied."""
        kept = cls(
            run.X.shape,
            run.phases,
            run.history.until(run.step),
            there(run.embedding),
            step=run.step,
            seed=run.seed,
            phase_index=run.phases.index(run.phase),
        )
        kept.events = list(run.events)
        kept._overrides = run.overrides
        kept._degrees_of_freedom = run.degrees_of_freedom
        return kept

    @classmethod
    def of_map(cls, embedding: NDArray[np.float32], n_features: int) -> Self:
        """Return a run of which nothing is known but its map."""
        none: dict[str, Any] = {"name": "none"}
        phase = Phase(
            name="",
            n_steps=1,
            neighbors={"n_neighbors": 1},
            affinities=none,
            kernel=none,
            sampler={"name": "everything", "n_negatives": 0},
            loss=none,
            optimizer=none,
            model={"name": "free", "n_components": embedding.shape[1]},
        )
        return cls((len(embedding), n_features), [phase], History(), embedding, step=0)

    @property
    def embedding(self) -> NDArray[np.float32]:
        """A copy of the last map."""
        return self._map.copy()

    @property
    def has_map(self) -> bool:
        """True: a run is stored only with a map."""
        return True

    @property
    def degrees_of_freedom(self) -> float:
        """Those of Student's t in the map; 1 for methods without them."""
        return self._degrees_of_freedom

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

    def branch(
        self,
        step: int | None = None,  # noqa: ARG002 - as other runs
        *,
        phases: Iterable[Phase] | None = None,  # noqa: ARG002
    ) -> Run:
        """Raise: a run without its data has no branches."""
        self._refuse("branch()")

    def resume(self, state: State) -> Run:  # noqa: ARG002 - as other runs
        """Raise: a run without its data cannot go on."""
        self._refuse("resume()")

    def _refuse(self, what: str) -> NoReturn:
        raise NotKeptError(
            f"{what} needs the data of the run, which its file does not hold; save it with data=True"
        )
