"""Pictures of benchmarks: every trial, the means and their intervals, for each score."""

import math
import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nbembed.errors import InvalidInputError
from nbembed.figures import MapFigure

if TYPE_CHECKING:
    from nbembed.benchmarking import Benchmark

__all__ = ["plot"]

# Blue of Okabe & Ito; the margin is a pale band, the trials grey.
MEAN, TRIAL, BAND = "#0072b2", "#969aa0", "#dfe7ee"
WIDTH, ROW, HEAD = 3.4, 0.32, 1.0
NAMES = 1.4
MAX_COLUMNS = 4
# Trials stand this far below their mean, in rows.
BELOW = 0.25
# Letters of the legend that fit into an inch.
LETTERS = 12
# Markers of the means, by verdict; the baseline, and all where there is none, have the last.
MARKERS = {"better": "^", "not worse": "s", "worse": "v", "undecided": "o", "": "D"}
SIGNS = "▲ better, ■ not worse, ▼ worse, ○ undecided"


def plot(result: "Benchmark", metrics: tuple[str, ...]) -> Figure:
    """Return a figure with one panel for each data set and score.

    Parameters
    ----------
    result
        The benchmark.
    metrics
        Names of scores.

    Returns
    -------
    Figure
        Methods from top to bottom, every data set on rows of its own. Grey: trials. Blue: mean and
        its interval. With a baseline, the mean's marker is its verdict; dashed: the mean of the
        baseline; band: its margin, within which a method is not worse.

    Raises
    ------
    InvalidInputError
        If there is nothing to draw.
    """
    panels = [(data, metric) for data in result.data for metric in metrics]
    if not any(result.scores(d, method, m) for d, m in panels for method in result.methods):
        raise InvalidInputError("there must be a finished trial to plot, got none; see failures")
    columns = min(MAX_COLUMNS, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    width = NAMES + WIDTH * columns
    legend = textwrap.fill(_legend(result), int(LETTERS * width))
    height = len(result.data) * rows * (HEAD + ROW * len(result.methods))
    figure = MapFigure(figsize=(width, height + 0.2 * legend.count("\n")), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Any = figure.subplots(len(result.data) * rows, columns, squeeze=False)
    for place, data in enumerate(result.data):
        own = axes[place * rows : (place + 1) * rows].flat
        for ax, metric in zip(own, metrics, strict=False):
            _draw(ax, result, data, metric, named=ax.get_subplotspec().is_first_col())
        for ax in own[len(metrics) :]:
            ax.set_axis_off()
    # A name may hold dollars, which are no formula.
    figure.supxlabel("", fontsize="small").set_parse_math(False)
    figure.supxlabel(legend, fontsize="small")
    return figure


def _legend(result: "Benchmark") -> str:
    percent = f"{100 * result.confidence:g} %"
    text = f"Grey: trials. Blue: mean and its {percent} interval."
    if result.baseline is None:
        return text
    return f"{text} Dashed, band: {result.baseline}, its margin; beside it {SIGNS}."


def _draw(ax: Axes, result: "Benchmark", data: str, metric: str, *, named: bool) -> None:
    """Draw one score on one data set."""
    summaries = {s.method: s for s in result.summaries if (s.data, s.metric) == (data, metric)}
    verdicts = {
        v.method: v.verdict for v in result.verdicts if (v.data, v.metric) == (data, metric)
    }
    base = summaries.get(result.baseline or "")
    if base is not None:
        margin = result.margins.get(metric, 0.0)
        ax.axvspan(base.mean - margin, base.mean + margin, color=BAND, lw=0, zorder=0)
        ax.axvline(base.mean, color=MEAN, lw=1, ls="--", zorder=1)
    for place, method in enumerate(result.methods):
        values = list(result.scores(data, method, metric).values())
        ax.plot(values, np.full(len(values), place + BELOW), ".", color=TRIAL, ms=4, zorder=2)
        if method in summaries:
            found = summaries[method]
            half = 0.0 if math.isnan(found.half_width) else found.half_width
            verdict = verdicts.get(method, "")
            face = "white" if verdict == "undecided" else MEAN
            style: dict[str, Any] = {
                "fmt": MARKERS[verdict],
                "ms": 6,
                "mfc": face,
                "color": MEAN,
                "capsize": 3,
            }
            ax.errorbar(found.mean, place, xerr=half, zorder=3, **style)
    ax.set_yticks(range(len(result.methods)), result.methods if named else [])
    for label in ax.get_yticklabels():
        label.set_parse_math(False)
    ax.set_ylim(len(result.methods) - 0.5, -0.5)
    title = f"{metric}, {data}" if len(result.data) > 1 else metric
    ax.set_title("", fontsize="medium").set_parse_math(False)
    ax.title.set_text(title)
    ax.spines[["top", "right"]].set_visible(False)
    ax.locator_params(axis="x", nbins=4)
