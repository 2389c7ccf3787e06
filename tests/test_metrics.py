"""Local measures of a map: equal to scikit-learn's, to hand-computed cases, and to themselves."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.metrics import budget, ranking


@pytest.fixture(scope="module")
def digit_map():
    X, y = load_digits(return_X_y=True)
    return X, PCA(2, random_state=0).fit_transform(X), y


@pytest.fixture(scope="module")
def groups():
    """Data without equal distances, a map of it, and labels."""
    rng = np.random.default_rng(0)
    y = rng.integers(4, size=400)
    X = rng.normal(size=(400, 12)) + 3.0 * rng.normal(size=(4, 12))[y]
    return X, X[:, :2] + 0.3 * rng.normal(size=(400, 2)), y


# Four points on a line; the comments count ranks by hand, nearest first.
LINE = np.array([[0.0], [1.0], [3.0], [7.0]])
SHUFFLED = np.array([[0.0], [10.0], [1.0], [13.0]])


def test_trustworthiness_by_hand():
    # Nearest in the map: a-c, b-d, c-a, d-b. Their ranks in the data are 2, 3, 2, 2, so the sum of
    # ranks beyond 1 is 5, and 2 / (n k (2n - 3k - 1)) = 2 / 16.
    assert metrics.trustworthiness(LINE, SHUFFLED, n_neighbors=1) == pytest.approx(1 - 5 / 8)


def test_continuity_by_hand():
    # Nearest in the data: a-b, b-a, c-b, d-c. Ranks in the map: 2, 3, 2, 2.
    assert metrics.continuity(LINE, SHUFFLED, n_neighbors=1) == pytest.approx(1 - 5 / 8)
    # The map that pulls c to the far right tears c from b (rank 3 -> 2), d-c stays.
    assert metrics.continuity(LINE, [[0], [1], [20], [4]], n_neighbors=1) == pytest.approx(
        1 - (0 + 0 + 1 + 2) / 8
    )


def test_neighbor_recall_by_hand():
    assert metrics.neighbor_recall(LINE, SHUFFLED, n_neighbors=1) == 0.0
    # Only c and d lose their nearest: a-b and b-a stay.
    assert metrics.neighbor_recall(LINE, [[0], [1], [20], [4]], n_neighbors=1) == 0.5


def test_knn_accuracy_by_hand():
    Y = [[0.0], [1.0], [2.1], [10.0], [11.0]]
    # Nearest: b, a, b, e, d.
    assert metrics.knn_accuracy(Y, list("aabbb"), 1) == pytest.approx(4 / 5)
    # A draw between "x" (from b) and "w" (from c): the first in order wins, so a is wrong.
    assert metrics.knn_accuracy([[0.0], [1.0], [1.5]], ["x", "x", "w"], 2) == pytest.approx(0 / 3)


@pytest.mark.parametrize("n_neighbors", [1, 7, 15])
def test_trustworthiness_is_scikit_learns_on_digits(digit_map, n_neighbors):
    X, Y, _ = digit_map
    expected = sklearn_trustworthiness(X, Y, n_neighbors=n_neighbors)
    found = metrics.trustworthiness(X, Y, n_neighbors=n_neighbors)
    assert_allclose(found, expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64])
def test_an_offset_costs_no_digits(digit_map, dtype):
    X, Y, _ = digit_map
    expected = sklearn_trustworthiness(X, Y, n_neighbors=7)
    shifted = (X + 1e6).astype(dtype)
    assert_allclose(metrics.trustworthiness(shifted, Y, n_neighbors=7), expected, atol=1e-6, rtol=0)


def test_an_offset_costs_no_digits_of_data_without_equal_distances(groups):
    X, Y, _ = groups
    expected = sklearn_trustworthiness(X, Y, n_neighbors=7)
    shifted = sklearn_trustworthiness(X + 1e7, Y, n_neighbors=7)
    # scikit-learn itself does lose some here, so the comparison is with the data as it was.
    assert abs(shifted - expected) > 1e-6
    assert metrics.trustworthiness(X + 1e7, Y, n_neighbors=7) == pytest.approx(expected, abs=1e-6)
    assert metrics.continuity(X + 1e7, Y) == pytest.approx(metrics.continuity(X, Y), abs=1e-6)


@pytest.mark.parametrize("scale", [1e-200, 1e-20, 1.0, 1e20, 1e200])
def test_any_scale_gives_the_same_numbers(groups, scale):
    X, Y, _ = groups
    expected = metrics.trustworthiness(X, Y)
    assert metrics.trustworthiness(X * scale, Y) == pytest.approx(expected, abs=1e-5)
    assert metrics.trustworthiness(X, Y * scale) == pytest.approx(expected, abs=1e-12)


def test_one_outlier_does_not_blur_the_others(groups):
    X = groups[0]
    far = X.copy()
    far[0] = 1e9
    rows = np.arange(1, 400)
    ranks = ranking.Space(far).rank_table(rows)
    assert_array_equal(ranks[:, 0], 399)
    # All others are ranked as without it; they themselves stand behind it.
    alone = ranking.Space(X[1:]).rank_table(rows - 1).astype(int)
    alone[alone == 399] = 400
    assert_array_equal(ranks[:, 1:], alone)


@pytest.mark.parametrize("n_neighbors", [1, 7, 15])
def test_continuity_is_trustworthiness_with_the_spaces_swapped(groups, n_neighbors):
    X, Y, _ = groups
    expected = sklearn_trustworthiness(Y, X, n_neighbors=n_neighbors)
    assert metrics.continuity(X, Y, n_neighbors=n_neighbors) == pytest.approx(expected, abs=1e-12)
    swapped = metrics.trustworthiness(Y, X, n_neighbors=n_neighbors)
    assert metrics.continuity(X, Y, n_neighbors=n_neighbors) == pytest.approx(swapped, abs=1e-12)
    assert swapped != pytest.approx(metrics.trustworthiness(X, Y, n_neighbors=n_neighbors))


def test_neighbor_recall_counts_what_scikit_learn_finds(groups):
    X, Y, _ = groups
    near = [
        NearestNeighbors(n_neighbors=9).fit(Z).kneighbors(return_distance=False) for Z in (X, Y)
    ]
    expected = np.mean([len(set(a) & set(b)) / 9 for a, b in zip(*near, strict=True)])
    assert metrics.neighbor_recall(X, Y, n_neighbors=9) == pytest.approx(expected)


@pytest.mark.parametrize("n_neighbors", [1, 4, 10])
def test_knn_accuracy_is_scikit_learns_leave_one_out(groups, n_neighbors):
    X, Y, y = (part[:80] for part in groups)
    for Z in (X, Y):
        model = KNeighborsClassifier(n_neighbors)
        expected = cross_val_score(model, Z, y, cv=LeaveOneOut()).mean()
        assert metrics.knn_accuracy(Z, y, n_neighbors) == pytest.approx(expected)


def test_the_data_itself_is_a_perfect_map(digit_map):
    X, _, y = digit_map
    for measure in (metrics.trustworthiness, metrics.continuity, metrics.neighbor_recall):
        assert measure(X, X) == pytest.approx(1.0, abs=1e-12)
    # The reference table of 1-NN accuracy on the raw digits, leave-one-out.
    assert metrics.knn_accuracy(X, y, 1) == pytest.approx(0.988, abs=0.002)


def test_a_random_map_has_the_values_of_chance(digit_map):
    X, _, y = digit_map
    noise = np.random.default_rng(0).normal(size=(len(X), 2))
    assert metrics.trustworthiness(X, noise) == pytest.approx(0.5, abs=0.02)
    assert metrics.continuity(X, noise) == pytest.approx(0.5, abs=0.02)
    assert metrics.neighbor_recall(X, noise) == pytest.approx(15 / 1796, abs=0.003)
    assert metrics.knn_accuracy(noise, y) == pytest.approx(0.1, abs=0.02)


def test_the_order_of_the_rows_does_not_matter(groups):
    X, Y, y = groups
    order = np.random.default_rng(1).permutation(len(X))
    expected = dict(metrics.report(X, Y, labels=y))
    found = dict(metrics.report(X[order], Y[order], labels=y[order]))
    # k-means starts elsewhere.
    assert found.pop("v_measure") == pytest.approx(expected.pop("v_measure"), abs=0.1)
    assert found == pytest.approx(expected, abs=1e-6)
    scores = metrics.local_scores(X, Y)
    for there, here in zip(metrics.local_scores(X[order], Y[order]), scores, strict=True):
        assert_allclose(there, here if here is scores.rows else here[order], atol=1e-12)


def test_many_copies_of_one_row_are_counted(groups):
    X, Y, y = groups
    X, Y = X.copy(), Y.copy()
    X[:150], Y[:150] = X[0], Y[0]
    found = metrics.report(X, Y, labels=y)
    for name in ("trustworthiness", "continuity", "neighbor_recall", "knn_accuracy"):
        assert 0.0 <= found[name] <= 1.0


def test_blocks_and_workers_do_not_show(groups, monkeypatch):
    X, Y, y = groups
    expected = dict(metrics.report(X, Y, labels=y))
    for workers in (1, 3):
        with use_threads(workers):
            assert dict(metrics.report(X, Y, labels=y)) == expected
    monkeypatch.setattr(budget, "MAX_ROWS", 1)
    monkeypatch.setattr(ranking, "COLUMN_BLOCK", 33)
    assert dict(metrics.report(X, Y, labels=y)) == pytest.approx(expected, abs=1e-12)


def test_a_sample_is_within_its_standard_errors(groups):
    X, Y, y = groups
    exact = metrics.report(X, Y, labels=y)
    outside = counted = 0
    for seed in range(10):
        found = metrics.report(X, Y, labels=y, sample=100, random_state=seed)
        for name, score in found.items():
            if score.is_sampled:
                counted += 1
                assert 0 < score.standard_error < 0.05
                outside += abs(score - exact[name]) > 2 * score.standard_error
    # 5 % are expected outside of two standard errors.
    assert counted == 70
    assert outside <= 9
    again = metrics.report(X, Y, labels=y, sample=100, random_state=9)
    assert dict(again) == dict(found)


def test_a_sample_of_everything_is_exact(groups):
    X, Y, y = groups
    exact = metrics.report(X, Y, labels=y)
    everything = metrics.report(X, Y, labels=y, sample=400)
    assert dict(everything) == dict(exact)
    assert set(exact.standard_errors.values()) == {0.0}


def test_large_data_is_sampled_unless_asked(monkeypatch, groups):
    X, Y, _ = groups
    monkeypatch.setattr(ranking, "MAX_EXACT_ROWS", 300)
    monkeypatch.setattr(ranking, "SAMPLE_ROWS", 100)
    assert metrics.report(X, Y).sample_size == 100
    assert metrics.report(X[:300], Y[:300]).sample_size == 300
    assert metrics.report(X, Y, sample=400).sample_size == 400


@pytest.mark.parametrize("n_neighbors", [20, 21, 1000])
def test_too_many_neighbors_are_refused(n_neighbors):
    X = np.random.default_rng(0).normal(size=(40, 3))
    for measure in (metrics.trustworthiness, metrics.continuity, metrics.neighbor_recall):
        with pytest.raises(InvalidInputError, match=f"n_neighbors must be .*half.*{n_neighbors}"):
            measure(X, X, n_neighbors=n_neighbors)
    with pytest.raises(InvalidInputError, match="n_neighbors must be"):
        metrics.LiveQuality(X, n_neighbors=n_neighbors)
    with pytest.raises(InvalidInputError, match="n_neighbors must be"):
        metrics.knn_accuracy(X, np.zeros(40), 40)
    assert metrics.trustworthiness(X, X, n_neighbors=19) == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Y": np.zeros((39, 2))}, "Y must have one row per row of X, 40, got 39"),
        ({"Y": np.full((40, 2), np.nan)}, "Y must be finite"),
        ({"X": np.full((40, 2), np.nan)}, "X must be finite"),
        ({"X": np.zeros(40)}, "X must have 2 dimensions"),
        ({"labels": [1, 2]}, "labels must hold one value per row"),
        ({"n_neighbors": 0}, "n_neighbors must be"),
        ({"n_neighbors": 2.5}, "n_neighbors must be"),
        ({"sample": 0}, "sample must be"),
    ],
)
def test_bad_arguments_are_named(change, words):
    X = np.random.default_rng(0).normal(size=(40, 3))
    with pytest.raises((InvalidInputError, TypeError), match=words):
        metrics.report(**{"X": X, "Y": X[:, :2], "labels": np.zeros(40), **change})


def test_data_frames_and_missing_labels_are_taken(groups):
    pd = pytest.importorskip("pandas")
    X, Y, y = groups
    expected = metrics.report(X, Y, labels=y)
    found = metrics.report(pd.DataFrame(X), pd.DataFrame(Y), labels=pd.Series(y))
    assert dict(found) == dict(expected)
    names = np.array(["a", None, "b", np.nan] * 100, dtype=object)
    assert 0 <= metrics.knn_accuracy(Y, names) <= 1


# -- live quality ---------------------------------------------------------------------------------


def test_live_quality_of_everything_is_the_exact_measure(digit_map):
    X, Y, _ = digit_map
    live = metrics.LiveQuality(X)
    assert live.sample_size == len(X)
    random = np.random.default_rng(0).normal(size=Y.shape)
    for embedding in (Y, random, Y.astype(np.float32), Y[:, :1]):
        assert live.measure(embedding) == {
            "trustworthiness": metrics.trustworthiness(X, embedding),
            "neighbor_recall": metrics.neighbor_recall(X, embedding),
        }


def test_live_quality_of_a_sample_is_the_sampled_measure(digit_map):
    X, Y, _ = digit_map
    live = metrics.LiveQuality(X, 7, sample=200, random_state=3)
    assert live.sample_size == 200
    expected = metrics.report(X, Y, n_neighbors=7, sample=200, random_state=3)
    assert live.measure(Y)["trustworthiness"] == pytest.approx(expected["trustworthiness"])
    assert live.measure(Y)["neighbor_recall"] == pytest.approx(expected["neighbor_recall"])


@pytest.mark.parametrize("n", [3_000, 70_000])
def test_live_quality_stays_within_32_mb(n):
    X = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    live = metrics.LiveQuality(X)
    assert live._ranks.nbytes <= 32_000_000
    assert 100 <= live.sample_size <= 2_000
    assert live.measure(X) == {"trustworthiness": 1.0, "neighbor_recall": 1.0}


def test_large_ranks_are_not_cut():
    assert ranking.rank_dtype(65_535) == np.uint16
    assert ranking.rank_dtype(65_536) == np.uint32
    X = np.arange(70_000.0)[:, None] ** 1.01
    rows = np.array([0])
    assert_array_equal(ranking.Space(X).rank_table(rows)[0, 1:], np.arange(1, 70_000))


def test_live_quality_checks_the_map(digit_map):
    live = metrics.LiveQuality(digit_map[0], sample=10)
    with pytest.raises(InvalidInputError, match="Y must have one row per row of X, 1797, got 5"):
        live.measure(np.zeros((5, 2)))
    with pytest.raises(InvalidInputError, match="Y must be finite"):
        live.measure(np.full((1797, 2), np.inf))
