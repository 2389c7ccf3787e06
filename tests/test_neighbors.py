import gc
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from nbembed import neighbors
from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Graph, finding, nearest_neighbors, search
from nbembed.neighbors.cells import sort_into_cells
from nbembed.neighbors.euclidean import Euclidean
from nbembed.neighbors.inverted import inverted_search


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)[0].astype(np.float32)


def normal(n, d, seed=0, dtype=np.float64):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(dtype)


def assert_well_formed(found, n, k):
    assert found.indices.shape == found.distances.shape == (n, k)
    assert found.indices.dtype == np.int32
    assert found.distances.dtype == np.float32
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert ((found.indices >= 0) & (found.indices < n)).all()
    assert (found.indices != np.arange(n)[:, None]).all()
    assert all(len(set(row)) == k for row in found.indices.tolist())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_equals_scikit_learn(dtype):
    X = normal(900, 20, dtype=dtype)
    found = nearest_neighbors(X, n_neighbors=15)
    distances, indices = NearestNeighbors(n_neighbors=15).fit(X).kneighbors()
    assert_well_formed(found, 900, 15)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-6)
    assert found.exact


def test_distances_of_digits_equal_scikit_learn(digits):
    found = nearest_neighbors(digits, n_neighbors=90)
    distances, _ = NearestNeighbors(n_neighbors=90).fit(digits).kneighbors()
    assert_well_formed(found, len(digits), 90)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-6)


def test_same_bits_on_any_number_of_threads(digits):
    results = []
    for threads in (1, 2, 3):
        with use_threads(threads):
            results.append(nearest_neighbors(digits, n_neighbors=20))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0].indices, other.indices)
        np.testing.assert_array_equal(results[0].distances, other.distances)


def test_offset_costs_no_digits():
    X = normal(300, 5)
    near = nearest_neighbors(X, n_neighbors=10)
    far = nearest_neighbors(X + 1e8, n_neighbors=10)
    np.testing.assert_allclose(far.distances, near.distances, atol=1e-6)


def test_clusters_far_apart_keep_their_inner_order():
    # A matrix product in float32, and even in float64, cannot see these distances.
    X = normal(200, 5) * 1e-3
    X[100:] += 1e7
    found = nearest_neighbors(X, n_neighbors=5)
    distances, indices = NearestNeighbors(n_neighbors=5, algorithm="kd_tree").fit(X).kneighbors()
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-6)


def test_all_other_samples_can_be_neighbors():
    found = nearest_neighbors(normal(40, 3), n_neighbors=39)
    assert_well_formed(found, 40, 39)


def test_duplicates_are_at_distance_zero_in_order_of_index():
    found = nearest_neighbors(np.ones((30, 4)), n_neighbors=29)
    assert_well_formed(found, 30, 29)
    assert not found.distances.any()
    np.testing.assert_array_equal(found.indices[3], np.delete(np.arange(30), 3))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6, 1e15])
def test_scale_of_the_data_changes_no_neighbor(scale):
    X = normal(200, 8)
    np.testing.assert_array_equal(
        nearest_neighbors(X * scale, n_neighbors=7).indices,
        nearest_neighbors(X, n_neighbors=7).indices,
    )


@pytest.mark.parametrize("metric", ["cosine", "manhattan", "chebyshev", "correlation"])
def test_other_metrics_equal_scikit_learn(metric):
    X = normal(150, 6)
    found = nearest_neighbors(X, n_neighbors=8, metric=metric)
    reference = NearestNeighbors(n_neighbors=8, metric=metric, algorithm="brute").fit(X)
    distances, indices = reference.kneighbors()
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-5)


def test_function_and_matrix_of_distances_equal_the_metric():
    from sklearn.metrics import pairwise_distances

    X = normal(60, 4)
    by_name = nearest_neighbors(X, n_neighbors=6)
    matrix = pairwise_distances(X)
    kept = matrix.copy()
    for found in (
        nearest_neighbors(X, n_neighbors=6, metric=lambda a, b: np.linalg.norm(a - b)),
        nearest_neighbors(matrix, n_neighbors=6, metric="precomputed"),
        nearest_neighbors(sparse.csr_matrix(X), n_neighbors=6),
    ):
        np.testing.assert_array_equal(found.indices, by_name.indices)
        np.testing.assert_allclose(found.distances, by_name.distances, rtol=1e-5)
    np.testing.assert_array_equal(matrix, kept)


def test_search_reports_growing_fractions(monkeypatch):
    monkeypatch.setattr(neighbors.finding, "BLOCK_ENTRIES", 1)
    fractions = list(search(normal(400, 3), n_neighbors=3))
    assert len(fractions) > 2
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_search_that_is_given_up_leaves_no_lock_and_no_thread(monkeypatch):
    monkeypatch.setattr(neighbors.finding, "BLOCK_ENTRIES", 1)
    before = threading.active_count()
    stage = search(normal(400, 3), n_neighbors=3)
    next(stage)
    stage.close()
    assert threading.active_count() == before
    assert nearest_neighbors(normal(50, 3), n_neighbors=3).exact


@pytest.fixture(scope="module")
def clusters():
    rng = np.random.default_rng(1)
    return (rng.normal(size=(10, 12))[rng.integers(0, 10, 3000)] * 3).astype(np.float32) + normal(
        3000, 12, dtype=np.float32
    )


def test_approximate_search_repairs_what_is_missing(clusters, monkeypatch):
    X = clusters[:500]

    def descend(_X, k, _metric, _random_state):
        candidates = np.full((500, k + 1), -1, dtype=np.int32)
        candidates[:, 0] = np.arange(500)
        return candidates, np.zeros((500, k + 1), dtype=np.float32)

    monkeypatch.setattr(neighbors.finding, "_descend", descend)
    for metric in ("manhattan", "chebyshev"):
        found = nearest_neighbors(X, n_neighbors=4, method="approximate", metric=metric)
        exact = nearest_neighbors(X, n_neighbors=4, metric=metric)
        np.testing.assert_array_equal(found.indices, exact.indices)


def test_a_metric_the_library_does_not_know_is_searched_exactly():
    X = normal(80, 4)
    assert nearest_neighbors(X, n_neighbors=3, method="approximate", metric="nan_euclidean").exact


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_neighbors": 10}, "n_neighbors must be in"),
        ({"n_neighbors": 0}, "n_neighbors must be in"),
        ({"n_neighbors": 3, "method": "fast"}, "method must be"),
        ({"n_neighbors": 3, "metric": "precomputed"}, "square"),
    ],
)
def test_bad_arguments_are_named(options, message):
    with pytest.raises(InvalidInputError, match=message):
        nearest_neighbors(normal(10, 3), **options)


def test_exact_search_loads_no_heavy_library():
    code = (
        "import sys, numpy as np\n"
        "from nbembed.neighbors import nearest_neighbors\n"
        "nearest_neighbors(np.eye(9), n_neighbors=2)\n"
        "print([m for m in ('torch', 'pynndescent', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_graph_goes_to_scipy_and_back():
    matrix = sparse.random(50, 50, density=0.1, random_state=0, format="coo")
    graph = Graph.from_scipy(matrix)
    assert graph.n == 50
    assert (graph.indptr.dtype, graph.indices.dtype, graph.weights.dtype) == (
        np.int64,
        np.int32,
        np.float32,
    )
    rows = [graph.indices[a:b] for a, b in zip(graph.indptr, graph.indptr[1:], strict=False)]
    assert all((np.diff(row) > 0).all() for row in rows)
    np.testing.assert_allclose(graph.to_scipy().toarray(), matrix.toarray(), rtol=1e-6)


# ---- by cells ------------------------------------------------------------------------------------


def found_of(found, exact):
    reach = exact.distances[:, -1:] * (1 + 1e-5)
    return float((found.distances <= reach).mean())


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine"])
def test_the_search_by_cells_finds_the_neighbors_and_says_how_many(clusters, metric):
    exact = nearest_neighbors(clusters, n_neighbors=15, metric=metric)
    found = nearest_neighbors(clusters, n_neighbors=15, metric=metric, method="approximate")
    assert_well_formed(found, 3000, 15)
    assert not found.exact
    assert found_of(found, exact) > 0.99
    assert found.recall == pytest.approx(found_of(found, exact), abs=0.02)
    assert exact.recall == 1.0
    same = found.indices == exact.indices
    np.testing.assert_allclose(found.distances[same], exact.distances[same], rtol=1e-4, atol=1e-6)


def test_the_search_by_cells_has_the_same_bits_on_any_number_of_threads(clusters):
    results = []
    for threads in (1, 2, 3):
        with use_threads(threads):
            results.append(nearest_neighbors(clusters, n_neighbors=10, method="approximate"))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0].indices, other.indices)
        np.testing.assert_array_equal(results[0].distances, other.distances)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X.astype(np.float64) + 1e8,
        lambda X: X * np.float32(1e15),
        lambda X: X * np.float32(1e-15),
        lambda X: np.hstack([X, np.ones((len(X), 3), dtype=np.float32)]),
    ],
    ids=["offset", "large", "small", "constant columns"],
)
def test_the_search_by_cells_bears_with_any_units(clusters, change):
    X = change(clusters[:1000])
    exact = nearest_neighbors(X, n_neighbors=8)
    found = nearest_neighbors(X, n_neighbors=8, method="approximate")
    assert found_of(found, exact) > 0.99


def test_copies_of_one_sample_make_no_large_cell():
    X = normal(3000, 6, dtype=np.float32)
    X[500:2000] = X[500]
    found = nearest_neighbors(X, n_neighbors=10, method="approximate")
    assert_well_formed(found, 3000, 10)
    assert not found.distances[500:2000].any()
    sizes = np.diff(sort_into_cells(X, 0).starts)
    assert sizes.min() > 0
    assert sizes.sum() == 3000
    assert sizes.max() <= 4 * 56


def test_few_samples_can_all_be_neighbors_of_each_other_by_cells():
    found = nearest_neighbors(normal(30, 4), n_neighbors=29, method="approximate")
    assert_well_formed(found, 30, 29)
    assert found.recall == 1.0


def test_data_without_neighborhoods_are_searched_further_and_the_user_is_told(monkeypatch):
    X = normal(2500, 200, dtype=np.float32)
    monkeypatch.setattr(neighbors.inverted, "PROBES", 2)
    passes = []
    one_pass = neighbors.inverted._one_pass
    monkeypatch.setattr(
        neighbors.inverted, "_one_pass", lambda *given: passes.append(1) or one_pass(*given)
    )
    with pytest.warns(UserWarning, match="found [0-9]+% of the 5 nearest neighbours"):
        found = nearest_neighbors(X, n_neighbors=5, method="approximate")
    assert found.recall < 0.9
    assert len(passes) > 1


def test_the_search_by_cells_reports_growing_fractions(clusters):
    fractions = list(search(clusters, n_neighbors=5, method="approximate"))
    assert fractions == sorted(fractions)
    assert len(fractions) > 4
    assert fractions[-1] == 1.0


def test_a_memory_map_never_stands_in_memory_as_float64(tmp_path):
    X = np.memmap(tmp_path / "x", dtype=np.float32, mode="w+", shape=(4_000, 500))
    X[:] = np.random.default_rng(0).normal(size=X.shape)
    tracemalloc.start()
    _ = Euclidean(X, 5).coarse
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # One copy as float32, and blocks.
    assert peak < 1.4 * X.nbytes


def test_no_copy_of_the_samples_stands_beside_the_search(clusters, monkeypatch):
    held = []

    def watched(*given):
        held.extend(name for one in gc.get_objects() if isinstance(one, Euclidean) for name in vars(one))  # fmt: skip
        return inverted_search(*given)

    monkeypatch.setattr(finding, "inverted_search", watched)
    found = nearest_neighbors(clusters, n_neighbors=5, method="approximate")
    assert found.recall > 0.9
    assert "everyone" in held
    assert not {"coarse", "fine"} & set(held)
