import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA

from nbembed import initialization
from nbembed.affinities import fuzzy_union
from nbembed.neighbors import Graph, nearest_neighbors


@pytest.fixture(scope="module", name="X")
def fixture_digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)


@pytest.fixture(scope="module")
def graph(X):
    return fuzzy_union(nearest_neighbors(X, n_neighbors=14))


def normal(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def assert_points(Y, n, d):
    assert Y.shape == (n, d)
    assert Y.dtype == np.float32
    assert Y.flags.c_contiguous
    assert np.isfinite(Y).all()
    assert len(np.unique(Y, axis=0)) == n


def test_pca_equals_scikit_learn_up_to_the_sign(X):
    Y = initialization.pca(X, 3, random_state=0)
    reference = PCA(3, svd_solver="full").fit_transform(X.astype(np.float64))
    assert_points(Y, len(X), 3)
    signs = np.sign((Y * reference).sum(axis=0))
    np.testing.assert_allclose(Y, reference * signs, atol=0.02)


def test_pca_is_repeatable_and_mirrored_data_give_a_mirrored_map(X):
    Y = initialization.pca(X, 2, random_state=0)
    np.testing.assert_array_equal(Y, initialization.pca(X, 2, random_state=0))
    # The largest loading is made positive, so the sign follows the data, not the solver.
    np.testing.assert_allclose(initialization.pca(-X, 2, random_state=0), -Y, atol=0.02)


def test_pca_survives_an_offset():
    X = normal(200, 10) * np.linspace(3, 1, 10)
    np.testing.assert_allclose(
        initialization.pca(X + 1e8, 2, random_state=0),
        initialization.pca(X, 2, random_state=0),
        atol=1e-4,
    )


def test_pca_of_sparse_data_equals_that_of_dense(X):
    dense = initialization.pca(X[:300].astype(np.float64), 2, random_state=0)
    thin = initialization.pca(sparse.csr_matrix(X[:300].astype(np.float64)), 2, random_state=0)
    np.testing.assert_allclose(thin, dense, atol=1e-3)


@pytest.mark.parametrize(
    "data",
    [
        np.ones((20, 3)),
        np.zeros((2, 1)),
        np.repeat(normal(5, 4), 6, axis=0),
        np.outer(np.arange(15.0), np.ones(1)),
        normal(4, 2),
    ],
    ids=["identical rows", "two rows", "duplicates", "one column", "few columns"],
)
@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_degenerate_data_give_distinct_finite_starts(data, n_components):
    assert_points(initialization.pca(data, n_components, random_state=0), len(data), n_components)


def test_spectral_solves_the_eigenproblem(X):
    part = fuzzy_union(nearest_neighbors(X[:800], n_neighbors=14))
    Y = initialization.spectral(part, 2, X=X[:800], random_state=0)
    assert_points(Y, 800, 2)
    W = part.to_scipy().toarray().astype(np.float64)
    root = np.sqrt(W.sum(axis=1))
    normalised = (W / root) / root[:, None]
    values = np.linalg.eigvalsh(normalised)[::-1][1:3]
    np.testing.assert_allclose(normalised @ Y, Y * values, atol=1e-3 * np.abs(Y).max())


def test_spectral_is_repeatable(X, graph):
    np.testing.assert_array_equal(
        initialization.spectral(graph, 2, X=X, random_state=3),
        initialization.spectral(graph, 2, X=X, random_state=3),
    )


def test_iterative_and_dense_solver_agree(X, monkeypatch):
    part = fuzzy_union(nearest_neighbors(X[:700], n_neighbors=14))
    iterated = initialization.spectral(part, 2, X=X[:700], random_state=0)
    monkeypatch.setattr(initialization, "DENSE_LIMIT", 1000)
    dense = initialization.spectral(part, 2, X=X[:700], random_state=0)
    np.testing.assert_allclose(iterated, dense, atol=1e-3)


def fail(*_args, **_options):
    from scipy.sparse.linalg import ArpackNoConvergence

    raise ArpackNoConvergence("%s", [], [])


def test_lobpcg_takes_over_when_lanczos_fails(X, graph, monkeypatch):
    reference = initialization.spectral(graph, 2, X=X, random_state=0)
    monkeypatch.setattr("scipy.sparse.linalg.eigsh", fail)
    np.testing.assert_allclose(
        initialization.spectral(graph, 2, X=X, random_state=0), reference, atol=5e-3
    )


def test_pca_takes_over_with_a_warning_when_no_solver_succeeds(X, graph, monkeypatch):
    monkeypatch.setattr(initialization, "RESIDUAL", 0.0)
    with pytest.warns(RuntimeWarning, match="starts from PCA"):
        Y = initialization.spectral(graph, 2, X=X, random_state=0)
    np.testing.assert_array_equal(Y, initialization.pca(X, 2, random_state=0))


@pytest.mark.parametrize("n_components", [1, 2, 3])
def test_parts_of_a_graph_lie_where_pca_puts_them(n_components):
    centres = np.array([[0.0, 0.0, 0.0], [50.0, 0.0, 10.0], [100.0, 40.0, 0.0]])
    labels = np.repeat([0, 1, 2], 60)
    X = centres[labels] + normal(180, 3)
    found = fuzzy_union(nearest_neighbors(X, n_neighbors=10))
    Y = initialization.spectral(found, n_components, X=X, random_state=0)
    assert_points(Y, 180, n_components)
    means = np.stack([Y[labels == label].mean(axis=0) for label in range(3)])
    radius = max(np.abs(Y[labels == label] - means[label]).max() for label in range(3))
    apart = min(np.linalg.norm(means[a] - means[b]) for a, b in [(0, 1), (0, 2), (1, 2)])
    assert radius <= apart
    pca = initialization.pca(X, n_components, random_state=0)
    pca_means = np.stack([pca[labels == label].mean(axis=0) for label in range(3)])
    assert np.corrcoef(means[:, 0], pca_means[:, 0])[0, 1] > 0.99


def test_a_graph_of_pairs_and_single_vertices_is_laid_out():
    weights = sparse.block_diag([[[0, 1], [1, 0]]] * 10 + [np.zeros((3, 3))])
    graph = Graph.from_scipy(weights)
    for X in (normal(23, 4), np.ones((23, 4)), None):
        assert_points(initialization.spectral(graph, 2, X=X, random_state=0), 23, 2)


def test_spectral_start_of_few_vertices():
    X = normal(4, 2)
    found = fuzzy_union(nearest_neighbors(X, n_neighbors=2))
    assert_points(initialization.spectral(found, 6, X=X, random_state=0), 4, 6)


def test_random_is_seeded():
    Y = initialization.random(100, 3, random_state=1)
    assert_points(Y, 100, 3)
    np.testing.assert_array_equal(Y, initialization.random(100, 3, random_state=1))
    assert (initialization.random(100, 3, random_state=2) != Y).all()


def test_scales_are_those_of_the_reference_implementations(X):
    Y = initialization.pca(X, 2, random_state=0)
    small = initialization.scale_for_tsne(Y)
    np.testing.assert_allclose(small[:, 0].std(), 1e-4, rtol=1e-4)
    np.testing.assert_allclose(np.corrcoef(small[:, 1], Y[:, 1])[0, 1], 1.0)
    box = initialization.scale_for_umap(Y, random_state=0)
    np.testing.assert_allclose(box.min(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose(box.max(axis=0), 10.0, rtol=1e-6)
    for scaled in (small, box):
        assert_points(scaled, len(X), 2)


def test_scales_of_one_spot_are_finite():
    spot = np.zeros((5, 2), dtype=np.float32)
    assert np.isfinite(initialization.scale_for_tsne(spot)).all()
    assert np.isfinite(initialization.scale_for_umap(spot, random_state=0)).all()
