"""Static pictures of maps, in the colours of the live view.

Nothing here touches pyplot: no backend is chosen, no figure is kept open, and nothing appears on a
screen by itself.
"""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from numpy.typing import NDArray

from nbembed._types import NOT_TO_SCALE, FloatArray
from nbembed.columns import as_column
from nbembed.encodings import ABSENT, Spec, codes_of, color_spec, places_of, shaded
from nbembed.errors import InvalidInputError
from nbembed.transport import check_map

__all__ = [
    "MapFigure",
    "caption",
    "map",
    "palette",
    "png",
    "point_style",
    "ramp",
    "small_png",
    "svg",
]

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
# matplotlib's names of the ramps, and the part of each that stands out from white; the same parts as
# in js/src/scales.ts.
RAMPS = {
    "viridis": ("viridis", 0.87),
    "cividis": ("cividis", 0.87),
    "magma": ("magma", 0.85),
    "rdbu": ("RdBu", 1.0),
}
# The middle of "rdbu" is nearly white: this much darker, or zero could not be seen.
DIM = 0.18
RAMP_STEPS = 256
# More points than this stand in an SVG as one picture, not as a shape each.
MAX_SHAPES = 20_000
# What a picture is reduced to, step by step, until it is small: scale and number of colours.
REDUCTIONS = ((1.0, 256), (1.0, 64), (0.8, 64), (0.8, 24), (0.65, 24), (0.5, 16), (0.4, 8))
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
    encodings: Mapping[str, Spec] | None = None,
    ax: Axes | None = None,
    title: str = "",
    caption: str = "",
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
    encodings
        Specs of :mod:`nbembed.encodings` for ``"color"``, ``"size"`` and ``"opacity"``; a colour
        among them comes before ``labels``.
    ax
        Axes to draw into. None makes a new figure.
    title
        Plain text above the map.
    caption
        Plain text below the map. What sizes and opacities mean is said before it.

    Returns
    -------
    Figure
        The figure drawn into.

    Raises
    ------
    InvalidInputError
        If the map is not finite, or there is not one label or code per point.
    """
    points = check_map(embedding, name="embedding")
    specs = dict(encodings or {})
    if labels is not None and "color" not in specs:
        specs["color"] = color_spec(as_column(labels, len(points), argument="labels", unnamed=""))
    for channel, spec in specs.items():
        if len(codes_of(spec)) != len(points):
            raise InvalidInputError(
                f"encodings[{channel!r}] must hold one code per point, {len(points)} in all, got {len(codes_of(spec))}"
            )
    axes = _new_axes() if ax is None else ax
    _draw_points(axes, points, specs)
    _dress(axes, _full_title(title, points.shape[1]), "\n".join([*_notes(specs), caption]).strip())
    figure: Any = axes.figure
    return figure


def caption(trustworthiness: float | None = None, to_scale: str = NOT_TO_SCALE) -> str:
    """Return what may be read from a map, in a line; its trustworthiness only where it was measured."""
    if trustworthiness is None or not np.isfinite(trustworthiness):
        return to_scale
    # Two digits; only a map without a single fault is "1.00". js/src/caption.ts does the same.
    value = min(0.99, trustworthiness) if trustworthiness < 1 else 1.0
    return f"Neighbours: {value:.2f} trustworthy here. {to_scale}"


def png(figure: Figure, *, dpi: float = 100.0) -> bytes:
    """Return a figure as the bytes of a PNG image, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def small_png(figure: Figure, *, max_bytes: int = 60_000) -> bytes:
    """Return a figure as a PNG image of at most about ``max_bytes``, with fewer colours and pixels.

    The smallest form is returned where even that is larger.
    """
    from PIL import Image

    whole = Image.open(io.BytesIO(png(figure))).convert("RGB")
    content = b""
    for scale, colors in REDUCTIONS:
        size = (round(whole.width * scale), round(whole.height * scale))
        picture = whole if scale == 1.0 else whole.resize(size, Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        picture.quantize(colors, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
        content = buffer.getvalue()
        if len(content) <= max_bytes:
            break
    return content


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG image, the same bytes for the same figure.

    Text stays text. More than 20,000 points stand in it as one picture.
    """
    buffer = io.BytesIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "nbembed"}):
        figure.savefig(buffer, format="svg", dpi=200, metadata={"Date": None, "Creator": "nbembed"})
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


def ramp(name: str) -> NDArray[np.float64]:
    """Return the 256 colours of a ramp for numbers, red, green, blue from 0 to 1."""
    from matplotlib import colormaps

    source, end = RAMPS[name]
    colors = np.asarray(colormaps[source](np.linspace(0.0, end, RAMP_STEPS)))[:, :3]
    if name != "rdbu":
        return colors
    from_middle = np.abs(np.linspace(-1.0, 1.0, RAMP_STEPS))
    return colors * (1.0 - DIM * (1.0 - from_middle))[:, None]


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


def _draw_points(ax: Axes, points: NDArray[np.float64], specs: Mapping[str, Spec]) -> None:
    """Draw the points, and the legend or colour bar of their colours."""
    n, color = len(points), specs.get("color")
    box = ax.get_window_extent().transformed(ax.figure.dpi_scale_trans.inverted())
    area = abs(box.width * box.height) * PIXELS_PER_INCH**2
    diameter, opacity = point_style(n, area, has_colors=color is not None)
    rgba = np.empty((n, 4))
    rgba[:, :3] = to_rgb(PLAIN_COLOR) if color is None else _colors(ax, color)
    rgba[:, 3] = opacity * _factors(specs.get("opacity"), n)
    diameters = diameter * _factors(specs.get("size"), n)
    # In the order of the rows, sorted data would bury the first classes under the last.
    order = np.random.default_rng(0).permutation(n)
    y = points[:, 1] if points.shape[1] > 1 else np.zeros(n)
    ax.scatter(
        points[order, 0],
        y[order],
        s=(diameters[order] * POINTS_PER_INCH / PIXELS_PER_INCH) ** 2,
        c=rgba[order],
        linewidths=0,
        rasterized=n > MAX_SHAPES,
    )


def _factors(spec: Spec | None, n: int) -> NDArray[np.float64]:
    """Return what a size or an opacity is multiplied by; the low end where a value is missing."""
    if spec is None:
        return np.ones(n)
    low, high = spec["range"]
    return low + np.nan_to_num(places_of(spec)) * (high - low)


def _colors(ax: Axes, spec: Spec) -> NDArray[np.float64]:
    return (_class_colors if spec["kind"] == "category" else _number_colors)(ax, spec)


def _class_colors(ax: Axes, spec: Spec) -> NDArray[np.float64]:
    """Return a colour per point; add the legend, largest classes only if there are many."""
    names, codes = spec["categories"], codes_of(spec)
    own = spec.get("colors")
    known = palette(len(names)) if own is None else [to_rgb(color) for color in own]
    colors = np.vstack([np.reshape(known, (-1, 3)), to_rgb(MISSING_COLOR)])
    counts = np.array(spec["counts"], dtype=np.int64)
    shown = np.sort(np.argsort(-counts, kind="stable")[:MAX_LEGEND_ENTRIES]).tolist()
    entries: list[tuple[str, Any]] = [(names[code], colors[code]) for code in shown]
    if len(names) > len(shown):
        entries.append((f"and {len(names) - len(shown)} more", to_rgb("white")))
    if (codes == ABSENT).any():
        entries.append(("no label", colors[-1]))
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
        title_fontsize="small",
    )
    for text, (name, _) in zip(legend.get_texts(), entries, strict=True):
        _write(text, _cut(name))
    shades = spec.get("shades")
    within = "" if shades is None else f", shades: {shades['name']}"
    _write(legend.get_title(), _cut(spec["name"] + within))
    found = colors[np.minimum(codes, len(names))]
    return found if shades is None else shaded(found, shades, codes)


def _number_colors(ax: Axes, spec: Spec) -> NDArray[np.float64]:
    """Return a colour per point; add the colour bar."""
    places = places_of(spec)
    present = ~np.isnan(places)
    colors = np.tile(to_rgb(MISSING_COLOR), (len(places), 1))
    if not present.any():
        return colors
    shades = ramp(spec["map"])
    colors[present] = shades[np.rint(places[present] * (RAMP_STEPS - 1)).astype(np.intp)]
    # On a logarithmic scale without extent there is nothing to divide into powers of ten.
    norm = LogNorm if spec["scale"] == "log" and spec["min"] < spec["max"] else Normalize
    scale = ScalarMappable(norm(spec["min"], spec["max"]), ListedColormap(shades))
    figure: Any = ax.figure
    bar = figure.colorbar(scale, ax=ax, shrink=0.8)
    _write(bar.ax.yaxis.label, _cut(spec["name"]))
    return colors


def _notes(specs: Mapping[str, Spec]) -> list[str]:
    """Return a line that says what sizes and opacities mean, if there are any."""
    said: list[str] = []
    for channel in ("size", "opacity"):
        spec = specs.get(channel)
        if spec is None:
            continue
        ends = f"{spec['min']:.4g} to {spec['max']:.4g}" if spec["kind"] == "number" else ""
        ends = ends or ", ".join(spec["categories"])
        said.append(f"{channel.capitalize()}: {_cut(spec['name'])} ({_cut(ends)}).")
    return [" ".join(said)] if said else []


def _dress(ax: Axes, title: str, caption: str) -> None:
    """Distances in a map have no unit, and both axes the same scale."""
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color("#cccccc")
    _write(ax.set_title(""), title)
    _write(ax.set_xlabel("", fontsize="small", color="#555555"), caption)


def _full_title(title: str, n_components: int) -> str:
    if n_components <= 2:  # noqa: PLR2004
        return title
    note = f"components 1 and 2 of {n_components}"
    return f"{title} ({note})" if title else note


def _cut(name: str) -> str:
    return name if len(name) <= MAX_NAME_LENGTH else name[: MAX_NAME_LENGTH - 1] + "…"


def _write(text: Text, content: str) -> None:
    """Set a text as it is: a dollar sign in it starts no formula.

    What cannot stand in a file (control characters, halves of characters) is replaced.
    """
    whole = content.encode("utf-8", errors="replace").decode()
    text.set_parse_math(False)
    text.set_text("".join(c if c >= " " or c == "\n" else "\ufffd" for c in whole))


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
