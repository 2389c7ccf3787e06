"""The picture of what a network's map depends on."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.explain import Attributions


def test_the_chart_has_a_bar_for_each_feature_the_largest_on_top():
    values = np.array([[1.0, -4.0, 0.5], [-1.0, 2.0, 0.5]])
    found = Attributions(values, 0, 2e-5)
    ax = nb.attribution_chart(found, names=["a", "$b", "c"], n_features=2).axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$b", "a"]
    assert [bar.get_width() for bar in ax.patches] == [3.0, 1.0]
    assert ax.yaxis_inverted()
    assert "2e-05" in ax.get_xlabel()
    both = nb.attribution_chart({"w = 0": found, "w = 1": Attributions(2 * values, 0, 0.1)}).axes[0]
    assert [bar.get_width() for bar in both.patches] == [3.0, 1.0, 0.5, 6.0, 2.0, 1.0]
    assert [text.get_text() for text in both.get_legend().texts] == ["w = 0", "w = 1"]
    with pytest.raises(InvalidInputError, match="3, one for each feature, got 1"):
        nb.attribution_chart(found, names=["a"])
    with pytest.raises(InvalidTypeError, match="integrated_gradients"):
        nb.attribution_chart({})


def test_the_label_has_room_beside_long_names():
    found = Attributions(np.eye(2), 0, 2e-5)
    ax = nb.attribution_chart(found, names=["od280/od315_of_diluted_wines", "hue"]).axes[0]
    ax.figure.draw_without_rendering()
    label = ax.xaxis.label.get_window_extent()
    assert label.x0 >= 0
    assert label.x1 <= ax.figure.bbox.x1
