"""Clusters of maps: scikit-learn's, compared with labels, and measured in the data."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import metrics
from sklearn.cluster import DBSCAN, HDBSCAN, KMeans
from sklearn.mixture import GaussianMixture

import nbembed as nb
from nbembed.clustering import cluster
from nbembed.encodings import ABSENT, codes_of
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.labels import MISSING, classes
from tests.widgets import make

RNG = np.random.default_rng(0)
CENTRES = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 12.0]])
TRUTH = np.repeat([0, 1, 2], [50, 30, 40])
MAP = CENTRES[TRUTH] + RNG.normal(size=(120, 2))


def same_groups(a, b):
    return metrics.adjusted_rand_score(a, b) == 1.0


@pytest.mark.parametrize("method", ["kmeans", "dbscan", "hdbscan", "gaussian"])
def test_every_method_finds_what_is_plain_to_see(method):
    found = cluster(MAP, method, labels=TRUTH)
    inside = found.labels >= 0
    assert found.n_clusters == 3
    assert same_groups(found.labels[inside], TRUTH[inside])
    assert found.n_noise <= 12
    # Numbered from the largest.
    assert list(found.sizes) == sorted(found.sizes, reverse=True)
    assert found.labels.dtype == np.int64


def test_the_clusters_are_those_of_scikit_learn():
    pairs = [
        (cluster(MAP, n_clusters=4), KMeans(4, n_init=10, random_state=0)),
        (cluster(MAP, "gaussian", n_clusters=2), GaussianMixture(2, n_init=3, random_state=0)),
        (cluster(MAP, "dbscan", eps=0.7, min_samples=4), DBSCAN(eps=0.7, min_samples=4)),
        (cluster(MAP, "hdbscan", min_cluster_size=9), HDBSCAN(min_cluster_size=9, copy=True)),
    ]
    for ours, theirs in pairs:
        expected = theirs.fit_predict(MAP)
        assert same_groups(ours.labels, expected)
        assert_array_equal(ours.labels == -1, expected == -1)
        assert theirs.get_params().items() >= dict(ours.parameters).items()


def test_the_number_of_clusters_is_chosen_and_said():
    by_silhouette, by_bic = (cluster(MAP, method) for method in ("kmeans", "gaussian"))
    assert by_silhouette.n_clusters == by_bic.n_clusters == 3
    assert "best silhouette of 2 to 10" in repr(by_silhouette)
    assert "best BIC of 2 to 10" in repr(by_bic)
    # Labels say how many there are.
    assert cluster(MAP, labels=TRUTH % 2).n_clusters == 2


def test_the_reach_of_dbscan_makes_most_points_core_points():
    found = cluster(MAP, "dbscan", min_samples=6)
    model = DBSCAN(eps=found.parameters["eps"], min_samples=6).fit(MAP)
    assert len(model.core_sample_indices_) / len(MAP) == pytest.approx(0.9, abs=0.02)


def test_scores_are_those_of_scikit_learn():
    found = cluster(MAP, n_clusters=4, labels=np.array(["x", "y", "z"])[TRUTH])
    assert_allclose(found.silhouette, metrics.silhouette_score(MAP, found.labels))
    agreement = found.agreement
    pair = (TRUTH, found.labels)
    assert_allclose(agreement.nmi, metrics.normalized_mutual_info_score(*pair))
    assert_allclose(agreement.v_measure, metrics.v_measure_score(*pair))
    assert_allclose(agreement.ari, metrics.adjusted_rand_score(*pair))


def test_noise_is_a_group_of_its_own_where_labels_are_compared():
    far = np.vstack([MAP, [[100.0, 100.0]], [[-100.0, 50.0]]])
    truth = np.array([*TRUTH, 0, 1])
    found = cluster(far, "dbscan", eps=3.0, labels=truth)
    assert found.n_noise == 2
    assert found.agreement.ari == metrics.adjusted_rand_score(truth, found.labels) < 1.0
    inside = found.labels >= 0
    assert_allclose(found.silhouette, metrics.silhouette_score(far[inside], found.labels[inside]))


def test_rows_without_a_label_are_left_out():
    labels = TRUTH.astype(object)
    labels[::3] = None
    assert cluster(MAP, n_clusters=3, labels=labels).agreement.ari == 1.0


# ---- in the data ------------------------------------------------------------------------------------


def test_clusters_of_the_data_are_supported():
    X = np.hstack([MAP, RNG.normal(size=(120, 6))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = cluster(MAP, n_clusters=3, X=X)
    support = found.support
    assert support.unsupported == ()
    assert_allclose(support.silhouette, metrics.silhouette_score(X.astype(np.float32), found.labels), rtol=1e-4)  # fmt: skip
    assert support.purity > 0.95
    assert_allclose(support.kept, 1.0, atol=0.1)
    assert "a cut through continuous data keeps its neighbours as well" in found.warning


def test_clusters_that_the_map_made_are_not():
    noise = RNG.normal(size=(120, 20))
    with pytest.warns(UserWarning, match="do not support any of the clusters of the map"):
        found = cluster(MAP, n_clusters=3, X=noise)
    assert found.support.unsupported == (0, 1, 2)
    assert_allclose(found.support.purity, found.support.chance, atol=0.06)
    assert abs(found.support.silhouette) < 0.05
    assert "do not support any of the clusters" in repr(found)


def test_a_map_of_noise_is_found_out():
    noise = np.random.default_rng(0).normal(size=(200, 50))
    Y = nb.TSNE(n_iter=150, random_state=0).fit_transform(noise)
    with pytest.warns(UserWarning, match="do not support"):
        cluster(Y, n_clusters=4, X=noise)


def test_the_one_cluster_that_is_not_in_the_data_is_named():
    X = np.hstack([MAP, RNG.normal(size=(120, 6))])
    found = cluster(MAP, n_clusters=3)
    # The points of the smallest cluster lie anywhere in the data.
    torn = found.labels == 2
    X[torn] = X[RNG.permutation(120)[: torn.sum()]] + RNG.normal(size=(torn.sum(), 8))
    with pytest.warns(UserWarning, match="do not support cluster 2 of the map") as caught:
        again = cluster(MAP, n_clusters=3, X=X)
    assert again.support.unsupported == (2,)
    assert caught[0].filename == __file__


def test_purity_counts_neighbours_by_hand():
    # k is all others: the share of the own cluster is known.
    points = np.array([[0.0, 0], [1, 0], [0, 1], [9, 9], [10, 9]])
    found = cluster(points, n_clusters=2, X=points)
    assert found.support.purity == pytest.approx((3 * 2 / 4 + 2 * 1 / 4) / 5)
    assert found.support.chance == pytest.approx((3 * 2 / 4 + 2 * 1 / 4) / 5)
    # Nothing beyond chance: nothing can be said.
    assert np.isnan(found.support.kept).all()
    assert found.support.unsupported == ()


@pytest.mark.filterwarnings("ignore:The data do not support")
def test_points_that_are_equal_are_no_neighbours_of_themselves():
    points = np.repeat(MAP[:40], 2, axis=0)
    found = cluster(points, n_clusters=2, X=np.zeros((80, 3)) + np.arange(80)[:, None] % 2)
    assert np.isfinite(found.support.purity)
    assert 0.0 <= found.support.purity <= 1.0


def test_many_rows_are_measured_on_a_sample():
    which = RNG.integers(3, size=5000)
    points = CENTRES[which] + RNG.normal(size=(5000, 2))
    found = cluster(points, n_clusters=3, X=points)
    assert found.silhouette == pytest.approx(metrics.silhouette_score(points[:2000], found.labels[:2000]), abs=0.02)  # fmt: skip
    assert found.support.purity > 0.99


# ---- as colours, as text ------------------------------------------------------------------------------


def test_it_is_its_labels_as_an_array():
    found = cluster(MAP, "dbscan", eps=1.0)
    assert_array_equal(np.asarray(found), found.labels)
    assert np.asarray(found, dtype=np.float32).dtype == np.float32
    assert len(found) == 120
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(found)[:] = 7
    np.array(found)[:] = 7
    assert found.n_clusters < 8
    assert (np.array(found) == found.labels).all()


def test_names_are_classes_and_noise_has_none():
    found = cluster(MAP, "dbscan", eps=0.7)
    names, codes = classes(found.names)
    assert names[:2] == ["cluster 0", "cluster 1"]
    assert_array_equal(codes == MISSING, found.labels == -1)
    assert (codes == MISSING).any()


def test_a_widget_takes_clusters_as_colours():
    found = cluster(MAP, "dbscan", eps=0.7)
    widget = make(MAP).color(by=found)
    spec = widget.color()
    assert spec["name"] == "DBSCAN of the map"
    assert spec["categories"] == [f"cluster {i}" for i in range(found.n_clusters)]
    assert spec["counts"] == found.sizes.tolist()
    codes = codes_of(widget.encodings["color"])
    assert_array_equal(codes, np.where(found.labels < 0, ABSENT, found.labels))
    # More than ten clusters stay in the order of their sizes.
    many = cluster(MAP, n_clusters=12)
    assert widget.color(by=many).color()["categories"][-2:] == ["cluster 10", "cluster 11"]
    assert make(MAP, labels=many).color()["name"] == "k-means of the map"
    with pytest.raises(InvalidInputError, match="by must hold one value per row"):
        make(MAP[:50]).color(by=found)


def test_scores_have_names():
    found = cluster(MAP, n_clusters=3, labels=TRUTH, X=MAP)
    assert found.scores["ari"] == 1.0
    assert list(found.scores) == [
        *("n_clusters", "noise", "silhouette", "nmi", "v_measure", "ari"),
        *("data_silhouette", "data_purity"),
    ]
    assert set(cluster(MAP).scores) == {"n_clusters", "noise", "silhouette"}
    result = nb.benchmark(
        {"as it is": lambda X, seed: X},
        (MAP, TRUTH),
        seeds=1,
        metrics=lambda X, Y, labels: cluster(Y, labels=labels, X=X).scores,
        progress=False,
    )
    assert result.trials[0].scores == pytest.approx(found.scores, abs=1e-6)


def test_what_is_printed_says_what_belongs_to_it():
    found = cluster(MAP, n_clusters=3, labels=TRUTH)
    text = repr(found)
    assert text.splitlines()[0] == "k-means: 3 clusters of 120 points"
    assert "Clusters of a map may be made by the map" in text
    assert "Pass X to have these measured in the data" in text
    assert "adjusted Rand index" in text
    html = found._repr_html_()
    assert html.count("<tr>") == len(text.splitlines()) - 2
    assert "Clusters of a map may be made by the map" in html
    assert "120 points, 2 points of noise" in repr(
        cluster(np.vstack([MAP[:118], [[99, 99], [-99, 50]]]), "dbscan", eps=3.0)
    )


def test_nothing_but_noise_and_a_single_cluster():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        none = cluster(MAP, "dbscan", eps=1e-6, X=MAP)
        one = cluster(MAP, n_clusters=1, X=MAP, labels=TRUTH)
    assert (none.n_clusters, none.n_noise) == (0, 120)
    assert np.isnan(none.silhouette)
    assert set(none.names) == {None}
    assert "none" in repr(none)
    assert one.n_clusters == 1
    assert np.isnan(one.silhouette)
    assert "1 cluster of 120 points" in repr(one)
    assert cluster(np.zeros((2, 2))).n_clusters == 1


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"method": "k-means"}, InvalidInputError, "method must be one of 'kmeans', .* did you mean 'kmeans'"),
        ({"eps": 0.5}, InvalidInputError, "eps must be left out for method 'kmeans', got 0.5; it belongs to 'dbscan'"),
        ({"method": "dbscan", "n_clusters": 3}, InvalidInputError, "it belongs to 'kmeans' and 'gaussian'"),
        ({"n_clusters": 121}, InvalidInputError, "n_clusters must be an integer of at least 1 and at most 120"),
        ({"method": "dbscan", "eps": -1}, InvalidInputError, "eps must be a number above 0"),
        ({"method": "hdbscan", "min_cluster_size": 1}, InvalidInputError, "min_cluster_size must be .* at least 2"),
        ({"labels": [1, 2]}, InvalidInputError, "labels must hold one value per row"),
        ({"labels": np.linspace(0, 1, 120)}, InvalidInputError, "labels must be names of classes, got numbers"),
        ({"X": np.ones((3, 3))}, InvalidInputError, "X must have the rows of the map, 120 in number, got 3"),
        ({"n_clusters": "three"}, InvalidTypeError, "n_clusters must be an integer"),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        cluster(MAP, **arguments)


def test_the_map_must_be_a_map():
    with pytest.raises(InvalidInputError, match="Y must be finite"):
        cluster(np.full((5, 2), np.nan))
