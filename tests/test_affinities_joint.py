"""The switches between the affinities of t-SNE and UMAP, against what others compute."""

import itertools

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits, make_swiss_roll

from nbembed import affinities
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Neighbors, nearest_neighbors


@pytest.fixture(scope="module", name="X")
def fixture_digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)[:600]


@pytest.fixture(scope="module")
def fourteen(X):
    return nearest_neighbors(X, n_neighbors=14)


@pytest.fixture(scope="module")
def ninety(X):
    return nearest_neighbors(X, n_neighbors=90)


def dense(graph):
    return graph.to_scipy().toarray().astype(np.float64)


def test_joint_has_both_methods_at_its_ends(fourteen, ninety):
    tsne = affinities.joint(
        ninety,
        rows="perplexity",
        perplexity=20.0,
        pseudo_distance=False,
        symmetrization="mean",
        normalized=True,
    )
    np.testing.assert_array_equal(
        tsne.weights, affinities.perplexity(ninety, perplexity=20.0).weights
    )
    np.testing.assert_array_equal(
        affinities.joint(fourteen).weights, affinities.fuzzy_union(fourteen).weights
    )


def test_every_pair_of_switches_gives_other_affinities(fourteen):
    ways = itertools.product(
        ("fuzzy", "perplexity"), (True, False), affinities.SYMMETRIZATIONS, (True, False)
    )
    found = [
        dense(
            affinities.joint(
                fourteen,
                rows=rows,
                perplexity=5.0,
                pseudo_distance=pseudo,
                symmetrization=how,
                normalized=normalized,
            )
        )
        for rows, pseudo, how, normalized in ways
    ]
    apart = [np.abs(one - other).max() for one, other in itertools.combinations(found, 2)]
    assert len(found) == 32
    assert min(apart) > 1e-6


def test_normalized_only_divides_by_the_sum(fourteen):
    plain, normalized = (affinities.joint(fourteen, normalized=each) for each in (False, True))
    np.testing.assert_allclose(dense(normalized), dense(plain) / dense(plain).sum(), rtol=1e-6)


def test_without_pseudo_distance_memberships_fall_from_the_sample_itself(fourteen):
    directed = affinities.joint(fourteen, pseudo_distance=False, symmetrization="none")
    sigma, rho = affinities.smooth_distances(fourteen, local_connectivity=0.0)
    assert (rho == 0).all()
    expected = np.exp(-fourteen.distances / sigma[:, None])
    rows = np.take_along_axis(dense(directed), fourteen.indices.astype(np.int64), axis=1)
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    np.testing.assert_allclose(rows.sum(axis=1), np.log2(15), rtol=1e-5)


def test_pseudo_distances_start_at_zero(fourteen):
    found = affinities.pseudo_distances(fourteen)
    assert (found.distances[:, 0] == 0).all()
    expected = fourteen.distances - fourteen.distances.min(axis=1, keepdims=True)
    np.testing.assert_array_equal(found.distances, expected)


@pytest.mark.parametrize("how", affinities.SYMMETRIZATIONS)
def test_symmetrized_is_what_it_says(how):
    A = np.array([[0.0, 0.8, 0.5], [0.4, 0.0, 0.0], [0.0, 0.2, 0.0]])
    expected = {
        "mean": (A + A.T) / 2,
        "union": A + A.T - A * A.T,
        "mutual": np.where((A > 0) & (A.T > 0), (A + A.T) / 2, 0.0),
        "none": A,
    }
    found = affinities.symmetrized(sparse.csr_matrix(A), how).toarray()
    np.testing.assert_allclose(found, expected[how], atol=1e-15)


def test_the_mixture_goes_from_intersection_to_union():
    A = np.array([[0.0, 0.8], [0.4, 0.0]])
    mixed = affinities.symmetrized(sparse.csr_matrix(A), "union", set_op_mix_ratio=0.25).toarray()
    both = A * A.T
    np.testing.assert_allclose(mixed, 0.25 * (A + A.T - both) + 0.75 * both)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rows": "cosine"}, "rows must be"),
        ({"symmetrization": "max"}, "symmetrization must be one of 'mean', 'union'"),
        ({"set_op_mix_ratio": 1.5}, r"set_op_mix_ratio must be in \[0, 1\], got 1.5"),
        ({"rows": "perplexity", "perplexity": 50.0}, r"perplexity must be in \[1, 14\]"),
    ],
)
def test_joint_names_what_is_wrong(fourteen, options, message):
    with pytest.raises(InvalidInputError, match=message):
        affinities.joint(fourteen, **options)


def test_multiscale_equals_opentsne(ninety):
    from openTSNE.affinity import Multiscale
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    index = PrecomputedNeighbors(ninety.indices, ninety.distances.astype(np.float64))
    reference = Multiscale(perplexities=[4, 12, 30], knn_index=index, n_jobs=1).P.toarray()
    found = dense(affinities.multiscale(ninety, perplexities=[4, 12, 30]))
    np.testing.assert_allclose(found.sum(), 1.0, rtol=1e-6)
    error = np.abs(found / np.maximum(reference, 1e-300) - 1.0)[reference > 1e-7]
    assert error.max() < 0.05
    # openTSNE's search for the perplexity of 4 ends early in a few rows; ours meets it in all.
    assert np.mean(error > 1e-4) < 5e-3
    P, _ = affinities.conditional(ninety, perplexity=4.0)
    entropy = -(P * np.log2(np.maximum(P, 1e-300))).sum(axis=1)
    np.testing.assert_allclose(2.0**entropy, 4.0, rtol=1e-6)


def test_multiscale_of_one_scale_is_that_perplexity(ninety):
    np.testing.assert_array_equal(
        affinities.multiscale(ninety, perplexities=[20.0]).weights,
        affinities.perplexity(ninety, perplexity=20.0).weights,
    )


def test_scales_double_up_to_a_third():
    assert affinities.scales(90) == (2.0, 4.0, 8.0, 16.0)
    assert affinities.scales(6) == (2.0,)
    assert affinities.scales(1) == (1.0,)


def test_multiscale_needs_a_scale(ninety):
    with pytest.raises(InvalidInputError, match="perplexities must hold"):
        affinities.multiscale(ninety, perplexities=[])


def test_equal_label_joins_classes_and_leaves_the_unknown_alone():
    graph = dense(affinities.equal_label([1, -1, 1, 0, -1, 0, 1]))
    labels = np.array([1, -1, 1, 0, -1, 0, 1])
    expected = (labels[:, None] == labels) & (labels != -1)[:, None] & ~np.eye(7, dtype=bool)
    np.testing.assert_array_equal(graph, expected.astype(float))
    normalized = affinities.equal_label(["a", "b", "a", "b"], normalized=True)
    np.testing.assert_allclose(normalized.weights, 0.25)
    assert affinities.equal_label([1, 2, 3]).weights.size == 0
    with pytest.raises(InvalidInputError, match="labels must hold one value"):
        affinities.equal_label([[1, 2]])


@pytest.fixture(scope="module")
def roll():
    return make_swiss_roll(400, random_state=0)[0].astype(np.float32)


def test_geodesic_distances_equal_isomap(roll):
    from sklearn.manifold import Isomap

    reference = Isomap(n_neighbors=8).fit(roll).dist_matrix_
    found = affinities.geodesic_distances(nearest_neighbors(roll, n_neighbors=8))
    np.testing.assert_allclose(found, reference, rtol=1e-4)


def test_geodesic_neighbors_are_the_nearest_by_path(roll):
    found = nearest_neighbors(roll, n_neighbors=8)
    lengths = affinities.geodesic_distances(found)
    np.fill_diagonal(lengths, np.inf)
    along = affinities.geodesic_neighbors(found, n_neighbors=40)
    np.testing.assert_allclose(along.distances, np.sort(lengths, axis=1)[:, :40], rtol=1e-6)
    np.testing.assert_allclose(
        np.take_along_axis(lengths, along.indices.astype(np.int64), axis=1),
        along.distances,
        rtol=1e-6,
    )


def test_paths_lead_through_duplicates_and_not_between_parts():
    indices = np.array([[1], [0], [1], [4], [3]], dtype=np.int32)
    distances = np.array([[0.0], [0.0], [2.0], [1.0], [1.0]], dtype=np.float32)
    apart = Neighbors(indices, distances, exact=True)
    lengths = affinities.geodesic_distances(apart)
    np.testing.assert_allclose(lengths[0, :3], [0.0, 0.0, 2.0], atol=1e-20)
    assert np.isinf(lengths[0, 3:]).all()
    with pytest.raises(InvalidInputError, match="the graph is in parts"):
        affinities.geodesic_neighbors(apart, n_neighbors=2)
    with pytest.raises(InvalidInputError, match=r"n_neighbors must be in \[1, 4\], got 5"):
        affinities.geodesic_neighbors(apart, n_neighbors=5)
