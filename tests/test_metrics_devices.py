"""Measures on another device are those on the processor; its code runs on torch's processor, too."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from nbembed import metrics
from nbembed.errors import InvalidInputError
from nbembed.metrics import coranking, devices, distances, pair, ranking

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
N = 120


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=needs_cuda)])
def device(request, monkeypatch):
    """Return a name that stands for torch's device, also for its processor."""

    def space_on(points, name):
        return (
            ranking.Space(points) if name == "cpu" else devices.DeviceSpace(points, request.param)
        )

    for module in (coranking, distances, pair):
        monkeypatch.setattr(module, "space_on", space_on)
    return "there"


@pytest.fixture(scope="module")
def maps():
    rng = np.random.default_rng(0)
    X = 1e3 + rng.normal(size=(N, 30))
    return X, X[:, :2] + 0.5 * rng.normal(size=(N, 2)), X[:, :6].astype(np.float32)


@pytest.mark.parametrize("which", [1, 2])
def test_every_measure_is_the_same(maps, device, which):
    X, Y = maps[0], maps[which]
    for measure in (
        metrics.trustworthiness,
        metrics.continuity,
        metrics.neighbor_recall,
        metrics.lcmc,
        metrics.q_nx,
        metrics.r_nx,
        metrics.coranking_matrix,
    ):
        assert_array_equal(measure(X, Y, device=device), measure(X, Y))
    for measure in (metrics.rnx_auc, metrics.distance_correlation, metrics.normalized_stress):
        assert measure(X, Y, device=device) == pytest.approx(measure(X, Y), abs=1e-12)
    for there, here in zip(
        metrics.local_scores(X, Y, device=device), metrics.local_scores(X, Y), strict=True
    ):
        assert_array_equal(there, here)


def test_the_work_is_done_there(maps, device, monkeypatch):
    monkeypatch.setattr(ranking.Space, "rank", None)
    monkeypatch.setattr(ranking.Space, "squared_distances", None)
    X, _, Y = maps
    assert metrics.trustworthiness(X, Y, device=device) < 1
    with pytest.raises(TypeError):
        metrics.trustworthiness(X, Y)
    monkeypatch.setattr(distances, "MAX_EXACT_PAIRS", 10)
    found = metrics.normalized_stress(X, Y, sample=N * N, device=device)
    monkeypatch.undo()
    assert found == pytest.approx(metrics.normalized_stress(X, Y), abs=1e-12)


@pytest.mark.parametrize("n_features", [3, 9])
def test_points_equally_far_are_ordered_by_their_index(device, n_features):
    rng = np.random.default_rng(0)
    points = rng.integers(0, 3, size=(N, n_features))
    there = pair.space_on(points, device)
    squared = np.square(points[:, None] - points).sum(axis=2).astype(float)
    np.fill_diagonal(squared, np.inf)
    order = np.argsort(squared, axis=1, kind="stable")
    ranks = np.argsort(order, axis=1) + 1
    rows = np.array([0, 7, 7, 119])
    targets = np.array([[5, 6, 118]] * 4)
    nearest, found = there.rank(rows, 11, targets)
    assert_array_equal(nearest, order[rows, :11])
    assert_array_equal(found, ranks[rows][:, [5, 6, 118]])
    assert_array_equal(np.vstack(list(there.orders(rows))), order[rows])


def test_blocks_do_not_show(maps, device):
    X, Y, _ = maps
    expected = metrics.report(X, Y, device=device)
    with metrics.memory_budget(1):
        found = metrics.local_scores(X, Y, device=device)
    assert found.trustworthiness.mean() == expected["trustworthiness"]
    compared = metrics.compare({"a": Y}, X, device=device)
    assert dict(compared["a"][0]) == dict(expected)
    assert_allclose(list(metrics.report(X, Y).values()), list(expected.values()), atol=1e-12)


@pytest.mark.parametrize("name", ["gpu", "meta", "cuda:99", 3.5])
def test_a_device_that_is_not_there_is_refused(maps, name):
    with pytest.raises(InvalidInputError, match=f"device must be 'cpu', .* got '{name}'"):
        metrics.trustworthiness(*maps[:2], device=name)
