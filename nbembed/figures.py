"""Static pictures of maps, in the colours of the live view.

Nothing here touches pyplot: no backend is chosen, no figure is kept open, and nothing appears on a
screen by itself.
"""

import io
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from nbembed._checks import check_labels
from nbembed._types import FloatArray
from nbembed.labels import MISSING, classes
from nbembed.transport import check_map

__all__ = ["MapFigure", "map", "palette", "png", "point_style"]

# The first are those of Okabe & Ito (2008), "Color universal design"; the others were searched so
# that any two differ for every common kind of colour vision. js/src/scales.ts has the same list.
TEN_COLORS = (
    *("#0072b2", "#e69f00", "#009e73", "#d55e00", "#ec71ac"),
    *("#53b3ec", "#45188f", "#186951", "#81da8e", "#652334"),
)
PLAIN_COLOR = "#1864ab"
MISSING_COLOR = "#969aa0"
MAX_LEGEND_ENTRIES = 20
MAX_NAME_LENGTH = 40
# The yellow end of viridis would melt into white.
RAMP_END = 0.94
PIXELS_PER_INCH, POINTS_PER_INCH = 96.0, 72.0
# sRGB (IEC 61966-2-1): up to here the curve is a straight line.
LINEAR_UNTIL = 0.0031308
# A map seldom covers more than about a third of its axes.
COVERED = 0.3


class MapFigure(Figure):
    """A figure that a notebook shows even where pyplot was never imported."""

    def _repr_png_(self) -> bytes:
        return png(self)


def map(  # noqa: A001  (figures.map reads as what it makes)
    embedding: Any,
    *,
    labels: Any = None,
    ax: Axes | None = None,
    title: str = "",
) -> Figure:
    """Return a picture of a map.

    Parameters
    ----------
    embedding
        The map, shape (n_samples, n_components). One component is drawn as a line of points; of
        more than two, the first two are drawn, which the title says.
    labels
        One value per point. Text, booleans and integers with at most 50 different values are names
        with a legend; everything else is a number with a colour bar. Missing values are grey.
    ax
        Axes to draw into. None makes a new figure.
    title
        Plain text above the map.

    Returns
    -------
    Figure
        The figure drawn into.

    Raises
    ------
    InvalidInputError
        If the map is not finite, or there is not one label per point.
    """
    points = check_map(embedding, name="embedding")
    values = check_labels(labels, len(points))
    axes = _new_axes() if ax is None else ax
    _draw_points(axes, points, values)
    _dress(axes, _full_title(title, points.shape[1]))
    figure: Any = axes.figure
    return figure


def png(figure: Figure, *, dpi: float = 100.0) -> bytes:
    """Return a figure as the bytes of a PNG image, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def palette(count: int) -> NDArray[np.float64]:
    """Return ``count`` colours for categories as red, green, blue from 0 to 1.

    Up to ten they come from a list safe for every kind of colour vision. More are spread by the
    golden angle over the hues of Oklab, and neighbours differ in lightness too.

    References
    ----------
    Okabe & Ito (2008), "Color universal design". Ottosson (2020), "A perceptual color space for
    image processing" (Oklab).
    """
    if count <= len(TEN_COLORS):
        return np.array([to_rgb(color) for color in TEN_COLORS[:count]]).reshape(-1, 3)
    index = np.arange(count)
    lightness = np.array([0.6, 0.45, 0.74])[index % 3]
    return _oklch(lightness, 0.11 + 0.04 * (index % 2), index * 2.399963)


def point_style(count: int, area: float, *, has_colors: bool) -> tuple[float, float]:
    """Return diameter and opacity of points that show where many of them are dense.

    Parameters
    ----------
    count
        Number of points.
    area
        Area of the axes, in square pixels (1/96 inch).
    has_colors
        Faint colours cannot be told apart, so a coloured map gives up some density for hue.

    Returns
    -------
    diameter : float
        In pixels, 1.6 to 7.
    opacity : float
        0.05 to 1.
    """
    room = np.sqrt(area / max(1, count))
    diameter = float(np.clip(0.42 * room, 1.6, 7.0))
    layers = count * np.pi * diameter**2 / 4 / (COVERED * max(1.0, area))
    opacity = float(np.clip(1.15 / (1 + layers) ** 0.85, 0.05, 0.9))
    return diameter, opacity**0.6 if has_colors else opacity


def _new_axes() -> Axes:
    figure = MapFigure(figsize=(6.4, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def _draw_points(ax: Axes, points: NDArray[np.float64], labels: NDArray[Any] | None) -> None:
    """Draw the points, and the legend or colour bar of their labels."""
    colors: Any = PLAIN_COLOR
    if labels is not None:
        named = classes(labels)
        colors = _number_colors(ax, labels) if named is None else _class_colors(ax, *named)
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    area = abs(box.width * box.height) * PIXELS_PER_INCH**2
    diameter, opacity = point_style(len(points), area, has_colors=labels is not None)
    # In the order of the rows, sorted data would bury the first classes under the last.
    order = np.random.default_rng(0).permutation(len(points))
    y = points[:, 1] if points.shape[1] > 1 else np.zeros(len(points))
    ax.scatter(
        points[order, 0],
        y[order],
        s=(diameter * POINTS_PER_INCH / PIXELS_PER_INCH) ** 2,
        c=colors if isinstance(colors, str) else colors[order],
        alpha=opacity,
        linewidths=0,
    )


def _class_colors(ax: Axes, names: list[str], codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a colour per point; add the legend, largest classes only if there are many."""
    # The colour of missing labels stands last, where the code -1 finds it.
    colors = np.vstack([palette(len(names)), to_rgb(MISSING_COLOR)])
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    shown = np.sort(np.argsort(-counts, kind="stable")[:MAX_LEGEND_ENTRIES]).tolist()
    entries: list[tuple[str, Any]] = [(names[code], colors[code]) for code in shown]
    if len(names) > len(shown):
        entries.append((f"and {len(names) - len(shown)} more", to_rgb("white")))
    if (codes == MISSING).any():
        entries.append(("no label", colors[MISSING]))
    handles = [
        Line2D([], [], linestyle="", marker="o", markersize=6, color=color) for _, color in entries
    ]
    # Stand-ins first: matplotlib before 3.10 leaves out names that start with an underscore.
    legend = ax.legend(
        handles,
        [str(i) for i in range(len(entries))],
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize="small",
    )
    for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
        _write(text, name if len(name) <= MAX_NAME_LENGTH else name[: MAX_NAME_LENGTH - 1] + "…")
    return colors[codes]


def _number_colors(ax: Axes, labels: NDArray[Any]) -> NDArray[np.float64]:
    """Return a colour per point; add the colour bar."""
    from matplotlib import colormaps

    values = labels.astype(np.float64)
    finite = np.isfinite(values)
    colors = np.tile(to_rgb(MISSING_COLOR), (len(values), 1))
    if not finite.any():
        return colors
    ramp = ListedColormap(colormaps["viridis"](np.linspace(0.0, RAMP_END, 256)))
    scale = ScalarMappable(Normalize(values[finite].min(), values[finite].max()), ramp)
    colors[finite] = scale.to_rgba(values[finite])[:, :3]
    figure: Any = ax.figure
    figure.colorbar(scale, ax=ax, shrink=0.8)
    return colors


def _dress(ax: Axes, title: str) -> None:
    """Distances in a map have no unit, and both axes the same scale."""
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#cccccc")
    _write(ax.set_title(""), title)


def _full_title(title: str, n_components: int) -> str:
    if n_components <= 2:  # noqa: PLR2004
        return title
    note = f"components 1 and 2 of {n_components}"
    return f"{title} ({note})" if title else note


def _write(text: Text, content: str) -> None:
    """Set a text as it is: a dollar sign in it starts no formula."""
    text.set_parse_math(False)
    text.set_text(content)


def _oklch(lightness: FloatArray, chroma: FloatArray, hue: FloatArray) -> NDArray[np.float64]:
    """Return Oklab colours in polar form as sRGB, cut to what a screen can show."""
    lab = np.column_stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)])
    to_cone = np.array(
        [
            [1.0, 0.3963377774, 0.2158037573],
            [1.0, -0.1055613458, -0.0638541728],
            [1.0, -0.0894841775, -1.291485548],
        ]
    )
    to_rgb_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.707614701],
        ]
    )
    linear = np.clip((lab @ to_cone.T) ** 3 @ to_rgb_linear.T, 0.0, 1.0)
    curved = 1.055 * linear ** (1 / 2.4) - 0.055
    return np.where(linear <= LINEAR_UNTIL, 12.92 * linear, curved)
