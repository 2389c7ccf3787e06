"""What views of point after point keep: neighbours of all perplexities, single bandwidths, controls of a run."""

import numpy as np

import nbembed as nb
from nbembed import inspect
from nbembed.inspect.near import neighbors_for
from nbembed.inspect.plates import Scene, catalogue


def test_neighbours_are_those_that_a_search_of_so_many_finds():
    """Of equally far ones too: columns of iris have many copies."""
    X = np.asarray(nb.datasets.iris()[0][:, :2], dtype=np.float64)
    for u in (2.0, 5.0, 30.0):
        found = neighbors_for(X, u)
        wanted = nb.neighbors.nearest_neighbors(X, n_neighbors=int(3 * u), method="exact")
        np.testing.assert_array_equal(found.indices, wanted.indices)
        np.testing.assert_array_equal(found.distances, wanted.distances)


def test_one_point_has_the_bandwidth_that_it_has_among_all(digits):
    X = digits[0][:300]
    every = inspect.bandwidths(X, perplexity=12.0)
    one = inspect.bandwidth(X, 7, perplexity=12.0)
    assert one.sigma == every.sigma[7]
    assert float(one.reached) == every.reached[7]


def test_the_loss_of_a_run_that_goes_on_has_the_controls_of_its_next_step(digits):
    X = digits[0][:300]
    Y = np.random.default_rng(0).normal(size=(300, 2))
    frames = np.stack([Y, 2 * Y])
    scene = Scene(X, frames=frames, steps=[3, 9], live={"exaggeration": 12.0, "momentum": 0.5})
    acts = {
        each.name: (each.value, each.acts) for each in catalogue["loss_curve"].make(scene).controls
    }
    assert acts["exaggeration"] == (12.0, "next step")
    # A run that is over has none, nor do its steps change any more.
    ended = catalogue["loss_curve"].make(Scene(X, frames=frames, steps=[3, 9]))
    assert [each.name for each in ended.controls] == ["perplexity"]
