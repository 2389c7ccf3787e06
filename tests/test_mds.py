"""Scaling: the steps of SMACOF, the eigenvectors of classical scaling, paths, new rows."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn import manifold
from sklearn.decomposition import PCA
from sklearn.metrics import pairwise_distances

import nbembed as nb
from nbembed.affinities import distances, geodesic_neighbors
from nbembed.errors import InvalidInputError
from nbembed.forces import StrainStepper, StressStepper
from nbembed.neighbors import nearest_neighbors


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32) * [3, 2, 1, 0.5]


@pytest.fixture(scope="module")
def roll():
    rng = np.random.default_rng(1)
    t = np.sort(rng.uniform(4.5, 12.0, size=300))
    return np.stack([t * np.cos(t), 10 * rng.uniform(size=300), t * np.sin(t)], axis=1), t


def graph_of(X):
    return distances(nearest_neighbors(X, n_neighbors=len(X) - 1))


def same_up_to_signs(ours, theirs, tolerance):
    signs = np.sign((ours * theirs).sum(axis=0))
    np.testing.assert_allclose(ours * signs, theirs, atol=tolerance)


def start(n=60):
    return np.random.default_rng(2).normal(size=(n, 2)).astype(np.float32)


def test_a_step_is_one_of_smacof(table):
    D = pairwise_distances(table)
    theirs, _ = manifold.smacof(D, n_components=2, init=start(), n_init=1, max_iter=7, eps=0.0)
    stepper = StressStepper(graph_of(table), start())
    for _ in range(7):
        stepper.step()
    same_up_to_signs(stepper.embedding(), theirs, 1e-4)


def test_the_stress_is_that_of_all_pairs_and_never_rises(table):
    stepper, D = StressStepper(graph_of(table), start()), pairwise_distances(table)
    d = pairwise_distances(stepper.embedding())
    assert stepper.losses()["stress"] == pytest.approx(
        ((D - d) ** 2).sum() / (D**2).sum(), rel=1e-5
    )
    values = []
    for _ in range(30):
        values.append(stepper.losses()["stress"])
        stepper.step()
    assert (np.diff(values) <= 1e-7).all()
    assert values[-1] < 0.5 * values[0]


def test_strain_of_straight_distances_is_pca(table):
    stepper = StrainStepper(graph_of(table), start(), seed=0)
    before = stepper.losses()["strain"]
    for _ in range(60):
        stepper.step()
    same_up_to_signs(stepper.embedding(), PCA(2).fit_transform(table), 1e-3)
    centred = (table - table.mean(axis=0)).astype(np.float64)
    B, Y = centred @ centred.T, stepper.embedding().astype(np.float64)
    wanted = ((B - Y @ Y.T) ** 2).sum() / (B**2).sum()
    assert stepper.losses()["strain"] == pytest.approx(wanted, rel=1e-4)
    assert wanted < before


def test_the_strain_goes_on_bit_by_bit(table):
    one, other = (StrainStepper(graph_of(table), start(), seed=0) for _ in range(2))
    one.step()
    other.load_state_dict(one.state_dict())
    one.step()
    other.step()
    np.testing.assert_array_equal(one.embedding(), other.embedding())


def test_mds_has_the_stress_of_scikit_learn(table):
    ours = nb.MDS(random_state=0).fit(table)
    D = pairwise_distances(table)
    _, raw = manifold.smacof(D, n_init=4, random_state=0, max_iter=1000, eps=1e-9)
    assert ours.loss_ <= 1.01 * raw / ((D**2).sum() / 2)
    again = nb.MDS(random_state=0, metric="precomputed", init=PCA(2).fit_transform(table)).fit(D)
    assert again.loss_ == pytest.approx(ours.loss_, rel=1e-2)


def test_isomap_is_that_of_scikit_learn_and_unrolls(roll):
    rows, t = roll
    theirs = manifold.Isomap(n_neighbors=8, n_components=2).fit(rows)
    ours = nb.Isomap(n_neighbors=8, random_state=0).fit(rows)
    scale = np.abs(theirs.embedding_).max()
    same_up_to_signs(ours.embedding_ / scale, theirs.embedding_ / scale, 1e-3)
    arc = 0.5 * (t * np.sqrt(1 + t**2) + np.arcsinh(t))
    assert abs(np.corrcoef(ours.embedding_[:, 0], arc)[0, 1]) > 0.99
    assert abs(np.corrcoef(nb.MDS(random_state=0).fit_transform(rows)[:, 0], arc)[0, 1]) < 0.9


def test_new_rows_of_isomap_go_where_scikit_learn_puts_them(roll, tmp_path):
    rows, _ = roll
    theirs = manifold.Isomap(n_neighbors=8, n_components=2).fit(rows[:280])
    ours = nb.Isomap(n_neighbors=8, random_state=0).fit(rows[:280])
    signs = np.sign((ours.embedding_ * theirs.embedding_).sum(axis=0))
    scale = np.abs(theirs.embedding_).max()
    placed = ours.transform(rows[280:])
    np.testing.assert_allclose(
        placed * signs / scale, theirs.transform(rows[280:]) / scale, atol=5e-3
    )
    ours.save(tmp_path / "isomap")
    np.testing.assert_array_equal(nb.load(tmp_path / "isomap").transform(rows[280:]), placed)


@pytest.mark.parametrize("make", [nb.MDS, lambda **o: nb.MDS(loss="strain", **o), nb.Isomap])
def test_rows_are_placed_alone_as_together_and_near_where_they_were(table, make):
    fitted = make(n_iter=100, random_state=0).fit(table)
    new = table[:5] + 0.01
    placed = fitted.transform(new)
    for i in range(5):
        np.testing.assert_array_equal(fitted.transform(new[i : i + 1])[0], placed[i])
    np.testing.assert_array_equal(fitted.transform(table), fitted.embedding_)
    size = np.ptp(fitted.embedding_)
    assert np.abs(placed - fitted.embedding_[:5]).max() < 0.3 * size
    assert np.abs(fitted.place_again(np.arange(5)) - fitted.embedding_[:5]).max() < 0.4 * size


def test_equal_rows_and_few_rows_are_mapped():
    rows = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    assert np.isfinite(nb.MDS(random_state=0).fit_transform(rows)).all()
    assert nb.MDS(random_state=0).fit(rows[[0, 4]]).embedding_.shape == (2, 2)
    assert nb.MDS(loss="strain", random_state=0).fit(rows[[0, 4, 8]]).loss_ < 1e-6


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (nb.MDS(loss="strss"), "did you mean 'stress'"),
        (nb.MDS(init="spectral"), "init must be one of"),
        (nb.Isomap(n_neighbors=0), "n_neighbors must be"),
    ],
)
def test_what_cannot_be_is_said(table, estimator, message):
    with pytest.raises(InvalidInputError, match=message):
        estimator.fit(table)


@pytest.mark.parametrize("metric", ["euclidean", "precomputed"])
def test_a_graph_in_parts_is_joined_as_by_scikit_learn(table, metric):
    apart = np.vstack([table, table + 50])
    X = apart if metric == "euclidean" else pairwise_distances(apart)
    with pytest.warns(UserWarning, match="nearest neighbours is in 2 parts"):
        ours = nb.Isomap(n_iter=1_000, metric=metric, random_state=0).fit(X)
    with pytest.warns(UserWarning, match="number of connected components"):
        theirs = manifold.Isomap(n_neighbors=5, metric=metric).fit_transform(X)
    np.testing.assert_allclose(pdist(ours.embedding_), pdist(theirs), rtol=0.01, atol=0.5)


def test_three_parts_are_joined_by_two_edges():
    line = np.arange(12.0)[:, None]
    X = np.vstack([line[:5], line[:4] + 100, line[:3] + 300])
    found = nearest_neighbors(X, n_neighbors=2)
    with pytest.warns(UserWarning, match="in 3 parts"):
        along = geodesic_neighbors(found, n_neighbors=11, X=X)
    order = np.argsort(along.indices, axis=1)
    paths = np.take_along_axis(along.distances, order, axis=1)
    expected = [np.delete(abs(X[i, 0] - X[:, 0]), i) for i in range(12)]
    np.testing.assert_allclose(paths, expected)
