"""Maps laid on each other, and how far their neighbourhoods agree."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.spatial import procrustes
from sklearn.neighbors import NearestNeighbors

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError

N = 80


@pytest.fixture(scope="module")
def maps():
    rng = np.random.default_rng(0)
    Y = rng.normal(size=(N, 2)) * [3.0, 1.0]
    return Y, Y + 0.5 * rng.normal(size=(N, 2))


def turned(Y, angle=0.7, *, mirrored=False):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return 40.0 * Y @ turn * ([1, -1] if mirrored else [1, 1]) - [7.0, 1e3]


def test_a_map_turned_mirrored_scaled_and_moved_comes_back(maps):
    Y = maps[0]
    for mirrored in (False, True):
        assert_allclose(metrics.align(turned(Y, mirrored=mirrored), Y), Y, atol=1e-9)
        assert metrics.procrustes_disparity(turned(Y, mirrored=mirrored), Y) < 1e-12


def test_no_other_turn_or_scale_fits_better(maps):
    Y, other = maps
    best = np.square(metrics.align(other, Y) - Y).sum()
    rng = np.random.default_rng(1)
    aligned = metrics.align(other, Y)
    for _ in range(20):
        angle, scale = 0.1 * rng.normal(), 1 + 0.1 * rng.normal()
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        moved = scale * (aligned - Y.mean(axis=0)) @ turn + Y.mean(axis=0)
        assert np.square(moved - Y).sum() >= best
    left = best / np.square(Y - Y.mean(axis=0)).sum()
    assert metrics.procrustes_disparity(other, Y) == pytest.approx(left, rel=1e-9)


def test_the_disparity_is_scipys_and_symmetric(maps):
    Y, other = maps
    assert metrics.procrustes_disparity(Y, other) == pytest.approx(
        procrustes(Y, other)[2], abs=1e-12
    )
    assert metrics.procrustes_disparity(other, Y) == pytest.approx(
        metrics.procrustes_disparity(Y, other), abs=1e-12
    )
    noise = np.random.default_rng(2).normal(size=(N, 2))
    assert metrics.procrustes_disparity(Y, noise) > 0.8


def test_a_map_without_extent_is_put_in_the_middle(maps):
    Y = maps[0]
    assert_allclose(metrics.align(np.zeros((N, 2)), Y), np.tile(Y.mean(axis=0), (N, 1)))
    assert np.isnan(metrics.procrustes_disparity(np.zeros((N, 2)), Y))


def test_the_jaccard_index_is_of_scikit_learns_neighbours(maps):
    Y, other = maps
    third = turned(other)
    near = [
        NearestNeighbors(n_neighbors=5).fit(Z).kneighbors(return_distance=False)
        for Z in (Y, other, third)
    ]
    expected = np.mean(
        [
            [
                len(set(a) & set(b)) / len(set(a) | set(b))
                for a, b in zip(near[i], near[j], strict=True)
            ]
            for i, j in ((0, 1), (0, 2), (1, 2))
        ],
        axis=0,
    )
    found = metrics.neighbor_jaccard([Y, other, third], n_neighbors=5)
    assert_allclose(found, expected, atol=1e-12)
    assert 0.2 < found.mean() < 0.9
    with use_threads(1):
        assert_array_equal(metrics.neighbor_jaccard([Y, other, third], n_neighbors=5), found)


def test_a_turn_changes_no_neighbour(maps):
    assert_array_equal(metrics.neighbor_jaccard([maps[0], turned(maps[0])]), 1.0)


def test_bad_maps_are_refused(maps):
    Y = maps[0]
    with pytest.raises(InvalidInputError, match="at least 2 maps of the same rows, got 1"):
        metrics.neighbor_jaccard([Y])
    with pytest.raises(InvalidInputError, match="at least 2 maps"):
        metrics.neighbor_jaccard(Y)
    with pytest.raises(InvalidInputError, match="same rows, got maps of 79 and 80 rows"):
        metrics.neighbor_jaccard([Y, Y[1:]])
    with pytest.raises(InvalidInputError, match=r"got shapes \(80, 2\) and \(80, 1\)"):
        metrics.align(Y, Y[:, :1])
    with pytest.raises(InvalidInputError, match="to must be finite"):
        metrics.procrustes_disparity(Y, np.full((N, 2), np.inf))
    with pytest.raises(InvalidInputError, match="n_neighbors must be .* at most 79, got 80"):
        metrics.neighbor_jaccard(maps, n_neighbors=80)


def test_a_map_is_laid_by_some_rows_and_the_others_move_along(maps):
    Y, other = maps
    rows = np.arange(20)
    moved = turned(Y)
    moved[20:] += np.random.default_rng(2).normal(size=(N - 20, 2)) * 100
    aligned = metrics.align(moved, Y, rows=rows)
    assert_allclose(aligned[:20], Y[:20], atol=1e-9)
    assert np.abs(aligned[20:] - Y[20:]).max() > 1
    # As scipy does it for these rows alone.
    alone = metrics.align(other[:20], Y[:20])
    assert_allclose(metrics.align(other, Y, rows=rows)[:20], alone)


def test_a_map_can_have_the_size_of_the_other_and_not_be_turned(maps):
    Y, other = maps
    size = [np.square(points - points.mean(0)).sum() for points in (Y, metrics.align(7 * other, Y, same_size=True))]  # fmt: skip
    assert_allclose(size[0], size[1])
    still = metrics.align(turned(Y), Y, turn=False)
    assert_allclose(still.mean(0), Y.mean(0))
    assert_allclose(np.square(still - still.mean(0)).sum(), size[0])
    assert np.abs(still - Y).max() > 0.1
    # Only turned: with the best scale it is the same up to its size.
    fit, equal = (metrics.align(other, Y, same_size=flag) - Y.mean(0) for flag in (False, True))
    assert_allclose(fit / np.linalg.norm(fit), equal / np.linalg.norm(equal))


def test_agreement_of_pairs_and_of_points_are_one_thing(maps):
    third = maps[0] + np.random.default_rng(5).normal(size=(N, 2))
    points, pairs = metrics.neighbor_agreement([*maps, third], n_neighbors=7)
    assert_array_equal(points, metrics.neighbor_jaccard([*maps, third], n_neighbors=7))
    for i, one in enumerate((*maps, third)):
        for j, other in enumerate((*maps, third)):
            alone = 1.0 if i == j else metrics.neighbor_jaccard([one, other], n_neighbors=7).mean()
            assert_allclose(pairs[i, j], alone)
    assert_allclose(points.mean(), pairs[np.triu_indices(3, 1)].mean())
