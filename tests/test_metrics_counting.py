"""Ranks by counting: those of exact arithmetic, at any scale, with ties, on any number of threads."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.metrics import budget, counting, ranking

N = 300


def spaces():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 20))
    yield "plain", X
    yield "float32", X.astype(np.float32)
    yield "integers with ties", rng.integers(0, 4, size=(N, 6))
    yield "offset", X + 1e7
    yield "tiny", X * 1e-200
    yield "huge", X * 1e200
    yield "one outlier", np.vstack([X[1:], np.full((1, 20), 1e30)])
    yield "all the same", np.zeros((N, 6))
    yield "copies", np.repeat(X[:3], N // 3, axis=0)
    yield "a line", np.arange(float(N))[:, None] * np.ones(5)
    yield "plane", rng.normal(size=(N, 2))
    yield "plane with ties", rng.integers(0, 9, size=(N, 2)).astype(float)
    yield "plane with an offset", rng.normal(size=(N, 2)) + 1e8
    yield "close pairs", np.repeat(X[: N // 2], 2, axis=0) + 1e-9 * rng.normal(size=(N, 20))


@pytest.fixture(autouse=True)
def count(monkeypatch):
    """Count however few points there are."""
    monkeypatch.setattr(ranking, "MAX_SORTED_ROWS", 1)


def by_differences(X, rows):
    """Return the order of all points as seen from rows: by distance, then by index."""
    # By a power of two, so that what is equally far stays so.
    scaled = X.astype(np.float64) / 2.0 ** np.round(np.log2(np.abs(X).max() or 1.0))
    for i in rows:
        distances = np.square(scaled - scaled[i]).sum(axis=1)
        distances[i] = np.inf
        yield np.argsort(distances, kind="stable")


@pytest.mark.parametrize(
    ("name", "X"), list(spaces()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_neighbours_and_ranks_are_those_of_exact_arithmetic(name, X):
    rng = np.random.default_rng(1)
    rows = np.sort(rng.choice(N, 40, replace=False))
    targets = np.array([rng.choice(np.delete(np.arange(N), i), 9, replace=False) for i in rows])
    nearest, ranks = ranking.Space(X).rank(rows, 4, targets)
    for r, order in enumerate(by_differences(X, rows)):
        inverse = np.empty(N, dtype=int)
        inverse[order] = np.arange(1, N + 1)
        if name == "offset":
            # 1e7 leaves 9 digits, in which the order of the reference itself is not certain.
            assert_array_equal(np.sort(nearest[r]), np.sort(order[:4]))
            assert np.abs(ranks[r] - inverse[targets[r]]).max() <= 1
        else:
            assert_array_equal(nearest[r], order[:4])
            assert_array_equal(ranks[r], inverse[targets[r]])


def test_products_are_off_by_less_than_their_margin():
    rng = np.random.default_rng(0)
    for n_features, spread in ((5, 1.0), (300, 1.0), (300, 1e-12)):
        samples = rng.uniform(-spread, spread, size=(60, n_features)).astype(np.float32)
        coarse = counting.prepared(samples)
        squared = coarse.norms[:, None] + coarse.norms - 2 * samples @ samples.T
        exact = np.square(samples[:, None].astype(float) - samples).sum(axis=2)
        margins = coarse.margins[:, None].astype(float) + coarse.margins
        assert (np.abs(squared - exact) < margins).all()
        # Margins that are all too wide would make everything be measured twice.
        assert np.median(margins / exact.clip(1e-300)) < 1e-4 * max(1, n_features / 200)


def test_counting_sorting_and_scikit_learn_agree(monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(700, 30))
    Y = X[:, :2] + 0.5 * rng.normal(size=(700, 2))
    counted = [measure(X, Y) for measure in (metrics.trustworthiness, metrics.continuity)]
    assert counted[0] == pytest.approx(sklearn_trustworthiness(X, Y, n_neighbors=15), abs=1e-12)
    monkeypatch.setattr(ranking, "MAX_SORTED_ROWS", 10_000)
    assert counted == [measure(X, Y) for measure in (metrics.trustworthiness, metrics.continuity)]


@pytest.mark.parametrize("square", [1, 37, 100, 1000])
def test_ranks_of_all_points_take_every_product_once_for_both(monkeypatch, square):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 5, size=(100, 6))
    targets = np.array(
        [rng.choice(np.delete(np.arange(100), i), 7, replace=False) for i in range(100)]
    )
    space = ranking.Space(X)
    # Neighbours are found with whole rows, ranks alone with squares.
    expected = space.rank(np.arange(100), 1, targets)[1]
    monkeypatch.setattr(ranking, "SQUARE", square)
    monkeypatch.setattr(ranking, "count_products", None)
    assert_array_equal(space.rank(np.arange(100), 0, targets)[1], expected)
    with use_threads(1):
        assert_array_equal(space.rank(np.arange(100), 0, targets)[1], expected)


def test_many_neighbours_are_sorted(monkeypatch):
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(300, 10)), rng.normal(size=(300, 2))
    few = metrics.trustworthiness(X, Y, n_neighbors=80)
    monkeypatch.setattr(ranking, "sort_targets", None)
    assert metrics.trustworthiness(X, Y, n_neighbors=80) == few
    with pytest.raises(TypeError):
        metrics.trustworthiness(X, Y, n_neighbors=4)
    assert few == pytest.approx(sklearn_trustworthiness(X, Y, n_neighbors=80), abs=1e-12)


def test_threads_blocks_and_memory_do_not_show():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(N, 10)), rng.normal(size=(N, 2))
    expected = metrics.local_scores(X, Y)
    with use_threads(1):
        assert_array_equal(metrics.local_scores(X, Y).trustworthiness, expected.trustworthiness)
    with metrics.memory_budget(1):
        assert budget.block_rows(8 * N) == 1
        found = metrics.local_scores(X, Y)
    assert_array_equal(found.trustworthiness, expected.trustworthiness)
    assert_array_equal(found.continuity, expected.continuity)


def test_the_memory_budget_ends_with_its_block():
    before = budget.budget()
    with metrics.memory_budget(1e6), metrics.memory_budget(2e6):
        assert budget.budget() == 2_000_000
        assert budget.block_rows(10_000) == 25
    assert budget.budget() == before == 512_000_000
    with pytest.raises(InvalidInputError, match="n_bytes must be a number of at least 1, got 0"):
        metrics.memory_budget(0).__enter__()


def test_work_within_a_block_is_done_in_order():
    with use_threads(2):
        assert budget.each_block(10, 4, lambda first, last: (first, last)) == [
            (0, 4),
            (4, 8),
            (8, 10),
        ]


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float16, np.longdouble, ">f4"])
def test_every_type_of_numbers_is_taken(dtype):
    X = np.random.default_rng(0).integers(0, 200, size=(N, 8)).astype(dtype)
    expected = metrics.trustworthiness(X.astype(np.float64), X[:, :2].astype(np.float64))
    assert metrics.trustworthiness(X, X[:, :2].astype(np.float64)) == expected


# -- single points --------------------------------------------------------------------------------


def test_means_of_local_scores_are_the_measures():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(N, 10)), rng.normal(size=(N, 2))
    found = metrics.local_scores(X, Y, n_neighbors=7)
    assert found.trustworthiness.mean() == metrics.trustworthiness(X, Y, n_neighbors=7)
    assert found.continuity.mean() == metrics.continuity(X, Y, n_neighbors=7)
    assert found.kept.mean() == metrics.neighbor_recall(X, Y, n_neighbors=7)
    by_chance = 7 / (N - 1)
    assert metrics.lcmc(X, Y, n_neighbors=7) == pytest.approx(found.kept.mean() - by_chance)
    part = metrics.local_scores(X, Y, n_neighbors=7, sample=20)
    assert_array_equal(part.kept, found.kept[part.rows])
    assert len(part.rows) == 20


def test_neighbour_errors_are_those_that_scores_count():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(size=(N, 10)), rng.normal(size=(N, 2))
    X[:, :2] += 2 * Y
    kept = metrics.local_scores(X, Y, n_neighbors=9).kept
    rows = [3, 0, -1]
    found = metrics.neighbor_errors(X, Y, rows, n_neighbors=9)
    for row, errors in zip(rows, found, strict=True):
        assert len(errors.kept) == pytest.approx(9 * kept[row])
        assert len(errors.false) == len(errors.missing) == 9 - len(errors.kept)
        near_x, near_y = (
            np.argsort(np.square(Z - Z[row]).sum(axis=1), kind="stable")[1:10] for Z in (X, Y)
        )
        assert_array_equal([*errors.kept, *errors.false], [*near_y[np.isin(near_y, near_x)], *near_y[~np.isin(near_y, near_x)]])  # fmt: skip
        assert_array_equal(errors.missing, near_x[~np.isin(near_x, near_y)])
    alone = metrics.neighbor_errors(X, Y, 3, n_neighbors=9)
    assert_array_equal(alone.false, found[0].false)


@pytest.mark.parametrize("rows", [N, -N - 1, 1.5, [[1]], "a", True])
def test_points_that_do_not_exist_are_refused(rows):
    X = np.random.default_rng(0).normal(size=(N, 3))
    with pytest.raises((InvalidInputError, TypeError), match="rows must be"):
        metrics.neighbor_errors(X, X, rows)
