"""Pictures of drift: each quantity over the batches, with the band that it keeps without drift."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from nbembed.errors import InvalidInputError
from nbembed.figures import MapFigure

if TYPE_CHECKING:
    from nbembed.drift import Batch

__all__ = ["monitor"]

WORDS = {
    "trust": "trust\n(1: all neighbours true)",
    "novelty": "novelty\n(log ratio, 0: as usual)",
    "beyond": "share beyond\n99 % of known rows",
    "occupancy": "shift on the map\n(0: none)",
    "agreement": "neighbours with\nthe row's label",
}
# Blue and vermilion of Okabe & Ito; what is outside also has another shape and a name.
INSIDE, OUTSIDE, BAND = "#0072b2", "#d55e00", "#dfe7ee"
WIDTH, PANEL_HEIGHT = 7.2, 1.5


def monitor(batches: Sequence["Batch"], *, title: str = "") -> Figure:
    """Return a figure with one panel for each quantity.

    Parameters
    ----------
    batches
        What a monitor found, in order.
    title
        Plain text above.

    Raises
    ------
    InvalidInputError
        If there is no batch yet.
    """
    if not batches:
        raise InvalidInputError(
            "batches must hold at least one batch, got none; call update() first"
        )
    names = [name for name in WORDS if any(name in batch.scores for batch in batches)]
    figure = MapFigure(figsize=(WIDTH, PANEL_HEIGHT * len(names) + 0.8), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]
    for ax, name in zip(axes, names, strict=True):
        _panel(ax, name, batches)
    axes[-1].set_xlabel("batch")
    axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, words = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, words, loc="outside lower center", ncols=3, frameon=False, fontsize="small"
    )
    figure.suptitle("").set(text=title, parse_math=False, fontsize="medium")
    return figure


def _panel(ax: Axes, name: str, batches: Sequence["Batch"]) -> None:
    at = np.array([batch.number for batch in batches])
    # NaN, where a batch lacks the quantity, is a gap in the line and in the band.
    values = np.array([batch.scores.get(name, np.nan) for batch in batches])
    bands = np.array([batch.bands.get(name, (np.nan, np.nan)) for batch in batches])
    out = np.array([name in batch.outside for batch in batches])
    ax.plot(at, values, color=INSIDE, linewidth=1, zorder=2)
    ax.plot(
        at[~out], values[~out], "o", color=INSIDE, markersize=4, zorder=3, label="inside the band"
    )
    ax.plot(at[out], values[out], "D", color=OUTSIDE, markersize=6, zorder=3, label="outside")
    ax.margins(y=0.15)
    ax.set_ylabel(WORDS[name], fontsize="small")
    ax.tick_params(labelsize="small")
    ax.spines[["top", "right"]].set_visible(False)
    _draw_band(ax, at, bands[:, 0], bands[:, 1])


def _draw_band(ax: Axes, at: Any, low: Any, high: Any) -> None:
    """Shade each batch's band; an open side ends at the edge of the panel."""
    finite = [side[np.isfinite(side)] for side in (low, high)]
    ends = np.concatenate([ax.get_ylim(), *finite])
    bottom, top = float(ends.min()), float(ends.max())
    room = 0.05 * ((top - bottom) or 1.0)
    ax.set_ylim(bottom - room, top + room)
    edges = np.append(at - 0.5, at[-1] + 0.5)
    lower, upper = np.maximum(low, bottom - room), np.minimum(high, top + room)
    ax.fill_between(
        edges,
        np.append(lower, lower[-1]),
        np.append(upper, upper[-1]),
        step="post",
        color=BAND,
        linewidth=0,
        zorder=1,
        label="without drift",
    )
