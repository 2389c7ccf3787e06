"""Losses on any map, density and reconstruction: by their formulas and those who made them."""

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial.distance import squareform
from sklearn.decomposition import PCA
from sklearn.manifold._t_sne import _joint_probabilities, _kl_divergence

from nbembed import metrics
from nbembed._threads import use_threads
from nbembed.affinities import fuzzy_union, perplexity
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces import GradientStepper, SampledStepper
from nbembed.kernels import fit_ab
from nbembed.metrics import losses
from nbembed.metrics.density import log_radii
from nbembed.metrics.ranking import Space
from nbembed.neighbors import nearest_neighbors

N = 150


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 6))
    return X, X[:, :2] + 0.3 * rng.normal(size=(N, 2))


@pytest.fixture(scope="module")
def neighbors(pair):
    return nearest_neighbors(pair[0], n_neighbors=30)


@pytest.fixture(scope="module", name="P")
def joint_affinities(neighbors):
    return perplexity(neighbors, perplexity=10)


@pytest.fixture(scope="module")
def graph(neighbors):
    return fuzzy_union(neighbors)


def squared(Y):
    return np.square(Y[:, None] - Y).sum(axis=2)


# -- Kullback-Leibler divergence ------------------------------------------------------------------


def test_the_divergence_is_its_formula(pair, P):
    Y, dense = pair[1], P.to_scipy().toarray().astype(float)
    kernel = 1 / (1 + squared(Y))
    np.fill_diagonal(kernel, 0)
    Q = kernel / kernel.sum()
    some = dense > 0
    expected = (dense[some] * np.log(dense[some] / Q[some])).sum()
    for form in (P, P.to_scipy(), sparse.coo_array(dense), dense, dense.tolist()):
        assert metrics.kl_divergence(form, Y) == pytest.approx(expected, abs=1e-6)
    with use_threads(1):
        assert metrics.kl_divergence(P, Y) == metrics.kl_divergence(P, Y)


def test_the_divergence_is_that_of_the_live_view(pair, P):
    stepper = GradientStepper(P, pair[1], learning_rate=1.0, momentum=0.5, exaggeration=12.0)
    assert metrics.kl_divergence(P, pair[1]) == pytest.approx(stepper.losses()["kl"], abs=1e-5)


def test_the_divergence_is_scikit_learns(pair):
    X, Y = pair
    joint = _joint_probabilities(squared(X), 10, 0)
    expected = _kl_divergence(Y.ravel(), joint, 1, N, 2)[0]
    assert metrics.kl_divergence(squareform(joint), Y) == pytest.approx(expected, abs=1e-9)


def test_the_divergence_of_q_from_itself_is_0(pair):
    kernel = 1 / (1 + squared(pair[1]))
    np.fill_diagonal(kernel, 0)
    Q = kernel / kernel.sum()
    assert metrics.kl_divergence(Q, pair[1]) == pytest.approx(0.0, abs=1e-12)
    np.fill_diagonal(Q, 7.0)
    assert metrics.kl_divergence(Q, pair[1] + 1e5) == pytest.approx(0.0, abs=1e-9)


def test_the_divergence_does_not_know_place_or_order(pair, P):
    Y = pair[1]
    order = np.random.default_rng(1).permutation(N)
    matrix = P.to_scipy()[order][:, order]
    expected = metrics.kl_divergence(P, Y)
    assert metrics.kl_divergence(matrix, Y[order]) == pytest.approx(expected, abs=1e-12)
    assert metrics.kl_divergence(P, Y + 100.0) == pytest.approx(expected, abs=1e-9)
    assert metrics.kl_divergence(P, 3 * Y) != pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("P", "words"),
    [
        (np.full((3, 3), 0.2), "P must sum to 1, got a sum of 1.2"),
        (np.zeros((3, 3)), "P must sum to 1, got a sum of 0"),
        (-np.ones((3, 3)), "P must hold finite numbers of at least 0, got -1"),
        (np.full((3, 3), np.nan), "P must hold finite numbers of at least 0, got NaN"),
        (np.ones((3, 4)), r"a row and a column for each row of Y, 3, got shape \(3, 4\)"),
        ("affinities", "P must be a Graph, a sparse matrix or an array of numbers, got str"),
    ],
)
def test_bad_affinities_are_refused(P, words):
    with pytest.raises((InvalidInputError, InvalidTypeError), match=words):
        metrics.kl_divergence(P, [[0.0], [1.0], [3.0]])


# -- UMAP's loss ----------------------------------------------------------------------------------


def test_umap_s_loss_is_its_formula(pair, graph):
    Y, (a, b) = pair[1], fit_ab(0.1, 1.0)
    mu = graph.to_scipy().toarray().astype(float)
    w = 1 / (1 + a * squared(Y) ** b)
    degrees = mu.sum(axis=1)
    apart = ~np.eye(N, dtype=bool)
    attraction = -(mu[apart] * np.log(w[apart])).sum()
    repulsion = -((degrees[:, None] * 5 / N) * np.log1p(-np.where(apart, w, 0.0)))[apart].sum()
    expected = (attraction + repulsion) / mu.sum()
    assert metrics.umap_loss(graph, Y) == pytest.approx(expected, rel=1e-6)
    assert metrics.umap_loss(mu, Y, a=a, b=b, n_negatives=0) == pytest.approx(
        attraction / mu.sum(), rel=1e-6
    )


def test_umap_s_loss_is_that_of_the_live_view(pair, graph):
    a, b = fit_ab(0.1, 1.0)
    stepper = SampledStepper(graph, pair[1], a=a, b=b, learning_rate=1.0, n_steps=500, seed=0)
    found = metrics.umap_loss(graph, pair[1])
    assert found == pytest.approx(sum(stepper.losses().values()), rel=1e-6)


def test_umap_s_loss_of_a_sample_has_an_error(pair, graph, monkeypatch):
    exact = metrics.umap_loss(graph, pair[1])
    assert not exact.is_sampled
    for seed in range(6):
        found = metrics.umap_loss(graph, pair[1], sample=4000, random_state=seed)
        assert (found.sample_size, found.unit) == (4000, "pairs")
        assert 0 < found.standard_error < 0.1
        assert abs(found - exact) < 4 * found.standard_error
    assert metrics.umap_loss(graph, pair[1], sample=N**2) == exact
    monkeypatch.setattr(losses, "HELD_PAIRS", 1000)
    assert metrics.umap_loss(graph, pair[1]) == pytest.approx(exact, rel=1e-9)
    monkeypatch.setattr(losses, "MAX_EXACT_PAIRS", 1000)
    monkeypatch.setattr(losses, "SAMPLE_PAIRS", 400)
    assert metrics.umap_loss(graph, pair[1]).sample_size == 400


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"a": 0.0}, "a must be a number above 0"),
        ({"b": -1.0}, "b must be a number above 0"),
        ({"n_negatives": -1}, "n_negatives must be"),
        ({"sample": 3}, "sample must be"),
        ({"graph": np.zeros((N, N))}, "graph must have an edge"),
        ({"graph": np.ones((2, 2))}, "graph must have a row and a column"),
    ],
)
def test_bad_arguments_of_umap_s_loss_are_named(pair, graph, given, words):
    with pytest.raises(InvalidInputError, match=words):
        metrics.umap_loss(**{"graph": graph, "Y": pair[1], **given})


# -- reconstruction -------------------------------------------------------------------------------


def test_the_error_of_pca_is_its_unexplained_variance(digits):
    X = digits[0].astype(float)
    model = PCA(5, svd_solver="full").fit(X)
    back = model.inverse_transform(model.transform(X))
    assert metrics.reconstruction_error(X, back) == pytest.approx(np.mean((X - back) ** 2))
    left = 1 - model.explained_variance_ratio_.sum()
    assert metrics.reconstruction_error(X, back, scaled=True) == pytest.approx(left, rel=1e-9)


def test_the_error_is_0_for_the_data_and_1_for_their_mean(pair):
    X = pair[0]
    assert metrics.reconstruction_error(X, X) == 0.0
    mean = np.tile(X.mean(axis=0), (N, 1))
    assert metrics.reconstruction_error(X, mean, scaled=True) == pytest.approx(1.0)
    assert np.isnan(metrics.reconstruction_error(np.ones((5, 2)), np.ones((5, 2)), scaled=True))
    with pytest.raises(InvalidInputError, match=r"the shape of X, \(150, 6\), got \(150, 5\)"):
        metrics.reconstruction_error(X, X[:, 1:])


# -- density --------------------------------------------------------------------------------------


def test_radii_are_the_weighted_distances_to_neighbours(pair):
    X = pair[0]
    mu = fuzzy_union(nearest_neighbors(X, n_neighbors=15)).to_scipy().toarray()
    expected = np.log((mu * squared(X)).sum(axis=1) / mu.sum(axis=1))
    found = log_radii(Space(X), 15)
    # The space is scaled, which a correlation does not see.
    np.testing.assert_allclose(found - found[0], expected - expected[0], atol=1e-5)


def test_density_is_preserved_by_the_data_and_not_by_noise(pair):
    X, Y = pair
    assert metrics.density_preservation(X, X) == pytest.approx(1.0)
    for scale in (1e-100, 1e100):
        assert metrics.density_preservation(scale * X, X) == pytest.approx(1.0, abs=1e-5)
    noise = np.random.default_rng(3).normal(size=(N, 2))
    assert abs(metrics.density_preservation(X, noise)) < 0.3
    order = np.random.default_rng(4).permutation(N)
    expected = metrics.density_preservation(X, Y)
    assert metrics.density_preservation(X[order], Y[order]) == pytest.approx(expected, abs=1e-5)


def test_points_without_a_radius_are_left_out(pair):
    X, Y = pair
    same = np.vstack([np.zeros((40, 2)), Y[40:]])
    assert -1 <= metrics.density_preservation(X, same) <= 1
    assert np.isnan(metrics.density_preservation(X, np.zeros((N, 2))))
    with pytest.raises(InvalidInputError, match="n_neighbors must be .* at most 149, got 150"):
        metrics.density_preservation(X, Y, n_neighbors=N)
