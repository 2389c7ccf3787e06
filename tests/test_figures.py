"""Static pictures: what is drawn, in which colours, and without global state."""

import re
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from numpy.testing import assert_allclose, assert_array_equal

from nbembed import figures
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
