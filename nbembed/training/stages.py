"""The parts of a run that leave a map behind: its phases, those of one recursion as one."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbembed.phases import Phase

__all__ = ["Stage", "stages_of"]


@dataclass(frozen=True)
class Stage:
    """A phase, or all phases of one recursion.

    Attributes
    ----------
    name : str
        What people read.
    start, end : int
        Steps of the run after which it begins and ends.
    index : int
        Number of its last phase.
    recursion : int or None
        Number of the recursion, 0 before the first; None for methods without them.
    layer : str
        What its affinities are measured in: ``"input"``, ``"embedding"`` or a layer.
    """

    name: str
    start: int
    end: int
    index: int
    recursion: int | None
    layer: str


def stages_of(phases: Sequence[Phase]) -> list[Stage]:
    """Return the stages of a run, in order.

    Examples
    --------
    >>> import nbembed as nb
    >>> [(stage.name, stage.end) for stage in stages_of(nb.TSNE(n_iter=500).phases(1000))]
    [('early exaggeration', 250), ('optimization', 750)]
    """
    found: list[Stage] = []
    step = 0
    for index, phase in enumerate(phases):
        start, name = step, phase.name
        step += phase.n_steps
        if phase.recursion is not None and found and found[-1].recursion == phase.recursion:
            before = found.pop()
            start, name = before.start, before.name
        elif phase.recursion == 0:
            name = "before recursion"
        found.append(Stage(name, start, step, index, phase.recursion, phase.affinities_from))
    return found
