"""The catalogue of the views: every internal by its name, as a plate that any front end can draw."""

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
    "Arrows", "Control", "Heat", "Internal", "Panel", "Plate", "Scene", "Series", "catalogue",
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
