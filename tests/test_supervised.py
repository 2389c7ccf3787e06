"""UMAP that heeds labels, and UMAP that heeds densities, against umap-learn."""

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

import nbembed as nb
from nbembed.affinities import equal_label, fuzzy_union, with_labels, with_targets
from nbembed.errors import InvalidInputError, InvalidTypeError
from nbembed.forces import DensityStepper, log_radii
from nbembed.neighbors import edge_lengths, nearest_neighbors

REFERENCE = Path(__file__).parent / "reference"


@pytest.fixture(scope="module")
def blobs():
    return crowds()


def crowds():
    # Two groups upon each other, told apart by labels alone; a third as wide as ten of them.
    rng = np.random.default_rng(0)
    wide = np.repeat([1.0, 1.0, 4.0], 40)[:, None]
    centres = np.repeat([0.0, 0.5, 30.0], 40)[:, None]
    return (wide * rng.normal(size=(120, 5)) + centres).astype(np.float32)


@pytest.fixture(scope="module")
def labels():
    return np.repeat([0, 1, 2], 40)


def graph_of(rows):
    return fuzzy_union(nearest_neighbors(rows, n_neighbors=14))


@pytest.mark.parametrize("weight", [0.0, 0.5, 0.9, 1.0])
def test_labels_change_memberships_as_in_umap_learn(blobs, labels, weight):
    package = pytest.importorskip("umap.umap_")
    some = labels.copy()
    some[::7] = -1
    graph = graph_of(blobs)
    far = 2.5 / (1 - weight) if weight < 1 else 1e12
    theirs = package.discrete_metric_simplicial_set_intersection(
        graph.to_scipy().astype(np.float64), some, far_dist=far
    )
    ours = with_labels(graph, some, target_weight=weight).to_scipy()
    assert abs(ours - theirs).max() < 1e-6


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 0.8, 1.0])
def test_numbers_change_memberships_as_in_umap_learn(blobs, weight):
    package = pytest.importorskip("umap.umap_")
    y = np.random.default_rng(4).normal(size=120)
    graph, targets = graph_of(blobs), graph_of(y[:, None])
    theirs = package.general_simplicial_set_intersection(
        graph.to_scipy(), targets.to_scipy(), weight
    )
    theirs = package.reset_local_connectivity(theirs)
    ours = with_targets(graph, targets, target_weight=weight).to_scipy()
    assert abs(ours - theirs).max() < 1e-5


def test_numbers_order_the_map(blobs):
    # Where they lie within the group the rows know nothing of.
    y = np.random.default_rng(5).random(120)

    def explained(estimator, given):
        found = estimator.fit(blobs, given).embedding_
        return KNeighborsRegressor(8).fit(found[::2], y[::2]).score(found[1::2], y[1::2])

    heeding = umap(target_metric="euclidean", target_weight=0.8)
    assert explained(umap(), None) < 0.3
    assert explained(heeding, y) > 0.8
    run = heeding.run(blobs, y)
    next(frame for frame in run if frame.step == 20)
    branch = run.branch(7)
    for each in (run, branch):
        for _ in each:
            pass
    np.testing.assert_array_equal(branch.embedding, heeding.embedding_)
    np.testing.assert_array_equal(
        heeding.fit_transform(blobs), umap().fit_transform(blobs)
    )  # without y nothing is heeded
    with pytest.raises(InvalidTypeError, match="y must hold numbers with target_metric"):
        heeding.fit(blobs, ["a"] * 120)
    with pytest.raises(InvalidInputError, match=r"y must be finite .* got 1 value"):
        heeding.fit(blobs, np.where(np.arange(120) == 7, np.nan, y))
    with pytest.raises(InvalidInputError, match="target_metric must be one of"):
        umap(target_metric="l7").fit(blobs, y)


def umap(**options):
    return nb.UMAP(n_epochs=60, random_state=0, **options)


def test_labels_tell_groups_apart_and_only_where_they_are_given(blobs, labels):
    def accuracy(estimator, y):
        found = estimator.fit(blobs, y).embedding_
        return KNeighborsClassifier(5).fit(found[::2], labels[::2]).score(found[1::2], labels[1::2])

    without, given = umap(), umap(target_weight=0.9)
    assert accuracy(without, None) < 0.95
    assert accuracy(given, labels) > 0.99
    np.testing.assert_array_equal(
        umap().fit_transform(blobs), umap(target_weight=1.0).fit_transform(blobs)
    )
    names = np.array(["a", "b", "c"])[labels]
    np.testing.assert_array_equal(
        umap().fit_transform(blobs, names), umap().fit_transform(blobs, labels)
    )


def test_runs_with_labels_branch_bit_by_bit(blobs, labels):
    run = umap().run(blobs, labels)
    next(frame for frame in run if frame.step == 20)
    branch = run.branch(7)
    for each in (run, branch):
        for _ in each:
            pass
    np.testing.assert_array_equal(run.embedding, branch.embedding)


@pytest.mark.parametrize("normalized", [False, True])
def test_affinities_of_labels_alone(blobs, labels, normalized, tmp_path):
    some = labels.copy()
    some[::7] = -1
    known = {"affinities": "equal_label", "normalized": normalized, "n_epochs": 60}
    fitted = nb.GDR(**known, random_state=0).fit(blobs, some)
    wanted = equal_label(some, normalized=normalized).to_scipy()
    assert abs(fitted.affinities_ - wanted).max() < 1e-9
    assert wanted.nnz == sum(c * (c - 1) for c in np.bincount(some[some >= 0]))
    seen = some >= 0
    near = KNeighborsClassifier(5).fit(fitted.embedding_[seen][::2], some[seen][::2])
    assert near.score(fitted.embedding_[seen][1::2], some[seen][1::2]) > 0.99
    again = nb.GDR(**known, random_state=0).fit(blobs, np.array(["x", "a", "b", "c"])[some + 1])
    assert not np.array_equal(again.embedding_, fitted.embedding_)  # "x" is a class
    fitted.save(tmp_path / "map")
    rows = blobs[:6] + 0.01
    np.testing.assert_array_equal(nb.load(tmp_path / "map").transform(rows), fitted.transform(rows))
    with pytest.raises(
        InvalidInputError, match=r"y must hold a label .*'equal_label'.*fit\(X, y\)"
    ):
        nb.GDR(**known).fit(blobs)


def test_what_cannot_be_is_said(blobs, labels):
    with pytest.raises(InvalidInputError, match="y must hold one value per row"):
        umap().fit(blobs, labels[:5])
    with pytest.raises(InvalidInputError, match=r"y must hold classes.*pandas\.qcut"):
        umap().fit(blobs, np.linspace(0, 1.5, 120))
    with pytest.raises(InvalidInputError, match="target_weight must be"):
        umap(target_weight=2).fit(blobs)
    for name, value in {"dens_lambda": -1, "dens_frac": 2, "dens_var_shift": -1}.items():
        with pytest.raises(InvalidInputError, match=f"{name} must be"):
            umap(**{name: value}).fit(blobs)


def lengths_of(rows, graph, metric="euclidean"):
    heads = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    return edge_lengths(rows, heads, graph.indices, metric)


def density_stepper(rows, points):
    graph = graph_of(rows)
    radii = log_radii(graph, lengths_of(rows, graph) ** 2)
    return DensityStepper(
        graph, points, radii=radii, a=1.6, b=0.9, learning_rate=1.0, n_steps=10, seed=0
    )


def test_edges_are_as_long_as_they_are(blobs):
    from sklearn.metrics import pairwise_distances

    heads, tails = np.arange(10), np.arange(10, 20)
    for metric in ("euclidean", "cosine", "chebyshev"):
        wanted = pairwise_distances(blobs, metric=metric)[heads, tails]
        np.testing.assert_allclose(edge_lengths(blobs, heads, tails, metric), wanted, rtol=1e-5)
    table = pairwise_distances(blobs)
    np.testing.assert_array_equal(
        edge_lengths(table, heads, tails, "precomputed"), table[heads, tails]
    )


def test_the_gradient_of_the_correlation_is_that_of_finite_differences(blobs):
    points = np.random.default_rng(1).normal(size=(120, 2)).astype(np.float32) * 3
    gradient = density_stepper(blobs, points).density_gradient()
    for i, d in [(0, 0), (60, 1), (119, 0)]:
        values = []
        for move in (2e-3, -2e-3):
            moved = points.copy()
            moved[i, d] += move
            values.append(density_stepper(blobs, moved).density_correlation())
        assert gradient[i, d] == pytest.approx((values[0] - values[1]) / 4e-3, rel=2e-2, abs=1e-6)


def test_radii_are_those_of_umap_learn(blobs):
    package = pytest.importorskip("umap.umap_")
    found = nearest_neighbors(blobs, n_neighbors=14)
    own = np.arange(120, dtype=np.int32)[:, None]
    indices = np.hstack([own, found.indices])
    distances = np.hstack([np.zeros((120, 1), np.float32), found.distances])
    graph, _, _, table = package.fuzzy_simplicial_set(
        blobs, 15, 0, "euclidean", knn_indices=indices, knn_dists=distances, return_dists=True
    )
    graph, table = graph.toarray(), table.toarray()
    theirs = np.log(1e-8 + (graph * table**2).sum(axis=1) / graph.sum(axis=1))
    ours = graph_of(blobs)
    np.testing.assert_allclose(log_radii(ours, lengths_of(blobs, ours) ** 2), theirs, atol=2e-3)


def test_densmap_keeps_densities_as_umap_learn_does(blobs):
    # What tests/reference/make_densmap.py has measured, on these rows.
    reference = json.loads((REFERENCE / "densmap.json").read_text(encoding="utf-8"))
    assert reference["rows"] == pytest.approx(float(np.abs(blobs).sum()), rel=1e-6)
    ours = nb.UMAP(n_epochs=200, densmap=True, random_state=0).fit_transform(blobs)
    kept = float(nb.metrics.density_preservation(blobs, ours))
    assert kept > max(reference["plain"]) + 0.1
    assert kept > min(reference["densmap"]) - 0.05


def test_densities_act_late_and_can_be_changed_in_mid_run(blobs):
    plain, dense = umap().run(blobs), umap(densmap=True).run(blobs)
    for run in (plain, dense):
        next(frame for frame in run if frame.step == 42)
    np.testing.assert_array_equal(plain.embedding, dense.embedding)
    assert dense.losses.keys() == {"attraction", "repulsion", "density"}
    assert dense.set("density_weight", 5.0) == "next step"
    assert plain.set("density_weight", 5.0) == "needs a restart"
    branch = dense.branch(41)
    for each in (plain, dense, branch):
        for _ in each:
            pass
    assert not np.array_equal(plain.embedding, dense.embedding)
    assert nb.UMAP(densmap=True).title == "densMAP"
    assert np.isfinite(branch.embedding).all()
