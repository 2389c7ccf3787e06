"""Looking up rows that are not among the samples."""

import pickle

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from nbembed._threads import use_threads
from nbembed.errors import InvalidInputError
from nbembed.neighbors import Index, content_keys, index, nearest_neighbors, ways


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return rng.normal(size=(400, 8)).astype(np.float32), rng.normal(size=(90, 8)).astype(np.float32)


def expected(X, new, k, metric):
    distances = pairwise_distances(new.astype(np.float64), X.astype(np.float64), metric=metric)
    order = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return order, np.take_along_axis(distances, order, axis=1)


METRICS = ["euclidean", "l2", "sqeuclidean", "cosine", "manhattan", "correlation", "chebyshev"]


@pytest.mark.parametrize("metric", METRICS)
def test_it_finds_what_scikit_learn_finds(metric, rows):
    found = Index(rows[0], metric=metric).nearest(rows[1], 12)
    indices, distances = expected(*rows, 12, metric)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-5)
    assert found.exact


@pytest.mark.parametrize("metric", [*METRICS, lambda a, b: float(np.abs(a - b).sum())])
def test_companions_and_threads_do_not_show(metric, rows):
    together = Index(rows[0], metric=metric).nearest(rows[1], 12)
    alone = [Index(rows[0], metric=metric).nearest(row[None], 12) for row in rows[1][:20]]
    with use_threads(1):
        backwards = Index(rows[0], metric=metric).nearest(rows[1][::-1], 12)
    for name in ("indices", "distances"):
        whole = getattr(together, name)
        np.testing.assert_array_equal(
            np.concatenate([getattr(one, name) for one in alone]), whole[:20]
        )
        np.testing.assert_array_equal(getattr(backwards, name)[::-1], whole)


def test_among_many_equal_samples_the_first_are_found():
    # More of them than the product proposes, in an order that it does not know.
    X = np.repeat(np.random.default_rng(0).normal(size=(9, 30)), 60, axis=0).astype(np.float32)
    X = X[np.random.default_rng(1).permutation(len(X))]
    found = Index(X).nearest(X[:40], 5)
    np.testing.assert_array_equal(found.indices, expected(X, X[:40], 5, "chebyshev")[0])
    assert (found.distances == 0).all()


def test_a_sample_can_be_left_out(rows):
    X = rows[0]
    own = np.array([5, 300, 17])
    among = nearest_neighbors(X, n_neighbors=6)
    found = Index(X).nearest(X[own], 6, own=own)
    np.testing.assert_array_equal(found.indices, among.indices[own])
    np.testing.assert_array_equal(found.distances, among.distances[own])
    few = Index(X[:4]).nearest(X[:2], 3, own=np.array([0, 1]))
    np.testing.assert_array_equal(np.sort(few.indices), [[1, 2, 3], [0, 2, 3]])


@pytest.mark.parametrize("k", [0, 5])
def test_more_neighbours_than_samples_are_refused(k, rows):
    with pytest.raises(InvalidInputError, match=rf"in \[1, 4\].*got {k}"):
        Index(rows[0][:4]).nearest(rows[1], k)


def test_rows_far_from_everything_are_found_too(rows):
    far = np.full((2, 8), [[1e15], [-1e15]], dtype=np.float32)
    near = (rows[0] * 1e-10).astype(np.float32)
    found = Index(near).nearest(far, 3)
    np.testing.assert_allclose(found.distances, 1e15 * np.sqrt(8), rtol=1e-6)
    assert all(len(set(row)) == 3 for row in found.indices.tolist())


def test_a_row_of_zeros_has_no_direction():
    X = np.array([[1, 0], [0, 0], [2, 2]], dtype=np.float32)
    found = Index(X, metric="cosine").nearest(np.zeros((1, 2), np.float32), 3)
    # The other two are equally far.
    assert found.indices[0, 0] == 1
    assert sorted(found.indices[0]) == [0, 1, 2]
    np.testing.assert_allclose(found.distances, [[0, 1, 1]], atol=1e-6)


def test_equal_rows_are_known_by_their_numbers(rows):
    X = np.concatenate([rows[0], rows[0][:50]])
    X[7] = 0.0
    found = Index(X).equal(np.concatenate([X[::-1], rows[1]]))
    first = np.concatenate(
        [np.arange(7), [7], np.arange(8, 400), np.arange(7), [407], np.arange(8, 50)]
    )
    np.testing.assert_array_equal(found[:450], first[::-1])
    assert (found[450:] == -1).all()
    assert Index(X).equal(np.full((1, 8), -0.0, np.float32)).tolist() == [7]


def test_rows_with_the_same_key_are_compared(rows, monkeypatch):
    monkeypatch.setattr(index, "content_keys", lambda X: np.zeros(len(X), np.uint64))
    found = Index(rows[0]).equal(np.concatenate([rows[0][[9, 3]], rows[1][:1]]))
    assert found.tolist() == [9, 3, -1]


def test_keys_of_different_rows_differ(rows):
    near = np.nextafter(rows[0], np.float32(np.inf))
    keys = content_keys(np.concatenate([rows[0], near, -rows[0], rows[0][:, ::-1]]))
    assert len(set(keys.tolist())) == 1600
    np.testing.assert_array_equal(content_keys(rows[0][3:5]), keys[3:5])


def test_given_distances_are_sorted(rows):
    distances = pairwise_distances(rows[1], rows[0]).astype(np.float32)
    distances[4, [30, 60]] = 0.0
    square = Index(pairwise_distances(rows[0]).astype(np.float32), metric="precomputed")
    np.testing.assert_array_equal(
        square.nearest(distances, 5).indices, np.argsort(distances, axis=1, kind="stable")[:, :5]
    )
    assert square.equal(distances)[4] == 30
    assert (np.delete(square.equal(distances), 4) == -1).all()


def test_what_can_be_made_again_is_not_pickled(rows):
    X = Index(rows[0])
    cold = len(pickle.dumps(X))
    before = X.nearest(rows[1], 3)
    X.equal(rows[1])
    assert len(pickle.dumps(X)) == cold
    after = pickle.loads(pickle.dumps(X)).nearest(rows[1], 3)
    np.testing.assert_array_equal(after.indices, before.indices)


def test_a_large_copy_is_not_kept(rows, monkeypatch):
    kept = Index(rows[0])
    kept.nearest(rows[1], 3)
    kept.rest()
    assert isinstance(kept._way, ways.Product)
    monkeypatch.setattr(index, "KEPT_BYTES", 100)
    kept.rest()
    assert kept._way is None


class Sloppy:
    """Stands in for PyNNDescent's index: finds most neighbours, and what it finds depends on the past."""

    def __init__(self, X, k, metric, random_state):
        self.X, self.metric, self.asked = X, metric, []

    def prepare(self):
        pass

    def query(self, rows, k, epsilon):
        self.asked.append(len(rows))
        distances = pairwise_distances(rows, self.X, metric=self.metric)
        order = np.argsort(distances, axis=1)[:, :k]
        if rows[0, 0] > 1:
            order[0, 2] = -1
        return order, np.take_along_axis(distances, order, axis=1).astype(np.float32)


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "manhattan"])
def test_beyond_the_limit_rows_are_asked_for_one_by_one(metric, rows, monkeypatch):
    monkeypatch.setattr(index, "PRODUCT_LIMIT", 100)
    monkeypatch.setattr(index, "EXACT_LIMIT", 100)
    monkeypatch.setattr(ways, "descent", Sloppy)
    lookup = Index(rows[0], metric=metric)
    found = lookup.nearest(rows[1], 8)
    assert not found.exact
    assert set(lookup._way.index.asked) == {1}
    complete = rows[1][:, 0] <= 1
    indices, distances = expected(*rows, 8, metric)
    np.testing.assert_array_equal(found.indices[complete], indices[complete])
    np.testing.assert_allclose(found.distances[complete], distances[complete], rtol=1e-4)
    assert (found.indices >= 0).all()
    own = np.array([3, 20])
    among = lookup.nearest(rows[0][own], 8, own=own)
    np.testing.assert_array_equal(
        among.indices, expected(rows[0], rows[0][own], 9, metric)[0][:, 1:]
    )


def test_what_an_index_misses_is_measured(rows, monkeypatch):
    monkeypatch.setattr(index, "PRODUCT_LIMIT", 100)
    monkeypatch.setattr(ways, "descent", Sloppy)
    monkeypatch.setattr(
        Sloppy, "query", lambda self, rows, k, epsilon: (np.full((1, k), -1), np.zeros((1, k)))
    )
    found = Index(rows[0]).nearest(rows[1], 8)
    np.testing.assert_array_equal(found.indices, expected(*rows, 8, "euclidean")[0])


# Half a minute, nearly all of it pynndescent's own compilation, which it keeps in no cache: so all that
# calls it is in one test.
def test_pynndescent_finds_the_same_for_a_row_alone_and_in_a_search(rows, monkeypatch):
    X = rows[0]
    exact = nearest_neighbors(X, n_neighbors=15, metric="manhattan")
    found = nearest_neighbors(X, n_neighbors=15, metric="manhattan", method="approximate")
    assert not found.exact
    recall = np.mean(found.distances <= exact.distances[:, -1:] * (1 + 1e-5))
    assert recall >= 0.95
    assert found.recall == pytest.approx(recall, abs=0.05)
    again = nearest_neighbors(X, n_neighbors=15, metric="manhattan", method="approximate")
    np.testing.assert_array_equal(found.indices, again.indices)

    monkeypatch.setattr(index, "EXACT_LIMIT", 100)
    lookup = Index(X, metric="manhattan")
    found = lookup.nearest(rows[1], 8)
    assert not found.exact
    indices, _ = expected(*rows, 8, "manhattan")
    kept = [len(set(a) & set(b)) / 8 for a, b in zip(found.indices, indices, strict=True)]
    assert np.mean(kept) > 0.9
    again = Index(X, metric="manhattan").nearest(rows[1][::-1], 8)
    np.testing.assert_array_equal(again.indices[::-1], found.indices)
    np.testing.assert_array_equal(again.distances[::-1], found.distances)
