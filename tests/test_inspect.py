"""Every internal: the printed snippet, run by itself, gives what the view shows; and its check value."""

import numpy as np
import pytest

import nbembed as nb
from nbembed import inspect
from nbembed.affinities import conditional
from nbembed.forces import GradientStepper
from nbembed.inspect.lanes import lane, start_of
from nbembed.inspect.near import joint, neighbors_for
from nbembed.inspect.plates import Scene, catalogue
from nbembed.inspect.rows import chosen

DATA = {
    "digits": lambda: (nb.datasets.digits()[0][:300], nb.datasets.digits()[1][:300]),
    "random": lambda: (np.random.default_rng(8).normal(size=(200, 20)), np.arange(200) % 3),
}
STEPS = {"steps": 40, "early": 20, "runs": 3}


def map_of(X, **options):
    points = chosen(X)[1]
    return lane(joint(points, 30.0)[0], start_of(points), kept=2, steps=150, **options).maps[-1]


@pytest.fixture(scope="module")
def digits():
    X, y = DATA["digits"]()
    return X, y, map_of(X)


@pytest.fixture(scope="module", params=DATA)
def scene(request):
    X, y = DATA[request.param]()
    terms = [nb.terms.Reconstruction(), nb.terms.Classification()]
    network = nb.ParametricUMAP(
        n_batches=10, hidden=(16, 8), terms=terms, device="cpu", random_state=0
    ).fit(X, y)
    return Scene(X, map_of(X), i=7, j=19, labels=y, estimator=network, settings=STEPS)


@pytest.mark.parametrize("name", catalogue)
def test_the_snippet_computes_exactly_what_the_view_shows(scene, name):
    plate = catalogue[name].make(scene)
    assert plate.name == name
    assert (plate.sample is None) == (name != "crowding")
    assert 1 <= len(plate.panels) <= 2
    assert len(plate.snippet.strip().splitlines()) <= 10
    namespace = {"np": np, **plate.inputs}
    exec(plate.snippet, namespace)  # noqa: S102
    largest = np.abs(plate.result).max()
    assert np.isfinite(largest)
    assert largest > 0
    np.testing.assert_allclose(namespace["result"], plate.result, rtol=0, atol=1e-6 * largest)
    assert np.shape(namespace["result"]) == plate.result.shape


def test_the_catalogue_has_at_least_thirty_of_the_thirty_three():
    numbers = [each.number for each in catalogue.values()]
    assert len(set(numbers)) == len(numbers) >= 30
    assert set(numbers) <= set(range(1, 34))


def test_many_rows_are_sampled_and_it_is_said():
    X, _ = nb.datasets.digits()
    plate = catalogue["bandwidth"].make(Scene(X, i=1796))
    assert plate.sample == "computed on 500 of 1,797 rows"
    found = inspect.bandwidth(X, 1796)
    assert 1796 in found.rows.indices
    assert set(found.neighbors) <= set(found.rows.indices)
    colors = catalogue["sigma"].make(Scene(X)).panels[0].colors
    assert colors.shape == (1797,)
    assert np.isfinite(colors).sum() == 500


def test_a_view_says_what_the_scene_is_without(digits):
    with pytest.raises(nb.errors.InvalidInputError, match="needs embedding"):
        catalogue["forces"].make(Scene(digits[0], i=1))


# ---- what the reference says each internal is known by -------------------------------------------


def test_distances_become_alike_in_many_dimensions():
    two, ten, hundred = inspect.concentration(n=100)
    assert two > 5 * ten > 5 * hundred > 0


def test_the_bandwidth_has_the_perplexity_and_its_steps_are_those_of_the_search(digits):
    X = digits[0]
    found = inspect.bandwidth(X, 7, perplexity=30)
    assert abs(found.reached - 30) < 1e-4
    assert not found.failed
    assert found.steps[-1, 0] == pytest.approx(found.precision, rel=1e-12)
    assert (found.steps[:, 2] <= found.steps[:, 0]).all()
    assert (found.steps[:, 0] <= found.steps[:, 3]).all()
    expected, _ = conditional(neighbors_for(X, 30), perplexity=30)
    np.testing.assert_array_equal(found.probabilities, expected[7])
    assert len(inspect.bandwidths(X).failed) == 0


def test_rows_whose_bandwidth_failed_are_named():
    X = np.random.default_rng(0).normal(size=(120, 3))
    X[:60] = X[0]
    failed = set(inspect.bandwidths(X, perplexity=20).failed)
    # And of the others those whose nearest are the sixty.
    assert set(range(60)) <= failed
    assert len(failed) < 70


def test_dense_points_have_small_bandwidths():
    random = np.random.default_rng(0)
    X = np.vstack([random.normal(size=(60, 5)), 20 + 10 * random.normal(size=(60, 5))])
    sigma = inspect.bandwidths(X, perplexity=10).sigma
    assert np.median(sigma[60:]) > 5 * np.median(sigma[:60])


def test_symmetric_affinities_leave_no_row_without_any(digits):
    found = inspect.symmetrization(digits[0], 7)
    assert found.total == pytest.approx(1)
    assert found.smallest_after >= 0.5 > found.smallest_before
    np.testing.assert_allclose(found.outgoing.sum(), 1)


def test_memberships_have_their_sum_and_the_union_is_no_smaller(digits):
    found = inspect.memberships(digits[0], 7)
    assert found.wanted == np.log2(15)
    assert abs(found.total - np.log2(15)) < 1e-5
    assert found.outgoing[0] == 1
    assert (found.union >= np.maximum(found.outgoing, found.incoming) - 1e-9).all()


def test_kernels_are_fitted_as_they_are_published(digits):
    found = inspect.kernels(digits[2])
    assert (round(found.a, 3), round(found.b, 3)) == (1.577, 0.895)
    assert found.gaussian[-1] < found.student_t[-1]


def test_a_plane_has_not_the_room_of_many_dimensions(digits):
    found = inspect.crowding(digits[0], steps=100)
    # Pairs nearer than a quarter of the mean: in the data next to none, in both maps many.
    data, *maps = found.shares[:, np.searchsorted(found.radii, 0.25)]
    assert data < 0.001
    assert min(maps) > 0.02
    assert found.volumes[2][25] > 1e3 * found.volumes[64][25] > 0


def test_forces_add_up_and_are_the_slope_of_the_loss(digits):
    X, _, Y = digits
    found = inspect.forces(X, Y, 7)
    np.testing.assert_array_equal(found.attraction + found.repulsion, found.net)
    np.testing.assert_allclose(found.pulls.sum(axis=0), found.attraction, rtol=1e-5)
    np.testing.assert_allclose(found.pushes.sum(axis=0), found.repulsion, rtol=1e-5)
    slope = np.empty(2)
    for axis in range(2):
        ends = []
        for step in (1e-4, -1e-4):
            moved = Y.astype(np.float64)
            moved[7, axis] += step
            ends.append(float(nb.metrics.kl_divergence(found.P, moved)))
        slope[axis] = (ends[0] - ends[1]) / 2e-4
    scale = np.linalg.norm(found.attraction)
    np.testing.assert_allclose(-found.net, slope, rtol=0, atol=1e-5 * scale)


def test_forces_are_those_of_the_steps_of_a_fit(digits):
    X, _, Y = digits
    graph, _ = joint(X, 30.0)
    pull, push = GradientStepper(
        graph, Y, learning_rate=1, momentum=0, exaggeration=1, repulsion="exact"
    ).forces()
    found = inspect.forces(X, Y, 7, exaggeration=12)
    np.testing.assert_allclose(found.attraction, -48 * pull[7], rtol=1e-4)
    np.testing.assert_allclose(found.repulsion, 4 * push[7], rtol=1e-4)


def test_the_field_is_the_force_and_vanishes_where_the_point_would_rest(digits):
    X, _, Y = digits
    found = inspect.field(X, Y, 7)
    assert found.force_at_rest < 1e-6 < np.linalg.norm(found.net, axis=1).max()
    moved = Y.copy()
    moved[7] = found.places[40]
    moved_forces = inspect.forces(X, moved, 7)
    np.testing.assert_allclose(found.net[40], moved_forces.net, rtol=1e-4)


def test_a_pair_stops_attracting_where_the_balance_says(digits):
    found = inspect.pair_gradients(digits[0], digits[2])
    for normalized, variants in ((0, (0, 2)), (1, (1, 3))):
        line = found.balance[normalized]
        inside = found.low[:, None] < 0.999 * line
        outside = found.low[:, None] > 1.001 * line
        assert inside.any()
        assert outside.any()
        for each in variants:
            assert (found.slopes[each][inside] < 0).all()
            assert (found.slopes[each][outside] > 0).all()


def test_the_printed_cost_is_the_exaggerated_one(digits):
    found = inspect.exaggeration(digits[0], steps=40, early=20)
    bits = found.with_it.kl / np.log(2)
    np.testing.assert_allclose(found.printed, 12 * (bits + np.log2(12)))
    assert found.with_it.kl[0] == found.without.kl[0]
    assert (found.with_it.exaggeration > 1).sum() > 5


def test_the_usual_learning_rate_wins(digits):
    found = inspect.learning_rates(digits[0], steps=250)
    low, usual, high = (each.kl[-1] for each in found.lanes)
    assert np.isfinite([low, usual, high]).all()
    assert usual < 0.7 * min(low, high)
    assert not any(each.diverged for each in found.lanes)


def test_pca_keeps_more_of_large_distances_than_noise(digits):
    found = inspect.starts(digits[0], steps=90)
    kept = dict(zip(found.names, found.correlations, strict=True))
    assert kept["pca"][0] > 0.5
    assert abs(kept["random"][0]) < 0.1
    assert kept["pca"][1] > kept["random"][1]


def test_near_perplexities_share_more_neighbours(digits):
    found = inspect.perplexity_sweep(digits[0], steps=150)
    assert found.perplexities == (2, 5, 10, 30, 50)
    assert (found.overlaps > 0.2).all()
    assert found.overlaps[-1] > found.overlaps[0]


def test_equal_maps_are_stable_and_noise_is_not(digits):
    X, _, Y = digits
    turned = Y @ np.array([[0.0, 3.0], [-3.0, 0.0]]) + 1
    same = inspect.stability(X, maps=[Y, turned])
    assert same.mean == 1
    np.testing.assert_allclose(same.maps[1], Y, atol=1e-4)
    np.testing.assert_allclose(same.residuals, 0, atol=1e-6)
    noise = np.random.default_rng(0).normal(size=Y.shape)
    assert inspect.stability(X, maps=[Y, noise]).mean < 0.1


def test_the_lever_changes_who_wins(digits):
    found = inspect.normalization(digits[0], digits[2])
    ratio = found.attraction / found.repulsion
    assert (np.diff(ratio) > 0).all()
    assert ratio[-1] > 5 * ratio[0]
    w = 1 / (1 + ((found.Y[:, None] - found.Y) ** 2).sum(axis=2))
    assert pytest.approx(w.sum() - len(w)) == found.Z


@pytest.mark.parametrize("preset", ["tsne", "umap"])
def test_a_switch_that_changes_nothing_has_the_cosine_one(digits, preset):
    X, _, Y = digits
    found = inspect.switchboard(X, Y, preset=preset)
    assert dict(zip(found.names, found.cosines, strict=True)).keys() == set(found.names)
    assert (np.abs(found.cosines) <= 1 + 1e-12).all()
    assert (found.cosines < 0.9999).all()
    ratio = dict(zip(found.names, found.ratios[1:] / found.ratios[0], strict=True))
    assert ratio["symmetric_attraction"] == pytest.approx(2 if preset == "tsne" else 0.5, rel=1e-6)


def test_estimates_of_the_repulsion_meet_the_exact_one(digits):
    found = inspect.repulsions(digits[2], 7, n_negatives=5)
    assert (np.diff(found.errors) > 0).all()
    assert found.errors[0] < 1e-6
    assert found.counts[0] == 299 > found.counts[-1]
    assert sum(cell.count for cell in found.cells) == 299
    many = inspect.repulsions(digits[2], 7, n_negatives=500)
    assert np.median(many.angles) < 15 < np.median(found.angles)
    np.testing.assert_allclose(found.grid, found.exact, atol=0.02 * np.linalg.norm(found.exact))


def test_the_loss_falls_once_nothing_is_exaggerated(digits):
    found = inspect.loss_curve(digits[0], length=150)
    plain = found.kl[found.steps > 110]
    assert (np.diff(plain) < 1e-3).all()
    entropy = (found.P[found.P > 0] * np.log(found.P[found.P > 0])).sum()
    np.testing.assert_allclose(found.attraction + found.repulsion + entropy, found.kl)


def test_the_points_losses_sum_to_the_divergence(digits):
    X, _, Y = digits
    found = inspect.point_losses(X, Y)
    assert abs(found.points.sum() - found.total) < 1e-10
    assert (np.diff(found.pair_terms) <= 0).all()
    i, j = found.pairs[0]
    assert i < j


def test_a_given_run_is_looked_at_and_none_is_made(digits):
    X, _, Y = digits
    frames = np.stack([Y, 2 * Y])
    found = inspect.loss_curve(X, maps=frames, steps=[3, 9])
    assert found.steps.tolist() == [3, 9]
    assert found.kl[0] == pytest.approx(inspect.point_losses(X, Y).total)


def test_kept_and_missing_are_all_neighbours(digits):
    from sklearn.manifold import trustworthiness

    X, _, Y = digits
    found = inspect.kept(X, Y, 7, n_neighbors=12)
    assert len(found.kept) + len(found.missing) == 12 == len(found.kept) + len(found.false)
    assert found.trustworthiness.mean() == pytest.approx(
        trustworthiness(X, Y, n_neighbors=12), abs=1e-3
    )
    assert found.continuity.mean() == pytest.approx(trustworthiness(Y, X, n_neighbors=12), abs=1e-3)


def test_a_turned_copy_has_a_perfect_shepard_diagram(digits):
    X, y, _ = digits
    plane = X[:, [20, 43]] + np.random.default_rng(0).normal(size=(300, 2))
    found = inspect.shepard(plane, 3 * plane[:, ::-1], labels=y)
    assert found.spearman == pytest.approx(1)
    assert found.stress == pytest.approx(0, abs=1e-9)
    assert found.distances.sum() == found.ranks.sum() == 300 * 299 / 2
    assert found.within.sum() == sum(n * (n - 1) // 2 for n in np.bincount(y))


def test_groups_are_compared_by_ranks(digits):
    X, y, Y = digits
    plate = catalogue["groups"].make(Scene(X, Y, i=0, j=1, labels=y))
    expected = nb.metrics.compare_groups(X, Y, y == y[0], y == y[1])
    np.testing.assert_allclose(plate.result, [expected.in_data, expected.in_maps[0]])


@pytest.mark.parametrize("kind", ["shuffled", "gaussian"])
def test_the_twin_has_the_columns_but_not_the_structure(digits, kind):
    X = digits[0]
    found = inspect.null_twin(X, kind=kind, steps=60)
    np.testing.assert_allclose(found.twin.mean(axis=0), X.mean(axis=0), atol=1.6)
    near = [np.sort(nb.inspect.distances(each, 7).lengths)[:5].mean() for each in (X, found.twin)]
    assert near[1] > 1.05 * near[0]


def test_a_small_perplexity_shows_clusters_in_noise():
    noise = np.random.default_rng(0).normal(size=(300, 10))
    found = inspect.null_twin(noise, perplexity=2, steps=250)
    assert found.null_shows_clusters
    assert not inspect.null_twin(noise, perplexity=30, steps=250).null_shows_clusters


def test_a_layer_joins_only_rows_of_one_batch(scene):
    found = inspect.layer_affinities(scene.estimator, scene.X, 7)
    assert found.P.sum() == pytest.approx(1, rel=1e-6)
    batch = np.repeat(np.arange(3), [len(each) for each in found.batches])
    assert (found.P[batch[:, None] != batch] == 0).all()
    assert found.names == ("input", "hidden1", "hidden2", "map")
    assert found.overlaps[0] == 1 > found.overlaps[1] > found.overlaps[-1]
    np.testing.assert_allclose(found.probabilities.sum(), 1)


def test_places_far_from_all_data_are_marked(scene):
    found = inspect.inverse_grid(scene.estimator, scene.X)
    assert 0 < found.off.sum() < len(found.off)
    assert found.nearest[found.off].min() > found.nearest[~found.off].max()
    back = scene.estimator.transform(scene.estimator.inverse_transform(found.grid))
    np.testing.assert_allclose(found.errors, np.linalg.norm(back - found.grid, axis=1), rtol=1e-4)


def test_more_weight_keeps_more_of_large_distances(scene):
    found = inspect.global_weights(scene.estimator, scene.X, weights=(0.0, 100.0))
    assert found.correlations[1] > found.correlations[0]


def test_a_guided_axis_follows_its_column(digits):
    X = digits[0]
    strong, weak = (
        nb.ParametricUMAP(
            n_batches=25, hidden=(8,), device="cpu", random_state=0,
            terms=[nb.terms.Attribute(X[:, 20], weight=weight)],
        ).fit(X).embedding_
        for weight in (30.0, 0.01)
    )  # fmt: skip
    followed = [inspect.attributes(X, Y).squared[20, 0] for Y in (strong, weak)]
    assert followed[0] > followed[1] + 0.05


def test_permuted_labels_are_separated_too():
    X = np.random.default_rng(0).normal(size=(150, 10))
    found = inspect.supervised(X, np.arange(150) % 3, steps=150)
    assert found.separates_anything
    assert found.hits[0] < 0.45
    assert found.hits[2] > 0.8
    np.testing.assert_array_equal(np.sort(found.labels[2]), np.sort(found.labels[1]))
