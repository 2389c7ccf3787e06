"""Integrated gradients: complete, and large where a map follows a feature."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.errors import InvalidTypeError

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


def test_a_method_without_a_network_is_refused():
    with pytest.raises(InvalidTypeError, match="with a network"):
        nb.explain.integrated_gradients(nb.TSNE(), np.zeros((3, 2)))
