"""The catalogue of the views: every internal by its name, as a plate that any front end can draw."""

from nbembed.inspect import (
    bandwidth,
    curves,
    distances,
    functions,
    fuzzy,
    gradients,
    guided,
    kept,
    layers,
    levers,
    losses,
    null,
    pulls,
    question,
    repulsion,
    runs,
    shepard,
    sweeps,
    symmetry,
    trained,
)
from nbembed.inspect.parts import Arrows, Control, Heat, Internal, Panel, Plate, Scene, Series

__all__ = [
    "Arrows", "Control", "Heat", "Internal", "Panel", "Plate", "Scene", "Series", "catalogue",
]  # fmt: skip

_HOMES = (
    distances, bandwidth, symmetry, fuzzy, curves, pulls, gradients, runs, sweeps, levers,
    repulsion, losses, kept, shepard, question, null, layers, functions, trained, guided,
)  # fmt: skip

catalogue: dict[str, Internal] = {
    internal.name: internal
    for internal in sorted(
        (each for home in _HOMES for each in home.INTERNALS), key=lambda each: each.number
    )
}
