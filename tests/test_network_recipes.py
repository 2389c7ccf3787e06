"""Recipes that consist of terms alone: autoencoders, and projections of maps that are there."""

import pickle

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import nbembed as nb
from nbembed import Autoencoder, Projection, terms
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.networks import FCNN
from nbembed.networks.layers import Units
from tests.test_network_phases import LABELS, exhaust

SMALL = {
    "n_batches": 150,
    "hidden": (16, 16),
    "batch_size": 32,
    "device": "cpu",
    "random_state": 3,
}
TRAINED = {"n_batches": 700, "hidden": (64, 64), "batch_size": 64, "device": "cpu", "random_state": 0}  # fmt: skip


def autoencoder(**options):
    return Autoencoder(**SMALL | options)


def projection(reference, **options):
    return Projection(reference, **SMALL | options)


@parametrize_with_checks([autoencoder(n_batches=5), autoencoder(n_batches=5, variational=True)])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_checks(estimator, check):
    check(estimator)


# ---- autoencoders ----------------------------------------------------------------------------------


def test_an_autoencoder_loses_less_than_two_components(digits):
    X = digits[0]
    fitted = Autoencoder(**TRAINED).fit(X)
    variance = X.var(axis=0).sum()
    error = np.square(fitted.inverse_transform(fitted.embedding_) - X).sum() / len(X) / variance
    assert error < 0.8 * (1 - PCA(2).fit(X).explained_variance_ratio_.sum())
    assert_allclose(fitted.loss_, error, rtol=0.02)
    new = fitted.transform(X[:5] + 1)
    assert_allclose(new, np.concatenate([fitted.transform(x[None] + 1) for x in X[:5]]), atol=1e-5)


def test_without_hidden_layers_it_is_pca(blobs):
    fitted = autoencoder(hidden=(), n_batches=3000, learning_rate=0.02).fit(blobs)
    left = 1 - PCA(2).fit(blobs).explained_variance_ratio_.sum()
    assert_allclose(fitted.loss_, left, rtol=0.02)


def test_no_graph_is_searched_and_frames_come_as_ever(blobs):
    run = autoencoder().run(blobs)
    frames = list(run)
    assert {f.phase for f in frames if f.is_stage} <= {"loading torch"}
    assert [f.step for f in frames if not f.is_stage] == list(range(7))
    assert run.graph.weights.size == 0
    parent = autoencoder(variational=True).run(blobs)
    while parent.step < 4:
        next(parent)
    branch = parent.branch(2)
    assert_array_equal(exhaust(branch), exhaust(parent))


def test_a_variational_one_minimises_half_the_error_and_the_divergence(blobs):
    run = autoencoder(variational=True, beta=0.3).run(blobs)
    exhaust(run)
    rows = torch.from_numpy(nb.networks.Standardization.of(blobs).forward(blobs))
    with torch.no_grad():
        hidden = run.network.hidden2(run.network.hidden1(rows))
        means = run.network.map(hidden)
        deviation = (0.5 * run.heads["divergence"](hidden)).exp()
        wrong = 0.5 * (run.heads["reconstruction"](means) - rows).square().sum(1).mean()
        theirs = torch.distributions.kl_divergence(
            torch.distributions.Normal(means, deviation), torch.distributions.Normal(0.0, 1.0)
        )
    assert_allclose(run.losses["reconstruction"], wrong, rtol=1e-4)
    assert_allclose(run.losses["divergence"], theirs.sum(1).mean(), rtol=1e-4)
    assert_allclose(run.loss, wrong + 0.3 * theirs.sum(1).mean(), rtol=1e-4)


def test_beta_draws_the_map_towards_the_common_gaussian(digits):
    X = digits[0][:500]
    divergences = []
    for beta in (0.01, 1.0, 50.0):
        run = Autoencoder(variational=True, beta=beta, **TRAINED | {"n_batches": 200}).run(X)
        exhaust(run)
        divergences.append(run.losses["divergence"])
    assert divergences[0] > divergences[1] > divergences[2]
    assert divergences[2] < 0.1


def test_pictures_are_mirrored(digits):
    X = digits[0][:200].reshape(-1, 8, 8)
    fitted = autoencoder(model="cnn", n_batches=100, hidden=(20,)).fit(X)
    assert fitted.inverse_transform(fitted.embedding_).shape == (200, 64)
    assert any(isinstance(m, nn.Conv2d) for m in fitted._reference.heads["reconstruction"].modules())  # fmt: skip
    assert fitted.loss_ < 0.95


def test_other_terms_are_added(blobs):
    fitted = autoencoder(terms=["classification", terms.Correlation(0.5)]).fit(blobs, LABELS)
    assert fitted.score(blobs, LABELS) > 0.9
    with pytest.raises(InvalidInputError, match="terms must hold no Reconstruction"):
        autoencoder(terms=["reconstruction"]).fit(blobs)
    for name, value in {"variational": 1, "beta": -1, "loss": "l1", "batch_size": 0}.items():
        with pytest.raises((InvalidInputError, InvalidTypeError), match=f"{name} must be"):
            autoencoder(**{name: value}).fit(blobs)


@pytest.mark.parametrize("variational", [False, True])
def test_files_hold_autoencoders(variational, blobs, tmp_path):
    fitted = autoencoder(variational=variational).fit(blobs)
    fitted.save(tmp_path / "map")
    for again in (nb.load(tmp_path / "map"), pickle.loads(pickle.dumps(fitted))):
        assert again.get_params() == fitted.get_params()
        assert_array_equal(again.transform(blobs + 1), fitted.transform(blobs + 1))
        assert_array_equal(
            again.inverse_transform(fitted.embedding_), fitted.inverse_transform(fitted.embedding_)
        )
    assert_array_equal(clone(again).fit_transform(blobs), fitted.embedding_)


def test_held_out_rows_are_not_trained_on_and_measure_the_loss():
    noise = np.random.default_rng(0).normal(size=(100, 30)).astype(np.float32)
    run = autoencoder(held_out=0.2, n_batches=1000, hidden=(64,)).run(noise)
    curve = [frame.loss for frame in run if not frame.is_stage]
    fitted = autoencoder()
    fitted.keep(run)
    seen = run._stepper.objective.batches
    draws = torch.cat([seen.draw(torch.Generator().manual_seed(s)).rows for s in range(50)])
    held = seen.held_out.numpy()
    assert (len(held), len(draws.unique())) == (20, 80)
    assert not set(held) & set(draws.tolist())
    wrong = (
        np.square(fitted.inverse_transform(fitted.embedding_) - noise) / noise.var(axis=0).mean()
    )
    assert_allclose(fitted.loss_, wrong[held].mean(), rtol=1e-3)
    # Noise is learned by heart: nothing of it holds for other rows.
    assert np.delete(wrong, held, axis=0).mean() < 0.9 * wrong[held].mean()
    assert curve[-1] > min(curve)
    with pytest.raises(InvalidInputError, match="held_out must be a number of at least 0"):
        autoencoder(held_out=1.0).fit(noise)


def test_a_run_goes_on_from_a_state_that_it_had(blobs):
    run = autoencoder().run(blobs)
    while run.step < 3:
        next(run)
        if run.step == 2:
            run.set("learning_rate", 0.01)
    state, there = run.state, run.embedding
    last = exhaust(run)
    again = run.resume(state)
    assert again.step == 3
    assert again.events == run.events
    assert again.overrides == {"learning_rate": 0.01}
    assert_array_equal(again.embedding, there)
    assert_array_equal(exhaust(again), last)


# ---- projections -----------------------------------------------------------------------------------


def test_a_map_of_any_scale_and_place_is_learned(digits):
    X = digits[0][:600]
    Y = PCA(3).fit_transform(X)
    for scale, centre in ((1e-4, 0.0), (50.0, 1e5)):
        target = Y * scale + centre
        fitted = Projection(target, **TRAINED).fit(X)
        assert fitted.embedding_.shape == (600, 3)
        spread = np.sqrt(target.var(axis=0).sum())
        off = np.sqrt(np.square(fitted.embedding_ - target).sum(axis=1).mean()) / spread
        assert off < 0.1
        assert_allclose(fitted.loss_, off**2, rtol=0.05)
        assert_array_equal(fitted.reference_embedding_, target.astype(np.float32))


def test_an_estimator_is_fitted_as_a_copy_with_the_same_seed(blobs):
    teacher = nb.UMAP(n_epochs=5)
    fitted = projection(teacher).fit(blobs)
    assert not hasattr(teacher, "embedding_")
    assert fitted.estimator_.random_state == 3
    assert fitted.title == "projection of UMAP"
    theirs = clone(teacher).set_params(random_state=3).fit_transform(blobs)
    assert_array_equal(fitted.reference_embedding_, theirs)
    assert fitted.get_params()["reference__n_epochs"] == 5
    assert_array_equal(clone(fitted).fit_transform(blobs), fitted.embedding_)
    given = projection(theirs).fit(blobs)
    assert_array_equal(given.embedding_, fitted.embedding_)
    assert not hasattr(given, "estimator_")


def test_terms_are_added_to_projections(blobs):
    Y = PCA(2).fit_transform(blobs)
    fitted = projection(Y, terms=["reconstruction", terms.Position([[0.0, 0.0]])]).fit(blobs)
    assert fitted.inverse_transform(fitted.embedding_).shape == blobs.shape
    run = fitted.run(blobs)
    exhaust(run)
    assert list(run.losses) == ["position", "reconstruction", "position2"]


def test_ones_own_network_learns_a_map_in_its_own_units(blobs):
    Y = PCA(2).fit_transform(blobs)
    fitted = projection(Y, model=nn.Linear(10, 2), n_batches=1500, learning_rate=0.1).fit(blobs)
    assert np.abs(fitted.embedding_ - Y).max() < 1


def test_units_are_no_weights():
    part = {"name": "fcnn", "n_components": 2, "units": {"scale": 3.0, "offset": [1.0, -1.0]}}
    network = nb.networks.make_network(part, 4, seed=5)
    plain, rows = FCNN(4, seed=5), torch.randn(3, 4)
    torch.testing.assert_close(network(rows), 3 * plain(rows) + torch.tensor([1.0, -1.0]))
    assert len(list(network.parameters())) == len(list(plain.parameters()))
    assert isinstance(network.units, Units)


def test_files_hold_projections_of_maps(blobs, tmp_path):
    Y = PCA(2).fit_transform(blobs)
    fitted = projection(Y).fit(blobs)
    fitted.save(tmp_path / "map")
    again = nb.load(tmp_path / "map")
    assert_array_equal(again.reference, Y)
    assert_array_equal(again.transform(blobs + 1), fitted.transform(blobs + 1))
    with pytest.raises(InvalidTypeError, match="reference must be a map to be saved"):
        projection(nb.UMAP(n_epochs=5)).fit(blobs).save(tmp_path / "map")


def test_what_is_no_map_is_named(blobs):
    for reference, error, message in (
        (np.zeros((3, 2)), InvalidInputError, r"a row for each of the 150 rows of X, got shape \(3, 2\)"),
        (np.full((150, 2), np.nan), InvalidInputError, "reference must be finite"),
        (np.full((150, 2), 1e6), InvalidInputError, "no farther than 500000 from 0, got 1e\\+06"),
        (nb.UMAP, InvalidTypeError, "reference must be a map, or an estimator with fit_transform"),
        (3, InvalidTypeError, "reference must be a map, or an estimator with fit_transform"),
    ):  # fmt: skip
        with pytest.raises(error, match=message):
            projection(reference).fit(blobs)
