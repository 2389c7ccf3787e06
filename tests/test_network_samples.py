"""Samples of any shape, and neighbourhoods measured on something else than the network sees."""

import numba
import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.base import clone
from torch import nn

import nbembed as nb
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.neighbors import nearest_neighbors

RNG = np.random.default_rng(0)
OPTIONS = {"n_batches": 10, "batch_size": 16, "device": "cpu", "random_state": 0}
PICTURES = RNG.normal(size=(40, 6, 5, 3)).astype(np.float32)


def umap(**options):
    return nb.ParametricUMAP(n_neighbors=5, **OPTIONS | options)


class Seeing(nn.Module):
    """Keeps the shapes that it sees."""

    def __init__(self, d):
        super().__init__()
        self.map = nn.Linear(d, 2)
        self.seen = set()

    def forward(self, samples):
        self.seen.add(tuple(samples.shape[1:]))
        return self.map(samples.flatten(1))


@pytest.mark.parametrize("shape", [(6, 5, 3), (18, 5), (90,)])
@pytest.mark.parametrize("kind", ["array", "list", "tensor"])
def test_the_network_sees_samples_in_their_shape(shape, kind):
    X = PICTURES.reshape(40, *shape)
    X = {"array": X, "list": X.tolist(), "tensor": torch.from_numpy(X)}[kind]
    fitted = umap(model=Seeing(90)).fit(X)
    assert fitted.model_.seen == {shape}
    np.testing.assert_array_equal(fitted.transform(X), fitted.embedding_)
    assert fitted.features(X, "map").shape == (40, 2)
    assert fitted.n_features_in_ == 90


def test_the_shape_changes_nothing_but_what_the_network_sees():
    flat = umap(hidden=(8,)).fit(PICTURES.reshape(40, -1))
    folded = umap(hidden=(8,)).fit(PICTURES)
    np.testing.assert_array_equal(flat.embedding_, folded.embedding_)
    named = umap(model=Seeing(90), shape=(6, 15)).fit(PICTURES.reshape(40, -1))
    assert named.model_.seen == {(6, 15)}


@pytest.mark.parametrize("shape", [(30, 17, 3), (9, 7), (1, 4, 1)])
def test_convolutions_by_name_take_pictures_of_any_size(shape, tmp_path):
    X = RNG.normal(size=(24, *shape)).astype(np.float32)
    fitted = umap(model="cnn", hidden=(8,), n_batches=3).fit(X)
    assert fitted.model_.shape == (*shape, 1)[:3]
    np.testing.assert_array_equal(fitted.transform(X), fitted.embedding_)
    np.testing.assert_array_equal(fitted.transform(X[..., None]), fitted.embedding_)
    fitted.save(tmp_path / "map")
    loaded = nb.load(tmp_path / "map")
    np.testing.assert_array_equal(loaded.transform(X), fitted.embedding_)
    rows = umap(model="cnn", hidden=(8,), n_batches=3, shape=(*shape, 1)[:3])
    np.testing.assert_array_equal(rows.fit(X.reshape(24, -1)).embedding_, fitted.embedding_)


def test_convolutions_have_the_defaults_of_their_class():
    phase = nb.ParametricTSNE(model="cnn", shape=(8, 8, 1)).phases(100)[0]
    found = nb.networks.make_network(phase.model, 64, seed=0)
    assert str(found) == str(nb.networks.CNN((8, 8, 1)))


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(InvalidInputError, match=r"model 'cnn' must know the shape of a picture"):
        umap(model="cnn").fit(PICTURES.reshape(40, -1))
    with pytest.raises(InvalidInputError, match=r"shape must multiply .* 90, got \(9, 9\)"):
        umap(model=Seeing(90), shape=(9, 9)).fit(PICTURES)
    with pytest.raises(InvalidTypeError, match="shape must be that of one sample"):
        umap(shape=9).fit(PICTURES)
    fitted = umap(hidden=(4,)).fit(PICTURES)
    with pytest.raises(InvalidInputError, match=r"shape of the fit, \(6, 5, 3\), got \(5, 6, 3\)"):
        fitted.transform(PICTURES.transpose(0, 2, 1, 3))
    with pytest.raises(InvalidInputError, match=r"model must take samples of shape \(6, 5, 3\)"):
        umap(model=nn.Linear(90, 2)).fit(PICTURES)


# ---- neighbourhoods of something else ------------------------------------------------------------


@numba.njit
def warped(first, second):
    """The dynamic time warping distance: the least sum of distances over all monotone alignments."""
    n, m = len(first), len(second)
    cost = np.full((n + 1, m + 1), np.inf)
    cost[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            step = np.sqrt(((first[i] - second[j]) ** 2).sum())
            cost[i + 1, j + 1] = step + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
    return cost[n, m]


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(1, 16, batch_first=True)
        self.map = nn.Linear(16, 2)

    def forward(self, sequences):
        return self.map(self.lstm(sequences)[0][:, -1])


@pytest.fixture(scope="module")
def sequences():
    """Two kinds of waves at random onsets and speeds: (60, 30, 1), and which is which."""
    rng = np.random.default_rng(1)
    kinds = np.arange(60) % 2
    time = np.arange(30)
    rows = []
    for kind in kinds:
        onset, speed = rng.integers(0, 12), rng.uniform(0.8, 1.2)
        phase = np.clip((time - onset) * speed, 0, 18)
        rows.append(np.sin(phase / 18 * (2 if kind else 4) * np.pi) * np.sign(phase))
    X = np.stack(rows)[..., None] + rng.normal(scale=0.05, size=(60, 30, 1))
    return X.astype(np.float32), kinds


@pytest.fixture(scope="module")
def recurrent():
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        return Recurrent()


def test_warping_is_what_it_says():
    a, b = np.array([[0.0], [1.0], [2.0]]), np.array([[0.0], [0.0], [1.0], [1.0], [2.0]])
    assert warped(a, b) == 0
    assert warped(a, np.array([[3.0]])) == 3 + 2 + 1


def test_sequences_by_time_warping_into_a_recurrent_network(sequences, recurrent):
    X, kinds = sequences
    options = {"model": recurrent, "n_batches": 300, "batch_size": 64, "learning_rate": 0.01}
    D = np.array([[warped(a, b) for b in X] for a in X])
    fitted = umap(metric="precomputed", graph=D, **options).fit(X)
    assert nb.metrics.neighborhood_hit(fitted.embedding_, kinds, n_neighbors=5) > 0.9
    assert fitted.transform(X[:3]).shape == (3, 2)
    by_metric = umap(metric=warped, model=recurrent, n_batches=1).fit(X)
    assert (by_metric.graph_ != fitted.graph_).nnz == 0
    plain = umap(model=recurrent, n_batches=1).fit(X)
    assert (plain.graph_ != fitted.graph_).nnz > 0


def test_a_metric_sees_samples_in_their_shape():
    seen = set()

    def metric(first, second):
        seen.add((first.shape, second.shape))
        return np.abs(first - second).sum()

    umap(metric=metric, hidden=(4,), n_batches=1).fit(PICTURES[:12])
    assert seen == {((6, 5, 3), (6, 5, 3))}


def test_neighbours_found_elsewhere_are_as_good_as_our_own(blobs):
    own = umap(hidden=(8,)).fit(blobs)
    found = nearest_neighbors(blobs, n_neighbors=9)
    given = umap(hidden=(8,), graph=(found.indices, found.distances)).fit(blobs)
    np.testing.assert_array_equal(given.embedding_, own.embedding_)
    itself = np.column_stack([np.arange(150), found.indices])
    lengths = np.column_stack([np.zeros(150), found.distances])
    order = np.random.default_rng(0).permutation(10)
    mixed = clone(given).set_params(graph=(itself[:, order], lengths[:, order])).fit(blobs)
    np.testing.assert_array_equal(mixed.embedding_, own.embedding_)


def test_affinities_found_elsewhere_are_as_good_as_our_own(blobs, tmp_path):
    own = umap(hidden=(8,)).fit(blobs)
    given = umap(hidden=(8,), graph=own.graph_).fit(blobs)
    np.testing.assert_array_equal(given.embedding_, own.embedding_)
    given.save(tmp_path / "map")
    assert nb.load(tmp_path / "map").graph is None
    tsne = nb.ParametricTSNE(perplexity=10, hidden=(8,), **OPTIONS).fit(blobs)
    again = clone(tsne).set_params(graph=tsne.affinities_ * 7).fit(blobs)
    np.testing.assert_allclose(again.affinities_.sum(), 1, rtol=1e-5)
    np.testing.assert_allclose(again.embedding_, tsne.embedding_, atol=1e-3)
    run = given.run(blobs)
    for frame in run:
        if frame.step:
            break
    branch = run.branch(0)
    next(branch)
    np.testing.assert_array_equal(branch.embedding, run.embedding)


def changed(graph, at, value):
    new = np.array(graph, dtype=np.float64)
    new[at] = value
    return new


def test_graphs_that_cannot_be_used_are_named(blobs):
    found = nearest_neighbors(blobs, n_neighbors=4)
    indices, lengths = found.indices, found.distances
    A = umap(hidden=(4,), n_batches=1).fit(blobs).graph_.toarray()
    for graph, words in {
        "short": ((indices[:9], lengths[:9]), r"shape \(150, k\)"),
        "far": ((changed(indices, (0, 0), 150).astype(int), lengths), "0 to 149"),
        "missing": ((changed(indices, (0, 0), -1).astype(int), lengths), "such as -1"),
        "own": ((changed(indices, (3, 0), 3).astype(int), lengths), "once .* or never"),
        "twice": ((changed(indices, (3, 0), indices[3, 1]).astype(int), lengths), "in row 3"),
        "nan": ((indices, changed(lengths, (0, 0), np.nan)), "finite distances .* got nan"),
        "few": ((indices[:, :2], lengths[:, :2]), "at least 4 neighbours .* got 2"),
        "shape": (sparse.csr_matrix(A[:9]), r"shape \(150, 150\)"),
        "below": (sparse.csr_matrix(-A), "at least 0"),
        "one way": (sparse.csr_matrix(np.triu(A)), "be symmetric"),
        "empty": (sparse.csr_matrix((150, 150)), "above 0, got none"),
    }.values():
        with pytest.raises(InvalidInputError, match=f"graph must .*{words}"):
            umap(hidden=(4,), graph=graph).fit(blobs)
    with pytest.raises(InvalidTypeError, match=r"graph must be .* got ndarray"):
        umap(hidden=(4,), graph=A).fit(blobs)
    with pytest.raises(InvalidInputError, match="graph must hold finite distances"):
        umap(hidden=(4,), graph=-A, metric="precomputed").fit(blobs)
