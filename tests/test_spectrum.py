"""GDR and NeighborEmbedding: switches, presets, the slider, and the contract of estimators."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.manifold import trustworthiness

import nbembed as nb
from nbembed import GDR, NeighborEmbedding
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces import GradientStepper, MatchingStepper
from nbembed.phases import Phase
from nbembed.spec.combinations import check_phases
from nbembed.training.free_steppers import make_free_stepper
from nbembed.training.live import exaggeration_of

PRESETS = ("tsne", "gdr_tsne", "umap", "gdr_umap")
# What each switch is turned to, from the defaults.
SWITCHES = {
    "normalized": True,
    "init": "random",
    "pseudo_distance": False,
    "symmetrization": "mean",
    "symmetric_attraction": True,
    "a": 1.6,
    "divergence": "frobenius",
    "weights": "sampled",
    "repulsion": "exact",
    "amplified": True,
    "affinities": "perplexity",
    "n_negatives": 3,
}


@pytest.fixture(scope="module", name="X")
def fixture_digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)[:500]


def gdr(**options):
    return GDR(n_epochs=4, perplexity=5, random_state=0, **options)


def test_every_pair_of_switches_gives_another_map(blobs):
    maps = {"": gdr().fit_transform(blobs)}
    for names in itertools.chain(
        ((name,) for name in SWITCHES), itertools.combinations(SWITCHES, 2)
    ):
        maps["+".join(names)] = gdr(**{name: SWITCHES[name] for name in names}).fit_transform(blobs)
    # Where all others repel, there is nothing to draw.
    same = {
        ("repulsion", "repulsion+n_negatives"),
        # Amplification goes with the normalisation.
        ("normalized", "normalized+amplified"),
    }
    for one, other in itertools.combinations(maps, 2):
        assert np.isfinite(maps[one]).all()
        if (one, other) not in same:
            assert not np.array_equal(maps[one], maps[other]), (one, other)
    np.testing.assert_array_equal(maps["repulsion"], maps["repulsion+n_negatives"])


def stepper_of(estimator, X, phase=0):
    run = estimator.run(X)
    for frame in run:
        if not frame.is_stage:
            break
    phases = estimator.phases(len(X))
    start = run.prepared.start
    return make_free_stepper(phases[phase], phase, run.prepared.graph, start, seed=0)


def test_the_tsne_preset_has_the_steps_of_tsne(X):
    # Their starts have the same bits where both begin with the array.
    init = (1e-4 * np.random.default_rng(0).normal(size=(500, 2))).astype(np.float32)
    ours = stepper_of(GDR.preset("tsne", init=init, random_state=0), X)
    tsne = nb.TSNE(init=init, random_state=0)
    theirs = stepper_of(tsne, X)
    assert isinstance(ours, MatchingStepper)
    assert isinstance(theirs, GradientStepper)
    np.testing.assert_array_equal(ours.graph.weights, theirs.graph.weights)
    for name in ("learning_rate", "momentum", "exaggeration"):
        assert ours.get(name) == theirs.get(name)
    for _ in range(3):
        ours.step()
        theirs.step()
    np.testing.assert_allclose(ours.embedding(), theirs.embedding(), rtol=1e-4, atol=1e-7)


def test_the_umap_presets_have_umap_s_graph_and_kernel(X):
    umap = nb.UMAP(random_state=0)
    ours = stepper_of(GDR.preset("umap", random_state=0), X)
    theirs = stepper_of(umap, X)
    np.testing.assert_array_equal(ours.graph.weights, theirs.graph.weights)
    assert (ours.kernel.a, ours.kernel.b) == (theirs.get("a"), theirs.get("b"))


def test_the_umap_preset_has_umap_s_forces_on_average():
    side = np.stack(np.meshgrid(np.arange(8.0), np.arange(8.0)), axis=-1).reshape(-1, 2)
    Y = (side + np.random.default_rng(3).uniform(-0.25, 0.25, side.shape)).astype(np.float32)
    stepper = stepper_of(GDR.preset("umap", n_neighbors=7, random_state=0), Y)
    seen = []
    stepper._move = seen.append
    for _ in range(500):
        stepper.load_state_dict({**stepper.state_dict(), "embedding": Y})
        stepper.step()
    found = np.mean([terms.attraction - terms.repulsion for terms in seen], axis=0)
    mu, (a, b) = stepper.graph.to_scipy().toarray(), (stepper.kernel.a, stepper.kernel.b)
    difference = Y[:, None].astype(np.float64) - Y
    squared = (difference**2).sum(axis=2) + np.eye(64)
    # What umap-learn does in an epoch, in expectation (Damrich & Hamprecht 2021): an edge moves both its ends, and in
    # each direction draws five of all points. Half of it: a step goes along a quarter of the gradient.
    pull = 2 * mu * 2 * a * b * squared ** (b - 1) / (1 + a * squared**b)
    push = mu.sum(axis=1)[:, None] * 5 / 63 * 2 * b / ((squared + 1e-3) * (1 + a * squared**b))
    np.fill_diagonal(push, 0.0)
    expected = ((pull - push)[..., None] * difference).sum(axis=1) / (2 * mu.max())
    assert np.linalg.norm(found - expected) < 0.05 * np.linalg.norm(expected)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_keep_neighbours(X, name):
    Y = GDR.preset(name, random_state=0).fit_transform(X)
    assert trustworthiness(X, Y, n_neighbors=7) > 0.96


def test_more_draws_come_nearer_to_the_divergence_of_tsne(X):
    exact = GDR(normalized=True, repulsion="exact", random_state=0).fit(X[:250]).loss_
    few, many = (
        GDR(normalized=True, n_negatives=m, learning_rate=50.0, n_epochs=1000, random_state=0)
        .fit(X[:250])
        .loss_
        for m in (5, 50)
    )
    assert many < 1.15 * exact
    assert many < few


def test_the_grid_ends_where_all_pairs_do(X):
    losses = [
        GDR.preset("tsne", repulsion=r, init="pca", random_state=0).fit(X).loss_
        for r in ("exact", "fft")
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)


@pytest.mark.parametrize("estimator", [GDR.preset(name) for name in PRESETS])
def test_gdr_phases_are_plain_data(estimator):
    for phase in estimator.phases(300):
        assert Phase.from_dict(json.loads(json.dumps(phase.to_dict()))) == phase


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"a": None}, "a and b must both be numbers"),
        ({"normalized": 1}, "normalized must be True or False"),
        ({"symmetrization": "max"}, "symmetrization must be one of"),
        ({"divergence": "k"}, "divergence must be one of"),
        ({"affinities": "perplexity"}, r"perplexity must be at most .*\(14\), got 30"),
        ({"b": 0.0}, "b must be"),
        ({"n_negatives": 0}, "n_negatives must be"),
        ({"repulsion": "fft"}, "'fft' needs normalized=True, b=1 .* got normalized=False"),
        ({"repulsion": "fft", "normalized": True, "b": None, "a": None}, "got .*b=None"),
    ],
)
def test_gdr_names_what_is_wrong(blobs, options, message):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=message):
        GDR(**options).fit(blobs)


def test_an_unknown_preset_is_named():
    with pytest.raises(InvalidInputError, match="did you mean 'gdr_tsne'"):
        GDR.preset("gdr-tsne")
    with pytest.raises(InvalidTypeError, match="'normalised'; did you mean 'normalized'"):
        GDR.preset("tsne", normalised=False)


# ------------------------------------------------------------------------------- the slider


@pytest.mark.parametrize("loss", NeighborEmbedding.choices["loss"])
def test_every_loss_keeps_neighbours(X, loss):
    for spectrum in (0.0, 1.0):
        Y = NeighborEmbedding(loss=loss, spectrum=spectrum, random_state=0).fit_transform(X)
        assert trustworthiness(X, Y, n_neighbors=7) > 0.97


def test_exaggeration_is_the_slider_of_kl():
    for spectrum, exaggeration, perplexity in (
        (-0.5, 0.5, 30.0),
        (0.0, 1.0, 30.0),
        (0.5, 2.0, 30 / 3**0.5),
        (1.0, 4.0, 10.0),
        (2.0, 16.0, 10.0),
    ):
        first, last = NeighborEmbedding(spectrum=spectrum).phases(200)
        assert exaggeration_of(first, {}) == pytest.approx(max(12.0, exaggeration))
        assert exaggeration_of(last, {}) == pytest.approx(exaggeration)
        assert last.affinities["perplexity"] == pytest.approx(perplexity)
        assert last.neighbors["n_neighbors"] == int(3 * perplexity)
        assert first.n_steps + last.n_steps == 750


def test_at_zero_the_map_is_that_of_tsne(X):
    ours = NeighborEmbedding(spectrum=0.0, n_epochs=60, random_state=0).fit(X)
    theirs = nb.TSNE(early_exaggeration_iter=20, n_iter=40, random_state=0).fit(X)
    np.testing.assert_array_equal(ours.embedding_, theirs.embedding_)
    rows = X[:3] + 0.5
    np.testing.assert_array_equal(ours.transform(rows), theirs.transform(rows))


def test_a_moved_slider_is_a_moved_exaggeration(X):
    maps = []
    for estimator, name, value in (
        (NeighborEmbedding(spectrum=0.0, n_epochs=30, random_state=0), "spectrum", 0.5),
        (nb.TSNE(early_exaggeration_iter=10, n_iter=20, random_state=0), "exaggeration", 2.0),
    ):
        run = estimator.run(X)
        for frame in run:
            if frame.step == 15 and not frame.is_stage:
                assert run.set(name, value) == "next step"
                assert run.live[name] == value
            if frame.step == 16 and not frame.is_stage:
                assert frame.exaggeration == 2.0
        maps.append(run.embedding)
    np.testing.assert_array_equal(*maps)


def test_a_network_has_no_place_on_the_spectrum():
    phases = nb.ParametricTSNE(loss="kl").phases(200)
    check_phases(phases)
    placed = [replace(phase, loss=phase.loss | {"spectrum": 0.5}) for phase in phases]
    with pytest.raises(InvalidInputError, match="spectrum of its loss: must be left out"):
        check_phases(placed)


def test_few_rows_need_a_lower_perplexity(blobs):
    with pytest.raises(InvalidInputError, match="perplexity must be less than"):
        NeighborEmbedding().fit(blobs[:25])
    assert NeighborEmbedding(perplexity=2.5, n_epochs=5).fit_transform(blobs[:25]).shape == (25, 2)
    assert NeighborEmbedding(loss="neg_tsne", n_epochs=5).fit_transform(blobs[:25]).shape == (25, 2)


def test_maps_near_tsne_start_as_umap():
    early, late = NeighborEmbedding(spectrum=0.25, loss="neg_tsne").phases(200)
    assert (early.loss["spectrum"], late.loss["spectrum"]) == (1.0, 0.25)
    assert (early.n_steps, late.n_steps) == (166, 334)
    assert len(NeighborEmbedding(spectrum=1.0, loss="neg_tsne").phases(200)) == 1


@pytest.mark.parametrize("loss", ["kl", "neg_tsne", "info_nce"])
def test_the_slider_moves_in_mid_run(blobs, loss):
    maps = []
    for moved in (False, True):
        run = NeighborEmbedding(n_epochs=30, loss=loss, random_state=0).run(blobs)
        for frame in run:
            if moved and frame.step == 10 and not frame.is_stage:
                assert run.set("spectrum", 0.2) == "next step"
        maps.append(run.embedding)
    assert not np.array_equal(*maps)
    run = NeighborEmbedding(n_epochs=30, loss=loss, random_state=0).run(blobs)
    next(frame for frame in run if frame.step == 3)
    assert run.set("metric", 1) == "needs a restart"
    with pytest.raises(InvalidInputError, match=r"spectrum must be in \[-1, 3\]"):
        run.set("spectrum", -2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spectrum": 9}, "spectrum must be"),
        ({"perplexity": 1}, "perplexity must be"),
        ({"loss": "infonce"}, "loss must be one of .*did you mean 'info_nce'"),
        ({"loss": "kl", "min_dist": 0.1}, "min_dist must be None for loss='kl'"),
    ],
)
def test_neighbor_embedding_names_what_is_wrong(blobs, options, message):
    with pytest.raises(InvalidInputError, match=message):
        NeighborEmbedding(**options).fit(blobs)


ALL = [
    GDR(n_epochs=20, random_state=0),
    GDR.preset("gdr_tsne", n_epochs=20, random_state=0),
    NeighborEmbedding(n_epochs=20, random_state=0, loss="neg_tsne", spectrum=0.4),
    NeighborEmbedding(n_epochs=20, random_state=0, min_dist=0.3, loss="info_nce"),
    NeighborEmbedding(n_epochs=20, random_state=0, spectrum=0.6),
]


@pytest.mark.parametrize("estimator", ALL)
def test_new_rows_files_and_branches(estimator, blobs, tmp_path):
    fitted = clone(estimator).fit(blobs)
    np.testing.assert_array_equal(fitted.transform(blobs), fitted.embedding_)
    rows = blobs[:5] + 0.01
    together = fitted.transform(rows)
    np.testing.assert_array_equal(fitted.transform(rows[2:3]), together[2:3])
    assert np.abs(together - fitted.embedding_[:5]).max() < np.ptp(fitted.embedding_)
    fitted.save(tmp_path / "map")
    loaded = nb.load(tmp_path / "map")
    np.testing.assert_array_equal(loaded.transform(rows), together)
    run = clone(estimator).run(blobs)
    for frame in run:
        if frame.step == 12 and not frame.is_stage:
            branch = run.branch(7)
    for _ in branch:
        pass
    np.testing.assert_array_equal(branch.embedding, fitted.embedding_)
