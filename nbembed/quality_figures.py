"""Pictures of how good maps are: Shepard diagrams, curves over neighbourhood sizes, small multiples.

Public as ``nbembed.shepard_diagram``, ``nbembed.rnx_curve``, ``nbembed.compare_maps`` and
``nbembed.report_figure``; reports and comparisons of :mod:`nbembed.metrics` have them as ``plot()``.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from nbembed import figures
from nbembed._checks import check_number
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.metrics import Comparison, Report, Score, align
from nbembed.metrics.coranking import agreement
from nbembed.metrics.distances import Distances, measured
from nbembed.metrics.stability import as_maps
from nbembed.metrics.table import MEASURES, cell, lower_is_better

__all__ = ["compare_maps", "report_figure", "rnx_curve", "shepard_diagram"]

# Cells of a Shepard diagram along each axis, and those over which its middle line is drawn.
CELLS = 120
COLUMNS = 40
# Columns with fewer pairs have no middle worth drawing.
MIN_PAIRS = 20
# Small multiples: inches of one, and how many stand side by side.
PANEL = 3.2
MAX_COLUMNS = 4
GREY = "#5c636a"
# Where the scale of a report ends: only raw stress can be larger.
BEYOND = 1.08


def shepard_diagram(
    X: Any,
    Y: Any,
    *,
    sample: int | None = None,
    random_state: Any = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return a picture of distances in the map over distances in the data.

    The darker a place, the more pairs of points lie there (on a logarithmic scale). The line is the
    median; a map that keeps distances has a straight one through the origin, and a narrow band.

    Parameters
    ----------
    X
        The data, shape (n_samples, n_features).
    Y
        The map, shape (n_samples, n_components).
    sample, random_state
        As in :func:`nbembed.metrics.shepard_goodness`.
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
        As :func:`nbembed.metrics.shepard_goodness`.

    References
    ----------
    Joia et al. (2011), "Local affine multidimensional projection", IEEE TVCG 17.
    """
    found = measured(X, Y, sample, random_state)
    axes = _new_axes() if ax is None else ax
    if found.in_data.max() > 0.0 and found.in_map.max() > 0.0:
        _draw_density(axes, found)
    stress = found.stress(scaled=True)
    notes = [
        f"Spearman {cell(found.spearman())}",
        f"stress at the best scale {stress:.3f}",
        f"{len(found.in_data):,} of {found.n_pairs:,} pairs",
    ]
    # Distances have the unit of the data, which is not known; in the map they have none.
    axes.set_xlabel("distance in the data")
    axes.set_ylabel("distance in the map")
    _entitle(axes, title, "; ".join(notes))
    return _figure(axes)


def rnx_curve(
    maps: Mapping[str, Any],
    X: Any,
    *,
    sample: int | None = None,
    random_state: Any = 0,
    title: str = "",
    ax: Axes | None = None,
) -> Figure:
    """Return curves of R_NX over the size of the neighbourhood, one for each map.

    1 means that all neighbours are kept, 0 as many as by chance. The left is about near neighbours,
    the right about the layout as a whole; the number in the legend is the area over log K.

    Parameters
    ----------
    maps
        Name to map; of a list of maps (seeds), the mean is drawn.
    X
        The data, shape (n_samples, n_features).
    sample, random_state
        As in :func:`nbembed.metrics.r_nx`.
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
        As :func:`nbembed.metrics.r_nx`, and if there is no map.

    References
    ----------
    Lee, Peluffo-Ordóñez & Verleysen (2015), "Multi-scale similarities in stochastic neighbour
    embedding", Neurocomputing 169.
    """
    runs = _named(maps)
    axes = _new_axes(width=7.6) if ax is None else ax
    sampled = ""
    for color, (name, found) in zip(figures.palette(len(runs)), runs.items(), strict=True):
        seen = [agreement(X, points, sample, random_state) for points in found]
        curve = np.mean([each.r_nx for each in seen], axis=0)
        area = float(np.mean([each.areas.mean() for each in seen]))
        axes.plot(np.arange(1, len(curve) + 1), curve, color=color, label=f"{name} ({area:.3f})")
        if len(seen[0].areas) < seen[0].n:
            sampled = f"seen from a sample of {len(seen[0].areas):,} of {seen[0].n:,} rows"
    axes.set_xscale("log")
    axes.axhline(0.0, color=GREY, linewidth=0.8)
    axes.set_ylim(top=1.02)
    axes.set_xlabel("size of the neighbourhood K")
    axes.set_ylabel("$R_{NX}(K)$: neighbours kept, beyond chance")
    # Beside the curves, which may be anywhere.
    legend = axes.legend(
        frameon=False,
        fontsize="small",
        title="map (area)",
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    _entitle(axes, title, sampled)
    return _figure(axes)


def compare_maps(
    maps: Any, *, labels: Any = None, columns: int | None = None, title: str = ""
) -> Figure:
    """Return maps of the same rows side by side, turned and scaled to lie alike, with one legend.

    All are aligned with the first one (Procrustes), which changes no neighbourhood; what then still
    differs, differs. Of several seeds the first is drawn.

    Parameters
    ----------
    maps
        Name to map (or list of maps), or a Comparison of :func:`nbembed.metrics.compare`, whose
        numbers then stand below each map.
    labels
        One value per row, for the colours; None takes those of the Comparison.
    columns
        Maps side by side, at least 1. None takes up to 4.
    title
        Plain text above all.

    Returns
    -------
    Figure

    Raises
    ------
    InvalidInputError
        If there is no map, or the maps are not of the same rows.
    """
    runs = _named(maps)
    chosen = maps.labels if labels is None and isinstance(maps, Comparison) else labels
    check_number("columns", MAX_COLUMNS if columns is None else columns, low=1, integer=True)
    width = min(len(runs), MAX_COLUMNS if columns is None else int(columns))
    height = -(-len(runs) // width)
    figure = figures.MapFigure(
        figsize=(PANEL * width + (1.2 if chosen is not None else 0.0), (PANEL + 0.5) * height),
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    names = list(runs)
    first = runs[names[0]][0]
    panels = np.atleast_1d(figure.subplots(height, width, squeeze=False)).ravel()
    for place, panel in enumerate(panels):
        if place >= len(names):
            panel.remove()
            continue
        name = names[place]
        points = _aligned(runs[name][0], first)
        figures.map(points, labels=chosen, ax=panel, title=name, caption=_numbers(maps, name))
        legend = panel.get_legend()
        if legend is not None and place != width - 1:
            legend.remove()
    bars = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    for place, bar in enumerate(bars):
        if place != width - 1:
            bar.remove()
    if title:
        figure.suptitle(title, parse_math=False)
    return figure


def report_figure(report: Report, *, ax: Axes | None = None) -> Figure:
    """Return the measures of a report as points with their 95 % intervals.

    Parameters
    ----------
    report
        What :func:`nbembed.metrics.report` returned.
    ax
        Axes to draw into. None makes a new figure.

    Returns
    -------
    Figure
        The figure drawn into. Measures of which small values are good are hollow; a value beyond
        the scale stands at its end as an arrow.
    """
    known = [name for name in MEASURES if name in report]
    names = [name for name in report if name not in known] + known
    names = [name for name in names if np.isfinite(report[name])]
    axes = _new_axes(height=0.9 + 0.32 * max(1, len(names))) if ax is None else ax
    for place, name in enumerate(names):
        score, hollow = report[name], lower_is_better(name)
        low, high = score.interval
        at = float(min(score, BEYOND))
        ends = [min(low, BEYOND), min(high, BEYOND)]
        axes.plot(ends, [place, place], color=GREY, linewidth=1.5)
        color = figures.PLAIN_COLOR
        face = "white" if hollow else color
        axes.plot([at], [place], ">" if score > at else "o", color=color, markerfacecolor=face)
        axes.annotate(
            f"{score:.3f}", (at, place), (8, 0), textcoords="offset points",
            va="center", fontsize="small", color=GREY,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
        )  # fmt: skip
    axes.set_yticks(range(len(names)), [_label(name) for name in names])
    axes.invert_yaxis()
    lowest = min((float(report[name]) for name in names), default=0.0)
    axes.set_xlim(min(-0.02, lowest - 0.05), BEYOND + 0.12)
    axes.axvline(0.0, color=GREY, linewidth=0.8)
    axes.axvline(1.0, color=GREY, linewidth=0.8)
    hint = "hollow: lower is better" if any(map(lower_is_better, names)) else ""
    _entitle(axes, f"{report.n_samples:,} points, {report.n_neighbors} neighbours", hint)
    return _figure(axes)


def _draw_density(axes: Axes, found: Distances) -> None:
    """Draw how many pairs lie where, and the median of the map's distances by the data's."""
    in_data, in_map = found.in_data * found.units[0], found.in_map * found.units[1]
    top = float(in_data.max()), float(in_map.max())
    counts, x, y = np.histogram2d(in_data, in_map, bins=CELLS, range=((0.0, top[0]), (0.0, top[1])))
    shown = np.ma.masked_equal(counts.T, 0.0)
    axes.pcolormesh(x, y, shown, cmap="Blues", norm=LogNorm(0.3, max(1.0, counts.max())))
    edges = np.linspace(0.0, top[0], COLUMNS + 1)
    column = np.clip(np.digitize(in_data, edges) - 1, 0, COLUMNS - 1)
    order = np.argsort(column, kind="stable")
    bounds = np.searchsorted(column[order], np.arange(COLUMNS + 1))
    middle = [
        np.median(in_map[order[first:last]]) if last - first >= MIN_PAIRS else np.nan
        for first, last in pairwise(bounds)
    ]
    color = to_rgb("#d55e00")
    axes.plot((edges[:-1] + edges[1:]) / 2, middle, color=color, linewidth=1.6, label="median")
    axes.legend(frameon=False, fontsize="small", loc="upper left")


def _named(maps: Any) -> dict[str, list[NDArray[np.float64]]]:
    """Return the maps of all seeds by name."""
    if isinstance(maps, Comparison):
        return maps.maps
    if not isinstance(maps, Mapping):
        raise InvalidTypeError(
            f'maps must be a dict from names to maps, got {type(maps).__name__}; pass {{"my method": Y}}'
        )
    if not maps:
        raise InvalidInputError("maps must hold at least one map, got none")
    return {str(name): as_maps(value) for name, value in maps.items()}


def _aligned(points: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a map aligned with the first; one of other dimensions stays as it is."""
    if len(points) != len(first):
        raise InvalidInputError(
            f"all maps must be of the same rows, got maps of {len(first)} and {len(points)} rows"
        )
    return align(points, first) if points.shape == first.shape else points


def _numbers(maps: Any, name: str) -> str:
    """Return what a comparison measured of a map, in a line."""
    if not isinstance(maps, Comparison):
        return ""
    shown = {
        "T": "trustworthiness",
        "C": "continuity",
        "kept": "neighbor_recall",
        "Shepard": "shepard_goodness",
    }
    values = {short: Score(maps.mean(name, measure)) for short, measure in shown.items()}
    parts = [f"{short} {cell(value)}" for short, value in values.items()]
    alike = maps.mean(name, "neighbor_jaccard")
    runs = f"\nmeans of {len(maps[name])} runs; neighbour Jaccard {alike:.3f}"
    return ", ".join(parts) + (runs if np.isfinite(alike) else "")


def _label(name: str) -> str:
    return name.replace("_", " ")


def _new_axes(height: float = 4.4, width: float = 6.4) -> Axes:
    figure = figures.MapFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _entitle(axes: Axes, title: str, notes: str) -> None:
    """Write the title, and what else is to be known in small below it, as plain text."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_title(title, fontsize="medium", loc="left", parse_math=False, pad=18 if notes else 6)
    if notes:
        axes.text(
            0.0,
            1.02,
            notes,
            transform=axes.transAxes,
            fontsize="small",
            color=GREY,
            parse_math=False,
        )


def _figure(axes: Axes) -> Figure:
    figure: Any = axes.figure
    return figure
