"""What a run remembers of itself, within a fixed number of bytes."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nbembed._types import State

if TYPE_CHECKING:
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
    always leaves the same history.

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
        self._states: dict[int, State] = {}
        self._state_stride = 25

    def add_frame(self, step: int, phase: str, embedding: NDArray[np.float32]) -> None:
        """Keep the map of ``step`` if the present stride asks for it; ``embedding`` is copied."""
        if step % self._stride:
            return
        self.frames.append(StoredFrame(step, phase, embedding.copy()))
        if len(self.frames) * embedding.nbytes > self.max_bytes and len(self.frames) > 2:  # noqa: PLR2004
            self._stride *= 2
            self.frames = [f for f in self.frames if f.step % self._stride == 0]

    def keep(self, step: int, phase: str, embedding: NDArray[np.float32]) -> bool:
        """Keep the map of ``step`` as :meth:`add_frame` does, or return False if it is not finite."""
        finite = bool(np.isfinite(embedding).all())
        if finite:
            self.add_frame(step, phase, embedding)
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
        copy.frames = [f for f in self.frames if f.step <= step]
        copy.recursions = [r for r in self.recursions if r.end <= step]
        copy._states = {s: v for s, v in self._states.items() if s <= step}
        for name, curve in self.curves.items():
            end = bisect_right(curve.steps, step)
            copy.curves[name] = Curve(curve.steps[:end], curve.values[:end], curve.by_clock)
        return copy

    @property
    def steps(self) -> list[int]:
        """Steps whose maps are held, ascending."""
        return [f.step for f in self.frames]

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        return f"History({len(self.frames)} maps, curves={sorted(self.curves)})"
