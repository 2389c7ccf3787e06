"""Integrated gradients: complete, and large where a map follows a feature."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.explain import Attributions

pytest.importorskip("captum", reason="integrated gradients are captum's")


def test_attributions_are_complete_and_find_the_feature_that_guides_an_axis():
    X = np.random.default_rng(0).normal(size=(80, 4)) + 5
    document = {
        "relations": [],
        "losses": [{"name": "corr", "type": "correlation", "options": {"feature": 2}}],
        "training phases": [{"loss": {"components": "corr"}, "epochs": 40}],
    }
    fitted = nb.Routine(document, device="cpu", random_state=0).fit(X)
    found = nb.explain.integrated_gradients(fitted, X)
    assert found.error < 1e-3
    origin = fitted.transform(X.mean(axis=0, keepdims=True))
    moved = (fitted.transform(X) - origin)[:, 0]
    np.testing.assert_allclose(found.values.sum(axis=1), moved, atol=2e-3 * np.abs(moved).max())
    assert found.importances.argmax() == 2
    assert found.importances[2] > 2 * np.delete(found.importances, 2).max()


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


def test_a_method_without_a_network_is_refused():
    with pytest.raises(InvalidTypeError, match="with a network"):
        nb.explain.integrated_gradients(nb.TSNE(), np.zeros((3, 2)))
