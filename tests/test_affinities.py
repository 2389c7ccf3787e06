import numpy as np
import pytest
from sklearn.datasets import load_digits

from nbembed import affinities
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Index, Neighbors, nearest_neighbors


@pytest.fixture(scope="module", name="X")
def fixture_digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)


@pytest.fixture(scope="module")
def ninety(X):
    return nearest_neighbors(X, n_neighbors=90)


@pytest.fixture(scope="module")
def fourteen(X):
    return nearest_neighbors(X, n_neighbors=14)


def at_distances(distances):
    distances = np.asarray(distances, dtype=np.float32)
    n, k = distances.shape
    indices = (np.arange(n)[:, None] + np.arange(1, k + 1)) % max(n, k + 1)
    return Neighbors(indices.astype(np.int32), distances, exact=True)


def dense(graph):
    return graph.to_scipy().toarray().astype(np.float64)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("u", [5.0, 30.0])
def test_every_row_meets_the_perplexity_at_every_scale(scale, u):
    data = np.random.default_rng(0).lognormal(size=(300, 6)) * scale
    found = nearest_neighbors(data, n_neighbors=90)
    P, beta = affinities.conditional(found, perplexity=u)
    np.testing.assert_allclose(P.sum(axis=1), 1.0, rtol=1e-12)
    entropy = -(P * np.log2(np.maximum(P, 1e-300))).sum(axis=1)
    np.testing.assert_allclose(2.0**entropy, u, atol=1e-3)
    weights = np.exp(-beta[:, None] * (found.distances.astype(float) ** 2))
    np.testing.assert_allclose(weights / weights.sum(axis=1, keepdims=True), P, rtol=1e-4)


def test_conditional_equals_scikit_learn(ninety):
    from sklearn.manifold._utils import _binary_search_perplexity

    squared = (ninety.distances.astype(np.float64) ** 2).astype(np.float32)
    reference = _binary_search_perplexity(squared, 30.0, 0)
    P, _ = affinities.conditional(ninety, perplexity=30.0)
    error = np.abs(P / np.maximum(reference, 1e-300) - 1.0)
    # scikit-learn stops at an entropy that is 1e-5 nats off, which the smallest ones feel.
    assert error[reference > 1e-6].max() < 2e-4
    assert np.mean(error[reference > 1e-6] > 1e-4) < 1e-3


def test_precisions_solve_the_equation_of_the_entropy(ninety):
    from scipy.optimize import brentq
    from scipy.special import entr

    P, beta = affinities.conditional(ninety, perplexity=30.0)
    for i in range(0, len(P), 300):
        squared = ninety.distances[i].astype(np.float64) ** 2

        def excess(precision, squared=squared):
            p = np.exp(-precision * (squared - squared[0]))
            p /= p.sum()
            return entr(p).sum() - np.log(30.0)

        solved = brentq(excess, 1e-4, 1.0, xtol=1e-14, rtol=1e-12)
        np.testing.assert_allclose(beta[i], solved, rtol=1e-7)


def test_joint_equals_opentsne(ninety):
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    index = PrecomputedNeighbors(ninety.indices, ninety.distances.astype(np.float64))
    reference = PerplexityBasedNN(perplexity=30, knn_index=index).P.toarray()
    counts = reference > 1e-7
    np.testing.assert_allclose(
        dense(affinities.perplexity(ninety, perplexity=30.0))[counts], reference[counts], rtol=1e-4
    )


def test_joint_is_symmetric_without_loops_and_sums_to_one(ninety):
    P = dense(affinities.perplexity(ninety, perplexity=30.0))
    np.testing.assert_array_equal(P, P.T)
    assert not P.diagonal().any()
    np.testing.assert_allclose(P.sum(), 1.0, rtol=1e-6)


def test_equal_distances_make_a_uniform_row():
    P, beta = affinities.conditional(
        at_distances([[0.0, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0]]), perplexity=2.0
    )
    np.testing.assert_array_equal(P, 0.25)
    np.testing.assert_array_equal(beta, 0.0)


def test_more_duplicates_than_the_perplexity_share_the_row():
    P, beta = affinities.conditional(at_distances([[0.0, 0.0, 0.0, 2.0]]), perplexity=2.0)
    np.testing.assert_allclose(P, [[1 / 3, 1 / 3, 1 / 3, 0.0]], atol=1e-12)
    assert np.isfinite(beta).all()


def test_a_perplexity_of_all_neighbors_is_uniform():
    P, _ = affinities.conditional(at_distances([[1.0, 2.0, 5.0]]), perplexity=3.0)
    np.testing.assert_allclose(P, 1 / 3, atol=1e-6)


@pytest.mark.parametrize("u", [0.5, 91.0])
def test_perplexity_out_of_range_is_named(ninety, u):
    with pytest.raises(InvalidInputError, match="perplexity must be in"):
        affinities.conditional(ninety, perplexity=u)


@pytest.mark.parametrize("local_connectivity", [1.0, 2.5])
def test_smooth_distances_equal_umap_learn(fourteen, local_connectivity):
    from umap.umap_ import smooth_knn_dist

    with_self = np.pad(fourteen.distances, ((0, 0), (1, 0)))
    sigma, rho = affinities.smooth_distances(fourteen, local_connectivity=local_connectivity)
    reference = smooth_knn_dist(with_self, 15.0, local_connectivity=local_connectivity)
    # umap-learn stops when the sum is 1e-5 off.
    np.testing.assert_allclose(sigma, reference[0], rtol=2e-4)
    np.testing.assert_allclose(rho, reference[1], rtol=1e-6)


@pytest.mark.parametrize("mix", [1.0, 0.3, 0.0])
def test_fuzzy_union_equals_umap_learn(X, fourteen, mix):
    from umap.umap_ import fuzzy_simplicial_set

    own = np.arange(len(X))[:, None].astype(np.int32)
    reference = fuzzy_simplicial_set(
        X,
        15,
        np.random.RandomState(0),
        "euclidean",
        knn_indices=np.hstack([own, fourteen.indices]),
        knn_dists=np.pad(fourteen.distances, ((0, 0), (1, 0))),
        set_op_mix_ratio=mix,
    )[0].toarray()
    graph = dense(affinities.fuzzy_union(fourteen, set_op_mix_ratio=mix))
    counts = reference > 1e-6
    np.testing.assert_allclose(graph[counts], reference[counts], rtol=1e-4)
    np.testing.assert_array_equal(graph > 1e-6, counts)
    np.testing.assert_array_equal(graph, graph.T)
    assert graph.max() <= 1.0 + 1e-6


def test_nearest_neighbor_has_full_membership(fourteen):
    graph = dense(affinities.fuzzy_union(fourteen))
    np.testing.assert_allclose(graph.max(axis=1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_memberships_do_not_depend_on_the_scale(fourteen, scale):
    scaled = Neighbors(fourteen.indices, fourteen.distances * np.float32(scale), exact=True)
    np.testing.assert_allclose(
        dense(affinities.fuzzy_union(scaled)), dense(affinities.fuzzy_union(fourteen)), atol=1e-5
    )


def test_duplicates_are_full_neighbors():
    graph = affinities.fuzzy_union(nearest_neighbors(np.ones((20, 3)), n_neighbors=5))
    np.testing.assert_array_equal(graph.weights, 1.0)


def test_same_bits_on_any_number_of_threads(ninety, fourteen):
    results = []
    for threads in (1, 2, 3):
        with use_threads(threads):
            joint = affinities.perplexity(ninety, perplexity=30.0)
            results.append((joint.weights, affinities.fuzzy_union(fourteen).weights))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0][0], other[0])
        np.testing.assert_array_equal(results[0][1], other[1])


def test_mix_ratio_out_of_range_is_named(fourteen):
    with pytest.raises(InvalidInputError, match="set_op_mix_ratio"):
        affinities.fuzzy_union(fourteen, set_op_mix_ratio=1.5)


@pytest.mark.parametrize("local_connectivity", [1.0, 2.0, 2.5])
def test_memberships_of_new_rows_equal_umap_learn(X, local_connectivity):
    from umap.umap_ import compute_membership_strengths, smooth_knn_dist

    found = Index(X[:1500]).nearest(X[1500:], 15)
    sigma, rho = smooth_knn_dist(found.distances, 15.0, local_connectivity=local_connectivity - 1)
    theirs = compute_membership_strengths(
        found.indices, found.distances, sigma, rho, bipartite=True
    )[2]
    ours = affinities.memberships(found, local_connectivity=local_connectivity)
    np.testing.assert_allclose(ours.ravel(), theirs, atol=5e-6)


def test_memberships_of_a_row_do_not_depend_on_the_others(X):
    found = Index(X[:1500]).nearest(X[1500:], 15)
    one = Neighbors(found.indices[7:8], found.distances[7:8], exact=True)
    np.testing.assert_array_equal(affinities.memberships(one)[0], affinities.memberships(found)[7])


def test_a_new_row_on_all_its_neighbours_belongs_to_all():
    assert affinities.memberships(at_distances([[0, 0, 0]])).tolist() == [[1.0, 1.0, 1.0]]
