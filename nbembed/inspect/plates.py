"""The catalogue of the views: every internal by its name, as a plate that any front end can draw.

:func:`register` adds a view of yours to it.
"""

from collections.abc import Callable, Iterable

from nbembed import _checks
from nbembed.errors import InvalidInputError
from nbembed.inspect.bandwidth import INTERNALS as BANDWIDTH
from nbembed.inspect.curves import INTERNALS as CURVES
from nbembed.inspect.distances import INTERNALS as DISTANCES
from nbembed.inspect.functions import INTERNALS as FUNCTIONS
from nbembed.inspect.fuzzy import INTERNALS as FUZZY
from nbembed.inspect.gradients import INTERNALS as GRADIENTS
from nbembed.inspect.guided import INTERNALS as GUIDED
from nbembed.inspect.kept import INTERNALS as KEPT
from nbembed.inspect.layers import INTERNALS as LAYERS
from nbembed.inspect.levers import INTERNALS as LEVERS
from nbembed.inspect.losses import INTERNALS as LOSSES
from nbembed.inspect.null import INTERNALS as NULL
from nbembed.inspect.parts import Arrows, Control, Heat, Internal, Panel, Plate, Scene, Series
from nbembed.inspect.pulls import INTERNALS as PULLS
from nbembed.inspect.question import INTERNALS as QUESTION
from nbembed.inspect.repulsion import INTERNALS as REPULSION
from nbembed.inspect.runs import INTERNALS as RUNS
from nbembed.inspect.shepard import INTERNALS as SHEPARD
from nbembed.inspect.sweeps import INTERNALS as SWEEPS
from nbembed.inspect.symmetry import INTERNALS as SYMMETRY
from nbembed.inspect.trained import INTERNALS as TRAINED

__all__ = [
    "Arrows", "Control", "Heat", "Internal", "Panel", "Plate", "Scene", "Series", "catalogue", "register", "unregister",
]  # fmt: skip

catalogue: dict[str, Internal] = {
    internal.name: internal
    for internal in sorted(
        (
            *DISTANCES,
            *BANDWIDTH,
            *SYMMETRY,
            *FUZZY,
            *CURVES,
            *PULLS,
            *GRADIENTS,
            *RUNS,
            *SWEEPS,
            *LEVERS,
            *REPULSION,
            *LOSSES,
            *KEPT,
            *SHEPARD,
            *QUESTION,
            *NULL,
            *LAYERS,
            *FUNCTIONS,
            *TRAINED,
            *GUIDED,
        ),
        key=lambda each: each.number,
    )
}

# Views of this package, whose names stay theirs, and what a scene can be asked for.
_OURS = frozenset(catalogue)
_NEEDS = ("point", "two points", "map", "run", "labels", "network")

Make = Callable[[Scene], Plate]


def register(name: str, title: str, *, needs: Iterable[str] = ()) -> Callable[[Make], Make]:
    """Add a view of yours to the catalogue, and so to the teaching panel; to be written above its function.

    Parameters
    ----------
    name
        Its key in :data:`catalogue`. A view of yours of that name is replaced.
    title
        What people read.
    needs
        What the scene must have: some of "point", "two points", "map", "run", "labels", "network".

    Raises
    ------
    InvalidInputError
        If this package has a view of that name, or there is no such need.

    Examples
    --------
    >>> import numpy as np
    >>> from nbembed.inspect.plates import Panel, Plate, Series, register, unregister
    >>> @register("widths", "How wide the map is", needs={"map"})
    ... def widths(scene):
    ...     found = np.std(scene.embedding, axis=0)
    ...     bars = Series("width", np.arange(len(found)), found, kind="bars")
    ...     panel = Panel("chart", "Widths", x_label="axis", y_label="standard deviation", series=(bars,))
    ...     words = f"The widths are {found.round(2)}."
    ...     code, given = "result = Y.std(axis=0)", {"Y": scene.embedding}
    ...     return Plate("widths", "How wide the map is", (panel,), words, code, given, found)
    >>> unregister("widths")
    """
    if name in _OURS:
        raise InvalidInputError(f"name must be none that the package has, got {name!r}")
    wanted = frozenset(needs)
    for need in wanted:
        _checks.check_choice("needs", need, _NEEDS)

    def add(make: Make) -> Make:
        number = max(each.number for each in catalogue.values()) + 1
        catalogue[name] = Internal(name, title, number, make, wanted)
        return make

    return add


def unregister(name: str) -> None:
    """Take a view of yours out of the catalogue."""
    if name in _OURS or name not in catalogue:
        raise InvalidInputError(f"name must be of a view that you registered, got {name!r}")
    del catalogue[name]
