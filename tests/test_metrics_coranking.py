"""The co-ranking matrix and its curves: by their definitions, at their limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.metrics import ranking

N = 120


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8))
    return X, X[:, :2] + 0.3 * rng.normal(size=(N, 2))


def ranks(X):
    distances = np.square(X[:, None] - X).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(np.argsort(distances, axis=1), axis=1) + 1


def test_the_matrix_counts_pairs_of_ranks(pair):
    in_data, in_map = map(ranks, pair)
    expected = np.zeros((N, N), dtype=int)
    np.add.at(expected, (in_data - 1, in_map - 1), 1)
    # The last rank is each point's own.
    assert_array_equal(metrics.coranking_matrix(*pair), expected[:-1, :-1])
    assert_array_equal(metrics.coranking_matrix(*pair, max_rank=10), expected[:10, :10])


def test_rows_and_columns_of_the_matrix_sum_to_the_number_of_points(pair):
    matrix = metrics.coranking_matrix(*pair)
    assert_array_equal(matrix.sum(axis=0), N)
    assert_array_equal(matrix.sum(axis=1), N)
    assert_array_equal(metrics.coranking_matrix(pair[0], pair[0]), N * np.eye(N - 1, dtype=int))
    assert_array_equal(metrics.coranking_matrix(*pair[::-1]), matrix.T)


def test_curves_follow_from_the_matrix(pair):
    matrix = metrics.coranking_matrix(*pair)
    K = np.arange(1, N)
    q = np.array([matrix[:k, :k].sum() / (k * N) for k in K])
    assert_allclose(metrics.q_nx(*pair), q, rtol=1e-14)
    r = ((N - 1) * q - K)[:-1] / (N - 1 - K[:-1])
    assert_allclose(metrics.r_nx(*pair), r, rtol=1e-12, atol=1e-14)
    area = (r / K[:-1]).sum() / (1 / K[:-1]).sum()
    assert metrics.rnx_auc(*pair) == pytest.approx(area, rel=1e-12)


def test_single_points_of_the_curves_have_names_of_their_own(pair):
    q = metrics.q_nx(*pair)
    assert metrics.neighbor_recall(*pair, n_neighbors=9) == pytest.approx(q[8], rel=1e-14)
    assert metrics.lcmc(*pair, n_neighbors=9) == pytest.approx(q[8] - 9 / (N - 1), rel=1e-13)


def test_a_perfect_map_has_1_and_a_random_one_0(pair):
    X = pair[0]
    assert_allclose(metrics.r_nx(X, 7 * X), 1.0)
    assert metrics.rnx_auc(X, 7 * X) == pytest.approx(1.0)
    chance = [
        metrics.rnx_auc(X, np.random.default_rng(seed).normal(size=(N, 2))) for seed in range(20)
    ]
    assert np.mean(chance) == pytest.approx(0.0, abs=0.01)
    assert np.max(np.abs(chance)) < 0.05


def test_a_sample_estimates_the_area(pair):
    exact = metrics.rnx_auc(*pair)
    assert exact.standard_error == 0
    for seed in range(5):
        found = metrics.rnx_auc(*pair, sample=60, random_state=seed)
        assert abs(found - exact) < 3.5 * found.standard_error
        assert 0 < found.standard_error < 0.05
    assert len(metrics.q_nx(*pair, sample=5)) == N - 1
    assert metrics.q_nx(*pair, sample=5)[-1] == 1


def test_the_order_of_rows_does_not_matter(pair):
    order = np.random.default_rng(3).permutation(N)
    X, Y = pair
    assert_allclose(metrics.q_nx(X[order], Y[order]), metrics.q_nx(X, Y), rtol=1e-14)
    assert_array_equal(metrics.coranking_matrix(X[order], Y[order]), metrics.coranking_matrix(X, Y))


def test_blocks_and_threads_do_not_show(pair):
    expected = metrics.rnx_auc(*pair)
    with use_threads(1), metrics.memory_budget(1):
        assert metrics.rnx_auc(*pair) == pytest.approx(expected, rel=1e-12)
    with use_threads(3):
        assert metrics.rnx_auc(*pair) == expected


def test_many_rows_are_sampled_unless_asked(pair, monkeypatch):
    monkeypatch.setattr(ranking, "MAX_EXACT_ROWS", 100)
    monkeypatch.setattr(ranking, "SAMPLE_ROWS", 40)
    assert metrics.rnx_auc(*pair).sample_size == 40
    assert not metrics.rnx_auc(*pair, sample=N).is_sampled


def test_a_matrix_that_is_too_large_is_refused(pair):
    with metrics.memory_budget(8 * 50**2):
        assert metrics.coranking_matrix(*pair, max_rank=50).shape == (50, 50)
        with pytest.raises(InvalidInputError, match="max_rank must be at most 50 .* got 119"):
            metrics.coranking_matrix(*pair)
    with pytest.raises(InvalidInputError, match="max_rank must be .* at most 119, got 120"):
        metrics.coranking_matrix(*pair, max_rank=120)


def test_two_rows_have_no_curve():
    with pytest.raises(InvalidInputError, match="at least 3 rows"):
        metrics.r_nx([[0.0], [1.0]], [[0.0], [1.0]])
