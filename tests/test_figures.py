"""Static pictures: what is drawn, in which colours, and without global state."""

import io
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from nbembed import figures
from nbembed.columns import Column
from nbembed.encodings import color_spec, sized_spec
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.labels import classes

RNG = np.random.default_rng(0)
Y = RNG.normal(size=(60, 2)) * [2.0, 1.0]
SCALES = Path(__file__).parents[1] / "js" / "src" / "scales.ts"


def _legend(figure):
    legend = figure.axes[0].get_legend()
    return None if legend is None else [text.get_text() for text in legend.get_texts()]


def _points(figure):
    return figure.axes[0].collections[0]


def test_a_map_in_one_colour():
    figure = figures.map(Y, title="UMAP")
    ax = figure.axes[0]
    assert isinstance(figure, Figure)
    assert ax.get_title() == "UMAP"
    assert _legend(figure) is None
    assert ax.get_aspect() == 1.0
    assert (len(ax.get_xticks()), len(ax.get_yticks())) == (0, 0)
    drawn = np.asarray(_points(figure).get_offsets())
    assert_array_equal(np.sort(drawn, axis=0), np.sort(Y, axis=0))


def test_classes_have_the_legend_of_their_colours():
    labels = np.array(["b", "a", "c"] * 20)
    figure = figures.map(Y, labels=labels)
    assert _legend(figure) == ["a", "b", "c"]
    shown = [to_hex(h.get_color()) for h in figure.axes[0].get_legend().legend_handles]
    assert tuple(shown) == figures.TEN_COLORS[:3]
    # Every point has the colour of its label, whatever the drawing order.
    offsets = np.asarray(_points(figure).get_offsets())
    row = [int(np.flatnonzero((point == Y).all(axis=1))[0]) for point in offsets]
    colors = [to_hex(color[:3]) for color in _points(figure).get_facecolors()]
    color_of = dict(zip("abc", shown, strict=True))
    assert colors == [color_of[label] for label in labels[row]]


def test_numbers_have_a_colour_bar():
    figure = figures.map(Y, labels=np.linspace(-3.0, 5.0, 60))
    assert len(figure.axes) == 2
    assert figure.axes[1].get_ylim() == (-3.0, 5.0)
    assert _legend(figure) is None
    assert len(np.unique(_points(figure).get_facecolors(), axis=0)) > 40


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.arange(60) % 10, [str(i) for i in range(10)]),
        (np.arange(60) % 12 - 2, [str(i) for i in range(-2, 10)]),
        (np.arange(60) % 2 == 0, ["False", "True"]),
        (np.array(["x", None, "y"] * 20, dtype=object), ["x", "y", "no label"]),
        (np.array([1, "x", np.nan] * 20, dtype=object), ["1", "x", "no label"]),
        (["_private", "$\\frac{1$", "</script>"] * 20, ["$\\frac{1$", "</script>", "_private"]),
        (["n" * 50] * 60, ["n" * 39 + "…"]),
    ],
    ids=["digits", "integers in order", "bool", "missing", "mixed", "hostile", "long"],
)
def test_names_stand_in_the_legend_as_they_are(labels, names):
    figure = figures.map(Y, labels=labels)
    assert _legend(figure) == names
    assert figures.png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("labels", [np.arange(60), np.arange(60.0) % 3])
def test_many_integers_and_floats_are_numbers(labels):
    assert classes(labels) is None
    assert len(figures.map(Y, labels=labels).axes) == 2


def test_missing_numbers_are_grey():
    labels = np.linspace(0, 1, 60)
    labels[:7] = np.nan
    figure = figures.map(Y, labels=labels)
    colors = [to_hex(color[:3]) for color in _points(figure).get_facecolors()]
    assert colors.count(figures.MISSING_COLOR) == 7
    assert len(figures.map(Y, labels=np.full(60, np.nan)).axes) == 1
    figures.png(figures.map(Y, labels=np.full(60, 0.5)))


def test_a_long_legend_shows_the_largest_classes():
    labels = [f"{i:02}" for i in range(30)] * 2
    labels[:20] = ["29"] * 20
    names = _legend(figures.map(Y, labels=labels))
    assert len(names) == 21
    assert names[-1] == "and 10 more"
    assert "29" in names


def test_the_title_starts_no_formula():
    figure = figures.map(Y, title="cost $\\frac{ in $")
    assert figures.png(figure).startswith(b"\x89PNG")
    assert figure.axes[0].get_title() == "cost $\\frac{ in $"


@pytest.mark.parametrize(
    ("n_components", "title"),
    [(1, "t"), (2, "t"), (3, "t (components 1 and 2 of 3)"), (5, "t (components 1 and 2 of 5)")],
)
def test_any_number_of_components(n_components, title):
    points = np.random.default_rng(0).normal(size=(20, n_components))
    figure = figures.map(points, title="t")
    assert figure.axes[0].get_title() == title
    drawn = np.asarray(_points(figure).get_offsets())
    assert drawn.shape == (20, 2)
    assert set(drawn[:, 0]) == set(points[:, 0])
    assert set(drawn[:, 1]) == (set(points[:, 1]) if n_components > 1 else {0.0})


def test_given_axes_are_drawn_into():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert figures.map(Y, ax=right) is figure
    assert len(left.collections) == 0
    assert len(right.collections) == 1


@pytest.mark.parametrize("points", [np.zeros((1, 2)), np.zeros((5, 2))])
def test_degenerate_maps_are_drawn(points):
    assert figures.png(figures.map(points)).startswith(b"\x89PNG")


def test_bad_input_is_named():
    with pytest.raises(InvalidInputError, match="embedding must be finite"):
        figures.map([[np.nan, 0.0]])
    with pytest.raises(InvalidInputError, match="embedding must be a map"):
        figures.map([1.0, 2.0])
    with pytest.raises(InvalidTypeError, match="embedding must be an array of numbers"):
        figures.map([["a", "b"]])
    with pytest.raises(InvalidInputError, match="labels must hold one value per row"):
        figures.map(Y, labels=[1, 2])


def test_a_picture_is_the_same_each_time(tmp_path):
    labels = np.arange(60) % 5
    first, second = (figures.png(figures.map(Y, labels=labels)) for _ in range(2))
    assert first == second
    path = tmp_path / "map.png"
    path.write_bytes(first)
    pixels = matplotlib.image.imread(path)
    assert pixels.shape[:2] == (480, 640)
    assert len(np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)) > 50


def test_a_notebook_shows_the_figure():
    assert figures.map(Y)._repr_png_().startswith(b"\x89PNG")


def test_pyplot_is_never_imported():
    code = (
        "import sys, numpy as np; from nbembed import figures;"
        "figures.png(figures.map(np.eye(4)[:, :2], labels=[1., 2., 3., 4.]));"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])


def test_more_points_are_smaller_and_fainter():
    sizes, opacities = zip(
        *(figures.point_style(n, 250_000.0, has_colors=False) for n in (100, 2_000, 70_000, 10**6)),
        strict=True,
    )
    assert list(sizes) == sorted(sizes, reverse=True)
    assert list(opacities) == sorted(opacities, reverse=True)
    assert sizes[0] == 7.0
    assert opacities[0] > 0.7
    assert sizes[-1] == 1.6
    assert 0.05 <= opacities[-1] < 0.1
    assert figures.point_style(70_000, 250_000.0, has_colors=True)[1] > opacities[2]


@pytest.mark.parametrize("count", [0, 1, 10, 11, 20, 40, 300])
def test_the_colours_of_a_palette_differ(count):
    colors = figures.palette(count)
    assert colors.shape == (count, 3)
    assert np.all((colors >= 0) & (colors <= 1))
    distinct = np.unique((colors * 255).round(), axis=0)
    assert len(distinct) >= min(count, 40)


def test_more_than_ten_colours_come_from_oklab():
    # Ottosson's own example: L = 0.6, a = b = 0 is the grey 0.5 (128 of 255) to two digits.
    grey = figures._oklch(np.array([0.5999]), np.array([0.0]), np.array([0.0]))
    assert_allclose(grey, np.full((1, 3), 0.502), atol=0.01)
    assert figures.palette(11)[0, 0] > figures.palette(11)[0, 1]


@pytest.mark.skipif(not SCALES.exists(), reason="the source of the front end is not here")
def test_the_palette_is_the_front_ends():
    block = re.search(r"TEN_LIGHT = \[(.*?)\]", SCALES.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert tuple(re.findall(r"#[0-9a-f]{6}", block)) == figures.TEN_COLORS


# ---- encodings: the picture shows what the browser shows -----------------------------------------


def _drawn(figure):
    """Return colours and areas by row of Y."""
    points = _points(figure)
    offsets = np.asarray(points.get_offsets())
    row = [int(np.flatnonzero((point == Y).all(axis=1))[0]) for point in offsets]
    place = np.argsort(row)
    sizes = np.broadcast_to(points.get_sizes(), len(Y))
    return points.get_facecolors()[place], sizes[place]


def _encoded(**specs):
    return figures.map(Y, encodings=specs)


@pytest.mark.parametrize("name", ["viridis", "cividis", "magma", "rdbu"])
def test_numbers_have_the_colours_of_their_ramp(name):
    values = np.linspace(-1, 1, 60)
    figure = _encoded(color=color_spec(Column("v", values), map=name))
    colors, _ = _drawn(figure)
    shades = figures.ramp(name)
    assert_allclose(colors[[0, -1], :3], shades[[0, -1]], atol=1e-6)
    assert_allclose(colors[:, :3], shades[np.rint((values + 1) / 2 * 255).astype(int)], atol=0.02)
    assert figure.axes[1].get_ylabel() == "v"


def test_a_logarithmic_colour_bar():
    figure = _encoded(color=color_spec(Column("v", np.logspace(0, 3, 60)), scale="log"))
    assert figure.axes[1].get_yscale() == "log"
    colors, _ = _drawn(figure)
    assert_allclose(colors[20, :3], figures.ramp("viridis")[85], atol=0.02)
    figures.png(_encoded(color=color_spec(Column("v", np.full(60, 5.0)), scale="log")))


def test_own_colours_and_the_name_of_the_legend():
    names = np.array(["b", "a"] * 30)
    figure = _encoded(color=color_spec(Column("kind", names), map=["#ff0000", "#00ff00"]))
    colors, _ = _drawn(figure)
    assert [to_hex(c[:3]) for c in colors[:2]] == ["#00ff00", "#ff0000"]
    assert figure.axes[0].get_legend().get_title().get_text() == "kind"


def test_sizes_and_opacities_follow_their_values():
    plain, plain_area = _drawn(figures.map(Y))
    values = np.linspace(1, 3, 60)
    values[5] = np.nan
    figure = _encoded(
        size=sized_spec("size", Column("s", values), range=(0.5, 2)),
        opacity=sized_spec("opacity", Column("o", values), range=(0.25, 1)),
    )
    colors, areas = _drawn(figure)
    assert_allclose(np.sqrt(areas / plain_area)[[0, 5, -1]], [0.5, 0.5, 2], rtol=1e-4)
    assert_allclose((colors[:, 3] / plain[:, 3])[[0, 5, -1]], [0.25, 0.25, 1], rtol=1e-4)
    assert figure.axes[0].get_xlabel() == "Size: s (1 to 3). Opacity: o (1 to 3)."


def test_encodings_of_other_rows_are_refused():
    with pytest.raises(
        InvalidInputError, match=r"encodings\['size'\] must hold one code per point, 60"
    ):
        _encoded(size=sized_spec("size", Column("s", np.arange(5.0))))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "Sizes and gaps of clusters are not to scale."),
        (float("nan"), "Sizes and gaps of clusters are not to scale."),
        (0.9873, "Neighbours: 0.99 trustworthy here. Sizes and gaps of clusters are not to scale."),
        (0.9999, "Neighbours: 0.99 trustworthy here. Sizes and gaps of clusters are not to scale."),
        (1.0, "Neighbours: 1.00 trustworthy here. Sizes and gaps of clusters are not to scale."),
        (0.5, "Neighbours: 0.50 trustworthy here. Sizes and gaps of clusters are not to scale."),
    ],
)
def test_the_caption_says_what_may_be_read(value, text):
    assert figures.caption(value) == text


def test_the_caption_stands_below_the_map():
    figure = figures.map(Y, caption="not $\\frac{ to scale")
    assert figure.axes[0].get_xlabel() == "not $\\frac{ to scale"
    assert figures.png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_the_picture_of_many_points_is_small(kind):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, 70_000) if kind == "classes" else rng.normal(size=70_000)
    figure = figures.map(rng.normal(size=(70_000, 2)), labels=labels, title="UMAP")
    content = figures.small_png(figure)
    assert len(content) <= 60_000
    assert Image.open(io.BytesIO(content)).size >= (320, 240)
    assert len(figures.small_png(figure, max_bytes=15_000)) <= 15_000


def test_an_svg_keeps_text_as_text_and_is_the_same_each_time():
    hostile = np.array(["<script>&\x00\ud800"] * 60, dtype=object)
    first, second = (figures.svg(figures.map(Y, labels=hostile, title="t")) for _ in range(2))
    assert first == second
    root = ET.fromstring(first)  # noqa: S314 - our own
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"t", "<script>&\ufffd?"} <= set(texts)


def test_an_svg_of_many_points_is_one_picture():
    content = figures.svg(figures.map(np.random.default_rng(0).normal(size=(30_000, 2))))
    assert len(content) < 1_000_000
    assert b"data:image/png;base64" in content


@pytest.mark.skipif(not SCALES.exists(), reason="the source of the front end is not here")
def test_the_ramps_end_where_the_front_ends_do():
    block = re.search(r"SEEN[^=]*= \{(.*?)\};", SCALES.read_text(encoding="utf-8"), re.DOTALL)[1]
    ends = {name: float(end) for name, end in re.findall(r"(\w+): \[\s*\[0, ([\d.]+)\]", block)}
    assert ends == {name: end for name, (_, end) in figures.RAMPS.items()}
