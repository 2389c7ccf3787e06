"""docs/conventions.md, statement by statement: the number in a test's name is that of what it checks."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import nbembed as nb
from nbembed import affinities, kernels
from nbembed.forces import GradientStepper, MatchingStepper, RowwiseStepper, Switches
from nbembed.forces.tails import KernelStepper
from nbembed.neighbors import Graph, Neighbors, nearest_neighbors
from nbembed.training.free_steppers import make_free_stepper

PAGE = Path(__file__).parents[1] / "docs" / "conventions.md"
N = 40
T, GAUSSIAN = kernels.kernel_named("student_t"), kernels.kernel_named("gaussian")


def test_every_statement_has_its_test():
    text = PAGE.read_text(encoding="utf-8")
    stated = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    names = " ".join(name for name in vars(sys.modules[__name__]) if name.startswith("test_"))
    tested = sorted(int(number) for number in re.findall(r"_(\d+)(?=_)", names))
    assert stated == list(range(1, len(stated) + 1))
    assert tested == stated


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).normal(size=(N, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def found(rows):
    return nearest_neighbors(rows, n_neighbors=12)


@pytest.fixture(scope="module", name="Y")
def fixture_map():
    places = np.random.default_rng(1).normal(size=(N, 2))
    # Steps keep the middle at 0.
    return (places - places.mean(axis=0)).astype(np.float32).astype(np.float64)


def squared_of(Y):
    return ((Y[:, None] - Y) ** 2).sum(axis=2)


def pulled(weights, Y):
    """The sum over j of weights times (y_i - y_j)."""
    return (weights[:, :, None] * (Y[:, None] - Y)).sum(axis=1)


def similarities(Y, kernel):
    w = kernel.values(squared_of(Y))
    np.fill_diagonal(w, 0.0)
    return w


def slope_of(loss, Y, i=3, d=1, by=1e-5):
    """The derivative of a loss by one coordinate, from finite differences."""
    step = np.zeros_like(Y)
    step[i, d] = by
    return (loss(Y + step) - loss(Y - step)) / (2 * by)


def one(d):
    """A row with neighbours at the distances d."""
    d = np.asarray(d, dtype=np.float32)[None]
    return Neighbors(np.arange(1, d.shape[1] + 1, dtype=np.int32)[None], d, exact=True)


D = np.array([1.0, 1.4, 2.0, 2.7, 3.1], dtype=np.float32)


def test_1_gaussian_affinities_square():
    p = np.log(affinities.conditional(one(D), perplexity=3.0)[0][0])  # fmt: skip
    falls = np.diff(p) / np.diff(D.astype(np.float64) ** 2)
    np.testing.assert_allclose(falls, falls[0], rtol=1e-3)
    assert falls[0] < 0


def memberships(found):
    """Those of each row for its neighbours, before both directions are joined."""
    one_way = joint(found, symmetrization="none", normalized=False).to_scipy().toarray()
    return np.take_along_axis(one_way, found.indices.astype(np.int64), axis=1).astype(np.float64)


def test_2_memberships_do_not_square(found):
    logs = np.log(memberships(found)[0])
    np.testing.assert_allclose(logs[0], 0.0, atol=1e-7)
    falls = np.diff(logs) / np.diff(found.distances[0].astype(np.float64))
    np.testing.assert_allclose(falls, falls[0], rtol=1e-3)


def test_3_4_5_kernels():
    squared = np.array([0.3, 2.0, 9.0])
    np.testing.assert_allclose(T.values(squared), 1 / (1 + squared))
    np.testing.assert_allclose(kernels.student_t(squared, 3.0), (1 + squared / 3) ** -2.0)
    wanted = 1 / (1 + 1.6 * np.sqrt(squared) ** (2 * 0.9))
    np.testing.assert_allclose(kernels.cauchy(squared, 1.6, 0.9), wanted)
    np.testing.assert_allclose(kernels.cauchy(squared, 1, 1), T.values(squared))
    np.testing.assert_allclose(kernels.fit_ab(0.1, 1.0), (1.577, 0.895), atol=1e-3)
    np.testing.assert_allclose(GAUSSIAN.values(squared), np.exp(-squared))


def test_6_perplexity():
    p = affinities.conditional(one(D), perplexity=3.0)[0][0]
    nats, bits = -(p * np.log(p)).sum(), -(p * np.log2(p)).sum()
    np.testing.assert_allclose([np.exp(nats), 2**bits], 3.0, rtol=1e-3)


def joint(found, **options):
    return affinities.joint(found, **options)


def test_7_divergences_are_in_nats(found, Y):
    P = joint(found, normalized=True).to_scipy().toarray().astype(np.float64)
    P /= P.sum()
    w = similarities(Y, T)
    Q, some = w / w.sum(), P > 0
    bits = (P[some] * np.log2(P[some] / Q[some])).sum()
    assert bits / nb.metrics.kl_divergence(P, Y) == pytest.approx(1.443, abs=1e-3)


def test_8_memberships_sum_to_log2(found):
    # 12 others, 13 with the point itself.
    sums = memberships(found).sum(axis=1)
    np.testing.assert_allclose(sums, np.log2(13), atol=1e-3)


def test_9_who_counts(rows):
    def searched(method):
        return method.phases(500)[0].neighbors["n_neighbors"]

    assert searched(nb.UMAP(n_neighbors=15)) == searched(nb.GDR()) == 14
    assert searched(nb.NeighborEmbedding(loss="neg_tsne")) == 14
    assert searched(nb.TSNE(perplexity=10)) == 30
    # Each point and its double: of one neighbour, all are kept.
    twins = np.repeat(np.arange(10.0)[:, None] ** 2, 2, axis=0) + np.tile([[0.0], [0.1]], (10, 1))
    assert nb.metrics.neighbor_recall(twins, twins, n_neighbors=1) == 1.0


def test_10_11_sums(found):
    conditional = affinities.conditional(found, perplexity=4.0)[0]
    p = np.zeros((N, N))
    np.put_along_axis(p, found.indices.astype(np.int64), conditional, axis=1)
    P = affinities.perplexity(found, perplexity=4.0).to_scipy().toarray()
    np.testing.assert_allclose(P, (p + p.T) / (2 * N), atol=1e-8)
    np.testing.assert_allclose(P.sum(), 1.0, rtol=1e-5)
    m = np.zeros((N, N))
    np.put_along_axis(m, found.indices.astype(np.int64), memberships(found), axis=1)
    mu = affinities.fuzzy_union(found).to_scipy().toarray()
    np.testing.assert_allclose(mu, m + m.T - m * m.T, atol=1e-6)
    assert 0 < mu[mu > 0].min() < mu.max() <= 1
    np.testing.assert_array_equal(mu, mu.T)


def matching(graph, Y, kernel=T, **switches):
    given = Switches(repulsion="exact", softening=0.0, **switches)
    return MatchingStepper(
        graph, Y, kernel=kernel, switches=given, learning_rate=1.0, n_steps=5, seed=0
    )


def test_12_normalised_is_divided_by_all_ordered_pairs(found, Y):
    graph = joint(found, normalized=True)
    stepper = matching(graph, Y, divergence="frobenius", normalized=True)
    P, w = graph.to_scipy().toarray(), similarities(stepper.embedding().astype(np.float64), T)
    wanted = ((P - w / w.sum()) ** 2).sum()
    assert stepper.losses()["frobenius"] == pytest.approx(wanted, rel=1e-5)


def kl(P, kernel):
    some = P > 0

    def loss(Y):
        w = similarities(Y, kernel)
        return (P[some] * np.log(P[some] * w.sum() / w[some])).sum()

    return loss


@pytest.mark.parametrize("kernel", [T, GAUSSIAN], ids=["t", "gaussian"])
def test_13_14_the_factor_is_four(found, Y, kernel):
    P = joint(found, normalized=True).to_scipy().toarray().astype(np.float64)
    P /= P.sum()
    w = similarities(Y, kernel)
    slope = w if kernel is T else 1.0
    gradient = 4 * pulled((P - w / w.sum()) * slope, Y)
    assert slope_of(kl(P, kernel), Y) == pytest.approx(gradient[3, 1], rel=1e-5)


def test_15_and_two_in_the_first_sne(found, Y):
    p = np.zeros((N, N))
    conditional = affinities.conditional(found, perplexity=4.0)[0]
    np.put_along_axis(p, found.indices.astype(np.int64), conditional, axis=1)
    graph = Graph.from_scipy(p)
    p, some = graph.to_scipy().toarray().astype(np.float64), p > 0

    def loss(Y):
        w = similarities(Y, GAUSSIAN)
        q = w / w.sum(axis=1, keepdims=True)
        return (p[some] * np.log(p[some] / q[some])).sum() / N

    w = similarities(Y, GAUSSIAN)
    q = w / w.sum(axis=1, keepdims=True)
    gradient = 2 / N * pulled(p - q + p.T - q.T, Y)
    assert slope_of(loss, Y) == pytest.approx(gradient[3, 1], rel=1e-4)
    options = {"kernel": GAUSSIAN, "learning_rate": 1.0, "momentum": 0.0, "exaggeration": 1.0}
    stepper = RowwiseStepper(graph, Y, **options)
    attraction, repulsion = stepper.forces()
    np.testing.assert_allclose(4 * (attraction - repulsion), gradient, atol=1e-5)
    assert stepper.losses()["kl"] == pytest.approx(loss(Y), rel=1e-4)


def test_16_steps_go_along_a_quarter(found, Y):
    graph = joint(found, normalized=True)
    P, w = graph.to_scipy().toarray(), similarities(Y, T)
    gradient = 4 * pulled((P - w / w.sum()) * w, Y)
    options = {"learning_rate": 1.0, "momentum": 0.0, "exaggeration": 1.0}
    attraction, repulsion = GradientStepper(graph, Y, **options).forces()
    np.testing.assert_allclose(4 * (attraction - repulsion), gradient, atol=1e-6)
    stepper = matching(graph, Y, normalized=True)
    before = stepper.embedding().astype(np.float64)
    stepper.step()
    moved = stepper.embedding() - before
    np.testing.assert_allclose(moved, -(gradient / 4 - gradient.mean(axis=0) / 4), atol=1e-6)
    # scikit-learn: the whole gradient.
    from scipy.spatial.distance import squareform
    from sklearn.manifold._t_sne import _kl_divergence

    theirs = _kl_divergence(Y.ravel(), squareform(P.astype(np.float64), checks=False), 1, N, 2)[1]
    np.testing.assert_allclose(theirs.reshape(N, 2), gradient, atol=1e-5)


@pytest.mark.parametrize("divergence", ["kl", "frobenius"])
def test_17_what_is_not_normalised(found, Y, divergence):
    graph = joint(found, normalized=False)
    P, w = graph.to_scipy().toarray().astype(np.float64), similarities(Y, T)
    # The diagonal has no part in anything.
    odds = w / (1 - w)
    weights = 4 * (P - (1 - P) * odds) * w if divergence == "kl" else 8 * (P - w) * w * w
    found = matching(graph, Y, divergence=divergence).gradient()
    wanted = pulled(weights, Y)
    np.testing.assert_allclose(found, wanted, atol=1e-5 * np.abs(wanted).max())


def test_18_the_sum_in_the_frobenius_norm(found, Y):
    graph = joint(found, normalized=True)
    P, w = graph.to_scipy().toarray().astype(np.float64), similarities(Y, T)
    Q = w / w.sum()
    S = ((P - Q) * Q).sum()
    wanted = 8 * pulled((P - Q - S) * Q * w, Y)

    def loss(Y):
        w = similarities(Y, T)
        return ((P - w / w.sum()) ** 2).sum()

    assert slope_of(loss, Y) == pytest.approx(wanted[3, 1], rel=1e-4)
    stepper = matching(graph, Y, divergence="frobenius", normalized=True)
    np.testing.assert_allclose(stepper.gradient(), wanted, atol=1e-5 * np.abs(wanted).max())


def test_19_exaggeration(found, Y):
    graph = joint(found, normalized=True)
    plain, strong = (
        KernelStepper(graph, Y, kernel=T, learning_rate=0.0, momentum=0.0, exaggeration=e)
        for e in (1.0, 12.0)
    )
    assert plain.losses() == strong.losses()
    attraction, repulsion = plain.forces()
    options = {"learning_rate": 0.5, "momentum": 0.0, "n_steps": 5, "seed": 0}
    stepper = MatchingStepper(graph, Y, kernel=T, switches=Switches("kl", True, repulsion="exact"), exaggeration=12.0, **options)  # fmt: skip
    before = stepper.embedding().astype(np.float64)
    stepper.step()
    slope = 12 * attraction - repulsion
    wanted = -0.5 * (slope - slope.mean(axis=0))
    np.testing.assert_allclose(stepper.embedding() - before, wanted, atol=1e-5)


def test_20_symmetric_attraction_doubles(found, Y):
    graph = joint(found, normalized=False)
    one_end, both = (matching(graph, Y, symmetric_attraction=s).forces() for s in (False, True))
    np.testing.assert_allclose(both[0], 2 * one_end[0], rtol=1e-6)
    np.testing.assert_allclose(both[1], one_end[1])


def stepper_of(method, n, phase=0):
    ring = (np.arange(n)[:, None] + [1, n - 1]) % n
    values = np.full(2 * n, 1 / (2 * n), dtype=np.float32)
    graph = Graph(np.arange(n + 1) * 2, np.sort(ring, axis=1).astype(np.int32).ravel(), values)
    start = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    return make_free_stepper(method.phases(n)[phase], phase, graph, start, seed=0)


def test_21_the_rate_of_tsne():
    assert stepper_of(nb.TSNE(), 2000).get("learning_rate") == 200
    assert stepper_of(nb.TSNE(early_exaggeration=4), 2000).get("learning_rate") == 500
    main = stepper_of(nb.TSNE(), 2000, phase=1)
    assert main.get("learning_rate") == 2000
    main.step()
    assert main.learning_rate == 2000


def test_22_the_rate_of_umap():
    stepper = stepper_of(nb.UMAP(n_epochs=4), 50)
    rates = []
    for _ in range(4):
        rates.append(stepper.learning_rate)
        stepper.step()
    np.testing.assert_allclose([*rates, stepper.learning_rate], [1, 0.75, 0.5, 0.25, 0])
