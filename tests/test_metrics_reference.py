"""Numbers of other libraries, stored with the scripts that made them."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from nbembed import metrics
from nbembed.affinities import perplexity
from nbembed.neighbors import nearest_neighbors

REFERENCE = Path(__file__).parent / "reference"


def stored(name):
    return json.loads((REFERENCE / name).read_text(encoding="utf-8"))


def example():
    """Return the data, the map and the classes of ``make_zadu.py``."""
    # Its stream never changes.
    rng = np.random.RandomState(0)
    y = rng.randint(4, size=400)
    X = rng.normal(size=(400, 12)) + 3.0 * rng.normal(size=(4, 12))[y]
    return X, X[:, :2] + 0.3 * rng.normal(size=(400, 2)), y


def test_the_measures_are_those_of_zadu():
    X, Y, y = example()
    expected = stored("zadu.json")
    found = {
        "trustworthiness": metrics.trustworthiness(X, Y),
        "continuity": metrics.continuity(X, Y),
        "lcmc": metrics.lcmc(X, Y),
        "neighborhood_hit": metrics.neighborhood_hit(Y, y, n_neighbors=7),
        # Zadu takes the root.
        "stress": metrics.normalized_stress(X, Y) ** 0.5,
        "scale_normalized_stress": metrics.normalized_stress(X, Y, scaled=True) ** 0.5,
        "pearson_r": metrics.distance_correlation(X, Y),
        "spearman_rho": metrics.shepard_goodness(X, Y),
        "silhouette": metrics.silhouette(Y, y),
        "kmeans_nmi": metrics.nmi(Y, y),
        "kmeans_vmeasure": metrics.v_measure(Y, y),
    }
    assert set(expected) - set(found) == {"zadu"}
    for name, value in found.items():
        assert value == pytest.approx(expected[name], abs=1e-6), name


@pytest.fixture(scope="module")
def data():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def joint(data):
    return perplexity(nearest_neighbors(data[0], n_neighbors=90), perplexity=30)


@pytest.mark.parametrize("name", ["identity", "pca", "sklearn_tsne", "opentsne", "umap_learn"])
def test_the_table_of_the_digits(name, data, joint):
    X, y = data
    with np.load(REFERENCE / "quality_maps.npz") as maps:
        Y = X if name == "identity" else maps[name].astype(np.float64)
    numbers = stored("quality.json")
    K, expected = numbers["n_neighbors"], numbers["table"][name]
    found = {
        "trustworthiness": metrics.trustworthiness(X, Y, n_neighbors=K),
        "continuity": metrics.continuity(X, Y, n_neighbors=K),
        "neighborhood_hit": metrics.neighborhood_hit(Y, y, n_neighbors=K),
        "1nn_10fold": metrics.knn_accuracy(Y, y, 1, cv=10),
        "rnx_auc": metrics.rnx_auc(X, Y),
        "normalized_stress": metrics.normalized_stress(X, Y),
        "scaled_stress": metrics.normalized_stress(X, Y, scaled=True),
        "shepard_goodness": metrics.shepard_goodness(X, Y),
    }
    if "kl_divergence" in expected:
        found["kl_divergence"] = metrics.kl_divergence(joint, Y)
    assert set(found) == set(expected)
    for measure, value in found.items():
        # Digits have pairs at equal distances, whose order is free.
        free = ("continuity", "neighborhood_hit", "rnx_auc", "1nn_10fold")
        close = 3e-4 if measure in free else 1e-5
        assert value == pytest.approx(expected[measure], abs=close), measure
