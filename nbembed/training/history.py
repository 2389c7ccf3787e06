"""What a run remembers of itself, within a fixed number of bytes."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State
from nbembed.training.recursions import Recursed

__all__ = ["Curve", "History", "StoredFrame", "thinned"]

MAX_SNAPSHOTS = 8
# Values of one curve; beyond, the lowest and the highest of equal spans of steps remain.
MAX_VALUES = 10_000


@dataclass(frozen=True)
class StoredFrame:
    """A map the history kept."""

    step: int
    phase: str
    embedding: NDArray[np.float32]


@dataclass
class Curve:
    """Values of one quantity and the steps they belong to.

    ``by_clock`` marks values whose steps were chosen by the wall clock (live metrics): another run
    has them at other steps, so they are no part of what is reproducible.
    """

    steps: list[int]
    values: list[float]
    by_clock: bool = False


def thinned(steps: Sequence[int], values: Sequence[float], room: int) -> list[int]:
    """Return the positions of at most ``room`` points that show what all of them show.

    They are the two ends, and the lowest and the highest value in each of equal spans of steps. A
    span is a power of two and begins at a multiple of itself: thinning again what was thinned before
    leaves what thinning everything at once would leave.

    Parameters
    ----------
    steps
        Ascending.
    values
        One for each step; those that are not finite count as the lowest.
    room
        At least 4.
    """
    if len(steps) <= room:
        return list(range(len(steps)))
    at = np.asarray(steps, dtype=np.int64)
    numbers = np.asarray(values, dtype=np.float64)
    numbers = np.where(np.isfinite(numbers), numbers, -np.inf)
    power = 0
    while 2 * (int(at[-1] >> power) - int(at[0] >> power) + 1) + 2 > room:
        power += 1
    spans = at >> power
    order = np.lexsort((numbers, spans))
    border = np.flatnonzero(np.diff(spans[order]))
    lowest, highest = order[np.append(0, border + 1)], order[np.append(border, len(at) - 1)]
    return np.unique(np.concatenate([[0, len(at) - 1], lowest, highest])).tolist()


class History:
    """Maps, losses and full states of one run.

    When ``max_bytes`` of maps are held, every other one is dropped and from then on half as many
    are kept: the steps that remain depend on nothing but the number of steps, so the same run
    always leaves the same history. The map at the end of each phase or recursion always stays.

    Parameters
    ----------
    max_bytes
        Most bytes of maps to hold; the full states for branching may take as many again.
    loss_every
        Steps between two recorded losses.
    """

    def __init__(self, *, max_bytes: int = 64_000_000, loss_every: int = 10) -> None:
        self.max_bytes = max_bytes
        self.loss_every = loss_every
        self.frames: list[StoredFrame] = []
        self.curves: dict[str, Curve] = {}
        self.recursions: list[Recursed] = []
        self._stride = 1
        # Steps whose maps are never dropped.
        self._fixed: set[int] = set()
        self._states: dict[int, State] = {}
        self._state_stride = 25

    def add_frame(
        self, step: int, phase: str, embedding: NDArray[np.float32], *, always: bool = False
    ) -> None:
        """Keep the map of ``step`` if the present stride asks for it, or ``always``; ``embedding`` is copied."""
        if always:
            self._fixed.add(step)
        elif step % self._stride:
            return
        self.frames.append(StoredFrame(step, phase, embedding.copy()))
        if len(self.frames) * embedding.nbytes > self.max_bytes and len(self.frames) > 2:  # noqa: PLR2004
            self._stride *= 2
            self.frames = [
                f for f in self.frames if f.step % self._stride == 0 or f.step in self._fixed
            ]

    def keep(
        self, step: int, phase: str, embedding: NDArray[np.float32], *, always: bool = False
    ) -> bool:
        """Keep the map of ``step`` as :meth:`add_frame` does, or return False if it is not finite."""
        finite = bool(np.isfinite(embedding).all())
        if finite:
            self.add_frame(step, phase, embedding, always=always)
        return finite

    def add_value(self, name: str, step: int, value: float, *, by_clock: bool = False) -> None:
        """Append one value to the curve ``name``; a curve that has grown too long is thinned."""
        curve = self.curves.setdefault(name, Curve([], [], by_clock))
        curve.steps.append(step)
        curve.values.append(float(value))
        if len(curve.values) > MAX_VALUES:
            kept = thinned(curve.steps, curve.values, MAX_VALUES // 2)
            # A new curve, not shorter lists: another thread may be reading the old ones.
            self.curves[name] = Curve(
                [curve.steps[i] for i in kept], [curve.values[i] for i in kept], by_clock
            )

    def wants_state(self, step: int) -> bool:
        """Return whether a full state should be kept at ``step``."""
        return step % self._state_stride == 0

    def add_state(self, step: int, state: State) -> None:
        """Keep a full state, thinning as the maps are thinned; step 0 is never dropped."""
        arrays = [v for v in state["stepper"].values() if isinstance(v, np.ndarray)]
        nbytes = sum(v.nbytes for v in arrays)
        self._states[step] = state
        while len(self._states) > MAX_SNAPSHOTS or (
            len(self._states) > 2 and len(self._states) * nbytes > self.max_bytes  # noqa: PLR2004
        ):
            self._state_stride *= 2
            self._states = {s: v for s, v in self._states.items() if s % self._state_stride == 0}

    def state_before(self, step: int) -> State:
        """Return the newest full state at or before ``step``."""
        steps = sorted(self._states)
        return self._states[steps[bisect_right(steps, step) - 1]]

    def until(self, step: int) -> "History":
        """Return a copy that has forgotten everything after ``step``; the arrays are shared."""
        copy = History(max_bytes=self.max_bytes, loss_every=self.loss_every)
        copy._stride, copy._state_stride = self._stride, self._state_stride
        copy._fixed = {s for s in self._fixed if s <= step}
        copy.frames = [f for f in self.frames if f.step <= step]
        copy.recursions = [r for r in self.recursions if r.end <= step]
        copy._states = {s: v for s, v in self._states.items() if s <= step}
        for name, curve in self.curves.items():
            end = bisect_right(curve.steps, step)
            copy.curves[name] = Curve(curve.steps[:end], curve.values[:end], curve.by_clock)
        return copy

    @property
    def states(self) -> list[State]:
        """The full states that are held, in the order of their steps."""
        return [self._states[step] for step in sorted(self._states)]

    @states.setter
    def states(self, states: Sequence[State]) -> None:
        self._states = {int(state["step"]): state for state in states}

    def to_config(self) -> dict[str, Any]:
        """Return what is stored as JSON: all but arrays, and without the full states."""
        return {
            "max_bytes": self.max_bytes,
            "loss_every": self.loss_every,
            "stride": self._stride,
            "fixed": sorted(self._fixed),
            "state_stride": self._state_stride,
            "phases": [frame.phase for frame in self.frames],
            "curves": [[name, curve.by_clock] for name, curve in self.curves.items()],
            "recursions": [recursion.to_config() for recursion in self.recursions],
        }

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored as arrays: the maps, and steps and values of the curves."""
        arrays: dict[str, NDArray[Any]] = {"history.steps": np.array(self.steps, dtype=np.int64)}
        if self.frames:
            arrays["history.maps"] = np.stack([frame.embedding for frame in self.frames])
        for number, curve in enumerate(self.curves.values()):
            arrays[f"curve.{number}.steps"] = np.array(curve.steps, dtype=np.int64)
            arrays[f"curve.{number}.values"] = np.array(curve.values, dtype=np.float64)
        for number, recursion in enumerate(self.recursions):
            arrays[f"recursion.{number}"] = recursion.embedding
        return arrays

    @classmethod
    def from_config(cls, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return what :meth:`to_config` and :meth:`arrays` described."""
        history = cls(max_bytes=int(config["max_bytes"]), loss_every=int(config["loss_every"]))
        history._stride = int(config["stride"])
        history._fixed = {int(step) for step in config.get("fixed", ())}
        history._state_stride = int(config["state_stride"])
        steps = arrays["history.steps"].tolist()
        kept = zip(steps, config["phases"], arrays.get("history.maps", ()), strict=True)
        history.frames = [StoredFrame(step, phase, embedding) for step, phase, embedding in kept]
        for number, (name, by_clock) in enumerate(config["curves"]):
            history.curves[name] = Curve(
                arrays[f"curve.{number}.steps"].tolist(),
                arrays[f"curve.{number}.values"].tolist(),
                bool(by_clock),
            )
        for number, recursion in enumerate(config["recursions"]):
            embedding = arrays[f"recursion.{number}"]
            history.recursions.append(Recursed.from_config(recursion, embedding))
        return history

    @property
    def steps(self) -> list[int]:
        """Steps whose maps are held, ascending."""
        return [f.step for f in self.frames]

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"History({len(self.frames)} maps, curves={sorted(self.curves)})"
