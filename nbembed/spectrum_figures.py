"""Pictures of forces between t-SNE and UMAP: gradients over two distances, and angles of repulsions.

Public as ``nbembed.gradient_plates_figure`` and ``nbembed.repulsion_angles_figure``; what they draw comes of
:mod:`nbembed.inspect`, whose results have them as ``plot()``.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure

from nbembed.errors import InvalidInputError
from nbembed.figures import MapFigure, palette
from nbembed.inspect import GradientPlates, RepulsionAngles

__all__ = ["gradient_plates_figure", "repulsion_angles_figure"]

NAMES = {"kl": "KL", "frobenius": "Frobenius"}
SIDES = {True: "normalised (t-SNE)", False: "not normalised (UMAP)"}
# Colours are linear up to this share of the strongest pull, logarithmic beyond.
LINEAR = 0.1
WIDTH, HEIGHT = 4.2, 3.4
BINS = 60
# As many lines as there are ways, each in a stroke of its own.
STROKES = {"sampled": "-", "tree": "--", "grid": ":"}


def gradient_plates_figure(plates: GradientPlates, *, title: str = "") -> Figure:
    """Return a picture of the gradient of a pair over its distances: one plate for each loss.

    Blue pulls, red pushes; white, along the dotted line, is rest. Each plate has its own scale, because the
    normalisation divides by the number of pairs; colours are linear near 0 and logarithmic beyond.

    Parameters
    ----------
    plates
        Of :func:`nbembed.inspect.gradient_plates`.
    title
        Plain text above.

    Returns
    -------
    Figure

    References
    ----------
    Draganov et al., GDR, Figure 2.
    """
    figure = MapFigure(figsize=(2 * WIDTH, 2 * HEIGHT), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(2, 2, sharex=True, sharey=True)
    for row, divergence in zip(axes, NAMES, strict=True):
        for ax, normalized in zip(row, SIDES, strict=True):
            _draw_plate(figure, ax, plates, divergence, normalized=normalized)
    figure.supxlabel("distance in the map")
    figure.supylabel("distance in the data, in bandwidths")
    # A title may hold dollars, which are no formula.
    figure.suptitle("").set_parse_math(False)
    figure.suptitle(title)
    return figure


def repulsion_angles_figure(
    found: RepulsionAngles | Mapping[int, RepulsionAngles],
    *,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a picture of how far estimated repulsions point away from the exact one.

    Parameters
    ----------
    found
        Angles of one map, drawn as shares of points; or those of several frames by their step, of which the mean over
        the points is drawn.
    title
        Plain text above.
    ax
        Axes to draw into. None makes a new figure.

    Returns
    -------
    Figure
        The figure drawn into.

    Raises
    ------
    InvalidInputError
        If there is nothing to draw.

    References
    ----------
    Draganov et al., GDR, Figure 3.
    """
    axes = _new_axes() if ax is None else ax
    if isinstance(found, RepulsionAngles):
        _draw_shares(axes, found)
    else:
        _draw_means(axes, found)
    axes.legend(frameon=False, fontsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("").set_parse_math(False)
    axes.set_title(title)
    figure: Any = axes.figure
    return figure


def _new_axes() -> Axes:
    figure = MapFigure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _draw_plate(
    figure: Figure, ax: Axes, plates: GradientPlates, divergence: str, *, normalized: bool
) -> None:
    values = plates.plates[divergence, normalized]
    strongest = float(np.abs(values).max())
    # Only pushes grow without bound: what pulls sets where the scale becomes logarithmic.
    linear = LINEAR * float(values.max())
    scale = SymLogNorm(linear, vmin=-strongest, vmax=strongest)
    mesh = ax.pcolormesh(plates.in_map, plates.in_data, values, cmap="RdBu", norm=scale)
    mesh.set_rasterized(True)
    ax.plot(plates.rest, plates.in_data, ":", color="black", lw=1)
    ax.set_xlim(plates.in_map.min(), plates.in_map.max())
    ax.set_title(f"{NAMES[divergence]}, {SIDES[normalized]}", fontsize="medium")
    ticks = [-strongest, -linear, 0.0, linear, strongest]
    figure.colorbar(mesh, ax=ax, shrink=0.8, ticks=ticks, format="%.1g")


def _draw_shares(ax: Axes, found: RepulsionAngles) -> None:
    if not found.angles:
        raise InvalidInputError("found must hold the angles of a way at least, got none")
    edges = np.linspace(0.0, np.pi, BINS + 1)
    for color, (way, values) in zip(palette(len(found.angles)), found.angles.items(), strict=True):
        known = values[~np.isnan(values)]
        shares = np.histogram(known, edges)[0] / max(1, len(known))
        label = f"{way}, mean {found.means[way]:.3f}"
        ax.stairs(shares, edges, color=color, ls=STROKES[way], label=label)
    ax.set_xlabel("angle to the exact repulsion, in radians")
    ax.set_ylabel("share of the points")


def _draw_means(ax: Axes, frames: Mapping[int, RepulsionAngles]) -> None:
    """Draw means over the steps; a faint line is a right angle's half."""
    steps = sorted(frames)
    if not steps:
        raise InvalidInputError("found must hold the angles of a frame at least, got none")
    ways = list(frames[steps[0]].angles)
    for color, way in zip(palette(len(ways)), ways, strict=True):
        means = [frames[step].means[way] for step in steps]
        ax.plot(steps, means, color=color, ls=STROKES[way], label=way)
    ax.set_ylim(bottom=0.0)
    ax.axhline(np.pi / 4, color="#969aa0", lw=0.8)
    ax.set_xlabel("step")
    ax.set_ylabel("mean angle to the exact repulsion, in radians")
