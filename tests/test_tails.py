"""t-SNE with other tails: gradients, slopes, grids, fits and new rows."""

import numpy as np
import pytest

import nbembed as nb
from nbembed.affinities import perplexity
from nbembed.errors import InvalidInputError
from nbembed.forces import GradientStepper, TailedStepper, Ties, settle, settle_under
from nbembed.forces.repulsion import ExactRepulsion
from nbembed.forces.spline import SplineRepulsion
from nbembed.kernels import kernel_named, student_t
from nbembed.neighbors import nearest_neighbors

RATES = {"learning_rate": 10.0, "momentum": 0.5, "exaggeration": 1.0}


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(60, 5)) + 6 * np.repeat(np.eye(5)[:3], 20, axis=0)).astype(np.float32)


@pytest.fixture(scope="module")
def graph(blobs):
    return perplexity(nearest_neighbors(blobs, n_neighbors=20), perplexity=6.0)


def divergence(graph, Y, dof):
    """The divergence in plain numpy."""
    squared = ((Y[:, None] - Y[None]) ** 2).sum(axis=-1)
    w = student_t(squared, dof)
    np.fill_diagonal(w, 0.0)
    P = graph.to_scipy().toarray().astype(np.float64)
    there = P > 0
    return float((P[there] * np.log(P[there] * w.sum() / w[there])).sum())


def stepper(graph, Y, dof, **options):
    return TailedStepper(graph, Y, degrees_of_freedom=dof, **{**RATES, **options})


def start(n=60, scale=2.0):
    return (scale * np.random.default_rng(1).normal(size=(n, 2))).astype(np.float32)


@pytest.mark.parametrize("dof", [0.3, 1.0, 2.5])
def test_forces_are_the_gradient_and_the_loss_is_the_divergence(graph, dof):
    Y = start()
    ours = stepper(graph, Y, dof)
    attraction, repulsion = ours.forces()
    assert ours.losses()["kl"] == pytest.approx(divergence(graph, Y, dof), rel=1e-6)
    for i, d in [(0, 0), (31, 1), (59, 0)]:
        moved = np.repeat(Y.astype(np.float64)[None], 2, axis=0)
        moved[0, i, d] += 1e-5
        moved[1, i, d] -= 1e-5
        up, down = (divergence(graph, Z, dof) for Z in moved)
        gradient = 4 * (attraction[i, d] - repulsion[i, d])
        assert gradient == pytest.approx((up - down) / 2e-5, rel=2e-4, abs=1e-7)


@pytest.mark.parametrize("dof", [0.3, 1.0, 2.5])
def test_the_slope_of_the_tails_is_that_of_finite_differences(graph, dof):
    Y = start()
    up, down = (divergence(graph, Y, dof * np.exp(step)) for step in (1e-4, -1e-4))
    assert stepper(graph, Y, dof).tail_slope() == pytest.approx((up - down) / 2e-4, rel=1e-5)


def test_one_degree_of_freedom_has_the_steps_of_tsne(graph):
    ours, theirs = stepper(graph, start(), 1.0), GradientStepper(graph, start(), **RATES)
    for _ in range(5):
        ours.step()
        theirs.step()
    np.testing.assert_allclose(ours.embedding(), theirs.embedding(), atol=1e-4)


def test_learned_tails_lower_the_divergence_and_are_part_of_the_state(graph):
    fixed = stepper(graph, start(), 1.0)
    for _ in range(200):
        fixed.step()
    learned = stepper(graph, fixed.embedding(), "learned")
    for _ in range(150):
        fixed.step()
        learned.step()
    assert learned.degrees_of_freedom != 1.0
    assert learned.losses()["kl"] < fixed.losses()["kl"]
    again = stepper(graph, start(), "learned")
    again.load_state_dict(learned.state_dict())
    again.step()
    learned.step()
    np.testing.assert_array_equal(again.embedding(), learned.embedding())
    assert again.degrees_of_freedom == learned.degrees_of_freedom


def grid_errors(kernel):
    """How far sums by the grid are from those of all pairs: of the kernels, and of the forces."""
    Y = start(400, 5.0)
    push = np.empty_like(Y)
    Z = SplineRepulsion(kernel)(Y, push)
    difference = Y[:, None].astype(np.float64) - Y[None]
    squared = (difference**2).sum(axis=-1)
    w = kernel.values(squared)
    np.fill_diagonal(w, 0.0)
    exact = ((w * kernel.slopes(squared))[..., None] * difference).sum(axis=1)
    return abs(Z / w.sum() - 1), np.linalg.norm(push - exact) / np.linalg.norm(exact)


@pytest.mark.parametrize(("name", "dof"), [("student_t", 0.3), ("student_t", 3), ("gaussian", 1)])
def test_the_grid_is_as_near_to_all_pairs_as_that_of_tsne(name, dof):
    ours, theirs = grid_errors(kernel_named(name, dof=dof)), grid_errors(kernel_named("student_t"))
    assert theirs[0] < 2e-4
    assert theirs[1] < 6e-3
    assert ours[0] < theirs[0]
    assert ours[1] < theirs[1]


def test_new_points_rest_where_tsne_rests_them(graph):
    Y = start()
    found = np.arange(15, dtype=np.int32).reshape(3, 5)
    ties = Ties(found, np.full((3, 5), 0.2, dtype=np.float32))
    begin = Y[found].mean(axis=1).astype(np.float32)
    ours = settle_under(kernel_named("student_t"), Y, ties, begin, exaggeration=1.5)
    theirs = settle(Y, ties, begin, exaggeration=1.5)
    np.testing.assert_allclose(ours, theirs, atol=2e-3)
    alone = settle_under(
        kernel_named("gaussian"), Y, Ties(found[:1], ties.weights[:1]), begin[:1], exaggeration=1.5
    )
    together = settle_under(kernel_named("gaussian"), Y, ties, begin, exaggeration=1.5)
    np.testing.assert_array_equal(alone[0], together[0])
    assert not np.allclose(together, ours, atol=1e-2)


def tsne(**options):
    return nb.TSNE(perplexity=6, n_iter=60, early_exaggeration_iter=30, random_state=0, **options)


def test_fits_with_other_tails_differ_and_keep_what_they_learned(blobs, tmp_path):
    maps = {dof: tsne(degrees_of_freedom=dof).fit(blobs) for dof in (1, 0.5, "learned")}
    assert not np.array_equal(maps[1].embedding_, maps[0.5].embedding_)
    learned = maps["learned"]
    assert learned.degrees_of_freedom_ not in (1.0, 0.5)
    learned.save(tmp_path / "tails")
    loaded = nb.load(tmp_path / "tails")
    assert loaded.degrees_of_freedom_ == learned.degrees_of_freedom_
    new = blobs[:3] + 0.1
    np.testing.assert_array_equal(loaded.transform(new), learned.transform(new))
    assert np.isfinite(learned.transform(new)).all()


def test_tails_move_in_mid_run_and_are_recorded(blobs):
    run = tsne(degrees_of_freedom=0.5).run(blobs)
    next(frame for frame in run if frame.step == 40)
    assert run.set("degrees_of_freedom", 2.0) == "next step"
    next(run)
    assert run.degrees_of_freedom == 2.0
    with pytest.raises(InvalidInputError, match="degrees_of_freedom must be finite and above 0"):
        run.set("degrees_of_freedom", 0)
    run = tsne(degrees_of_freedom="learned").run(blobs)
    for _ in run:
        pass
    assert run.history.curves["degrees_of_freedom"].values[-1] == run.degrees_of_freedom
    run = tsne().run(blobs)
    next(frame for frame in run if frame.step == 3)
    assert run.set("degrees_of_freedom", 2.0) == "needs a restart"


def test_several_perplexities_and_paths_reach_the_affinities(blobs):
    from nbembed.affinities import geodesic_neighbors, multiscale

    found = nearest_neighbors(blobs, n_neighbors=30)
    several = tsne().set_params(perplexity=(3, 10)).fit(blobs)
    wanted = multiscale(found, perplexities=(3, 10)).to_scipy()
    assert abs(several.affinities_ - wanted).max() == 0
    paths = geodesic_neighbors(nearest_neighbors(blobs, n_neighbors=20), n_neighbors=18)
    wanted = perplexity(paths, perplexity=6.0).to_scipy()
    assert abs(tsne(geodesic=20).fit(blobs).affinities_ - wanted).max() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"degrees_of_freedom": 0}, "degrees_of_freedom must be"),
        ({"degrees_of_freedom": "leaned"}, "did you mean 'learned'"),
        ({"geodesic": 0}, "geodesic must be"),
        ({"perplexity": (5, 100)}, "perplexity must be less"),
    ],
)
def test_what_cannot_be_is_said(blobs, options, message):
    with pytest.raises(InvalidInputError, match=message):
        tsne().set_params(**options).fit(blobs)


def test_parts_of_a_graph_are_joined_where_they_are_too_small(blobs):
    with pytest.warns(UserWarning, match="graph of the 1 nearest neighbours is in .* parts"):
        joined = tsne(geodesic=1).fit(blobs)
    assert np.diff(joined.affinities_.tocsr().indptr).min() >= 1
    # Three groups of 50 lie apart, but each row's neighbours are in its own.
    assert np.isfinite(tsne(geodesic=20).fit(blobs).embedding_).all()


def test_exact_sums_of_one_degree_are_those_of_the_fast_path(graph):
    push = np.empty((60, 2), dtype=np.float32)
    Z = ExactRepulsion()(start(), push)
    ours = stepper(graph, start(), 1.0)
    _, repulsion = ours.forces()
    np.testing.assert_allclose(repulsion, push / Z, rtol=1e-4, atol=1e-8)
