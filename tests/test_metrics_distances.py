"""Measures of distances: equal to scipy's and numpy's, exact or sampled."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import pearsonr, spearmanr

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.metrics import distances

N = 150
PAIRS = N * (N - 1) // 2
ALL = (
    metrics.shepard_goodness,
    metrics.distance_correlation,
    metrics.normalized_stress,
    lambda X, Y, **given: metrics.normalized_stress(X, Y, scaled=True, **given),
)


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 8))
    return X, X[:, :2] + 0.3 * rng.normal(size=(N, 2))


def test_the_measures_are_those_of_scipy(pair):
    a, b = map(pdist, pair)
    assert metrics.shepard_goodness(*pair) == pytest.approx(spearmanr(a, b).statistic, rel=1e-12)
    assert metrics.distance_correlation(*pair) == pytest.approx(pearsonr(a, b).statistic, rel=1e-12)
    found = metrics.distance_correlation(*pair, kind="spearman")
    assert found == metrics.shepard_goodness(*pair)
    assert metrics.normalized_stress(*pair) == pytest.approx(
        ((a - b) ** 2).sum() / (a**2).sum(), rel=1e-12
    )
    best = (a @ b) / (b @ b)
    assert metrics.normalized_stress(*pair, scaled=True) == pytest.approx(
        ((a - best * b) ** 2).sum() / (a**2).sum(), rel=1e-12
    )


def test_equal_distances_share_a_rank():
    rng = np.random.default_rng(0)
    X, Y = rng.integers(0, 3, size=(60, 4)), rng.integers(0, 3, size=(60, 2)).astype(float)
    expected = spearmanr(pdist(X), pdist(Y)).statistic
    assert metrics.shepard_goodness(X, Y) == pytest.approx(expected, rel=1e-12)


def test_an_isometry_is_perfect_and_a_random_map_is_not(pair):
    X = pair[0]
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(8, 8)))[0]
    moved = X @ turn + 5.0
    for measure, perfect in zip(ALL, (1.0, 1.0, 0.0, 0.0), strict=True):
        assert measure(X, moved) == pytest.approx(perfect, abs=1e-12)
    noise = np.random.default_rng(2).normal(size=(N, 2))
    assert abs(metrics.shepard_goodness(X, noise)) < 0.1
    assert abs(metrics.distance_correlation(X, noise)) < 0.1


@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1e9, 1e200])
def test_the_scale_shows_in_the_raw_stress_only(pair, scale):
    X, Y = pair
    for i, measure in enumerate(ALL):
        if i != 2:
            assert measure(X, scale * Y) == pytest.approx(measure(X, Y), rel=1e-9)
        assert measure(scale * X, scale * Y) == pytest.approx(measure(X, Y), rel=1e-9)
    if scale == 1e9:
        assert metrics.normalized_stress(X, scale * Y) > 1e15


@pytest.mark.parametrize("measure", ALL)
def test_neither_order_nor_place_of_the_rows_matters(pair, measure):
    X, Y = pair
    order = np.random.default_rng(3).permutation(N)
    assert measure(X[order], Y[order]) == pytest.approx(measure(X, Y), rel=1e-12)
    assert measure(X + 1e6, Y - 1e6) == pytest.approx(measure(X, Y), rel=1e-7)


@pytest.mark.parametrize("measure", ALL)
def test_a_sample_estimates_with_its_error(pair, measure):
    exact = measure(*pair)
    assert (exact.standard_error, exact.is_sampled) == (0.0, False)
    outside = 0
    for seed in range(20):
        found = measure(*pair, sample=2000, random_state=seed)
        assert (found.sample_size, found.population, found.unit) == (2000, PAIRS, "pairs")
        assert 0.001 < found.standard_error < 0.05
        outside += abs(found - exact) > 2 * found.standard_error
    # Of 20, one is expected.
    assert outside <= 4
    assert measure(*pair, sample=2000, random_state=19) == found
    assert measure(*pair, sample=PAIRS) == exact


def test_many_pairs_are_sampled_unless_asked(pair, monkeypatch):
    monkeypatch.setattr(distances, "MAX_EXACT_PAIRS", PAIRS - 1)
    monkeypatch.setattr(distances, "SAMPLE_PAIRS", 300)
    for measure in ALL:
        assert measure(*pair).sample_size == 300
        assert not measure(*pair, sample=PAIRS).is_sampled


def test_all_pairs_of_many_points_are_summed_without_being_kept(pair, monkeypatch):
    expected = [measure(*pair) for measure in ALL[1:]]
    monkeypatch.setattr(distances, "MAX_EXACT_PAIRS", 10)
    with metrics.memory_budget(100_000):
        found = [measure(*pair, sample=PAIRS) for measure in ALL[1:]]
        assert found == pytest.approx(expected, rel=1e-9)
        with pytest.raises(InvalidInputError, match="sample must be at most 1,562 pairs"):
            metrics.shepard_goodness(*pair, sample=PAIRS)


def test_threads_do_not_show(pair):
    expected = [measure(*pair) for measure in ALL]
    with use_threads(1):
        assert [measure(*pair) for measure in ALL] == expected


def test_what_is_not_defined_is_nan(pair):
    X, flat = pair[0], np.zeros((N, 2))
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
    for measure in ALL[:2]:
        assert np.isnan(measure(X, flat))
        assert np.isnan(measure(flat, X))
    # Three points equally far from each other, up to rounding.
    assert np.isnan(metrics.distance_correlation(corners, [[0.0], [1.0], [3.0]]))
    for measure in ALL[2:]:
        assert measure(X, flat) == 1.0
        assert np.isnan(measure(flat, X))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "kendall"}, "kind must be one of 'pearson', 'spearman', got 'kendall'"),
        ({"sample": 19}, "sample must be an integer of at least 20, got 19"),
        ({"sample": 2.5}, "sample must be an integer"),
        ({"random_state": -1, "sample": 100}, "random_state must be"),
    ],
)
def test_bad_arguments_are_named(pair, given, words):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=words):
        metrics.distance_correlation(*pair, **given)


def test_maps_of_other_rows_are_refused(pair):
    for measure in ALL:
        with pytest.raises(
            InvalidInputError, match="Y must have one row per row of X, 150, got 149"
        ):
            measure(pair[0], pair[1][1:])
        with pytest.raises(InvalidInputError, match="Y must be finite"):
            measure(pair[0], np.full((N, 2), np.nan))
