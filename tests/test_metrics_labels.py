"""Measures of classes in a map: those of scikit-learn, and where they end."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import (
    adjusted_rand_score,
    normalized_mutual_info_score,
    silhouette_samples,
    v_measure_score,
)
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.metrics import ranking

N = 200


@pytest.fixture(scope="module")
def classes():
    """A map of four overlapping classes, and their names."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=N)
    Y = rng.normal(size=(N, 2)) + 2.5 * rng.normal(size=(4, 2))[y]
    return Y, np.array(["one", "two", "three", "four"])[y]


# -- neighbours -----------------------------------------------------------------------------------


def test_neighborhood_hit_by_hand():
    Y = [[0.0], [1.0], [2.1], [10.0], [11.0]]
    # The two nearest of a: b, c; of b: a, c; of c: b, a; of d: e, c; of e: d, c.
    assert metrics.neighborhood_hit(Y, list("aabbb"), n_neighbors=2) == pytest.approx(6 / 10)


def test_neighborhood_hit_is_that_of_scikit_learns_neighbours(classes):
    Y, y = classes
    near = KNeighborsClassifier(8).fit(Y, y).kneighbors(return_distance=False)[:, :7]
    assert metrics.neighborhood_hit(Y, y) == pytest.approx((y[near] == y[:, None]).mean())


def test_neighborhood_hit_of_one_class_is_1_and_of_shuffled_ones_chance(classes):
    Y, y = classes
    assert metrics.neighborhood_hit(Y, np.full(N, "one")) == 1.0
    shares = np.unique(y, return_counts=True)[1] / N
    found = [
        metrics.neighborhood_hit(Y, np.random.default_rng(seed).permutation(y))
        for seed in range(10)
    ]
    assert np.mean(found) == pytest.approx((shares**2).sum(), abs=0.02)


@pytest.mark.parametrize("cv", [5, KFold(4, shuffle=True, random_state=0)])
def test_cross_validated_accuracy_is_scikit_learns(classes, cv):
    Y, y = classes
    expected = cross_val_score(KNeighborsClassifier(3), Y, y, cv=cv).mean()
    assert metrics.knn_accuracy(Y, y, 3, cv=cv) == pytest.approx(expected, abs=1e-12)


def test_the_accuracy_on_other_points_is_scikit_learns(classes):
    Y, y = classes
    model = KNeighborsClassifier(5).fit(Y[:120], y[:120])
    expected = model.score(Y[120:], y[120:])
    found = metrics.knn_accuracy(Y[:120], y[:120], 5, Y_test=Y[120:], labels_test=y[120:])
    assert found == pytest.approx(expected, abs=1e-12)
    # A class nobody has seen cannot be found; rows without a label are not asked.
    names = y[120:].astype(object)
    names[0], names[1:3] = "five", None
    right = (model.predict(Y[123:]) == y[123:]).sum()
    found = metrics.knn_accuracy(Y[:120], y[:120], 5, Y_test=Y[120:], labels_test=names)
    assert found == pytest.approx(right / 78)


def test_rows_without_a_label_are_left_out(classes):
    Y, y = classes
    names = y.astype(object)
    names[:50] = None
    numbers = np.unique(y, return_inverse=True)[1].astype(float)
    numbers[:50] = np.nan
    for labels in (names, numbers):
        for measure in (
            metrics.neighborhood_hit,
            metrics.knn_accuracy,
            metrics.silhouette,
            metrics.nmi,
            metrics.v_measure,
        ):
            assert measure(Y, labels) == measure(Y[50:], y[50:])
        assert metrics.knn_accuracy(Y, labels, cv=3) == metrics.knn_accuracy(Y[50:], y[50:], cv=3)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cv": 1}, "cv must be a number of folds that fits the classes.* got 1"),
        ({"cv": 100}, "cv must be .* got 100"),
        ({"Y_test": np.zeros((3, 2))}, "given together and without cv, got Y_test"),
        ({"labels_test": [1]}, "given together and without cv, got labels_test"),
        (
            {"Y_test": np.zeros((2, 2)), "labels_test": ["one"] * 2, "cv": 3},
            "got Y_test and labels_test and cv",
        ),
        (
            {"Y_test": np.zeros((2, 3)), "labels_test": ["one"] * 2},
            "Y_test must have as many columns as Y, 2, got 3",
        ),
        (
            {"Y_test": np.zeros((2, 2)), "labels_test": ["one"] * 3},
            "labels_test must hold one value per row",
        ),
        ({"Y_test": np.zeros((2, 2)), "labels_test": [None] * 2}, "labels_test must hold at least"),
        ({"n_neighbors": N}, "n_neighbors must be .* at most 199, got 200"),
        ({"labels": ["a"]}, "labels must hold one value per row"),
        ({"labels": None}, "labels must hold one value per row, got None"),
        ({"labels": [None] * N}, r"labels must name at least 1 class\(es\), got 0"),
        ({"Y": [[np.nan, 0.0]] * N}, "Y must be finite"),
    ],
)
def test_bad_arguments_of_the_accuracy_are_named(classes, given, words):
    Y, y = classes
    with pytest.raises((InvalidInputError, InvalidTypeError), match=words):
        metrics.knn_accuracy(**{"Y": Y, "labels": y, **given})


# -- silhouette -----------------------------------------------------------------------------------


def test_the_silhouette_is_scikit_learns(classes):
    Y, y = classes
    expected = silhouette_samples(Y, y)
    assert metrics.silhouette(Y, y) == pytest.approx(expected.mean(), abs=1e-12)
    # A class of one row scores 0, as do classes that coincide.
    alone = y.astype(object)
    alone[0] = "alone"
    assert metrics.silhouette(Y, alone) == pytest.approx(
        silhouette_samples(Y, alone.astype(str)).mean(), abs=1e-12
    )
    assert metrics.silhouette(np.zeros((6, 2)), list("aaabbb")) == 0.0


def test_the_silhouette_of_a_sample_compares_with_all_rows(classes):
    Y, y = classes
    rows = ranking.sampled_rows(N, 60, 1)
    found = metrics.silhouette(Y, y, sample=60, random_state=1)
    assert found == pytest.approx(silhouette_samples(Y, y)[rows].mean(), abs=1e-12)
    assert found.is_sampled
    assert abs(found - metrics.silhouette(Y, y)) < 3 * found.standard_error


def test_the_silhouette_is_the_same_at_any_scale_and_place(classes):
    Y, y = classes
    for changed in (Y * 1e150, Y * 1e-150, Y + 1e6, Y[:, ::-1]):
        assert metrics.silhouette(changed, y) == pytest.approx(metrics.silhouette(Y, y), abs=1e-8)
    with use_threads(1):
        one = metrics.silhouette(Y, y)
    assert one == metrics.silhouette(Y, y)


def test_what_has_no_silhouette_is_refused(classes):
    Y, y = classes
    for measure in (metrics.silhouette, metrics.nmi, metrics.v_measure):
        with pytest.raises(InvalidInputError, match=r"at least 2 class\(es\), got 1"):
            measure(Y, np.full(N, "one"))
        with pytest.raises(InvalidInputError, match="labels must hold one value per row of X, 200"):
            measure(Y, y[1:])
    with pytest.raises(InvalidInputError, match="fewer classes than there are rows, 200, got 200"):
        metrics.silhouette(Y, np.arange(N))


# -- clusters -------------------------------------------------------------------------------------


def test_scores_of_clusters_are_scikit_learns(classes):
    Y, y = classes
    found = KMeans(4, n_init=10, random_state=0).fit_predict(Y)
    assert metrics.v_measure(Y, y) == pytest.approx(v_measure_score(y, found), abs=1e-12)
    for average in ("arithmetic", "geometric", "min", "max"):
        expected = normalized_mutual_info_score(y, found, average_method=average)
        assert metrics.nmi(Y, y, average=average) == pytest.approx(expected, abs=1e-12)
    assert metrics.nmi(Y, y) == pytest.approx(metrics.v_measure(Y, y), abs=1e-12)
    with pytest.raises(InvalidInputError, match="average must be one of 'arithmetic'"):
        metrics.nmi(Y, y, average="mean")


def test_classes_far_apart_score_1_and_random_ones_0():
    rng = np.random.default_rng(0)
    y = np.arange(N) % 4
    corners = 100.0 * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    apart = rng.normal(size=(N, 2)) + corners[y]
    for measure in (metrics.nmi, metrics.v_measure):
        assert measure(apart, y) == pytest.approx(1.0)
        assert measure(rng.normal(size=(N, 2)), y) < 0.1
    assert metrics.silhouette(apart, y) > 0.95
    assert abs(metrics.silhouette(rng.normal(size=(N, 2)), y)) < 0.1


def test_clusters_that_are_there_are_stable_and_others_are_not():
    rng = np.random.default_rng(0)
    y = np.arange(N) % 3
    three = rng.normal(size=(N, 2)) + 40.0 * np.array([[0, 0], [1, 0], [0, 1]])[y]
    stable = metrics.cluster_stability(three, 3)
    assert stable == 1.0
    assert stable.unit == "pairs of bootstraps"
    wrong = metrics.cluster_stability(three, 5, n_bootstraps=8)
    assert wrong < 0.95
    assert 0 < wrong.standard_error < 0.1
    noise = metrics.cluster_stability(rng.normal(size=(N, 2)), 7, n_bootstraps=8)
    assert noise < 0.8
    assert metrics.cluster_stability(three, 5, n_bootstraps=8) == wrong


def test_the_stability_of_runs_compares_their_clusters():
    rng = np.random.default_rng(0)
    runs = [rng.normal(size=(N, 2)) for _ in range(3)]
    labels = [KMeans(4, n_init=10, random_state=0).fit_predict(run) for run in runs]
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = np.mean([adjusted_rand_score(labels[i], labels[j]) for i, j in pairs])
    assert metrics.cluster_stability(runs, 4) == pytest.approx(expected, abs=1e-12)
    assert metrics.cluster_stability([runs[0], 3 * runs[0]], 4) == pytest.approx(1.0)


@pytest.mark.parametrize("n_clusters", [1, 100, 2.5])
def test_bad_numbers_of_clusters_are_refused(n_clusters):
    with pytest.raises((InvalidInputError, InvalidTypeError), match="n_clusters must be"):
        metrics.cluster_stability(np.zeros((N, 2)), n_clusters)
