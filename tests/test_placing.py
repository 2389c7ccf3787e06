"""Places on a map that stays as it is."""

import numpy as np
import pytest
from scipy.optimize import minimize

from nbembed._threads import use_threads
from nbembed.forces import Law, Ties, settle, stream, substreams, wander
from nbembed.forces.spline import in_plane, potential_of


@pytest.fixture(scope="module", params=[1, 2, 3], ids=lambda d: f"{d}D")
def ground(request):
    rng = np.random.default_rng(0)
    return rng.normal(scale=4, size=(300, request.param)).astype(np.float32)


def ties(embedding, m=40, k=8, seed=1):
    """Neighbours that are together on the map, and weights for them."""
    rng = np.random.default_rng(seed)
    heads = rng.choice(len(embedding), m, replace=False)
    apart = np.linalg.norm(embedding[heads, None] - embedding, axis=2)
    weights = rng.dirichlet(np.ones(k), size=m)
    return Ties(np.argsort(apart, axis=1)[:, :k].astype(np.int32), weights.astype(np.float32))


def loss(place, embedding, indices, weights, exaggeration):
    squared = 1.0 + ((place - embedding.astype(np.float64)) ** 2).sum(axis=1)
    return exaggeration * (weights * np.log(squared[indices])).sum() + np.log((1 / squared).sum())


@pytest.mark.parametrize("exaggeration", [1.0, 1.5, 4.0])
def test_points_rest_where_their_own_divergence_is_least(ground, exaggeration):
    given = ties(ground)
    start = np.median(ground[given.indices], axis=1).astype(np.float32)
    places = settle(ground, given, start, exaggeration=exaggeration)
    for i in range(len(start)):
        term = (ground, given.indices[i], given.weights[i].astype(np.float64), exaggeration)
        best = minimize(loss, places[i].astype(np.float64), args=term, options={"gtol": 1e-8})
        assert loss(places[i], *term) <= best.fun + 1e-5
        assert loss(places[i], *term) <= loss(start[i], *term) + 1e-6


def test_the_grid_and_the_sum_agree_inside_and_outside(ground, monkeypatch):
    if ground.shape[1] > 2:
        pytest.skip("a grid is a plane")
    given = ties(ground)
    start = np.median(ground[given.indices], axis=1).astype(np.float32)
    start[:3] += 60.0  # far off the grid
    exact = settle(ground, given, start, exaggeration=1.5)
    monkeypatch.setattr("nbembed.forces.placing.faster_repulsion", lambda n, d: "fft")
    on_grid = settle(ground, given, start, exaggeration=1.5)
    assert np.median(np.abs(exact - on_grid)) < 1e-3
    term = [(ground, i, w, 1.5) for i, w in zip(*given, strict=True)]
    losses = [
        [loss(p, *t) for p, t in zip(places, term, strict=True)] for places in (exact, on_grid)
    ]
    np.testing.assert_allclose(*losses, atol=1e-2)


def test_the_potential_reaches_beyond_the_points():
    plane = in_plane(np.random.default_rng(0).normal(size=(50, 1)).astype(np.float32))
    grid = potential_of(plane, room=10.0)
    last = grid.origin + np.array(grid.values.shape) / grid.inverse
    assert (grid.origin < plane.min(axis=0) - 10).all()
    assert (last > plane.max(axis=0) + 10).all()


def law(rate=1.0, negatives=5):
    return Law(np.float32(1.577), np.float32(0.895), np.float32(1), np.float32(rate), negatives)


def keys(m, seed=0):
    return substreams(stream(seed), np.arange(m, dtype=np.uint64))


def test_sampled_moves_pull_points_to_their_ties(ground):
    given = ties(ground)
    start = ground[given.indices].mean(axis=1) + np.float32(5)
    places = wander(ground, given, start, keys(40), law())
    centre = ground[given.indices].mean(axis=1)
    before, after = (np.linalg.norm(p - centre, axis=1) for p in (start, places))
    assert np.median(after) < 0.5 * np.median(before)
    np.testing.assert_array_equal(wander(ground, given, start, keys(40), law(rate=0.0)), start)


def test_the_ground_a_point_stands_on_is_pushed_from(ground):
    given = ties(ground)
    start = ground[given.indices].mean(axis=1)
    near = wander(ground, given, start, keys(40), law(negatives=1))
    far = wander(ground, given, start, keys(40), law(negatives=200))
    spread = [np.linalg.norm(p - start, axis=1).mean() for p in (near, far)]
    assert spread[1] > spread[0]


@pytest.mark.parametrize("move", ["settle", "wander"])
def test_companions_and_threads_do_not_show(ground, move):
    given = ties(ground)
    start = ground[given.indices].mean(axis=1)

    def run(rows):
        some = Ties(given.indices[rows], given.weights[rows])
        if move == "settle":
            return settle(ground, some, start[rows], exaggeration=1.5)
        return wander(ground, some, start[rows], keys(40)[rows], law())

    everything = run(np.arange(40))
    with use_threads(1):
        np.testing.assert_array_equal(run(np.arange(40)), everything)
    np.testing.assert_array_equal(run(np.arange(40)[::-1])[::-1], everything)
    np.testing.assert_array_equal(run(np.array([17])), everything[17:18])


def test_draws_belong_to_the_key(ground):
    given = ties(ground)
    start = ground[given.indices].mean(axis=1)
    one, other = (wander(ground, given, start, keys(40, seed), law()) for seed in (0, 1))
    assert not np.array_equal(one, other)


def test_what_is_given_is_not_changed(ground):
    given = ties(ground)
    start = ground[given.indices].mean(axis=1)
    kept = [array.copy() for array in (ground, *given, start)]
    settle(ground, given, start, exaggeration=1.5)
    wander(ground, given, start, keys(40), law())
    for array, copy in zip((ground, *given, start), kept, strict=True):
        np.testing.assert_array_equal(array, copy)
