"""Pictures of quality: what they show is what was measured."""

import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import nbembed as nb
from nbembed import figures, metrics, quality_figures
from nbembed.errors import InvalidInputError, InvalidTypeError

N = 90


@pytest.fixture(scope="module")
def groups():
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=N)
    X = rng.normal(size=(N, 6)) + 4.0 * rng.normal(size=(3, 6))[y]
    return X, X[:, :2], y


@pytest.fixture(scope="module")
def comparison(groups):
    X, Y, y = groups
    noise = np.random.default_rng(1).normal(size=Y.shape)
    return metrics.compare({"good $x$": [Y, 2 * Y], "noise": noise}, X, y)


def written(figure):
    """Return all texts of a figure in one string."""
    figure.canvas.draw()
    return " | ".join(text.get_text() for text in figure.findobj(lambda a: hasattr(a, "get_text")))


def test_a_shepard_diagram_counts_all_pairs(groups):
    X, Y, _ = groups
    figure = nb.shepard_diagram(X, Y, title="a $map$")
    axes = figure.axes[0]
    shown = axes.collections[0].get_array()
    assert shown.sum() == N * (N - 1) / 2
    text = written(figure)
    assert f"Spearman {metrics.shepard_goodness(X, Y):.3f}" in text
    assert "4,005 of 4,005 pairs" in text
    assert "a $map$" in text
    # In the units of the data and of the map.
    assert axes.collections[0].get_coordinates()[..., 0].max() == pytest.approx(
        max(np.linalg.norm(X[i] - X, axis=1).max() for i in range(N))
    )
    assert axes.collections[0].get_coordinates()[..., 1].max() == pytest.approx(
        max(np.linalg.norm(Y[i] - Y, axis=1).max() for i in range(N))
    )


def test_the_middle_line_of_a_map_that_keeps_distances_is_straight(groups):
    X = groups[0]
    line = nb.shepard_diagram(X, 3 * X).axes[0].lines[0]
    x, y = line.get_data()
    seen = np.isfinite(y)
    assert seen.sum() > 10
    assert_allclose(y[seen], 3 * x[seen], atol=0.1 * y[seen].max())


def test_a_shepard_diagram_of_a_sample_says_so(groups):
    X, Y, _ = groups
    text = written(nb.shepard_diagram(X, Y, sample=1000))
    assert "1,000 of 4,005 pairs" in text
    assert "±" in text


def test_a_map_without_extent_has_an_empty_diagram(groups):
    figure = nb.shepard_diagram(groups[0], np.zeros((N, 2)))
    assert "Spearman undefined" in written(figure)


def test_the_curves_are_those_of_r_nx(groups):
    X, Y, _ = groups
    noise = np.random.default_rng(1).normal(size=Y.shape)
    figure = nb.rnx_curve({"good": Y, "two $runs$": [Y, noise]}, X, title="curves")
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    x, y = axes.lines[0].get_data()
    assert_array_equal(x, np.arange(1, N - 1))
    assert_allclose(y, metrics.r_nx(X, Y))
    assert_allclose(axes.lines[1].get_ydata(), (metrics.r_nx(X, Y) + metrics.r_nx(X, noise)) / 2)
    assert f"good ({metrics.rnx_auc(X, Y):.3f})" in written(figure)
    assert "sample" not in written(figure)
    assert "sample of 30 of 90 rows" in written(nb.rnx_curve({"good": Y}, X, sample=30))


def test_maps_side_by_side_are_aligned_with_the_first(groups):
    _, Y, y = groups
    turned = 5.0 * Y @ np.array([[0.0, 1.0], [-1.0, 0.0]]) - 100.0
    figure = nb.compare_maps({"first": Y, "turned": turned, "other": Y[:, :1]}, labels=y, columns=2)
    assert len(figure.axes) == 3
    places = [np.asarray(axes.collections[0].get_offsets()) for axes in figure.axes]
    # A map is drawn in a fixed random order, the same for all.
    assert_allclose(places[1], places[0], atol=1e-9)
    legends = [axes.get_legend() is not None for axes in figure.axes]
    assert legends == [False, True, False]
    numbers = nb.compare_maps({"a": Y, "b": Y, "c": Y}, labels=Y[:, 0], columns=2)
    assert len(numbers.axes) == 4


def test_a_comparison_puts_its_numbers_below_the_maps(comparison):
    figure = comparison.plot(title="all $of$ them")
    text = written(figure)
    trust = comparison.mean("noise", "trustworthiness")
    assert f"T {trust:.3f}" in text
    assert "means of 2 runs; neighbour Jaccard 1.000" in text
    for words in ("good $x$", "all $of$ them"):
        assert words in text
    assert "T " not in written(nb.compare_maps(comparison.maps))


def test_a_report_is_drawn_with_its_intervals(groups):
    X, Y, y = groups
    report = metrics.report(X, Y, labels=y, sample=40)
    figure = report.plot()
    axes = figure.axes[0]
    names = [label.get_text().replace(" ", "_") for label in axes.get_yticklabels()]
    assert names == list(report)
    intervals = axes.lines[0].get_xdata()
    assert_allclose(intervals, report["trustworthiness"].interval)
    points = [line for line in axes.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in points] == [float(report[n]) for n in names]
    hollow = [line.get_markerfacecolor() == "white" for line in points]
    assert [name for name, is_hollow in zip(names, hollow, strict=True) if is_hollow] == [
        "normalized_stress",
        "scaled_stress",
    ]
    assert "lower is better" in written(figure)
    assert "shepard" not in written(metrics.report(X, np.zeros((N, 2))).plot())


def test_a_value_beyond_the_scale_is_an_arrow_at_its_end(groups):
    X, Y, _ = groups
    report = metrics.report(X, 1e3 * Y)
    axes = report.plot().axes[0]
    assert report["normalized_stress"] > 1e3
    arrows = [line for line in axes.lines if line.get_marker() == ">"]
    assert [float(line.get_xdata()[0]) for line in arrows] == [quality_figures.BEYOND]
    assert axes.get_xlim()[1] < 1.5
    assert f"{report['normalized_stress']:.3f}" in written(axes.figure)


def test_what_is_undefined_is_called_so_below_its_map(groups):
    found = metrics.compare({"point": np.zeros((N, 2))}, groups[0])
    assert "Shepard undefined" in written(found.plot())


def test_figures_are_drawn_into_given_axes_and_shown_in_notebooks(groups):
    X, Y, _ = groups
    given = figures.MapFigure().subplots(1, 3)
    assert nb.shepard_diagram(X, Y, ax=given[0]) is given[0].figure
    assert nb.rnx_curve({"a": Y}, X, ax=given[1]) is given[1].figure
    assert metrics.report(X, Y).plot(ax=given[2]) is given[2].figure
    for figure in (nb.shepard_diagram(X, Y), nb.rnx_curve({"a": Y}, X), nb.compare_maps({"a": Y})):
        assert figure._repr_png_().startswith(b"\x89PNG")


def test_bad_arguments_are_named(groups):
    X, Y, y = groups
    for draw in (lambda maps: nb.rnx_curve(maps, X), nb.compare_maps):
        with pytest.raises(
            InvalidTypeError, match="maps must be a dict from names to maps, got ndarray"
        ):
            draw(Y)
        with pytest.raises(InvalidInputError, match="at least one map"):
            draw({})
    with pytest.raises(InvalidInputError, match="same rows, got maps of 90 and 89 rows"):
        nb.compare_maps({"a": Y, "b": Y[1:]})
    with pytest.raises(InvalidInputError, match="labels must hold one value per row"):
        nb.compare_maps({"a": Y}, labels=y[1:])
    with pytest.raises(InvalidInputError, match="columns must be"):
        nb.compare_maps({"a": Y}, columns=0)


def test_measuring_does_not_load_matplotlib():
    code = (
        "import sys; from nbembed import metrics;"
        "metrics.report([[0.0], [1.0], [3.0]], [[0.0], [1.0], [3.0]], n_neighbors=1);"
        "assert not {'matplotlib', 'torch', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
