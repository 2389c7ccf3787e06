"""The picture of what a network's map depends on: a bar for each feature.

Public as ``nbembed.attribution_chart``; what it draws comes of :mod:`nbembed.explain`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nbembed import _checks
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.explain import Attributions
from nbembed.figures import MapFigure, palette

__all__ = ["attribution_chart"]

WIDTH, BAR, MARGIN = 5.6, 0.24, 1.0


def attribution_chart(
    found: Attributions | Mapping[str, Attributions],
    *,
    names: Sequence[str] | None = None,
    n_features: int = 12,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a picture of the mean magnitude that each feature adds to an axis of the map.

    The features that matter most stand on top. Below is written how far the attributions of a row are from adding
    up to its place.

    Parameters
    ----------
    found
        Of :func:`nbembed.explain.integrated_gradients`; several by their names, such as of several weights of a loss,
        stand as bars side by side.
    names
        Of the features, as many as there are. Default: their numbers.
    n_features
        Features shown, those with the largest bars, at least 1. Default 12.
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
    InvalidInputError, InvalidTypeError
        If there is nothing to draw, or names do not fit.
    """
    shown: dict[str, Any] = dict(found) if isinstance(found, Mapping) else {"": found}
    if not shown or not all(isinstance(each, Attributions) for each in shown.values()):
        raise InvalidTypeError(
            f"found must be what integrated_gradients returns, or several by their names, got {found!r}"
        )
    bars = np.array([each.importances for each in shown.values()])
    called = [f"feature {i}" for i in range(bars.shape[1])] if names is None else list(names)
    if len(called) != bars.shape[1]:
        raise InvalidInputError(
            f"names must be {bars.shape[1]}, one for each feature, got {len(called)}"
        )
    _checks.check_number("n_features", n_features, low=1, integer=True)
    order = np.argsort(-bars.max(axis=0), kind="stable")[:n_features]
    axes = _new_axes(len(order)) if ax is None else ax
    _draw(axes, bars[:, order], list(shown), [called[i] for i in order])
    worst = max(each.error for each in shown.values())
    axes.set_xlabel(f"mean magnitude, in units of the map\nsums are off by {worst:.1g} at most")
    axes.set_title("").set_parse_math(False)
    axes.set_title(title)
    figure: Any = axes.figure
    return figure


def _draw(ax: Axes, bars: Any, series: list[str], names: list[str]) -> None:
    places = np.arange(len(names))
    thick = 0.8 / len(series)
    colors = palette(len(series))
    for i, (name, row) in enumerate(zip(series, bars, strict=True)):
        ax.barh(places + (i - (len(series) - 1) / 2) * thick, row, thick, color=colors[i], label=name)  # fmt: skip
    ax.set_yticks(places, names)
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.invert_yaxis()
    if series != [""]:
        ax.legend(frameon=False)


def _new_axes(count: int) -> Axes:
    figure = MapFigure(figsize=(WIDTH, MARGIN + BAR * count), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()
