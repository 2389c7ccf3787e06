"""The catalogue of the views: every internal by its name, as a plate that any front end can draw."""

from nbembed.inspect import bandwidth, distances
from nbembed.inspect.parts import Arrows, Control, Heat, Internal, Panel, Plate, Scene, Series

__all__ = [
    "Arrows", "Control", "Heat", "Internal", "Panel", "Plate", "Scene", "Series", "catalogue",
]  # fmt: skip

_HOMES = (distances, bandwidth)

catalogue: dict[str, Internal] = {
    internal.name: internal
    for internal in sorted(
        (each for home in _HOMES for each in home.INTERNALS), key=lambda each: each.number
    )
}
