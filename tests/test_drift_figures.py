"""Pictures of drift."""

import numpy as np
import pytest

from nbembed import drift_figures
from nbembed.drift import Monitor
from nbembed.errors import InvalidInputError


@pytest.fixture(scope="module")
def monitor():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    watched = Monitor(lambda rows: np.asarray(rows)[:, :2], X, labels=X[:, 0] > 0, level=1e-4)
    for shift in (0, 0, 0, 4):
        rows = rng.normal(size=(40, 4)) + shift
        watched.update(rows, (rows[:, 0] > 0) if shift else None)
    return watched


def test_each_quantity_has_a_panel_with_its_band(monitor):
    figure = monitor.plot()
    assert [ax.get_ylabel().split("\n")[0] for ax in figure.axes] == [
        "trust",
        "novelty",
        "share beyond",
        "shift on the map",
        "neighbours with",
    ]
    for ax in figure.axes:
        assert len(ax.collections) == 1
    np.testing.assert_array_equal(
        figure.axes[0].lines[0].get_ydata(), [b.scores["trust"] for b in monitor.batches]
    )
    assert figure.get_suptitle() == monitor._heading()


def test_what_is_outside_has_a_colour_and_a_shape_of_its_own(monitor):
    novelty = monitor.plot().axes[1]
    inside, outside = novelty.lines[1:3]
    assert outside.get_xdata().tolist() == [4]
    assert inside.get_xdata().tolist() == [1, 2, 3]
    assert inside.get_marker() != outside.get_marker()
    assert inside.get_color() != outside.get_color()


def test_a_band_lies_where_it_says(monitor):
    novelty = monitor.plot().axes[1]
    low, high = np.array([batch.bands["novelty"] for batch in monitor.batches]).T
    heights = novelty.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(low.min())
    assert heights.max() == pytest.approx(high.max())


def test_a_batch_without_a_quantity_leaves_a_gap(monitor):
    values = monitor.plot().axes[4].lines[0].get_ydata()
    assert np.isnan(values).tolist() == [True, True, True, False]


def test_it_becomes_a_picture(monitor):
    assert monitor.plot()._repr_png_().startswith(b"\x89PNG")
    assert drift_figures.monitor(monitor.batches[:1], title="$x$ < 1").get_suptitle() == "$x$ < 1"


def test_nothing_is_nothing_to_draw():
    with pytest.raises(InvalidInputError, match="at least one batch"):
        drift_figures.monitor([])
